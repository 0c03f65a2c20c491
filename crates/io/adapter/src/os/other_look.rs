use std::{io, net::Ipv4Addr};

use lanrage_party::{AdapterPart, Detour, facts::SearchTrouble};

use super::Packets;
use crate::AdapterConfig;

/// What a system without netlink says of the adapter: its name. The test packets show the rest.
#[derive(Debug, Clone)]
pub(crate) struct SystemSide {
    name: String,
}

/// What the system has of the adapter.
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) lost: Vec<AdapterPart>,
    pub(crate) detours: Vec<Detour>,
    pub(crate) searches: Option<SearchTrouble>,
}

impl SystemSide {
    pub(crate) fn new(name: &str, _: &Packets) -> Self {
        Self { name: name.to_owned() }
    }

    pub(crate) fn look(&self, _: &AdapterConfig, _: &[Ipv4Addr]) -> Option<Found> {
        // Who has what of searches there, nothing that the user does can change.
        Some(Found { name: self.name.clone(), lost: Vec::new(), detours: Vec::new(), searches: None })
    }

    pub(crate) fn mend(&self, _: &AdapterConfig) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
