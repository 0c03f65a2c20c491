//! One host and sixteen friends: whether a full party gets as much of the host as one friend does. All seventeen programs
//! share the machine, so it is told what others come to.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    thread,
    time::Duration,
};

use anyhow::Result;
use lanrage_lab::{
    Host, Lab, Process,
    echo::{self, Echo},
    networks::HOME,
};

use super::{
    figures::Spread,
    program::{Ours, Program, wireguard_party},
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

impl Shares {
    /// How much of one friend's share all together got.
    pub(super) fn ratio(self) -> f64 {
        self.together / self.alone
    }
}

/// The programs that a full party is measured with: ours, what the machine does without any, and the one that ours is
/// compared with most.
pub(super) const PROGRAMS: [Program; 3] = [Program::Ours, Program::Raw, Program::WireguardGo];

/// A host and its friends, before any program runs.
#[derive(Debug)]
pub(super) struct Stage {
    _lab: Lab,
    host: Host,
    friends: Vec<Host>,
}

impl Stage {
    /// Builds their network.
    ///
    /// # Errors
    /// If there is one in this world already.
    pub(super) fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let lan = lab.lan(HOME)?;
        let host = lab.host(&lan, "host")?;
        let friends = (1..=FRIENDS).map(|n| lab.host(&lan, &format!("friend{n}"))).collect::<Result<_>>()?;
        lab.settle()?;
        Ok(Self { _lab: lab, host, friends })
    }

    /// Lets the host send to one friend and to all at once, in turns.
    ///
    /// # Errors
    /// If the party does not come together.
    pub(super) fn measure(&self, program: Program, rounds: u32, length: Duration) -> Result<Shares> {
        let Self { host, friends, .. } = self;
        let (_processes, addresses) = match program {
            Program::Ours => our_party(host, friends)?,
            Program::Raw => (Vec::new(), friends.iter().map(Host::address).collect()),
            other => wireguard_party(other, host, friends)?,
        };
        for (friend, address) in friends.iter().zip(&addresses) {
            let _echo = Echo::start(friend.udp(ECHO_PORT)?)?;
            let to = SocketAddrV4::new(*address, ECHO_PORT);
            echo::await_first(&host.udp(0)?, to, b"the first packet", START_LIMIT)?;
        }
        thread::sleep(SETTLE);
        let ways: Vec<_> = friends
            .iter()
            .zip(addresses)
            .map(|(friend, address)| Way { from: host, to: friend, address })
            .collect();
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            alone.push(send(&ways[..1], length)?);
            together.push(send(&ways, length)?);
        }
        let median = |values| Spread::of(values).map_or(0.0, |spread| spread.median);
        Ok(Shares { together: median(together), alone: median(alone) })
    }
}

fn our_party(host: &Host, friends: &[Host]) -> Result<(Vec<Process>, Vec<Ipv4Addr>)> {
    let (host, link, _) = Ours::create(host, false)?;
    let (mut processes, mut addresses) = (vec![host], Vec::new());
    for friend in friends {
        let (program, address) = Ours::join(friend, false, &link)?;
        processes.push(program);
        addresses.push(address);
    }
    Ok((processes, addresses))
}

/// What comes through all of these ways at once, in Mbit/s.
fn send(ways: &[Way<'_>], length: Duration) -> Result<f64> {
    let carried =
        TcpFlow::start_all(ways, length)?.into_iter().map(|flow| Ok(flow.finish()?.megabits_per_second));
    carried.sum()
}
