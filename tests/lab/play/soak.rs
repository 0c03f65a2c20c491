//! A long evening: two players with a game between them while their networks change at random, and what the programs
//! hold meanwhile.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_testnet::Rng;
use serde_json::{Value, json};

use super::{
    acts,
    recovery::{Disturbance, Lengths, Scene, venue},
};
use crate::{Process, stage};

/// From one event to the next.
const PAUSE: Duration = Duration::from_secs(15);
/// For so long containers live.
const CONTAINER: Duration = Duration::from_secs(4);
/// What lasts a while lasts so long here.
const LENGTHS: Lengths = Lengths { sleep: Duration::from_secs(3), blackhole: Duration::from_secs(3) };

/// What happens in an evening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A container engine starts some containers on a player's computer, and ends them.
    Containers,
    /// The router gives a player's computer the same address for another while.
    LeaseRenewed,
    /// One of the disturbances of a game.
    Disturbance(Disturbance),
}

impl Event {
    /// All of them. A relay's death is left out: the lab of this one has no second relay.
    pub const ALL: [Self; 7] = [
        Self::Containers,
        Self::LeaseRenewed,
        Self::Disturbance(Disturbance::Roam),
        Self::Disturbance(Disturbance::Sleep),
        Self::Disturbance(Disturbance::ControlDeath),
        Self::Disturbance(Disturbance::MappingLost),
        Self::Disturbance(Disturbance::Blackhole),
    ];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::LeaseRenewed => "lease",
            Self::Disturbance(disturbance) => disturbance.name(),
        }
    }
}

/// What a program held at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Resident memory in bytes, without what it shares with others.
    pub memory: u64,
    /// Open file descriptors.
    pub descriptors: u64,
    /// Threads.
    pub threads: u64,
    /// Bytes of the files in its data folder, its log among them.
    pub files: u64,
    /// Lines that it has written to its outputs so far.
    pub lines: u64,
}

impl Held {
    /// As an object of JSON.
    #[must_use]
    pub fn to_json(self) -> Value {
        let Self { memory, descriptors, threads, files, lines } = self;
        json!({ "memory": memory, "descriptors": descriptors, "threads": threads, "files": files, "lines": lines })
    }

    /// Reads such an object.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let number = |key: &str| value[key].as_u64();
        Some(Self {
            memory: number("memory")?,
            descriptors: number("descriptors")?,
            threads: number("threads")?,
            files: number("files")?,
            lines: number("lines")?,
        })
    }

    fn of(process: &Process, owner: &str) -> Result<Self> {
        let folder = Path::new("/proc").join(process.id().to_string());
        let entries = |name: &str| anyhow::Ok(fs::read_dir(folder.join(name))?.count() as u64);
        let status = fs::read_to_string(folder.join("status"))
            .with_context(|| format!("{owner} has ended:\n{}", process.tail()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no RssAnon")?;
        let kibibytes: u64 = line.split_whitespace().next().context("no number")?.parse()?;
        Ok(Self {
            memory: kibibytes << 10,
            descriptors: entries("fd")?,
            threads: entries("task")?,
            files: bytes_below(&stage::data_folder(owner)?)?,
            lines: process.lines_written(),
        })
    }
}

fn bytes_below(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A temporary file may be gone by now.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { bytes_below(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// What a long evening reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Something happened, and the game stood still for so long at most from when the network was usable again.
    Happened {
        /// What.
        event: Event,
        /// The longest time without a packet.
        gap: Duration,
        /// Whether the game went on calmly in time.
        recovered: bool,
    },
    /// What the programs of player one, player two and the server hold now, so long after the beginning.
    Holding {
        /// Since the beginning.
        since_start: Duration,
        /// In that order.
        held: [Held; 3],
    },
}

/// Lets players and server live for `length`, while one event after the other happens; their order follows from `seed`.
/// Build it inside a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built, a program ends, or a game does not go on.
pub fn live(length: Duration, seed: u64, mut report: impl FnMut(Report)) -> Result<()> {
    let mut dice = Rng::new(seed);
    let mut scene = Scene::set(venue(Disturbance::Roam)?, Disturbance::Roam)?;
    scene.wait_for_calm()?;
    let begun = Instant::now();
    let mut number = 0;
    while begun.elapsed() < length {
        let held = scene.programs().map(|(process, owner)| Held::of(process, owner));
        let [one, two, server] = held;
        report(Report::Holding { since_start: begun.elapsed(), held: [one?, two?, server?] });
        let event = dice.pick(&Event::ALL);
        let usable = happen(&mut scene, event, number)?;
        let round = scene.observe(usable);
        scene.repair()?;
        report(Report::Happened { event, gap: round.gap, recovered: round.recovered });
        ensure!(round.recovered, "the game did not go on after {}", event.name());
        thread::sleep(PAUSE);
        scene.wait_for_calm()?;
        number += 1;
    }
    Ok(())
}

fn happen(scene: &mut Scene, event: Event, number: u32) -> Result<Instant> {
    if let Event::Disturbance(disturbance) = event {
        return scene.disturb(disturbance, number, LENGTHS);
    }
    let host = scene.player(number as usize % 2).host();
    let begun = Instant::now();
    if event == Event::LeaseRenewed {
        acts::renew_lease(host)?;
        return Ok(begun);
    }
    acts::start_containers(host)?;
    thread::sleep(CONTAINER);
    acts::end_containers(host)?;
    Ok(begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_written_as_it_is_read() {
        let held = Held { memory: 1, descriptors: 2, threads: 3, files: 4, lines: 5 };
        assert_eq!(Held::from_json(&held.to_json()), Some(held));
        assert_eq!(Held::from_json(&json!({ "memory": 1 })), None);
    }
}
