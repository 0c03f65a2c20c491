//! What was measured, for a terminal, a script, and the README.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::{Map, Value, json};

use super::{
    figures::{self, Column, FIGURES, Goal, Results, Spread},
    party::Shares,
    program::Program,
};
use crate::shell;

/// Where and when it was measured.
#[derive(Debug)]
pub(super) struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    date: String,
    /// What each program says of itself.
    versions: BTreeMap<Program, String>,
}

impl Machine {
    /// This machine, now.
    pub(super) fn here(versions: BTreeMap<Program, String>) -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let said = |program: &str, word: &str| {
            shell::ask(Command::new(program).arg(word)).unwrap_or_default().trim().to_owned()
        };
        Self {
            processor: model.map_or_else(|| said("uname", "-m"), |(_, model)| model.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: said("uname", "-r"),
            date: said("date", "+%F"),
            versions,
        }
    }

    fn words(&self) -> String {
        format!("{}, {} cores, Linux {}, {}", self.processor, self.cores, self.kernel, self.date)
    }
}

fn number(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

fn times(ratio: Option<f64>) -> String {
    match ratio {
        None => "–".to_owned(),
        Some(ratio) if ratio.is_infinite() => "∞".to_owned(),
        Some(ratio) if ratio >= 10.0 => format!("{ratio:.0}×"),
        Some(ratio) => format!("{ratio:.2}×"),
    }
}

fn spread(spread: Option<Spread>, column: &Column) -> String {
    let show = |value| number(value, column.decimals);
    match spread {
        None => "–".to_owned(),
        Some(one) if one.least == one.most => show(one.median),
        Some(many) => format!("{} ({}–{})", show(many.median), show(many.least), show(many.most)),
    }
}

/// The programs of which something was measured, in their usual order.
fn measured(results: &Results) -> Vec<Program> {
    Program::ALL.into_iter().filter(|program| results.rounds.contains_key(program)).collect()
}

/// Rows of raw figures, under a heading.
fn raw(results: &Results) -> Vec<Vec<String>> {
    let programs = measured(results);
    let mut rows = vec![heading("median (min–max)", &programs)];
    for column in &FIGURES {
        let cells = programs.iter().map(|&program| spread(results.spread(program, column.figure), column));
        rows.push(std::iter::once(column.words.to_owned()).chain(cells).collect());
    }
    rows
}

/// Rows of ratios, under a heading; none if there is nothing to compare.
fn ratios(results: &Results) -> Vec<Vec<String>> {
    let rivals: Vec<_> = measured(results).into_iter().filter(|program| program.is_rival()).collect();
    if rivals.is_empty() || !results.rounds.contains_key(&Program::Ours) {
        return Vec::new();
    }
    let mut rows = vec![heading("ours is better by", &rivals)];
    for column in &FIGURES {
        let cells = rivals.iter().map(|&rival| times(results.ratio(rival, column)));
        rows.push(std::iter::once(column.words.to_owned()).chain(cells).collect());
    }
    rows
}

fn heading(first: &str, programs: &[Program]) -> Vec<String> {
    std::iter::once(first).chain(programs.iter().map(|program| program.name())).map(str::to_owned).collect()
}

/// Columns side by side, for a terminal.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            text += &if column == 0 { format!("{cell:width$}") } else { format!("  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

fn table(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        text += &format!("| {} |\n", row.join(" | "));
        if number == 0 {
            text += &format!("|---{}|\n", "|---:".repeat(row.len() - 1));
        }
    }
    text
}

fn goal(goal: &Goal) -> String {
    let mark = if goal.met { shell::green("✓") } else { shell::red("✗") };
    match goal.value {
        None => format!("– {}: not measured", goal.words),
        Some(value) => format!("{mark} {}: {value:.2}", goal.words),
    }
}

/// Everything, for a terminal.
pub(super) fn text(results: &Results, machine: &Machine) -> String {
    let mut text = format!("\n{}\n\n{}", machine.words(), aligned(&raw(results)));
    let ratios = ratios(results);
    if !ratios.is_empty() {
        text += &format!("\n{}A ratio above 1 is in our favour in every row.\n", aligned(&ratios));
    }
    text += "\nProcessor time is that of the two tunnel programs, with the kernel's on their behalf; what the kernel does in \
             soft interrupts it charges to whom it interrupts, or to nobody.\n\n";
    for line in figures::goals(results).iter().map(goal) {
        text += &format!("{line}\n");
    }
    text
}

/// What sixteen peers got together, for each program that was measured with so many.
fn parties(results: &Results) -> Vec<String> {
    let words = |(program, shares): (&Program, &Shares)| {
        let Shares { together, alone } = shares;
        format!("{} {together:.0} and {alone:.0} Mbit/s ({:.2})", program.name(), shares.ratio())
    };
    results.parties.iter().map(words).collect()
}

/// The tables with their legend, for the README.
pub(super) fn markdown(results: &Results, machine: &Machine, rounds: u32) -> String {
    let of = if rounds == 1 { "one round".to_owned() } else { format!("median of {rounds} rounds") };
    let mut text = format!("{}; {of}.\n\n", machine.words());
    let ratios = ratios(results);
    if !ratios.is_empty() {
        text += &format!(
            "How many times better ours is (a figure above 1 is in our favour, whichever way the row points):\n\n{}\n",
            table(&ratios)
        );
    }
    text += &format!("The figures themselves:\n\n{}\n", table(&raw(results)));
    text += "`raw` is the cable without a tunnel. The game is 100 bytes 128 times a second, echoed; packets count up to the \
             rate at which less than 1 % is missing.\n\n";
    for goal in figures::goals(results) {
        let value = goal.value.map_or("not measured".to_owned(), |value| {
            format!("{value:.2}, {}", if goal.met { "met" } else { "missed" })
        });
        text += &format!("- {}: {value}\n", goal.words);
    }
    if !results.parties.is_empty() {
        text += &format!(
            "\nOne host to 16 peers at once, and to one of them: {}.\n",
            parties(results).join("; ")
        );
    }
    let versions: Vec<_> =
        machine.versions.values().filter(|version| !version.is_empty()).map(String::as_str).collect();
    text + &format!("\nMeasured: {}.\n", versions.join("; "))
}

/// Everything, for a script.
pub(super) fn json(results: &Results, machine: &Machine) -> Value {
    let mut programs = Map::new();
    for program in measured(results) {
        let mut all = Map::new();
        for column in &FIGURES {
            let values: Vec<_> =
                results.rounds[&program].iter().map(|round| round.get(&column.figure).copied()).collect();
            let Some(spread) = results.spread(program, column.figure) else { continue };
            all.insert(
                column.key.to_owned(),
                json!({ "median": spread.median, "min": spread.least, "max": spread.most, "rounds": values }),
            );
        }
        let version = machine.versions.get(&program);
        programs.insert(program.name().to_owned(), json!({ "version": version, "figures": all }));
    }
    let goals: Vec<_> = figures::goals(results)
        .iter()
        .map(|goal| json!({ "goal": goal.words, "value": goal.value, "met": goal.met }))
        .collect();
    json!({
        "machine": { "cpu": machine.processor, "cores": machine.cores },
        "kernel": machine.kernel,
        "date": machine.date,
        "programs": programs,
        "sixteen_peers": results.parties.iter().map(|(program, shares)| {
            let Shares { together, alone } = *shares;
            (program.name(), json!({ "together_mbps": together, "alone_mbps": alone, "ratio": shares.ratio() }))
        }).collect::<BTreeMap<_, _>>(),
        "goals": goals,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::figures::{Figure, Round},
        *,
    };

    fn results() -> Results {
        let mut results = Results::default();
        let round = |figure, value| Round::from([(figure, value)]);
        results.rounds.insert(
            Program::Ours,
            vec![
                round(Figure::TcpOne, 3_000.0),
                round(Figure::TcpOne, 2_000.0),
                round(Figure::TcpOne, 2_500.0),
            ],
        );
        results.rounds.insert(Program::Gotatun, vec![round(Figure::TcpOne, 1_000.0), Round::new()]);
        results
    }

    #[test]
    fn the_tables_show_what_was_measured_and_a_stroke_for_what_was_not() {
        let raw = raw(&results());
        assert_eq!(raw[0], ["median (min–max)", "ours", "gotatun"]);
        assert_eq!(raw[1], ["TCP, 1 stream, Mbit/s", "2500 (2000–3000)", "1000"]);
        assert_eq!(raw[2][1..], ["–", "–"]);
        assert_eq!(ratios(&results())[1], ["TCP, 1 stream, Mbit/s", "2.50×"]);
    }

    #[test]
    fn without_ours_there_is_nothing_to_compare() {
        let mut alone = results();
        alone.rounds.remove(&Program::Ours);
        assert!(ratios(&alone).is_empty());
    }

    #[test]
    fn a_script_sees_every_round() {
        let machine = Machine::here(BTreeMap::from([(Program::Gotatun, "1.6".to_owned())]));
        let json = json(&results(), &machine);
        let gotatun = &json["programs"]["gotatun"];
        assert_eq!(gotatun["version"], "1.6");
        assert_eq!(gotatun["figures"]["tcp_1_mbps"]["rounds"], json!([1_000.0, null]));
        assert!(gotatun["figures"]["tcp_4_mbps"].is_null());
    }
}
