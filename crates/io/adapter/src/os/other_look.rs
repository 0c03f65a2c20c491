use std::io;

use lanrage_party::{AdapterPart, Detour};

use super::Packets;
use crate::AdapterConfig;

/// What a system without netlink says of the adapter: its name. The test packets show the rest.
#[derive(Debug, Clone)]
pub(crate) struct SystemSide {
    name: String,
}

impl SystemSide {
    pub(crate) fn new(name: &str, _: &Packets) -> Self {
        Self { name: name.to_owned() }
    }

    pub(crate) fn look(&self, _: &AdapterConfig) -> Option<(String, Vec<AdapterPart>, Vec<Detour>)> {
        Some((self.name.clone(), Vec::new(), Vec::new()))
    }

    pub(crate) fn mend(&self, _: &AdapterConfig) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
