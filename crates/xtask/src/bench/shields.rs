//! Ours with shields and without, by turns while one and the same flow runs: what it costs that every packet of a friend is
//! judged. Two runs one after the other differ by more than that, for what else the machine does.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Host, Wire};

use super::{
    figures::Spread,
    program::{Program, Tunnel, ours},
    traffic::{self, Flow, PacketFlow, TcpFlow, Way},
    usage::cpu_seconds,
};

/// What it must be at least, in relation to what it is without shields.
const GOAL: f64 = 0.99;
/// A flow is at its full speed after this; what was switched is in effect after this too.
const SETTLE: Duration = Duration::from_millis(700);
/// For how long each turn is measured.
const TURN: Duration = Duration::from_secs(1);
/// More than any program here carries, in packets a second.
const TOO_MANY: f64 = 1_000_000.0;
/// So much of a normal distribution is within so many standard deviations: 95 %.
const DEVIATIONS: f64 = 1.96;
const NAMES: [&str; 2] = ["with shields", "without"];

/// A ratio and how far it may be off, with a probability of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ratio {
    value: f64,
    off: f64,
}

impl Ratio {
    /// Of pairs that were measured one after the other: with shields, and without.
    fn of(pairs: &[[f64; 2]]) -> Option<Self> {
        let logs: Vec<f64> = pairs.iter().map(|[with, without]| (with / without).ln()).collect();
        let count = logs.len() as f64;
        if logs.len() < 2 || logs.iter().any(|log| !log.is_finite()) {
            return None;
        }
        let mean = logs.iter().sum::<f64>() / count;
        let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let off = DEVIATIONS * (variance / count).sqrt();
        Some(Self { value: mean.exp(), off: mean.exp() * off })
    }

    /// Whether what was measured speaks against the goal.
    fn misses(&self) -> bool {
        self.value + self.off < GOAL
    }
}

/// Measures it: as often as `pairs` each way, in every kind of traffic.
pub(super) fn compare(pairs: u32) -> Result<()> {
    let wire = Wire::lay()?;
    let tunnel = Program::Ours.start(&wire)?;
    let way = Way::along(&wire, tunnel.addresses[1]);
    let turns = Turns { wire: &wire, pairs: pairs.clamp(2, 60) };
    let length = (SETTLE + TURN) * (2 * turns.pairs + 4) * 2;
    println!(
        "Ours with shields and games watched, in relation to itself without, {} pairs of turns each",
        turns.pairs
    );
    println!("{:24} {:>12} {:>12}   ratio", "", NAMES[0], NAMES[1]);
    let mut missed = Vec::new();
    let mut show = |what: &str, measured: &[[f64; 2]]| -> Result<()> {
        let ratio = Ratio::of(measured).with_context(|| format!("{what}: nothing was measured"))?;
        let [with, without] = [0, 1].map(|at| Spread::of(measured.iter().map(|pair| pair[at]).collect()));
        let (with, without) = with.zip(without).context("nothing was measured")?;
        let middles = (with.median, without.median);
        println!("{what:24} {:>12.0} {:>12.0}   {:.3} ± {:.3}", middles.0, middles.1, ratio.value, ratio.off);
        missed.extend(ratio.misses().then(|| what.to_owned()));
        Ok(())
    };

    let flow = TcpFlow::start(way, Flow::Streams(1), length)?;
    let [bytes, cost] = turns.flow(&tunnel)?;
    drop(flow);
    show("TCP, 1 stream, Mbit/s", &times(&bytes, 8e-6))?;
    show("  MiB a CPU second", &times(&cost, 1.0 / f64::from(1 << 20)))?;
    for size in [64, 200, 1_400] {
        let flow = PacketFlow::start(way, size, TOO_MANY, length)?;
        let [bytes, cost] = turns.flow(&tunnel)?;
        drop(flow);
        show(&format!("packets/s of {size} B"), &times(&bytes, 1.0 / size as f64))?;
        show("  packets a CPU second", &times(&cost, 1.0 / size as f64))?;
    }
    let [trips] = turns.each(|| {
        let pings = traffic::ping(way, TURN)?;
        Ok([pings.p50.map(|us| 1e6 / us).context("no ping came back")?])
    })?;
    show("idle: round trips/s", &trips)?;
    ensure!(missed.is_empty(), "less than {GOAL} of what it is without shields: {}", missed.join(", "));
    Ok(())
}

/// Pairs of values, each so many times as large.
fn times(pairs: &[[f64; 2]], factor: f64) -> Vec<[f64; 2]> {
    pairs.iter().map(|pair| pair.map(|value| value * factor)).collect()
}

struct Turns<'a> {
    wire: &'a Wire,
    pairs: u32,
}

impl Turns<'_> {
    /// Each value that `measure` gives, with shields and without, in pairs.
    fn each<const N: usize>(
        &self,
        mut measure: impl FnMut() -> Result<[f64; N]>,
    ) -> Result<[Vec<[f64; 2]>; N]> {
        let mut pairs = [const { Vec::new() }; N];
        for pair in 0..self.pairs {
            let mut values = [[0.0; 2]; N];
            // What grows or falls all the time favours neither.
            let order = if pair.is_multiple_of(2) { [0, 1] } else { [1, 0] };
            for turn in order {
                for host in [&self.wire.one, &self.wire.two] {
                    ours::choose_shields(host, turn == 0)?;
                }
                thread::sleep(SETTLE);
                for (value, measured) in values.iter_mut().zip(measure()?) {
                    value[turn] = measured;
                }
            }
            pairs.iter_mut().zip(values).for_each(|(all, value)| all.push(value));
        }
        Ok(pairs)
    }

    /// Bytes that come out of the tunnel in a second, and for each second of a processor that its two programs use.
    fn flow(&self, tunnel: &Tunnel) -> Result<[Vec<[f64; 2]>; 2]> {
        let now = || {
            Ok::<_, anyhow::Error>((
                Instant::now(),
                received(&self.wire.two)?,
                cpu_seconds(&tunnel.processes)?,
            ))
        };
        self.each(|| {
            let (begun, bytes_before, cpu_before) = now()?;
            thread::sleep(TURN);
            let (ended, bytes, cpu) = now()?;
            let bytes = bytes - bytes_before;
            Ok([bytes / (ended - begun).as_secs_f64(), bytes / (cpu - cpu_before)])
        })
    }
}

/// The bytes that the kernel has counted of what came out of the tunnel.
fn received(host: &Host) -> Result<f64> {
    let mut command = host.command("cat");
    command.arg("/proc/net/dev");
    let output = command.output().context("cat")?;
    read(&String::from_utf8_lossy(&output.stdout)).context("no adapter is there")
}

/// The adapter's line of /proc/net/dev begins with the bytes received (proc(5)).
fn read(text: &str) -> Option<f64> {
    let adapter = |line: &str| {
        line.trim()
            .strip_prefix("lanrage")
            .and_then(|line| line.split_once(':'))
            .map(|(_, fields)| fields.to_owned())
    };
    text.lines().find_map(adapter)?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_that_of_the_pairs_and_knows_how_sure_it_is() {
        let same = Ratio::of(&[[100.0, 100.0], [300.0, 300.0], [5.0, 5.0]]).unwrap();
        assert_eq!((same.value, same.off), (1.0, 0.0));
        let half = Ratio::of(&[[50.0, 100.0], [100.0, 200.0], [51.0, 100.0]]).unwrap();
        assert!((half.value - 0.5).abs() < 0.01 && half.off < 0.01 && half.misses(), "{half:?}");
        let unsure = Ratio::of(&[[50.0, 100.0], [200.0, 100.0], [70.0, 100.0]]).unwrap();
        assert!(unsure.off > 0.5 && !unsure.misses(), "{unsure:?}");
        assert_eq!((Ratio::of(&[[1.0, 1.0]]), Ratio::of(&[[0.0, 1.0], [1.0, 1.0]])), (None, None));
    }

    #[test]
    fn what_came_is_read_from_the_adapters_line() {
        let text = "Inter-|   Receive  |  Transmit\n face |bytes    packets\n    lo: 9 9 0\nlanrage0: 1234 56 0 0 0 0 0 0 7 8\n";
        assert_eq!((read(text), read("    lo: 9 9 0\n")), (Some(1_234.0), None));
    }
}
