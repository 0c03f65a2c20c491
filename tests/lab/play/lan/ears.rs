//! What listens on a computer.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, UdpSocket};

use anyhow::{Context, Result};
use socket2::{Domain, Protocol, Socket, Type};

use super::sounds::{ALONE_PORT, ANSWER, GAME_PORT, MAPPED_PORT, QUESTION, Target};
use crate::Host;

/// A kind of socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ear {
    /// Bound to no address, a member of all groups by the system's choice of interface, open before the first party.
    Early,
    /// The same, open since this phase began. It answers.
    Late,
    /// Bound to the computer's own address; at the friend, in a party, to the one there.
    Own,
    /// Bound to 255.255.255.255.
    Limited,
    /// Bound to no address, for the protocols of households.
    Household,
    /// Bound to the address of a game's group.
    Group,
    /// Of both families, bound to no address.
    Mapped,
    /// Bound to no address, a member for what comes from the player alone (`IP_ADD_SOURCE_MEMBERSHIP`).
    Source,
    /// Bound to no address, and hearing groups on the interface alone where it is a member (`IP_MULTICAST_ALL`).
    Alone,
}

impl Ear {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Early,
        Self::Late,
        Self::Own,
        Self::Limited,
        Self::Household,
        Self::Group,
        Self::Mapped,
        Self::Source,
        Self::Alone,
    ];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Late => "late",
            Self::Own => "own",
            Self::Limited => "limited",
            Self::Household => "home",
            Self::Group => "group",
            Self::Mapped => "mapped",
            Self::Source => "source",
            Self::Alone => "alone",
        }
    }
}

/// The sockets of one computer.
pub(super) struct Ears(Vec<(Ear, UdpSocket)>);

impl Ears {
    /// What is open all along.
    pub(super) fn open_early(host: &Host) -> Result<Self> {
        host.enter(|| Ok(Self(vec![(Ear::Early, member(Ipv4Addr::UNSPECIFIED, GAME_PORT)?)])))
    }

    /// What is opened anew in each phase, on a computer with this address, to hear the player at that one.
    pub(super) fn open_late(host: &Host, own: Ipv4Addr, player: Ipv4Addr) -> Result<Self> {
        host.enter(|| {
            let [group, ..] = Target::GROUPS;
            // Of several that may have what is for one, the system takes the one that was opened last.
            let mut ears = vec![
                (Ear::Mapped, mapped(MAPPED_PORT)?),
                (Ear::Source, member_for(player, GAME_PORT)?),
                (Ear::Alone, alone(ALONE_PORT)?),
                (Ear::Group, member(group, GAME_PORT)?),
                (Ear::Own, bound(own, GAME_PORT)?),
                (Ear::Limited, bound(Ipv4Addr::BROADCAST, GAME_PORT)?),
                (Ear::Late, member(Ipv4Addr::UNSPECIFIED, GAME_PORT)?),
            ];
            for port in Target::PORTS.into_iter().filter(|port| *port != GAME_PORT) {
                ears.push((Ear::Household, member(Ipv4Addr::UNSPECIFIED, port)?));
            }
            Ok(Self(ears))
        })
    }

    /// Tells of every question that has come since the last call: at which kind of socket, and which number it is of. The
    /// late ones answer, and so does whatever hears a question that was sent to this computer alone.
    pub(super) fn listen(&self, place: usize, mut heard: impl FnMut(Ear, usize)) {
        for (ear, socket) in &self.0 {
            let mut bytes = [0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                if length >= 2 && bytes[1] == QUESTION {
                    heard(*ear, usize::from(bytes[0]));
                    if matches!(ear, Ear::Late | Ear::Household) {
                        let _ = socket.send_to(&[place as u8, ANSWER], from);
                    }
                }
            }
        }
    }
}

fn bound(address: Ipv4Addr, port: u16) -> Result<UdpSocket> {
    Ok(open(SocketAddrV4::new(address, port).into())?.into())
}

fn open(address: SocketAddr) -> Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into()).with_context(|| format!("bind {address}"))?;
    Ok(socket)
}

fn member(address: Ipv4Addr, port: u16) -> Result<UdpSocket> {
    join(open(SocketAddrV4::new(address, port).into())?)
}

fn mapped(port: u16) -> Result<UdpSocket> {
    join(open((Ipv6Addr::UNSPECIFIED, port).into())?)
}

fn alone(port: u16) -> Result<UdpSocket> {
    let socket = open((Ipv4Addr::UNSPECIFIED, port).into())?;
    socket.set_multicast_all_v4(false)?;
    join(socket)
}

fn join(socket: Socket) -> Result<UdpSocket> {
    for group in Target::GROUPS {
        socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)?;
    }
    Ok(socket.into())
}

fn member_for(source: Ipv4Addr, port: u16) -> Result<UdpSocket> {
    let socket = open((Ipv4Addr::UNSPECIFIED, port).into())?;
    for group in Target::GROUPS {
        socket.join_ssm_v4(&source, &group, &Ipv4Addr::UNSPECIFIED)?;
    }
    Ok(socket.into())
}
