//! What is sent, and from what kind of socket.

use std::net::{Ipv4Addr, SocketAddrV4};

use anyhow::{Context, Result};

use super::mouth::Mouth;

/// The port of the game that is searched for.
pub(super) const GAME_PORT: u16 = 27_015;
/// Ports of games whose sockets are of both families, or hear groups on their own interface alone: where others listened too, a
/// copy for one socket would be theirs.
pub(super) const MAPPED_PORT: u16 = GAME_PORT + 1;
pub(super) const ALONE_PORT: u16 = GAME_PORT + 2;

/// What the socket that sends is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// Nothing.
    Any,
    /// The computer's address on the real LAN.
    RealAddress,
    /// Its address in the party.
    Lease,
    /// The real LAN's interface (`SO_BINDTODEVICE`).
    RealDevice,
    /// Nothing, but the real LAN's interface is chosen for multicast (`IP_MULTICAST_IF`), by its address.
    RealMulticast,
    /// The same by its number.
    RealMulticastNumber,
    /// Nothing, but each datagram names the real LAN's interface (`IP_PKTINFO`).
    RealPacket,
    /// Nothing, and connected to where it sends.
    Connected,
    /// Nothing, of both families.
    Mapped,
    /// Nothing, and for neighbours alone (`SO_DONTROUTE`).
    Unrouted,
    /// Nothing, and the own computer's programs hear none of its multicast (`IP_MULTICAST_LOOP`).
    Unlooped,
}

impl Binding {
    const ALL: [Self; 11] = [
        Self::Any,
        Self::RealAddress,
        Self::Lease,
        Self::RealDevice,
        Self::RealMulticast,
        Self::RealMulticastNumber,
        Self::RealPacket,
        Self::Connected,
        Self::Mapped,
        Self::Unrouted,
        Self::Unlooped,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::RealAddress => "real",
            Self::Lease => "lease",
            Self::RealDevice => "device",
            Self::RealMulticast => "mcast-if",
            Self::RealMulticastNumber => "mcast-ix",
            Self::RealPacket => "pktinfo",
            Self::Connected => "connect",
            Self::Mapped => "mapped",
            Self::Unrouted => "unrouted",
            Self::Unlooped => "unlooped",
        }
    }

    /// Whether the program has chosen the real LAN's interface.
    #[must_use]
    pub const fn is_real_interface(self) -> bool {
        matches!(self, Self::RealDevice | Self::RealMulticast | Self::RealMulticastNumber | Self::RealPacket)
    }

    /// Whether it says something of multicast alone.
    const fn is_of_multicast(self) -> bool {
        matches!(self, Self::RealMulticast | Self::RealMulticastNumber | Self::Unlooped)
    }

    /// Whether few programs have such sockets.
    #[must_use]
    pub const fn is_rare(self) -> bool {
        matches!(
            self,
            Self::RealMulticastNumber
                | Self::RealPacket
                | Self::Connected
                | Self::Mapped
                | Self::Unrouted
                | Self::Unlooped
        )
    }
}

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The neighbour.
    Neighbour,
    /// The friend, by the address in the party.
    Friend,
    /// 255.255.255.255.
    Limited,
    /// The real LAN's broadcast address.
    RealBroadcast,
    /// The party's broadcast address.
    PartyBroadcast,
    /// The last address of the own /24 in the party, which games guess.
    GuessedLast,
    /// The broadcast address that the lease had if it were of a network of the classes (RFC 791).
    GuessedClass,
    /// A game's group, in the block for wide use.
    Group,
    /// A group of an organisation's own (RFC 2365).
    LocalGroup,
    /// Multicast DNS (RFC 6762).
    Mdns,
    /// The search of UPnP and DLNA.
    Ssdp,
    /// RFC 4795.
    Llmnr,
    /// NetBIOS names, broadcast (RFC 1002).
    NetBios,
    /// A magic packet that wakes a computer.
    WakeOnLan,
}

impl Target {
    const ALL: [Self; 14] = [
        Self::Neighbour,
        Self::Friend,
        Self::Limited,
        Self::RealBroadcast,
        Self::PartyBroadcast,
        Self::GuessedLast,
        Self::GuessedClass,
        Self::Group,
        Self::LocalGroup,
        Self::Mdns,
        Self::Ssdp,
        Self::Llmnr,
        Self::NetBios,
        Self::WakeOnLan,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Neighbour => "neighbour",
            Self::Friend => "friend",
            Self::Limited => "limited",
            Self::RealBroadcast => "real-bcast",
            Self::PartyBroadcast => "party-bcast",
            Self::GuessedLast => "x.y.z.255",
            Self::GuessedClass => "x.255.255.255",
            Self::Group => "group",
            Self::LocalGroup => "local-group",
            Self::Mdns => "mdns",
            Self::Ssdp => "ssdp",
            Self::Llmnr => "llmnr",
            Self::NetBios => "netbios",
            Self::WakeOnLan => "wake",
        }
    }

    /// Whether it is what households search by, and no game.
    #[must_use]
    pub const fn is_household(self) -> bool {
        matches!(self, Self::Mdns | Self::Ssdp | Self::Llmnr | Self::NetBios | Self::WakeOnLan)
    }

    /// Whether it is a group.
    #[must_use]
    pub const fn is_multicast(self) -> bool {
        matches!(self, Self::Group | Self::LocalGroup | Self::Mdns | Self::Ssdp | Self::Llmnr)
    }

    pub(super) const GROUPS: [Ipv4Addr; 5] = [
        Ipv4Addr::new(224, 0, 2, 60),
        Ipv4Addr::new(239, 192, 0, 7),
        Ipv4Addr::new(224, 0, 0, 251),
        Ipv4Addr::new(239, 255, 255, 250),
        Ipv4Addr::new(224, 0, 0, 252),
    ];

    /// The ports that are listened on.
    pub(super) const PORTS: [u16; 6] = [GAME_PORT, 5_353, 1_900, 5_355, 137, 9];

    fn address(self, around: &Around) -> Option<SocketAddrV4> {
        let [group, local, mdns, ssdp, llmnr] = Self::GROUPS;
        let lease = around.lease.map(|lease| lease.octets());
        let partys = || lease.map(|[a, b, ..]| Ipv4Addr::new(a, b, 255, 255));
        // A guess that is right, as of a lease in the last of the party's 256 rows, is tried by its own name already.
        let guessed = |guess: Ipv4Addr| (Some(guess) != partys()).then_some(guess);
        let (ip, port) = match self {
            Self::Neighbour => (around.neighbour, GAME_PORT),
            Self::Friend => (around.friend, GAME_PORT),
            Self::Limited => (Ipv4Addr::BROADCAST, GAME_PORT),
            Self::RealBroadcast => (last_of_24(around.own), GAME_PORT),
            Self::PartyBroadcast => (partys()?, GAME_PORT),
            Self::GuessedLast => (guessed(last_of_24(around.lease?))?, GAME_PORT),
            Self::GuessedClass => {
                (guessed(lease.map(|[a, ..]| Ipv4Addr::new(a, 255, 255, 255))?)?, GAME_PORT)
            }
            Self::Group => (group, GAME_PORT),
            Self::LocalGroup => (local, GAME_PORT),
            Self::Mdns => (mdns, 5_353),
            Self::Ssdp => (ssdp, 1_900),
            Self::Llmnr => (llmnr, 5_355),
            Self::NetBios => (last_of_24(around.own), 137),
            Self::WakeOnLan => (Ipv4Addr::BROADCAST, 9),
        };
        Some(SocketAddrV4::new(ip, port))
    }
}

fn last_of_24(ip: Ipv4Addr) -> Ipv4Addr {
    let [a, b, c, _] = ip.octets();
    Ipv4Addr::new(a, b, c, 255)
}

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A search.
    Small,
    /// In one packet of every network.
    Large,
    /// In one frame of the real LAN, in two packets of the party.
    Frame,
    /// In fragments everywhere.
    Fragments,
}

impl Size {
    const ALL: [Self; 4] = [Self::Small, Self::Large, Self::Frame, Self::Fragments];

    const fn name(self) -> &'static str {
        match self {
            Self::Small => "64",
            Self::Large => "1200",
            Self::Frame => "1472",
            Self::Fragments => "4000",
        }
    }

    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Small => 64,
            Self::Large => 1_200,
            Self::Frame => 1_472,
            Self::Fragments => 4_000,
        }
    }
}

/// One kind of datagram from one kind of socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// What the socket is bound to.
    pub binding: Binding,
    /// Where to.
    pub target: Target,
    /// How long.
    pub size: Size,
}

/// The addresses around the player.
pub(super) struct Around {
    pub(super) own: Ipv4Addr,
    pub(super) neighbour: Ipv4Addr,
    pub(super) lease: Option<Ipv4Addr>,
    pub(super) friend: Ipv4Addr,
}

impl Sound {
    /// So many are tried together: what is sent to everybody stays within what one player may send at once.
    pub(super) const AT_ONCE: usize = 24;

    /// Every one: each binding with each target, small; and the longer ones from the plainest socket.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for size in Size::ALL {
            for binding in Binding::ALL {
                for target in Target::ALL {
                    let is_plain = binding == Binding::Any && !target.is_household();
                    let is_chosen = !binding.is_of_multicast() || target.is_multicast();
                    if is_chosen && (size == Size::Small || is_plain) {
                        all.push(Self { binding, target, size });
                    }
                }
            }
        }
        all
    }

    /// Three words.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {} {}", self.binding.name(), self.target.name(), self.size.name())
    }

    /// A message that says which of several sounds it is.
    pub(super) fn message(&self, number: usize) -> Vec<u8> {
        // In every fragment, too: what two interfaces bring alike is one packet.
        let mut message = vec![number as u8; self.size.bytes()];
        message[1] = QUESTION;
        message
    }

    /// A socket for it, on the host where this is called; None where there is no party that it takes.
    pub(super) fn mouth(&self, around: &Around) -> Result<Option<Mouth>> {
        let Some(to) = self.target.address(around) else { return Ok(None) };
        let address = match self.binding {
            Binding::RealAddress => around.own,
            Binding::Lease => match around.lease {
                Some(lease) => lease,
                None => return Ok(None),
            },
            _ => Ipv4Addr::UNSPECIFIED,
        };
        Mouth::open(self.binding, address, to, around).with_context(|| self.name()).map(Some)
    }
}

/// The second byte of a message.
pub(super) const QUESTION: u8 = b'?';
/// The second byte of an answer; the first is the number of the place that it comes from.
pub(super) const ANSWER: u8 = b'!';
