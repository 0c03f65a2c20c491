//! What is measured, in the order of the tables, and what must come out.

use std::collections::BTreeMap;

use super::{party::Shares, program::Program};

/// A figure of a program in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    TcpOne,
    TcpFour,
    TcpBoth,
    Packets64,
    Packets200,
    Packets1400,
    IdlePing50,
    IdlePing99,
    TcpPing50,
    TcpPing99,
    TcpGame50,
    TcpGame99,
    TcpGameLoss,
    UdpPing50,
    UdpPing99,
    UdpGame50,
    UdpGame99,
    UdpGameLoss,
    CpuPerGib,
    CpuPerMillion,
    MemoryIdle,
    MemoryLoaded,
    Start,
}

/// How a figure is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) figure: Figure,
    pub(super) words: &'static str,
    /// Its name in JSON, the unit at its end.
    pub(super) key: &'static str,
    pub(super) more_is_better: bool,
    pub(super) decimals: usize,
}

const fn more(figure: Figure, words: &'static str, key: &'static str) -> Column {
    Column { figure, words, key, more_is_better: true, decimals: 0 }
}

const fn less(figure: Figure, words: &'static str, key: &'static str, decimals: usize) -> Column {
    Column { figure, words, key, more_is_better: false, decimals }
}

pub(super) const FIGURES: [Column; 23] = [
    more(Figure::TcpOne, "TCP, 1 stream, Mbit/s", "tcp_1_mbps"),
    more(Figure::TcpFour, "TCP, 4 streams, Mbit/s", "tcp_4_mbps"),
    more(Figure::TcpBoth, "TCP, both directions at once, Mbit/s", "tcp_both_mbps"),
    more(Figure::Packets64, "packets/s of 64 B", "packets_64_per_second"),
    more(Figure::Packets200, "packets/s of 200 B", "packets_200_per_second"),
    more(Figure::Packets1400, "packets/s of 1400 B", "packets_1400_per_second"),
    less(Figure::IdlePing50, "idle: ping p50, µs", "idle_ping_p50_us", 0),
    less(Figure::IdlePing99, "idle: ping p99, µs", "idle_ping_p99_us", 0),
    less(Figure::TcpPing50, "bulk TCP: ping p50, µs", "tcp_ping_p50_us", 0),
    less(Figure::TcpPing99, "bulk TCP: ping p99, µs", "tcp_ping_p99_us", 0),
    less(Figure::TcpGame50, "bulk TCP: game p50, µs", "tcp_game_p50_us", 0),
    less(Figure::TcpGame99, "bulk TCP: game p99, µs", "tcp_game_p99_us", 0),
    less(Figure::TcpGameLoss, "bulk TCP: game loss, %", "tcp_game_loss_percent", 2),
    less(Figure::UdpPing50, "bulk UDP: ping p50, µs", "udp_ping_p50_us", 0),
    less(Figure::UdpPing99, "bulk UDP: ping p99, µs", "udp_ping_p99_us", 0),
    less(Figure::UdpGame50, "bulk UDP: game p50, µs", "udp_game_p50_us", 0),
    less(Figure::UdpGame99, "bulk UDP: game p99, µs", "udp_game_p99_us", 0),
    less(Figure::UdpGameLoss, "bulk UDP: game loss, %", "udp_game_loss_percent", 2),
    less(Figure::CpuPerGib, "CPU s/GiB of TCP, both ends", "cpu_seconds_per_gib", 2),
    less(
        Figure::CpuPerMillion,
        "CPU s/million packets of 64 B, both ends",
        "cpu_seconds_per_million_packets",
        2,
    ),
    less(Figure::MemoryIdle, "memory idle, MB", "rss_idle_mb", 0),
    less(Figure::MemoryLoaded, "memory loaded, MB", "rss_loaded_mb", 0),
    less(Figure::Start, "start to first packet, ms", "start_ms", 0),
];

/// What was measured of one program in one round.
pub(super) type Round = BTreeMap<Figure, f64>;

/// The middle of some values, and the ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    /// Of some values; nothing of none.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let (&least, &most) = values.first().zip(values.last())?;
        let half = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[half - 1], values[half])
        } else {
            values[half]
        };
        Some(Self { median, least, most })
    }
}

/// All that was measured.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) rounds: BTreeMap<Program, Vec<Round>>,
    /// What sixteen peers at once got of the host, and what one got.
    pub(super) parties: BTreeMap<Program, Shares>,
}

impl Results {
    /// A figure of a program over all rounds in which it was measured.
    pub(super) fn spread(&self, program: Program, figure: Figure) -> Option<Spread> {
        let rounds = self.rounds.get(&program)?.iter();
        Spread::of(rounds.filter_map(|round| round.get(&figure).copied()).collect())
    }

    fn median(&self, program: Program, figure: Figure) -> Option<f64> {
        self.spread(program, figure).map(|spread| spread.median)
    }

    /// How much better ours is than another: above 1 in our favour, whichever way the figure points.
    pub(super) fn ratio(&self, rival: Program, column: &Column) -> Option<f64> {
        let ours = self.median(Program::Ours, column.figure)?;
        let theirs = self.median(rival, column.figure)?;
        let (better, worse) = if column.more_is_better { (ours, theirs) } else { (theirs, ours) };
        // Two that lose nothing are equal.
        Some(if better == worse { 1.0 } else { better / worse })
    }

    /// The ratio to whichever of these programs is the best.
    fn ratio_to_best(&self, rivals: &[Program], figure: Figure) -> Option<f64> {
        let column = FIGURES.iter().find(|column| column.figure == figure)?;
        rivals.iter().filter_map(|&rival| self.ratio(rival, column)).min_by(f64::total_cmp)
    }
}

/// Something that must come out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Goal {
    pub(super) words: &'static str,
    /// What came out, if it was measured.
    pub(super) value: Option<f64>,
    pub(super) met: bool,
}

/// Every goal, measured or not. Beside ours without shields those of its shields.
pub(super) fn goals(results: &Results) -> Vec<Goal> {
    use Figure::*;
    use Program::*;
    let is_rival = |program: &Program| program.is_rival() && program.is_usual();
    let rivals: Vec<_> = Program::ALL.into_iter().filter(is_rival).collect();
    let at_least = |words, value: Option<f64>, line: f64| Goal {
        words,
        value,
        met: value.is_some_and(|value| value >= line),
    };
    let at_most = |words, value: Option<f64>, line: f64| Goal {
        words,
        value,
        met: value.is_some_and(|value| value <= line),
    };
    if results.rounds.contains_key(&OursOpen) {
        let without = |figure| results.ratio_to_best(&[OursOpen], figure);
        return vec![
            at_least("TCP, 1 stream, at least 0.99 of what it is without shields", without(TcpOne), 0.99),
            at_least("packets/s of 64 B at least 0.99 of that", without(Packets64), 0.99),
            at_least("idle ping p50 at least 0.99 as good as that", without(IdlePing50), 0.99),
        ];
    }
    vec![
        at_least(
            "TCP, 1 stream, at least 2 times wireguard-go's",
            results.ratio_to_best(&[WireguardGo], TcpOne),
            2.0,
        ),
        at_least("TCP, 1 stream, at least 3 times gotatun's", results.ratio_to_best(&[Gotatun], TcpOne), 3.0),
        at_least(
            "packets/s of 64 B at least 3 times the better of gotatun and boringtun",
            results.ratio_to_best(&[Gotatun, Boringtun], Packets64),
            3.0,
        ),
        at_least(
            "game p50 under bulk TCP at most a 20th of wireguard-go's",
            results.ratio_to_best(&[WireguardGo], TcpGame50),
            20.0,
        ),
        at_least(
            "game p99 under bulk TCP at most a quarter of wireguard-go's",
            results.ratio_to_best(&[WireguardGo], TcpGame99),
            4.0,
        ),
        at_most("no loss of the game under bulk TCP, %", results.median(Ours, TcpGameLoss), 0.0),
        at_least(
            "idle ping p50 no worse than the best program's",
            results.ratio_to_best(&rivals, IdlePing50),
            1.0,
        ),
        at_most("CPU s/GiB at most 3.3", results.median(Ours, CpuPerGib), 3.3),
        at_most("memory loaded at most 25 MB", results.median(Ours, MemoryLoaded), 25.0),
        at_least(
            "16 peers together at least 0.9 of one",
            results.parties.get(&Ours).map(|shares| shares.ratio()),
            0.9,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(rounds: &[(Program, Figure, f64)]) -> Results {
        let mut results = Results::default();
        for &(program, figure, value) in rounds {
            results.rounds.entry(program).or_default().push(Round::from([(figure, value)]));
        }
        results
    }

    fn column(figure: Figure) -> Column {
        FIGURES.into_iter().find(|column| column.figure == figure).expect("every figure has a column")
    }

    #[test]
    fn a_spread_has_the_middle_of_an_even_number_of_rounds_too() {
        let spread = |values: &[f64]| {
            Spread::of(values.to_vec()).map(|spread| (spread.least, spread.median, spread.most))
        };
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some((1.0, 2.0, 3.0)));
        assert_eq!(spread(&[4.0, 1.0]), Some((1.0, 2.5, 4.0)));
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn a_ratio_above_one_is_in_our_favour_whichever_way_the_figure_points() {
        let seen = results(&[
            (Program::Ours, Figure::TcpOne, 300.0),
            (Program::Boringtun, Figure::TcpOne, 100.0),
            (Program::Ours, Figure::IdlePing50, 50.0),
            (Program::Boringtun, Figure::IdlePing50, 100.0),
        ]);
        assert_eq!(seen.ratio(Program::Boringtun, &column(Figure::TcpOne)), Some(3.0));
        assert_eq!(seen.ratio(Program::Boringtun, &column(Figure::IdlePing50)), Some(2.0));
        assert_eq!(seen.ratio(Program::WireguardGo, &column(Figure::TcpOne)), None);
    }

    #[test]
    fn nothing_lost_on_both_sides_is_equal_and_nothing_against_something_is_without_bound() {
        let loss = column(Figure::TcpGameLoss);
        let seen = results(&[
            (Program::Ours, Figure::TcpGameLoss, 0.0),
            (Program::WireguardGo, Figure::TcpGameLoss, 0.0),
        ]);
        assert_eq!(seen.ratio(Program::WireguardGo, &loss), Some(1.0));
        let seen = results(&[
            (Program::Ours, Figure::TcpGameLoss, 0.0),
            (Program::WireguardGo, Figure::TcpGameLoss, 2.0),
        ]);
        assert_eq!(seen.ratio(Program::WireguardGo, &loss), Some(f64::INFINITY));
    }

    #[test]
    fn a_goal_that_was_not_measured_is_not_met() {
        assert!(goals(&Results::default()).iter().all(|goal| !goal.met && goal.value.is_none()));
    }

    #[test]
    fn the_goal_for_small_packets_is_against_the_better_of_the_two() {
        let seen = results(&[
            (Program::Ours, Figure::Packets64, 290.0),
            (Program::Boringtun, Figure::Packets64, 50.0),
            (Program::Gotatun, Figure::Packets64, 100.0),
        ]);
        let goals = goals(&seen);
        let goal = goals.iter().find(|goal| goal.words.starts_with("packets/s")).expect("it is there");
        assert_eq!((goal.value, goal.met), (Some(2.9), false));
    }
}
