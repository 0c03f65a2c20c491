//! Who hears what on the virtual LAN and on the real one: sockets of every kind, on a player's computer, at a neighbour of
//! the player's real LAN, and at a friend. The real LAN, a bridge, is the control for both.

mod ears;
mod mouth;
mod programs;
mod sounds;
mod traces;

use std::{
    net::Ipv4Addr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

pub use self::{
    ears::Ear,
    programs::{Finding, try_programs},
    sounds::{Binding, Size, Sound, Target},
};
use self::{ears::Ears, mouth::Mouth, traces::Traces};
use crate::{Host, Player, capture::Capture, stage};

/// How often each sound is made.
pub const TIMES: usize = 3;

/// How long a party may take to stand.
const READY_LIMIT: Duration = Duration::from_secs(40);
/// From one datagram to the next: a steady trickle, as of many programs, that no limit of floods catches.
const PAUSE: Duration = Duration::from_millis(2);
/// For so long answers are waited for.
const ECHO: Duration = Duration::from_millis(1_500);
/// For so long the program runs without a party before it is looked at.
const IDLE: Duration = Duration::from_secs(3);
/// So soon nothing may be left of a program that was killed.
const TRACES_LIMIT: Duration = Duration::from_secs(1);

/// When it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before the program was started.
    Before,
    /// With the program running, and no party.
    Idle,
    /// In the first party.
    Party,
    /// After that was left.
    Left,
    /// In a second party.
    PartyAgain,
    /// After the program was killed in it.
    Killed,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Before, Self::Idle, Self::Party, Self::Left, Self::PartyAgain, Self::Killed];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Idle => "idle",
            Self::Party => "party",
            Self::Left => "left",
            Self::PartyAgain => "again",
            Self::Killed => "killed",
        }
    }

    /// Whether there is a party.
    #[must_use]
    pub const fn has_party(self) -> bool {
        matches!(self, Self::Party | Self::PartyAgain)
    }
}

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The player's own computer.
    Self_,
    /// A neighbour on the player's real LAN.
    Neighbour,
    /// A friend in the party, elsewhere.
    Friend,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Self_, Self::Neighbour, Self::Friend];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Self_ => "self",
            Self::Neighbour => "neighbour",
            Self::Friend => "friend",
        }
    }
}

/// How often one sound was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// When.
    pub phase: Phase,
    /// What was sent, [`TIMES`] times.
    pub sound: Sound,
    /// By each kind of socket of each place, in the orders of [`Place::ALL`] and [`Ear::ALL`].
    pub counts: [[usize; Ear::ALL.len()]; Place::ALL.len()],
    /// Answers that came back to the socket which sent, from each place.
    pub answers: [usize; Place::ALL.len()],
    /// What the system said to the socket which sent, if it did not take all.
    pub refusal: Option<String>,
}

impl Heard {
    /// As an object of JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "phase": self.phase.name(), "sound": self.sound.name(), "counts": self.counts, "answers": self.answers,
            "refusal": self.refusal,
        })
    }

    /// Reads such an object.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_json(value: &Value) -> Result<Self> {
        let phase =
            Phase::ALL.into_iter().find(|phase| value["phase"] == phase.name()).context("no phase")?;
        let sound =
            Sound::all().into_iter().find(|sound| value["sound"] == sound.name()).context("no sound")?;
        Ok(Self {
            phase,
            sound,
            counts: serde_json::from_value(value["counts"].clone())?,
            answers: serde_json::from_value(value["answers"].clone())?,
            refusal: value["refusal"].as_str().map(str::to_owned),
        })
    }
}

/// What a run reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A sound, and who heard it.
    Heard(Box<Heard>),
    /// What shows of the program where there is no party.
    Traces {
        /// When.
        phase: Phase,
        /// Lines of the system's network settings that are more or fewer than before the program was started, and packets
        /// that it sent.
        lines: Vec<String>,
    },
}

/// Tries every sound in every phase; in a `short` form in those of one party, in which the program is killed. Build it inside
/// a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built, or a party does not stand.
pub fn listen(is_short: bool, mut report: impl FnMut(Report)) -> Result<()> {
    let mut stage = crate::Stage::build()?;
    let neighbour = stage.lab.host(&stage.home_of_one.clone(), "neighbour")?;
    stage.lab.settle()?;
    stage.home_of_one.keep_private()?;
    let _server = stage.start_control_server()?;
    let hosts = [stage.one.clone(), neighbour, stage.two.clone()];
    let early = hosts.iter().map(Ears::open_early).collect::<Result<Vec<_>>>()?;
    let before = Traces::of(&stage.one)?;
    let mut hall = Hall { hosts, early, leases: None, is_short };
    hall.try_all(Phase::Before, &mut report)?;

    let capture = Capture::start(&stage.one, "eth0", &stage::data_folder("capture")?.join("idle.pcap"))?;
    let mut alone = Player::start_alone(&stage.one, "one")?;
    alone.wait_until_running()?;
    thread::sleep(IDLE);
    let mut lines = before.differences(&Traces::of(&stage.one)?);
    lines.extend(capture.finish()?.sent_by(stage.one.address()));
    report(Report::Traces { phase: Phase::Idle, lines });
    if !is_short {
        hall.try_all(Phase::Idle, &mut report)?;
    }
    alone.kill()?;

    let (mut one, mut two) = meet(&stage)?;
    hall.leases = Some((address(&one)?, address(&two)?));
    hall.try_all(Phase::Party, &mut report)?;
    if !is_short {
        two.leave()?;
        one.leave()?;
        report(Report::Traces { phase: Phase::Left, lines: before.differences(&Traces::of(&stage.one)?) });
        hall.leases = None;
        hall.try_all(Phase::Left, &mut report)?;

        (one, two) = meet(&stage)?;
        hall.leases = Some((address(&one)?, address(&two)?));
        hall.try_all(Phase::PartyAgain, &mut report)?;
    }
    one.kill()?;
    let killed = Instant::now();
    let mut lines = before.differences(&Traces::of(&stage.one)?);
    while !lines.is_empty() && killed.elapsed() < TRACES_LIMIT {
        thread::sleep(Duration::from_millis(50));
        lines = before.differences(&Traces::of(&stage.one)?);
    }
    report(Report::Traces { phase: Phase::Killed, lines });
    drop(two);
    hall.leases = None;
    hall.try_all(Phase::Killed, &mut report)
}

fn meet(stage: &crate::Stage) -> Result<(Player, Player)> {
    for name in ["one", "two"] {
        // Nothing of the party before.
        std::fs::remove_dir_all(stage::data_folder(name)?)?;
    }
    let one = Player::create(&stage.one, "one", "LAN", &stage.control_url())?;
    let two = Player::join(&stage.two, "two", one.registered_link(READY_LIMIT)?)?;
    one.wait_until_direct(&two, READY_LIMIT)?;
    Ok((one, two))
}

fn address(player: &Player) -> Result<Ipv4Addr> {
    player.wait_for_address(READY_LIMIT)
}

/// The three computers, and what listens there all along.
struct Hall {
    hosts: [Host; Place::ALL.len()],
    early: Vec<Ears>,
    /// The player's and the friend's address in the party.
    leases: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Whether rare kinds of sockets are left out.
    is_short: bool,
}

impl Hall {
    fn try_all(&mut self, phase: Phase, report: &mut impl FnMut(Report)) -> Result<()> {
        let mut sounds = Sound::all();
        sounds.retain(|sound| !self.is_short || !sound.binding.is_rare());
        for sounds in sounds.chunks(Sound::AT_ONCE) {
            for heard in self.try_some(phase, sounds)? {
                report(Report::Heard(Box::new(heard)));
            }
        }
        Ok(())
    }

    fn try_some(&self, phase: Phase, sounds: &[Sound]) -> Result<Vec<Heard>> {
        let [one, neighbour, friend] = &self.hosts;
        let friends_lease = self.leases.map(|(_, lease)| lease);
        let own = [one.address(), neighbour.address(), friends_lease.unwrap_or(friend.address())];
        // As each place knows it.
        let lease = self.leases.map_or(one.address(), |(lease, _)| lease);
        let player = [one.address(), one.address(), lease];
        let late = self.hosts.iter().zip(own).zip(player);
        let late = late.map(|((host, own), player)| Ears::open_late(host, own, player));
        let late = late.collect::<Result<Vec<_>>>()?;
        let around = sounds::Around {
            own: one.address(),
            neighbour: neighbour.address(),
            lease: self.leases.map(|(lease, _)| lease),
            friend: friends_lease.unwrap_or(friend.address()),
        };
        let mut heard: Vec<_> = sounds
            .iter()
            .map(|sound| Heard {
                phase,
                sound: *sound,
                counts: [[0; Ear::ALL.len()]; Place::ALL.len()],
                answers: [0; Place::ALL.len()],
                refusal: None,
            })
            .collect();
        let mut mouths = Vec::new();
        for (number, sound) in sounds.iter().enumerate() {
            let Some(mouth) = one.enter(|| sound.mouth(&around))? else {
                mouths.push(None);
                continue;
            };
            let message = sound.message(number);
            for _ in 0..TIMES {
                if let Err(error) = mouth.say(&message) {
                    heard[number].refusal = Some(error.to_string());
                }
                thread::sleep(PAUSE);
                self.listen(&late, &mut heard);
            }
            mouths.push(Some(mouth));
        }
        let until = Instant::now() + ECHO;
        while Instant::now() < until {
            self.listen(&late, &mut heard);
            for (number, mouth) in mouths.iter().enumerate() {
                while let Some(place) = mouth.as_ref().and_then(Mouth::answer) {
                    heard[number].answers[place] += 1;
                }
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(heard)
    }

    fn listen(&self, late: &[Ears], heard: &mut [Heard]) {
        for (place, ears) in self.early.iter().enumerate().chain(late.iter().enumerate()) {
            ears.listen(place, |ear, number| {
                if let Some(heard) = heard.get_mut(number) {
                    heard.counts[place][ear as usize] += 1;
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heard_is_written_as_it_is_read() {
        for sound in Sound::all() {
            let heard = Heard {
                phase: Phase::PartyAgain,
                sound,
                counts: [[1, 2, 3, 4, 5, 6, 7, 8, 9]; 3],
                answers: [6, 7, 8],
                refusal: Some("no".to_owned()),
            };
            assert_eq!(Heard::from_json(&heard.to_json()).unwrap(), heard);
        }
        assert!(Heard::from_json(&json!({})).is_err());
    }
}
