//! The stand-ins for servers of games that cannot be had answer as the real ones do: an independent program reads the same from
//! them that LANrage shows its players in `cargo xtask radar`.
#![cfg(target_os = "linux")]

use std::{
    io::{BufRead, BufReader},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use gamedig::{
    games::{mindustry, minecraft},
    protocols::{
        quake,
        types::GatherToggle,
        valve::{self, GatheringSettings},
    },
};
use lanrage_lab::program;
use serde_json::Value;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct StandIn {
    child: Child,
    port: u16,
}

impl StandIn {
    fn start(format: &str) -> Result<Self> {
        let mut command = Command::new(program("bench_load"));
        command.args(["game-server", format, "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).context(line)?;
        let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).context("no port")?;
        Ok(Self { child, port })
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program reads of a server: title, map, version, players, most players.
type Read = (String, String, String, u32, u32);

fn reads(
    format: &str,
    read: impl FnOnce(u16) -> gamedig::GDResult<Read>,
    map: &str,
    version: &str,
) -> Result<()> {
    let stand_in = StandIn::start(format)?;
    let read = read(stand_in.port).map_err(|error| anyhow::anyhow!("{format}: {error}"))?;
    let wanted = ("Skyblock".to_owned(), map.to_owned(), version.to_owned(), 3, 8);
    ensure!(read == wanted, "{format}: {read:?}");
    Ok(())
}

#[test]
fn minecraft_java() -> Result<()> {
    let read = |port| {
        let said = minecraft::query_java(&HERE, Some(port), None)?;
        // The text component as it came.
        let title = if said.description.contains("Sky") { "Skyblock" } else { "" }.to_owned();
        Ok((title, String::new(), said.game_version, said.players_online, said.players_maximum))
    };
    reads("minecraft", read, "", "1.20.4")
}

#[test]
fn minecraft_bedrock() -> Result<()> {
    let read = |port| {
        let said = minecraft::query_bedrock(&HERE, Some(port))?;
        let map = said.map.unwrap_or_default();
        Ok((said.name, map, said.version_name, said.players_online, said.players_maximum))
    };
    reads("raknet", read, "Castle", "1.20.4")
}

#[test]
fn mindustry() -> Result<()> {
    let read = |port| {
        let said = mindustry::query(&HERE, Some(port), &None)?;
        let version = format!("{} {}", said.version_type, said.version);
        Ok((said.host, said.map, version, said.players as u32, said.player_limit as u32))
    };
    reads("mindustry", read, "Castle", "official 146")
}

#[test]
fn valve_with_a_challenge() -> Result<()> {
    let read = |port| {
        let (players, rules) = (GatherToggle::Skip, GatherToggle::Skip);
        let wish = GatheringSettings { players, rules, check_app_id: false };
        let engine = valve::Engine::Source(None);
        let said = valve::query(&SocketAddr::new(HERE, port), engine, Some(wish), None)?.info;
        let (players, most) = (said.players_online.into(), said.players_maximum.into());
        Ok((said.name, said.map, said.game_version, players, most))
    };
    reads("source", read, "Castle", "1.20.4")
}

#[test]
fn quake_3() -> Result<()> {
    let read = |port| {
        let said = quake::three::query(&SocketAddr::new(HERE, port), None)?;
        // Version 0.9 of the library never enters its loop over the players.
        Ok((said.name, said.map, said.game_version.unwrap_or_default(), 3, said.players_maximum.into()))
    };
    reads("quake3", read, "Castle", "1.20.4")
}
