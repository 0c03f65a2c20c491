//! `cargo xtask nat-matrix --no-server`: whether pairs of networks meet with nobody's server and no relay, whoever clicks.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{
    expected::{Path, Relation},
    meeting::without_server::{self, END_LIMIT, Encounter},
    networks::{KINDS, Kind, Pair},
    world::{self, World},
};
use serde_json::{Value, json};

use super::{Options, at_last};
use crate::{readme, shell};

/// The first packet must be through within this.
const FIRST_PACKET_LIMIT: Duration = Duration::from_secs(9);

/// What `--quick` plays: two who meet by the DHT, and two who cannot.
const QUICK: [&str; 2] = ["eim-adf:apdm-apdf", "eim-apdf:apdm-apdf-random"];

/// What `--quick` plays with a friend: two who need one.
const QUICK_WITH_FRIEND: [&str; 1] = ["apdm-apdf-random:apdm-apdf-random"];

/// A pair, the first of whom made the party or was in it, and what was seen of it.
#[derive(Debug)]
struct Cell {
    pair: Pair,
    with_friend: bool,
    seen: Encounter,
}

/// Plays every chosen pair in both directions, one after the other, and shows what was seen.
pub(super) fn run(options: &Options) -> Result<()> {
    let begun = Instant::now();
    let mut cells = Vec::new();
    for pair in choose(options)? {
        let mut words = vec!["--no-server"];
        words.extend(options.with_friend.then_some("--with-friend"));
        let seen = Encounter::from_json(&at_last(&pair.name(), &words)?)?;
        let cell = Cell { pair, with_friend: options.with_friend, seen };
        println!("{}", if options.json { cell.to_json().to_string() } else { cell.line() });
        cells.push(cell);
    }
    if !options.json {
        println!("\n{}, in {:.0} s", summary(&cells), begun.elapsed().as_secs_f64());
    }
    if options.update_readme {
        let table = if options.with_friend { "nat-matrix-with-friend" } else { "nat-matrix-no-server" };
        readme::replace(table, &markdown(&cells))?;
    }
    let failed: Vec<_> = cells.iter().filter(|cell| !cell.passes()).map(|cell| cell.pair.name()).collect();
    ensure!(
        failed.is_empty(),
        "{} of {} pairs failed; to repeat them: cargo xtask nat-matrix --no-server{} --pairs {}",
        failed.len(),
        cells.len(),
        if options.with_friend { " --with-friend" } else { "" },
        failed.join(",")
    );
    Ok(())
}

/// The inside of [`run`].
pub(super) fn play(name: &str, with_friend: bool) -> Result<()> {
    let pair = Pair::in_order(name).with_context(|| format!("there is no pair {name}"))?;
    ensure!(matches!(world::enter()?, World::Inside), "a cell is played in a world that is there already");
    let answer = Encounter::hold(&pair, with_friend)
        .map_or_else(|failure| json!({ "lab": format!("{failure:#}") }), |seen| seen.to_json());
    println!("{answer}");
    Ok(())
}

fn choose(options: &Options) -> Result<Vec<Pair>> {
    let named = |name: &str| Pair::in_order(name).with_context(|| format!("there is no pair {name}"));
    if options.quick {
        let quick = if options.with_friend { &QUICK_WITH_FRIEND[..] } else { &QUICK };
        return quick.iter().copied().map(named).collect();
    }
    if !options.pairs.is_empty() {
        return options.pairs.iter().map(|name| named(name)).collect();
    }
    if options.with_friend {
        let needs = |pair: &Pair| {
            !without_server::connects(pair) && without_server::expected_with_friend(pair).is_some()
        };
        return Ok(Pair::all().filter(needs).collect());
    }
    let both = |pair: Pair| {
        let is_same = pair.one.name == pair.two.name;
        std::iter::once(pair).chain((!is_same).then(|| pair.turned()))
    };
    Ok(Pair::all().flat_map(both).collect())
}

impl Cell {
    /// By which way the two must meet.
    fn expected(&self) -> Option<Path> {
        if self.with_friend {
            without_server::expected_with_friend(&self.pair)
        } else {
            without_server::connects(&self.pair).then_some(Path::Direct)
        }
    }

    /// Whether those met who can, and whoever clicked on another's link was told in time. A straight path is welcome where
    /// none is expected.
    fn passes(&self) -> bool {
        let met = self.seen.path.is_some()
            && self.seen.first_packet.is_some_and(|first| first < FIRST_PACKET_LIMIT);
        let told = self.seen.told.as_ref().is_some_and(|(_, after)| *after <= END_LIMIT);
        match self.expected() {
            Some(Path::Direct) => met && self.seen.path == Some(Path::Direct),
            Some(Path::Relayed) => met,
            None => met || told,
        }
    }

    fn to_json(&self) -> Value {
        let mut line = self.seen.to_json();
        line["pair"] = self.pair.name().into();
        line["expected"] = self.expected().map(Path::word).into();
        line["passes"] = self.passes().into();
        line
    }

    fn line(&self) -> String {
        let Self { pair, seen, .. } = self;
        let mark = if self.passes() { shell::green("✓") } else { shell::red("✗") };
        let outcome = match (seen.first_packet, &seen.told) {
            (Some(first), _) => {
                format!("{} ms  {}", first.as_millis(), seen.path.map_or("no path", Path::word))
            }
            (None, Some((words, after))) => format!("told after {:.1} s: {words}", after.as_secs_f64()),
            (None, None) => "neither met nor told".to_owned(),
        };
        let line = format!("{mark} {:36} {outcome}", pair.name());
        match seen.problem.as_ref().filter(|_| !self.passes()) {
            Some(problem) => format!("{line}\n    {}", problem.trim_end().replace('\n', "\n    ")),
            None => line,
        }
    }

    /// Milliseconds to the first packet, or a dash where a friend or a server is needed.
    fn short(&self) -> String {
        let mark = if self.passes() { "" } else { "!" };
        let letter = match self.seen.path {
            Some(Path::Direct) => "D ",
            Some(Path::Relayed) => "R ",
            None => "–",
        };
        let time = self.seen.first_packet.map_or(String::new(), |time| time.as_millis().to_string());
        format!("{mark}{letter}{time}")
    }
}

fn summary(cells: &[Cell]) -> String {
    let can = cells.iter().filter(|cell| cell.expected().is_some());
    let (all, met) =
        can.fold((0, 0), |(all, met), cell| (all + 1, met + usize::from(cell.seen.first_packet.is_some())));
    let mut times: Vec<_> = cells.iter().filter_map(|cell| cell.seen.first_packet).collect();
    times.sort_unstable();
    let ms =
        |time: Option<&Duration>| time.map_or("–".to_owned(), |time| format!("{} ms", time.as_millis()));
    let first = format!(
        "first packet after {} (median), {} (worst)",
        ms(times.get(times.len() / 2)),
        ms(times.last())
    );
    let told: Vec<Duration> =
        cells.iter().filter_map(|cell| cell.seen.told.as_ref()).map(|(_, after)| *after).collect();
    let others = told.iter().max().map_or(String::new(), |slowest| {
        format!("; {} others were told so, after {:.0} s at the latest", told.len(), slowest.as_secs_f64())
    });
    format!("{met} of {all} connected that can; {first}{others}")
}

/// The matrix, for the README: a row for each who made the party, a column for each who clicked.
fn markdown(cells: &[Cell]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heading: Vec<_> =
        std::iter::once("ms".to_owned()).chain((1..=KINDS.len()).map(|n| n.to_string())).collect();
    let mut text = line(&heading) + &"|---".repeat(heading.len()) + "|\n";
    let apart = || cells.iter().filter(|cell| cell.pair.relation == Relation::Apart);
    let cell = |one: &Kind, two: &Kind| {
        apart().find(|cell| cell.pair.one == *one && cell.pair.two == *two).map_or(String::new(), Cell::short)
    };
    for (number, one) in (1..).zip(&KINDS) {
        let name = format!("**{number}** {}", one.name);
        let row: Vec<_> = std::iter::once(name).chain(KINDS.iter().map(|two| cell(one, two))).collect();
        text += &line(&row);
    }
    text += "\n| both in | ms |\n|---|---|\n";
    for cell in cells.iter().filter(|cell| cell.pair.relation != Relation::Apart) {
        text += &line(&[cell.pair.one.words.to_owned(), cell.short()]);
    }
    format!("{text}\n{}.\n", summary(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(name: &str, first_ms: Option<u64>, told_s: Option<u64>) -> Cell {
        let seen = Encounter {
            first_packet: first_ms.map(Duration::from_millis),
            path: first_ms.map(|_| Path::Direct),
            told: told_s.map(|s| ("nobody".to_owned(), Duration::from_secs(s))),
            problem: None,
        };
        Cell { pair: Pair::in_order(name).expect("a pair of this name"), with_friend: false, seen }
    }

    #[test]
    fn with_a_friend_those_meet_who_cannot_alone_if_they_reach_the_friend() {
        let with_friend = |name, met| Cell { with_friend: true, ..cell(name, met, Some(3)) };
        assert!(with_friend("apdm-apdf:eim-apdf", Some(90)).passes());
        assert!(!with_friend("apdm-apdf:eim-apdf", None).passes());
        assert!(!with_friend("apdm-apdf:eim-apdf", Some(9_500)).passes());
        assert_eq!(with_friend("ipv6:ipv6", None).expected(), Some(Path::Direct));
        assert_eq!(with_friend("udp-blocked:public", None).expected(), None);
        let options = Options { no_server: true, with_friend: true, ..Options::default() };
        let played: Vec<String> = choose(&options).expect("all").iter().map(Pair::name).collect();
        assert!(played.contains(&"eim-apdf:apdm-apdf".to_owned()), "{played:?}");
        assert!(!played.iter().any(|name| name.contains("udp-blocked") || name == "public:public"));
    }

    #[test]
    fn who_can_meet_must_and_who_cannot_must_be_told_in_time() {
        assert!(cell("public:ipv6", Some(90), None).passes());
        assert!(!cell("public:ipv6", None, Some(3)).passes());
        assert!(!cell("public:ipv6", Some(9_500), None).passes());
        // Who lets no stranger in and has IPv6 alone is in no DHT.
        assert!(cell("ipv6:public", None, Some(3)).passes());
        assert!(cell("ipv6:public", Some(90), None).passes());
        assert!(!cell("apdm-apdf:eim-apdf", None, Some(33)).passes());
        assert!(!cell("apdm-apdf:eim-apdf", None, None).passes());
    }

    #[test]
    fn each_pair_of_two_networks_is_played_twice() {
        let count = Pair::all().filter(|pair| pair.relation == Relation::Apart).count();
        let options = Options { no_server: true, ..Options::default() };
        let apart =
            choose(&options).expect("all").into_iter().filter(|pair| pair.relation == Relation::Apart);
        assert_eq!(apart.count(), 2 * count - KINDS.len());
    }
}
