//! What must be true of the tunnel, each proven from where a game stands, and what must not be seen from outside.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddrV4, UdpSocket},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use lanrage_lab::{
    Host, Player, Stage,
    capture::Frames,
    echo::{self, Echo},
    stage, teeworlds,
};

use super::say;

/// Sent through the tunnel: must not be seen outside.
const MARKER: &[u8] = b"only friends may read this";
/// Sent beside the tunnel: must be seen outside, or else the search would prove nothing.
const CANARY: &[u8] = b"everybody may read this";
/// What a game says to whoever listens.
const BEACON: &[u8] = b"[MOTD]LANrage[/MOTD][AD]25565[/AD]";
/// What a program asks of the devices at home.
const HOUSEHOLD: &[u8] = b"lanrage-demo-printer";
/// What the game server is called: its answer, too, must not be seen outside.
const GAME_NAME: &str = "LANrage demo server";

const MARKER_PORT: u16 = 7779;

/// Proves what games need; returns a sentence for each.
pub(crate) fn gather(stage: &Stage, one: &Player, two: &Player) -> Result<Vec<String>> {
    let limit = Duration::from_secs(5);
    let (address_one, address_two) = (one.wait_for_address(limit)?, two.wait_for_address(limit)?);
    let mut proofs = Vec::new();
    let mut proven = |proof: String| {
        say(&proof);
        proofs.push(proof);
    };

    for (host, to) in [(&stage.one, address_two), (&stage.two, address_one)] {
        ensure!(host.can_ping(to)?, "{} cannot ping {to} through the tunnel", host.name());
    }
    proven(format!("Pings pass both ways: {address_one} ⇄ {address_two}"));

    {
        let _echo = Echo::start(stage.one.udp(MARKER_PORT)?)?;
        let to = SocketAddrV4::new(address_one, MARKER_PORT);
        echo::await_first(&stage.two.udp(0)?, to, MARKER, Duration::from_secs(5))?;
    }

    let (minecraft, mdns) =
        (SocketAddrV4::new([224, 0, 2, 60].into(), 4445), SocketAddrV4::new([224, 0, 0, 251].into(), 5353));
    let household = stage.two.udp(mdns.port())?;
    household.join_multicast_v4(mdns.ip(), &Ipv4Addr::UNSPECIFIED)?;
    stage.one.udp(0)?.send_to(HOUSEHOLD, mdns)?;
    hears_beacon(&stage.one, address_one, &stage.two, minecraft, BEACON)?;
    proven(format!("Minecraft's LAN beacon ({minecraft}) of player one is heard by player two"));

    // It was sent before the beacon.
    let mut buffer = [0; 2048];
    while let Ok((length, _)) = household.recv_from(&mut buffer) {
        ensure!(&buffer[..length] != HOUSEHOLD, "player one's search for printers reached player two");
    }
    proven(format!("A search of player one's household (mDNS, {mdns}) stays at home"));

    let data: &Path = &stage::data_folder("game")?;
    let _server = teeworlds::serve(&stage.one, GAME_NAME, data)?;
    let found = teeworlds::find(&stage.two.udp(0)?, Duration::from_secs(10))?;
    ensure!(found.address.ip() == IpAddr::V4(address_one), "the game's answer came from {}", found.address);
    ensure!(found.name == GAME_NAME, "another server answered: {found:?}");
    proven(format!(
        "Teeworlds {} server \"{}\" found by broadcast, answering from {}",
        found.version, found.name, found.address
    ));
    Ok(proofs)
}

/// Whether a plain socket that joined the group on `listener` hears what `speaker` sends to it, by its virtual address.
fn hears_beacon(
    speaker: &Host,
    speaker_address: Ipv4Addr,
    listener: &Host,
    group: SocketAddrV4,
    text: &[u8],
) -> Result<()> {
    let receiver = listener.udp(group.port())?;
    receiver.join_multicast_v4(group.ip(), &Ipv4Addr::UNSPECIFIED)?;
    let sender: UdpSocket = speaker.udp(0)?;
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut buffer = [0; 2048];
    while Instant::now() < deadline {
        sender.send_to(text, group)?;
        if let Ok((length, from)) = receiver.recv_from(&mut buffer)
            && &buffer[..length] == text
        {
            ensure!(
                from.ip() == IpAddr::V4(speaker_address),
                "it came from {from}, not from {speaker_address}"
            );
            return Ok(());
        }
    }
    anyhow::bail!("{} did not hear {group}", listener.name())
}

/// Sends the canary past the tunnel, from player one to the control server's host.
pub(crate) fn send_canary(stage: &Stage) -> Result<()> {
    stage.one.udp(0)?.send_to(CANARY, (stage.server.address(), 9))?;
    Ok(())
}

/// Looks for what was inside the tunnel in what passed outside, and for the party's name if nobody is told it; returns the
/// sentence for the summary.
pub(crate) fn search(seen: &Frames, name: Option<&str>) -> Result<String> {
    ensure!(seen.count_containing(CANARY) > 0, "the capture did not see what was sent in the clear");
    let inside = [MARKER, GAME_NAME.as_bytes(), b"gie3", b"inf3", b"[MOTD]"];
    for secret in inside.into_iter().chain(name.map(str::as_bytes)) {
        let count = seen.count_containing(secret);
        let secret = String::from_utf8_lossy(secret);
        ensure!(count == 0, "{count} frames on the public segment show \"{secret}\" in the clear");
    }
    let also = if name.is_some() { ", and no name of the party," } else { "" };
    Ok(format!("No plaintext of the tunnel{also} in {} frames on the public segment", seen.len()))
}
