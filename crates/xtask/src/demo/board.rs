//! What the demo shows while it plays: lines of the story, and a table below them that is redrawn in place.

use std::{
    env,
    io::{IsTerminal, stdout},
    thread,
    time::Duration,
};

use anyhow::Result;
use lanrage_lab::Player;
use serde_json::Value;

use crate::shell;

const HEADINGS: [&str; 8] = ["PLAYER", "ADDRESS", "NAT", "FRIEND", "AT", "PATH", "RTT", "STATE"];

/// The terminal, and how much of the table is on it.
#[derive(Debug)]
pub(crate) struct Board {
    redraws: bool,
    lines: usize,
    last: String,
}

impl Board {
    /// A board on standard output.
    pub(crate) fn new() -> Self {
        let redraws = stdout().is_terminal() && env::var_os("TERM").is_some_and(|term| term != "dumb");
        Self { redraws, lines: 0, last: String::new() }
    }

    /// Adds a line to the story, above the table of before, which goes.
    pub(crate) fn say(&mut self, line: &str) {
        self.erase();
        println!("{} {line}", shell::green("→"));
    }

    /// Shows the table as it is now. Where it cannot be redrawn it is printed once more, if it has changed in more
    /// than numbers.
    pub(crate) fn show(&mut self, players: &[&Player]) -> Result<()> {
        let mut rows = vec![HEADINGS.map(str::to_owned)];
        for player in players {
            rows.extend(rows_of(player.name(), &player.status()?));
        }
        let shape: String = rows.iter().flat_map(|row| [&row[4], &row[5], &row[7]]).cloned().collect();
        if !self.redraws && shape == self.last {
            return Ok(());
        }
        self.erase();
        let table = align(&rows);
        self.lines = table.lines().count();
        self.last = shape;
        print!("{table}");
        Ok(())
    }

    /// Shows the table and waits a moment.
    pub(crate) fn watch(&mut self, players: &[&Player]) -> Result<()> {
        self.show(players)?;
        thread::sleep(Duration::from_millis(500));
        Ok(())
    }

    fn erase(&mut self) {
        if self.redraws && self.lines > 0 {
            // Up so many lines, and clear from there to the end.
            print!("\x1b[{}A\x1b[J", self.lines);
        }
        self.lines = 0;
    }
}

/// One row for each friend, or one that says that there is none.
fn rows_of(name: &str, status: &Value) -> Vec<[String; 8]> {
    let party = &status["party"];
    let friends = party["peers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = [name.to_owned(), text(&party["virtual_ip"]), text(&status["nat_type"])];
    let row = |rest: [String; 5]| {
        let mut cells = own.iter().cloned().chain(rest);
        std::array::from_fn(|_| cells.next().unwrap_or_default())
    };
    if friends.is_empty() {
        return vec![row(["–"; 5].map(str::to_owned))];
    }
    let friend_row = |friend: &Value| {
        let rtt = friend["latency_ms"].as_f64().map_or("–".to_owned(), |rtt| format!("{rtt:.2} ms"));
        let cell = |key: &str| text(&friend[key]);
        row([cell("name"), cell("virtual_ip"), cell("connection_type"), rtt, cell("state")])
    };
    friends.iter().map(friend_row).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("–").replace('_', " ")
}

fn align(rows: &[[String; 8]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
    let line = |row: &[String; 8]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{align, rows_of};

    #[test]
    fn every_friend_has_a_row_with_its_path_and_round_trip() {
        let status = json!({
            "nat_type": "port_restricted_cone",
            "party": { "virtual_ip": "10.66.0.2", "peers": [
                { "name": "two", "virtual_ip": "10.66.0.3", "connection_type": "direct", "latency_ms": 0.5,
                  "state": "connected" },
                { "name": "three", "virtual_ip": "10.66.0.4", "connection_type": "relayed", "latency_ms": null,
                  "state": "connecting" },
            ] },
        });
        let table = align(&rows_of("one", &status));
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(
            lines[0],
            "  one  10.66.0.2  port restricted cone  two    10.66.0.3  direct   0.50 ms  connected"
        );
        assert_eq!(
            lines[1],
            "  one  10.66.0.2  port restricted cone  three  10.66.0.4  relayed  –        connecting"
        );
    }

    #[test]
    fn a_player_without_a_party_still_has_a_row() {
        assert_eq!(rows_of("one", &json!({ "party": null })).len(), 1);
    }
}
