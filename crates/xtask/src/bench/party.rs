//! One host and sixteen friends: whether a full party gets as much of the host as one friend does.

use std::{thread, time::Duration};

use anyhow::Result;
use lanrage_lab::{
    Host, Lab,
    echo::{self, Echo},
    networks::HOME,
};

use super::{
    figures::Spread,
    program::Ours,
    traffic::{TcpFlow, Way},
};

/// How many friends join.
const FRIENDS: u8 = 16;
const ECHO_PORT: u16 = 7777;
/// How long the whole party may take until packets pass.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Until every friend has its best path.
const SETTLE: Duration = Duration::from_secs(5);

/// What all friends got together, and what one got alone, in Mbit/s.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    pub(super) together: f64,
    pub(super) alone: f64,
}

/// Lets the host send to one friend and to all at once, in turns.
///
/// # Errors
/// If the party does not come together.
pub(super) fn measure(rounds: u32, length: Duration) -> Result<Shares> {
    let mut lab = Lab::new()?;
    // On one LAN: what is not from there, a host without a server does not let in.
    let lan = lab.lan(HOME)?;
    let host = lab.host(&lan, "host")?;
    let friends: Vec<Host> =
        (1..=FRIENDS).map(|n| lab.host(&lan, &format!("friend{n}"))).collect::<Result<_>>()?;
    lab.settle()?;
    let (_host_program, link, _) = Ours::create(&host)?;
    let mut joined = Vec::new();
    for friend in &friends {
        let (program, address) = Ours::join(friend, &link)?;
        let _echo = Echo::start(friend.udp(ECHO_PORT)?)?;
        let to = std::net::SocketAddrV4::new(address, ECHO_PORT);
        echo::await_first(&host.udp(0)?, to, b"the first packet", START_LIMIT)?;
        joined.push((friend, program, address));
    }
    thread::sleep(SETTLE);
    let ways: Vec<_> = joined
        .iter()
        .map(|(friend, _, address)| Way { from: &host, to: friend, address: *address })
        .collect();
    let (mut together, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(send(&ways[..1], length)?);
        together.push(send(&ways, length)?);
    }
    let median = |values| Spread::of(values).map_or(0.0, |spread| spread.median);
    Ok(Shares { together: median(together), alone: median(alone) })
}

/// What comes through all of these ways at once, in Mbit/s.
fn send(ways: &[Way<'_>], length: Duration) -> Result<f64> {
    let carried =
        TcpFlow::start_all(ways, length)?.into_iter().map(|flow| Ok(flow.finish()?.megabits_per_second));
    carried.sum()
}
