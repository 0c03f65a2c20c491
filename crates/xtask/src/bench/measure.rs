//! One program in one round: every figure, one after the other.

use std::{thread, time::Duration};

use anyhow::Result;
use clap::ValueEnum;
use lanrage_lab::{Process, Wire};

use super::{
    figures::{Figure, Round},
    program::{Program, Tunnel},
    search,
    traffic::{self, Flow, PacketFlow, Packets, TcpFlow, Way},
    usage::{self, MemoryWatch, Moment},
};

/// Some programs are busy for a while after the first packet: ours with looking for better paths.
const SETTLE: Duration = Duration::from_secs(3);
/// A flow is at its full speed after this.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long packets of one rate flow.
const RATE_TIME: Duration = Duration::from_millis(400);
/// Bytes of the packets of the bulk flow of UDP, headers included: 1,200 of payload.
const BULK_BYTES: usize = 1_228;
/// The share of its highest rate at which that flow runs.
const BULK_SHARE: f64 = 0.6;
const GIB: f64 = (1_u64 << 30) as f64;

/// A part of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Round trips without other traffic
    Idle,
    /// TCP alone
    Tcp,
    /// The highest rates of packets
    Packets,
    /// Round trips while TCP flows
    UnderTcp,
    /// Round trips while large packets flow
    UnderUdp,
}

/// How a round is measured.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    /// What of it.
    pub(super) parts: Vec<Part>,
    /// How long each flow is measured.
    pub(super) length: Duration,
    /// How often the search for a rate halves what it does not know.
    pub(super) halvings: u32,
}

/// A round's figures, and what went wrong.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) round: Round,
    pub(super) problems: Vec<String>,
    /// The measurement in which others had most of the processors, and how much from 0 to 1.
    pub(super) others: Option<(&'static str, f64)>,
}

impl Measured {
    /// Runs one measurement. What fails is left out of the round and told.
    fn take<T>(&mut self, what: &'static str, work: impl FnOnce(&mut Round) -> Result<T>) -> Option<T> {
        let taken = Moment::now().and_then(|before| {
            let result = work(&mut self.round)?;
            Ok((result, before.share_of_others()?))
        });
        match taken {
            Ok((result, share)) => {
                if self.others.is_none_or(|(_, most)| share > most) {
                    self.others = Some((what, share));
                }
                Some(result)
            }
            Err(error) => {
                self.problems.push(format!("{what}: {error:#}"));
                None
            }
        }
    }
}

/// Starts the program, measures it, and ends it.
///
/// # Errors
/// If it does not start.
pub(super) fn program(program: Program, wire: &Wire, scale: &Scale) -> Result<Measured> {
    let tunnel = program.start(wire)?;
    let mut measured = Measured::default();
    if let Some(start) = tunnel.start {
        measured.round.insert(Figure::Start, start.as_secs_f64() * 1e3);
    }
    thread::sleep(SETTLE);
    let way = Way::along(wire, tunnel.addresses[1]);
    let has_programs = !tunnel.processes.is_empty();
    if has_programs {
        let ids: Vec<_> = tunnel.processes.iter().map(Process::id).collect();
        measured.round.insert(Figure::MemoryIdle, usage::memory_mb(&ids));
    }
    let memory = MemoryWatch::start(&tunnel.processes);
    for part in Part::value_variants().iter().filter(|part| scale.parts.contains(part)) {
        match part {
            Part::Idle => idle(&mut measured, way, scale),
            Part::Tcp => tcp(&mut measured, &tunnel, way, scale),
            Part::Packets => packets(&mut measured, &tunnel, way, scale),
            Part::UnderTcp => under_tcp(&mut measured, way, scale),
            Part::UnderUdp => under_udp(&mut measured, way, scale),
        }
    }
    if has_programs {
        measured.round.insert(Figure::MemoryLoaded, memory.most_mb());
    }
    Ok(measured)
}

fn insert<const N: usize>(round: &mut Round, values: [(Figure, Option<f64>); N]) {
    round.extend(values.into_iter().filter_map(|(figure, value)| Some((figure, value?))));
}

fn idle(measured: &mut Measured, way: Way<'_>, scale: &Scale) {
    measured.take("idle ping", |round| {
        let pings = traffic::ping(way, scale.length)?;
        insert(round, [(Figure::IdlePing50, pings.p50), (Figure::IdlePing99, pings.p99)]);
        Ok(())
    });
}

fn tcp(measured: &mut Measured, tunnel: &Tunnel, way: Way<'_>, scale: &Scale) {
    measured.take("TCP, 1 stream", |round| {
        let before = usage::cpu_seconds(&tunnel.processes)?;
        let carried = TcpFlow::start(way, Flow::Streams(1), scale.length)?.finish()?;
        let used = usage::cpu_seconds(&tunnel.processes)? - before;
        round.insert(Figure::TcpOne, carried.megabits_per_second);
        if !tunnel.processes.is_empty() {
            round.insert(Figure::CpuPerGib, used / (carried.bytes / GIB));
        }
        Ok(())
    });
    for (what, flow, figure) in [
        ("TCP, 4 streams", Flow::Streams(4), Figure::TcpFour),
        ("TCP, both directions", Flow::BothWays, Figure::TcpBoth),
    ] {
        measured.take(what, |round| {
            let carried = TcpFlow::start(way, flow, scale.length)?.finish()?;
            round.insert(figure, carried.megabits_per_second);
            Ok(())
        });
    }
}

fn packets(measured: &mut Measured, tunnel: &Tunnel, way: Way<'_>, scale: &Scale) {
    for (what, size, figure) in [
        ("packets of 64 B", 64, Figure::Packets64),
        ("packets of 200 B", 200, Figure::Packets200),
        ("packets of 1400 B", 1400, Figure::Packets1400),
    ] {
        measured.take(what, |round| {
            let mut cost = None;
            let rate = search::highest(scale.halvings, |rate| {
                let before = usage::cpu_seconds(&tunnel.processes)?;
                let seen = PacketFlow::start(way, size, rate, RATE_TIME)?.finish()?;
                let used = usage::cpu_seconds(&tunnel.processes)? - before;
                let holds = holds(&seen);
                if holds {
                    cost = Some(used / (seen.sent / 1e6));
                }
                Ok(holds)
            })?;
            round.insert(figure, rate);
            if figure == Figure::Packets64 && !tunnel.processes.is_empty() {
                insert(round, [(Figure::CpuPerMillion, cost)]);
            }
            Ok(())
        });
    }
}

/// Whether less than a hundredth is missing of what was due: what the sender did not get rid of is missing too.
fn holds(packets: &Packets) -> bool {
    packets.in_time > packets.due * 0.99
}

fn under_tcp(measured: &mut Measured, way: Way<'_>, scale: &Scale) {
    measured.take("game and ping under bulk TCP", |round| {
        let bulk =
            TcpFlow::start(way, Flow::Streams(1), WARM_UP + scale.length + Duration::from_millis(500))?;
        thread::sleep(WARM_UP);
        let (game, pings) = traffic::play_and_ping(way, scale.length)?;
        bulk.finish()?;
        insert(
            round,
            [
                (Figure::TcpPing50, pings.p50),
                (Figure::TcpPing99, pings.p99),
                (Figure::TcpGame50, game.p50),
                (Figure::TcpGame99, game.p99),
                (Figure::TcpGameLoss, Some(game.loss * 100.0)),
            ],
        );
        Ok(())
    });
}

fn under_udp(measured: &mut Measured, way: Way<'_>, scale: &Scale) {
    measured.take("game and ping under bulk UDP", |round| {
        let highest = match round.get(&Figure::Packets1400) {
            Some(&known) => known,
            None => search::highest(scale.halvings, |rate| {
                Ok(holds(&PacketFlow::start(way, 1400, rate, RATE_TIME)?.finish()?))
            })?,
        };
        let length = WARM_UP + scale.length + Duration::from_millis(500);
        let bulk = PacketFlow::start(way, BULK_BYTES, highest * BULK_SHARE, length)?;
        thread::sleep(WARM_UP);
        let (game, pings) = traffic::play_and_ping(way, scale.length)?;
        bulk.finish()?;
        insert(
            round,
            [
                (Figure::UdpPing50, pings.p50),
                (Figure::UdpPing99, pings.p99),
                (Figure::UdpGame50, game.p50),
                (Figure::UdpGame99, game.p99),
                (Figure::UdpGameLoss, Some(game.loss * 100.0)),
            ],
        );
        Ok(())
    });
}
