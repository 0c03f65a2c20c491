//! What one look at the open adapter found.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::facts::{EndpointUse, SearchTrouble};

/// What the system has of the open adapter, and what became of packets that were sent through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterLook {
    /// The interface's name now: another program may have given it another.
    pub name: String,
    /// What the system has no longer as it was set up.
    pub lost: Vec<AdapterPart>,
    /// Destinations of the party that the system leads somewhere else than into the adapter.
    pub detours: Vec<Detour>,
    /// A network of this computer that shares addresses with the party's, and the interface that leads there.
    pub overlap: Option<(Ipv4Net, String)>,
    /// A machine that this computer needs and whose address lies in the party's network, and what it is; `None` of a name
    /// server.
    pub held: Option<(Option<EndpointUse>, Ipv4Addr)>,
    /// What is wrong with the ways of games' searches.
    pub searches: Option<SearchTrouble>,
    /// What became of the test packets.
    pub passage: Passage,
}

/// A part of the adapter that other programs can take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterPart {
    /// The interface is down.
    Up,
    /// It has another largest packet size.
    Mtu,
    /// It does not have our lease.
    Address,
}

/// A destination of the party that the system does not lead into the adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detour {
    /// The destination.
    pub to: Ipv4Net,
    /// The interface that it is led to; `None` if it is led nowhere.
    pub interface: Option<String>,
}

/// What became of test packets: out into the adapter, and in from it to a socket of this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passage {
    /// Both ways are open.
    Open,
    /// Answers come in, and what nobody here has asked for does not.
    OnlyAnswers,
    /// What is sent comes out, and nothing comes in.
    OnlyOut,
    /// What is sent does not come out.
    Closed,
}
