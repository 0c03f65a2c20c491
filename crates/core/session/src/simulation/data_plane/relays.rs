//! Allocations as the data plane has them: a datagram to a peer goes to their relay, inside ChannelData.

use std::net::SocketAddr;

use lanrage_party::{AllocationId, Remote};

use super::Effects;

#[derive(Debug)]
pub(super) struct Relay {
    pub(super) id: AllocationId,
    /// None for a stream.
    pub(super) server: Option<SocketAddr>,
    pub(super) channels: Vec<(SocketAddr, u16)>,
}

impl Relay {
    pub(super) fn remote(&self, bytes: &[u8]) -> Option<Remote> {
        let number = u16::from_be_bytes(*bytes.first_chunk()?);
        let (peer, _) = self.channels.iter().find(|(_, channel)| *channel == number)?;
        Some(Remote::relayed(self.id, *peer))
    }
}

/// The ways out.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub(super) relays: Vec<Relay>,
    /// Whether nothing goes to peers but by a relay.
    pub(super) only: bool,
}

pub(super) fn send(ways: &Ways, to: Remote, bytes: Vec<u8>, effects: &mut Effects) {
    let Some(id) = to.via else {
        if !ways.only {
            effects.datagrams.push((to.address, bytes));
        }
        return;
    };
    let Some(relay) = ways.relays.iter().find(|relay| relay.id == id) else { return };
    let Some((_, channel)) = relay.channels.iter().find(|(peer, _)| *peer == to.address) else { return };
    let mut framed = Vec::with_capacity(bytes.len() + 7);
    framed.extend(channel.to_be_bytes());
    framed.extend((bytes.len() as u16).to_be_bytes());
    framed.extend(bytes);
    match relay.server {
        Some(server) => effects.datagrams.push((server, framed)),
        None => {
            framed.resize(framed.len().next_multiple_of(4), 0);
            effects.messages.push((id, framed));
        }
    }
}
