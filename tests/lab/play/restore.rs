//! A party comes back by itself, with every server dead: the story, with its times.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{
    Player, Stage,
    echo::{self, Echo},
};

/// How long two players may take to meet for the first time.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// How long the story waits for a party to come back; what is good enough, whoever tells it decides.
const RETURN_LIMIT: Duration = Duration::from_secs(20);
/// Where the player that stays echoes.
const ECHO_PORT: u16 = 7777;

/// A player is back in the party.
#[derive(Debug)]
pub struct Return {
    /// Who: the name of the player.
    pub player: &'static str,
    /// Its address on the virtual LAN, the same as before.
    pub address: Ipv4Addr,
    /// From the start of its process to the first echo from its friend, through the tunnel.
    pub first_echo: Duration,
    /// From the start of its process to the connection, by the program's own clock and words.
    pub connected: Duration,
}

/// Lets two players behind port-restricted routers meet; then the control server is killed and stays dead, and first
/// player two, then player one is killed and started again. Whoever of them begins WireGuard's handshakes by rule,
/// each of the two roles is played.
///
/// Build it inside a [`world`](crate::world).
///
/// # Errors
/// If a player does not come back under its own address within twenty seconds.
pub fn tell() -> Result<Vec<Return>> {
    let stage = Stage::build()?;
    let mut server = stage.start_control_server()?;
    let mut one = Player::create(&stage.one, "one", "Restored", &stage.control_url())?;
    let mut two = Player::join(&stage.two, "two", one.link()?)?;
    let addresses = [one.wait_for_address(MEET_LIMIT)?, two.wait_for_address(MEET_LIMIT)?];
    one.wait_until_direct(&two, MEET_LIMIT)?;
    server.kill()?;
    let two_is_back = comes_back(&mut two, &one, addresses[1], addresses[0])?;
    one.wait_until_direct(&two, MEET_LIMIT)?;
    let one_is_back = comes_back(&mut one, &two, addresses[0], addresses[1])?;
    Ok(vec![two_is_back, one_is_back])
}

fn comes_back(who: &mut Player, friend: &Player, own: Ipv4Addr, friends: Ipv4Addr) -> Result<Return> {
    let _echo = Echo::start(friend.host().udp(ECHO_PORT)?)?;
    let probe = who.host().udp(0)?;
    let to = SocketAddrV4::new(friends, ECHO_PORT);
    let payload = format!("{} is back", who.name());
    // The socket works while the adapter is open: what comes back after the kill came through the new one.
    echo::await_first(&probe, to, payload.as_bytes(), RETURN_LIMIT)?;
    let started = who.kill_and_restart()?;
    let payload = format!("{} is back again", who.name());
    let first_echo = echo::await_first(&probe, to, payload.as_bytes(), RETURN_LIMIT)
        .with_context(|| {
            format!(
                "{} did not come back; it said:\n{}its friend:\n{}",
                who.name(),
                who.tail(),
                friend.tail()
            )
        })?
        .duration_since(started);
    let connected = who.wait_until_connected(RETURN_LIMIT)?;
    let address = who.wait_for_address(RETURN_LIMIT)?;
    ensure!(address == own, "{} came back as {address}, not as {own}", who.name());
    Ok(Return { player: who.name(), address, first_echo, connected })
}
