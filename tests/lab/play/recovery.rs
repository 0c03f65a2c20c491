//! What a disturbance costs a game: two players with a flow between them, and everything that may befall them.

use std::{
    net::SocketAddrV4,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{
    acts,
    flow::{Counts, Flow},
    meeting::Venue,
    relay, stage,
};
use crate::{
    Host, Player, Process, Uplinks,
    expected::Path,
    networks::{HOME, Kind, ORDINARY, Pair, STRICT},
};

/// Where each player's game listens.
const GAME_PORT: u16 = 7777;
/// How long the players may take for what is not measured.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// Packets both ways for so long, without a pause to speak of, is calm.
const CALM: Duration = Duration::from_millis(1_500);
/// For so long after a disturbance the flow is watched at least: what comes later is its consequence too.
const WATCH: Duration = Duration::from_secs(3);
/// After so long without calm the players count as lost.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);
/// For so long players are left alone before the relay in use is killed.
const STANDBY: Duration = Duration::from_secs(3);
/// For so long the traffic of relays is compared, to see which one carries the flow.
const CARRIER_WATCH: Duration = Duration::from_millis(300);

/// What befalls the players.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// A player's uplink goes, and another one, with another address behind another router, takes over.
    Roam,
    /// A player's program is stopped and goes on, as in sleep.
    Sleep,
    /// The relay that carries the flow is killed; there are others.
    RelayDeath,
    /// The control server is killed.
    ControlDeath,
    /// A router forgets all mappings, and chooses other external ports from then on.
    MappingLost,
    /// A router drops everything for a while.
    Blackhole,
}

/// How long what lasts a while lasts.
#[derive(Debug, Clone, Copy)]
pub struct Lengths {
    /// Of [`Disturbance::Sleep`].
    pub sleep: Duration,
    /// Of [`Disturbance::Blackhole`].
    pub blackhole: Duration,
}

/// What one disturbance cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// The longest time without a packet, of the worse way, from the moment that the network was usable again.
    pub gap: Duration,
    /// Whether the flow was calm again in time.
    pub recovered: bool,
    /// What became of the packets that were sent from that moment on.
    pub after: Counts,
}

impl Disturbance {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Roam, Self::Sleep, Self::RelayDeath, Self::ControlDeath, Self::MappingLost, Self::Blackhole];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Roam => "roam",
            Self::Sleep => "sleep",
            Self::RelayDeath => "relay-death",
            Self::ControlDeath => "control-death",
            Self::MappingLost => "mapping-lost",
            Self::Blackhole => "blackhole",
        }
    }

    /// The disturbance of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|disturbance| disturbance.name() == name)
    }

    /// The networks it is played in.
    const fn pair(self) -> Pair {
        const RANDOM: Kind = Kind {
            name: "eim-apdf-random",
            words: "",
            network: crate::expected::Network::behind(HOME.random_ports()),
        };
        match self {
            Self::RelayDeath => Pair::apart(STRICT, STRICT),
            Self::MappingLost => Pair::apart(ORDINARY, RANDOM),
            _ => Pair::apart(ORDINARY, ORDINARY),
        }
    }
}

/// The venue in which a disturbance is played. Build it inside a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built here, or does not settle.
pub fn venue(disturbance: Disturbance) -> Result<Venue> {
    Venue::build(&disturbance.pair())
}

/// Plays a disturbance again and again among the same two players in its [`venue`], and reports each round. It ends
/// early, well, after a round from which the players did not recover, and after a relay's death.
///
/// # Errors
/// If the players did not even come together.
pub fn play(
    venue: Venue,
    disturbance: Disturbance,
    rounds: u32,
    lengths: Lengths,
    mut report: impl FnMut(Round),
) -> Result<()> {
    let mut scene = Scene::set(venue, disturbance)?;
    for number in 0..rounds {
        scene.wait_for_calm()?;
        if disturbance == Disturbance::RelayDeath {
            // So that both players had the time to try every relay.
            thread::sleep(STANDBY);
        }
        let usable = scene.disturb(disturbance, number, lengths)?;
        let round = scene.observe(usable);
        report(round);
        if !round.recovered {
            scene.explain();
            return Ok(());
        }
        if disturbance == Disturbance::RelayDeath {
            // A relay that has only just been started again is no standby for the other one's death yet.
            return Ok(());
        }
        scene.repair()?;
    }
    Ok(())
}

/// Two connected players with a flow between them.
#[derive(Debug)]
pub(super) struct Scene {
    venue: Venue,
    server: Process,
    /// What the server was started with.
    words: Vec<String>,
    relays: Vec<(Host, Process)>,
    players: [Player; 2],
    flow: Flow,
    path: Path,
    /// Player two's.
    uplinks: Uplinks,
}

impl Scene {
    pub(super) fn set(mut venue: Venue, disturbance: Disturbance) -> Result<Self> {
        let home = venue.lans[1].clone().context("player two has no LAN")?;
        let elsewhere = venue.lab.lan(HOME)?;
        let uplinks = venue.lab.second_uplink(&venue.players[1], &home, &elsewhere)?;
        let words =
            if disturbance == Disturbance::RelayDeath { relay::server_of_others()? } else { Vec::new() };
        let server = stage::start_server(&venue.server, &words)?;
        let mut relays = Vec::new();
        if disturbance == Disturbance::RelayDeath {
            for (name, last) in [("relay1", 8), ("relay2", 9)] {
                let host = venue.lab.dual_stack_host(name, last)?;
                venue.lab.settle()?;
                let process = relay::start(&host, &venue.control_url())?;
                relays.push((host, process));
            }
            // They are in the list before the players ask for it.
            thread::sleep(Duration::from_secs(1));
        }
        let [host_one, host_two] = &venue.players;
        let one = Player::create(host_one, "one", "Recovery", &venue.control_url())?;
        let two = Player::join(host_two, "two", one.registered_link(READY_LIMIT)?)?;
        let address =
            |player: &Player| anyhow::Ok(SocketAddrV4::new(player.wait_for_address(READY_LIMIT)?, GAME_PORT));
        let flow = Flow::start(
            (host_one.udp(GAME_PORT)?, address(&one)?),
            (host_two.udp(GAME_PORT)?, address(&two)?),
        )?;
        let path = disturbance.pair().expected();
        Ok(Self { venue, server, words, relays, players: [one, two], flow, path, uplinks })
    }

    /// Waits until the players are connected as expected, know their control server, and the flow is calm.
    pub(super) fn wait_for_calm(&self) -> Result<()> {
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            let calm = self.flow.is_steady(CALM)
                && self.players.iter().all(|player| {
                    player.path_to_friend().is_ok_and(|path| path == Some(self.path))
                        && player.has_control_server().is_ok_and(|has| has)
                });
            if calm {
                self.flow.forget();
                return Ok(());
            }
            if Instant::now() > deadline {
                self.explain();
                bail!("the players were not calmly connected, {}, within {READY_LIMIT:?}", self.path.word());
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Does it, and returns from when on the network can be used.
    pub(super) fn disturb(
        &mut self,
        disturbance: Disturbance,
        number: u32,
        lengths: Lengths,
    ) -> Result<Instant> {
        // Who begins handshakes is decided by the players' keys: both roles have their turn.
        let player = &self.players[number as usize % 2];
        match disturbance {
            Disturbance::Roam => self.uplinks.roam()?,
            Disturbance::Sleep => {
                player.program().suspend()?;
                thread::sleep(lengths.sleep);
                player.program().resume()?;
            }
            Disturbance::RelayDeath => self.kill_busiest_relay()?,
            Disturbance::ControlDeath => self.kill_server()?,
            Disturbance::MappingLost => acts::forget_flows(self.router(1)?)?,
            Disturbance::Blackhole => {
                let router = self.router(number as usize % 2)?;
                acts::drop_everything(router)?;
                thread::sleep(lengths.blackhole);
                acts::let_through(router)?;
            }
        }
        Ok(Instant::now())
    }

    /// Kills the relay whose host carries the most.
    fn kill_busiest_relay(&mut self) -> Result<()> {
        let count = || self.relays.iter().map(|(host, _)| host.traffic("eth0")).collect::<Result<Vec<_>>>();
        let before = count()?;
        thread::sleep(CARRIER_WATCH);
        let grown = count()?.into_iter().zip(before).map(|(after, before)| after - before);
        let (busiest, bytes) = grown.enumerate().max_by_key(|(_, bytes)| *bytes).context("no relay")?;
        ensure!(bytes > 5_000, "no relay carries the flow; the busiest has moved {bytes} bytes");
        self.relays[busiest].1.kill()
    }

    /// Watches until the flow is calm again.
    pub(super) fn observe(&self, usable: Instant) -> Round {
        let recovered = loop {
            thread::sleep(Duration::from_millis(50));
            if usable.elapsed() > WATCH && self.flow.is_steady(CALM) {
                break true;
            }
            if usable.elapsed() > RECOVERY_LIMIT {
                break false;
            }
        };
        Round { gap: self.flow.longest_gap(usable), recovered, after: self.flow.counts(usable) }
    }

    /// The programs of player one, player two and the server, each with the name of whoever owns its data folder.
    pub(super) fn programs(&self) -> [(&Process, &str); 3] {
        let [one, two] = &self.players;
        [(one.program(), one.name()), (two.program(), two.name()), (&self.server, self.venue.server.name())]
    }

    /// The player with this index.
    pub(super) fn player(&self, index: usize) -> &Player {
        &self.players[index]
    }

    /// The router of the player with this index.
    pub(super) fn router(&self, index: usize) -> Result<&Host> {
        Ok(self.venue.lans[index].as_ref().context("no router")?.router())
    }

    /// The game between them.
    pub(super) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Kills the control server, which [`repair`](Self::repair) starts again.
    pub(super) fn kill_server(&mut self) -> Result<()> {
        self.server.kill()
    }

    /// Starts again what was killed.
    pub(super) fn repair(&mut self) -> Result<()> {
        if !self.server.is_running()? {
            self.server = stage::start_server(&self.venue.server, &self.words)?;
        }
        Ok(())
    }

    /// What everybody said last, for whoever looks for the cause.
    pub(super) fn explain(&self) {
        for player in &self.players {
            let peers = player.status().unwrap_or_default()["party"]["peers"].to_string();
            eprintln!("Player {} sees {peers}\nand said last:\n{}", player.name(), player.tail());
        }
        eprintln!("The server said last:\n{}", self.server.tail());
        for (host, relay) in &self.relays {
            eprintln!("{} said last:\n{}", host.name(), relay.tail());
        }
    }
}

impl Round {
    /// As one line, for the program that counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Counts { sent, lost, duplicated, reordered } = self.after;
        json!({
            "gap_ms": self.gap.as_secs_f64() * 1e3,
            "recovered": self.recovered,
            "sent": sent,
            "lost": lost,
            "duplicated": duplicated,
            "reordered": reordered,
        })
    }

    /// Reads such a line.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let number = |key: &str| value[key].as_u64().and_then(|number| usize::try_from(number).ok());
        Some(Self {
            gap: Duration::from_secs_f64(value["gap_ms"].as_f64()? / 1e3),
            recovered: value["recovered"].as_bool()?,
            after: Counts {
                sent: number("sent")?,
                lost: number("lost")?,
                duplicated: number("duplicated")?,
                reordered: number("reordered")?,
            },
        })
    }
}
