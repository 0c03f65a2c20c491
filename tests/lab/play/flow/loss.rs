//! A game over a line that loses packets: what it loses where packets go once, and where they go by a second way too.

use std::{
    net::SocketAddrV4,
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{Counts, Flow, percentile};
use crate::{Player, Process, Stage};

/// Where each player's game listens.
const GAME_PORT: u16 = 7777;
/// How long the players may take to meet, and to find out that their line is bad.
const LIMIT: Duration = Duration::from_secs(60);

/// Which packets the router of player one loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Those of the straight way to the friend: a relay is reached without loss.
    ToFriend,
    /// All: whatever way they go, they cross this line.
    Access,
}

/// Two connected players, a game between them, and a line that loses packets.
#[derive(Debug)]
pub struct LossyGame {
    one: Player,
    two: Player,
    flow: Flow,
    _server: Process,
    stage: Stage,
}

/// What became of a game's packets, both ways together.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// How many were sent, lost, and came out of order or again.
    pub counts: Counts,
    /// How long 99 of 100 of those that came took at most.
    pub p99: Duration,
    /// The longest time without a packet.
    pub gap: Duration,
}

impl LossyGame {
    /// Lets two players meet who play over a good line. Build it inside a [`world`](crate::world).
    ///
    /// # Errors
    /// If they do not meet.
    pub fn begin() -> Result<Self> {
        let stage = Stage::build()?;
        let server = stage.start_control_server()?;
        let one = Player::create(&stage.one, "one", "Bad line", &stage.control_url())?;
        let two = Player::join(&stage.two, "two", one.link()?)?;
        one.wait_until_direct(&two, LIMIT)?;
        let end = |player: &Player| -> Result<_> {
            let address = player.wait_for_address(LIMIT)?;
            Ok((player.host().udp(GAME_PORT)?, SocketAddrV4::new(address, GAME_PORT)))
        };
        let flow = Flow::start(end(&one)?, end(&two)?)?;
        let chain = "{ type filter hook forward priority filter - 1 ; }";
        stage.home_of_one.router().nft(&[&format!("add chain ip lab loss {chain}")])?;
        Ok(Self { one, two, flow, _server: server, stage })
    }

    /// Makes a line lose so many of a thousand packets, and no other one.
    ///
    /// # Errors
    /// If the router refuses it.
    pub fn lose(&self, line: Line, per_mille: u32) -> Result<()> {
        let friend = self.stage.home_of_two.router().address();
        let router = self.stage.home_of_one.router();
        router.nft(&["flush chain ip lab loss"])?;
        let chosen = match line {
            Line::ToFriend => ["daddr", "saddr"].map(|end| format!("ip {end} {friend} ")).to_vec(),
            Line::Access => vec![String::new()],
        };
        for chosen in chosen {
            let drop = format!("meta l4proto udp numgen random mod 1000 < {per_mille} drop");
            router.nft(&[&format!("add rule ip lab loss {chosen}{drop}")])?;
        }
        Ok(())
    }

    /// Lets both send packets once from now on, or by two ways, and waits until they do.
    ///
    /// # Errors
    /// If they do not within a minute.
    pub fn send_twice(&self, twice: bool) -> Result<()> {
        for player in [&self.one, &self.two] {
            Player::choose(player.host(), player.name(), "send_twice", if twice { "yes" } else { "no" })?;
        }
        for player in [&self.one, &self.two] {
            player.wait_within(LIMIT, "sending so", |status| {
                status["party"]["peers"][0]["is_sent_twice"] == twice
            })?;
        }
        Ok(())
    }

    /// Plays for so long.
    ///
    /// # Errors
    /// If nothing came.
    pub fn play(&self, time: Duration) -> Result<Outcome> {
        let since = Instant::now();
        thread::sleep(time);
        let (counts, gap) = (self.flow.counts(since), self.flow.longest_gap(since));
        let p99 = percentile(&self.flow.delays(since), 99)?;
        Ok(Outcome { counts, p99, gap })
    }
}
