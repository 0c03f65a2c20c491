//! Allocations as the data plane has them: a datagram to a peer goes to their relay, inside ChannelData.

use std::net::SocketAddr;

use lanrage_party::{AllocationId, ForwardedEnd, ForwardedPair, Remote};

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
    /// Whose datagrams are passed on.
    pub(super) forwarded: Vec<ForwardedPair>,
    /// Whether nothing goes to peers but by a relay.
    pub(super) only: bool,
}

impl Ways {
    /// Where ChannelData goes on to, if it is one member's to another, and what that becomes.
    pub(super) fn forward(&self, from: SocketAddr, bytes: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
        let number = u16::from_be_bytes(*bytes.first_chunk()?);
        let is_from = |end: &ForwardedEnd| (end.address, end.channel) == (from, number);
        let to = self.forwarded.iter().find_map(|ForwardedPair { ends: [one, other] }| {
            is_from(one).then_some(other).or_else(|| is_from(other).then_some(one))
        })?;
        let mut onward = bytes.to_vec();
        onward[..2].copy_from_slice(&to.channel.to_be_bytes());
        Some((to.address, onward))
    }
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
