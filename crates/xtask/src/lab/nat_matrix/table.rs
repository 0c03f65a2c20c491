//! What was seen, for a terminal, a script, and the README.

use std::time::Duration;

use anyhow::{Result, ensure};
use lanrage_lab::{
    expected::{Path, Relation},
    meeting::Meeting,
    networks::{KINDS, Kind, Pair},
};
use serde_json::Value;

use crate::shell;

/// The first packet must be through within this.
const FIRST_PACKET_LIMIT: Duration = Duration::from_millis(1_000);
/// And half of the time within this.
const MEDIAN_LIMIT: Duration = Duration::from_millis(400);

/// A pair, and what was seen of it.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) pair: Pair,
    pub(crate) seen: Meeting,
}

impl Cell {
    /// Whether the two connected in time, and in the end by the expected way.
    pub(crate) fn passes(&self) -> bool {
        self.seen.path == Some(self.pair.expected())
            && self.seen.first_packet.is_some_and(|first| first < FIRST_PACKET_LIMIT)
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut line = self.seen.to_json();
        line["pair"] = self.pair.name().into();
        line["expected"] = self.pair.expected().word().into();
        line["passes"] = self.passes().into();
        line
    }

    /// The cell in one line, or with what went wrong in more.
    pub(crate) fn line(&self) -> String {
        let Self { pair, seen } = self;
        let mark = if self.passes() { shell::green("✓") } else { shell::red("✗") };
        let way = match (seen.path, pair.expected()) {
            (Some(path), expected) if path == expected => path.word().to_owned(),
            (Some(path), expected) => format!("{}, expected {}", path.word(), expected.word()),
            (None, expected) => format!("not connected, expected {}", expected.word()),
        };
        let first = milliseconds(seen.first_packet);
        let direct = seen.direct.map(|_| format!(", direct after {}", milliseconds(seen.direct)));
        let line =
            format!("{mark} {:36} first packet {first:>8}  {way}{}", pair.name(), direct.unwrap_or_default());
        match seen.problem.as_ref().filter(|_| !self.passes()) {
            Some(problem) => format!("{line}\n    {}", problem.trim_end().replace('\n', "\n    ")),
            None => line,
        }
    }

    /// `D` or `R` for the way, the time of the first packet, and that of the direct path where it came later.
    fn short(&self) -> String {
        let letter = match self.seen.path {
            Some(Path::Direct) => "D",
            Some(Path::Relayed) => "R",
            None => "–",
        };
        let mark = if self.passes() { "" } else { "!" };
        let number =
            |time: Option<Duration>| time.map_or("–".to_owned(), |time| time.as_millis().to_string());
        let direct = self.seen.direct.map(|_| format!("/{}", number(self.seen.direct)));
        format!("{mark}{letter} {}{}", number(self.seen.first_packet), direct.unwrap_or_default())
    }
}

fn milliseconds(time: Option<Duration>) -> String {
    time.map_or("–".to_owned(), |time| format!("{} ms", time.as_millis()))
}

/// Rows of the upper triangle, and the pairs that share a network; kinds of which nothing was seen are left out.
fn rows(cells: &[Cell]) -> (Vec<Kind>, Vec<Vec<String>>) {
    let apart = |cell: &&Cell| cell.pair.relation == Relation::Apart;
    let has = |kind: &Kind| {
        cells.iter().filter(apart).any(|cell| [cell.pair.one.name, cell.pair.two.name].contains(&kind.name))
    };
    let kinds: Vec<Kind> = KINDS.into_iter().filter(has).collect();
    let cell = |one: &Kind, two: &Kind| {
        let found = cells.iter().filter(apart).find(|cell| cell.pair.one == *one && cell.pair.two == *two);
        found.map_or(String::new(), Cell::short)
    };
    let rows = kinds.iter().map(|one| kinds.iter().map(|two| cell(one, two)).collect()).collect();
    (kinds, rows)
}

/// The matrix, for a terminal.
pub(crate) fn render(cells: &[Cell]) -> String {
    let (kinds, rows) = rows(cells);
    let first = kinds.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([kinds[column].name.len()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..kinds.len()).map(width).collect();
    let line = |name: &str, cells: Vec<&str>| {
        let cells: Vec<_> =
            cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        format!("{name:first$}  {}", cells.join("  ")).trim_end().to_owned() + "\n"
    };
    let mut text =
        String::from("D direct, R relayed; ms from the link to the first packet/to a direct path\n\n");
    if !kinds.is_empty() {
        text += &line("", kinds.iter().map(|kind| kind.name).collect());
    }
    for (kind, row) in kinds.iter().zip(&rows) {
        text += &line(kind.name, row.iter().map(String::as_str).collect());
    }
    for cell in cells.iter().filter(|cell| cell.pair.relation != Relation::Apart) {
        text += &format!("{}: {}\n", cell.pair.one.words, cell.short());
    }
    text
}

/// The matrix with its legend, for the README.
pub(crate) fn markdown(cells: &[Cell]) -> String {
    let (kinds, rows) = rows(cells);
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heading: Vec<_> =
        std::iter::once("ms".to_owned()).chain((1..=kinds.len()).map(|n| n.to_string())).collect();
    let mut text = line(&heading) + &"|---".repeat(heading.len()) + "|\n";
    for (number, (kind, row)) in kinds.iter().zip(&rows).enumerate() {
        let name = format!("**{}** {}", number + 1, kind.name);
        text += &line(&std::iter::once(name).chain(row.iter().cloned()).collect::<Vec<_>>());
    }
    text += "\n| both in | ms |\n|---|---|\n";
    for cell in cells.iter().filter(|cell| cell.pair.relation != Relation::Apart) {
        text += &line(&[cell.pair.one.words.to_owned(), cell.short()]);
    }
    text += "\nD direct, R relayed; milliseconds from the opened link to the first packet through the tunnel, and after \
             the stroke to a direct path on both sides.\n\n";
    for kind in kinds {
        text += &format!("- `{}`: {}\n", kind.name, kind.words);
    }
    text + "\n" + &summary(cells) + ".\n"
}

/// How many connected, how many as expected, and the times.
pub(crate) fn summary(cells: &[Cell]) -> String {
    let connected = cells.iter().filter(|cell| cell.seen.first_packet.is_some()).count();
    let expected = cells.iter().filter(|cell| cell.seen.path == Some(cell.pair.expected())).count();
    let direct = cells.iter().filter(|cell| cell.seen.path == Some(Path::Direct)).count();
    let all = cells.len();
    let times = first_packets(cells);
    let [median, worst] = [times.get(times.len() / 2), times.last()].map(|time| milliseconds(time.copied()));
    format!(
        "{connected} of {all} pairs connected, {expected} of {all} by the expected way ({direct} directly); \
         first packet after {median} (median), {worst} (worst)"
    )
}

fn first_packets(cells: &[Cell]) -> Vec<Duration> {
    let mut times: Vec<_> = cells.iter().filter_map(|cell| cell.seen.first_packet).collect();
    times.sort_unstable();
    times
}

/// # Errors
/// If the median of the first packets is too long.
pub(crate) fn check_times(cells: &[Cell]) -> Result<()> {
    let times = first_packets(cells);
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    ensure!(median < MEDIAN_LIMIT, "the median first packet took {median:?}, more than {MEDIAN_LIMIT:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(name: &str, first_ms: Option<u64>, path: Option<Path>) -> Cell {
        let seen = Meeting {
            first_packet: first_ms.map(Duration::from_millis),
            path,
            direct: path.filter(|path| *path == Path::Direct).map(|_| Duration::from_millis(90)),
            problem: None,
        };
        Cell { pair: Pair::named(name).expect("a pair of this name"), seen }
    }

    #[test]
    fn a_cell_passes_only_by_the_expected_way_and_in_time() {
        assert!(cell("eim-apdf:eim-apdf", Some(50), Some(Path::Direct)).passes());
        assert!(cell("apdm-apdf:eim-apdf", Some(50), Some(Path::Relayed)).passes());
        assert!(!cell("eim-apdf:eim-apdf", Some(50), Some(Path::Relayed)).passes());
        assert!(!cell("apdm-apdf:eim-apdf", Some(50), Some(Path::Direct)).passes());
        assert!(!cell("eim-apdf:eim-apdf", Some(1_000), Some(Path::Direct)).passes());
        assert!(!cell("eim-apdf:eim-apdf", None, None).passes());
    }

    #[test]
    fn the_table_has_a_row_for_each_kind_that_was_played() {
        let cells = [
            cell("public:eim-apdf", Some(7), Some(Path::Direct)),
            cell("same-lan", Some(5), Some(Path::Direct)),
        ];
        let text = render(&cells);
        let row: Vec<_> =
            text.lines().find(|line| line.starts_with("public")).unwrap_or("").split("  ").collect();
        assert_eq!((row[0], row.last()), ("public", Some(&"D 7/90")), "{text}");
        assert!(text.contains("both on one LAN: D 5/90"), "{text}");
        assert!(!text.contains("adm"), "{text}");
        assert!(markdown(&cells).contains("| **1** public |  | D 7/90 |\n| **2** eim-apdf |  |  |\n"));
    }

    #[test]
    fn a_slow_median_fails() {
        let slow = |ms| cell("public:eim-apdf", Some(ms), Some(Path::Direct));
        assert!(check_times(&[slow(10), slow(20), slow(900)]).is_ok());
        assert!(check_times(&[slow(10), slow(500), slow(900)]).is_err());
    }
}
