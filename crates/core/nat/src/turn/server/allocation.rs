use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use super::{
    holders::Holder,
    shares::Share,
    view::{AllocationId, FiveTuple, TurnLimits},
};
use crate::{
    stun::TransactionId,
    turn::{ChannelNumber, IpFamily, LongTermKey, message::PortToken},
};

/// Specification: lifetime of a permission (RFC 8656 §9).
const PERMISSION: Duration = Duration::from_secs(300);
/// Specification: lifetime of a channel (RFC 8656 §12).
const CHANNEL: Duration = Duration::from_secs(600);

/// Implementation: how long the shell may take to open a socket.
const OPENING: Duration = Duration::from_secs(5);

/// What one client has.
#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) tuple: FiveTuple,
    /// Whose quotas it counts for.
    pub(super) holder: Holder,
    pub(super) family: IpFamily,
    /// Of the Allocate request, to know a repetition of it (RFC 8656 §7.2).
    pub(super) request: TransactionId,
    pub(super) expires_at: Instant,
    pub(super) relay: Relay,
    pub(super) extras: Extras,
    permissions: HashMap<IpAddr, Instant>,
    channels: HashMap<ChannelNumber, Binding>,
    channel_of: HashMap<SocketAddr, ChannelNumber>,
    pub(super) share: Share,
}

/// What the answer to the Allocate request says beside the address.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extras {
    /// For whoever wants the port above.
    pub(super) reservation: Option<(AllocationId, PortToken)>,
    /// The family that was wished for too, and why it was not given.
    pub(super) family_error: Option<(IpFamily, u16)>,
}

/// The socket of an allocation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Relay {
    /// Asked for; then the request is answered.
    Opening {
        key: LongTermKey,
        lifetime: Duration,
    },
    Open {
        relayed: SocketAddr,
    },
}

#[derive(Debug, Clone, Copy)]
struct Binding {
    peer: SocketAddr,
    expires_at: Instant,
}

/// Why a request about a peer is refused, as its error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    BadRequest = 400,
    Capacity = 508,
}

impl Allocation {
    pub(super) fn new(
        now: Instant,
        tuple: FiveTuple,
        holder: Holder,
        family: IpFamily,
        request: TransactionId,
        opening: Relay,
        share: Share,
    ) -> Self {
        Self {
            tuple,
            holder,
            family,
            request,
            expires_at: now + OPENING,
            relay: opening,
            extras: Extras::default(),
            permissions: HashMap::new(),
            channels: HashMap::new(),
            channel_of: HashMap::new(),
            share,
        }
    }

    pub(super) fn relayed(&self) -> Option<SocketAddr> {
        match self.relay {
            Relay::Opening { .. } => None,
            Relay::Open { relayed } => Some(relayed),
        }
    }

    pub(super) fn is_permitted(&self, now: Instant, peer: IpAddr) -> bool {
        self.permissions.get(&peer).is_some_and(|expires_at| now < *expires_at)
    }

    /// Installs or renews permissions: all or none (RFC 8656 §9.2).
    pub(super) fn permit(
        &mut self,
        now: Instant,
        peers: &[IpAddr],
        limits: &TurnLimits,
    ) -> Result<(), Refusal> {
        let is_new = |permissions: &HashMap<IpAddr, Instant>| {
            let mut new: Vec<&IpAddr> = peers.iter().filter(|peer| !permissions.contains_key(peer)).collect();
            new.sort_unstable();
            new.dedup();
            new.len()
        };
        if self.permissions.len() + is_new(&self.permissions) > limits.permissions {
            self.permissions.retain(|_, expires_at| now < *expires_at);
            if self.permissions.len() + is_new(&self.permissions) > limits.permissions {
                return Err(Refusal::Capacity);
            }
        }
        self.permissions.extend(peers.iter().map(|peer| (*peer, now + PERMISSION)));
        Ok(())
    }

    /// Binds a channel or renews it, with its permission (RFC 8656 §12.2).
    pub(super) fn bind(
        &mut self,
        now: Instant,
        channel: ChannelNumber,
        peer: SocketAddr,
        limits: &TurnLimits,
    ) -> Result<(), Refusal> {
        self.forget_expired_channels(now);
        let bound = self.channels.get(&channel).map(|binding| binding.peer);
        if bound.is_some_and(|other| other != peer)
            || self.channel_of.get(&peer).is_some_and(|other| *other != channel)
        {
            return Err(Refusal::BadRequest);
        }
        if bound.is_none() && self.channels.len() >= limits.channels {
            return Err(Refusal::Capacity);
        }
        self.permit(now, &[peer.ip()], limits)?;
        self.channels.insert(channel, Binding { peer, expires_at: now + CHANNEL });
        self.channel_of.insert(peer, channel);
        Ok(())
    }

    pub(super) fn peer_of(&self, now: Instant, channel: ChannelNumber) -> Option<SocketAddr> {
        self.channels.get(&channel).filter(|binding| now < binding.expires_at).map(|binding| binding.peer)
    }

    pub(super) fn channel_of(&self, now: Instant, peer: SocketAddr) -> Option<ChannelNumber> {
        let channel = *self.channel_of.get(&peer)?;
        self.peer_of(now, channel).map(|_| channel)
    }

    fn forget_expired_channels(&mut self, now: Instant) {
        let channel_of = &mut self.channel_of;
        self.channels.retain(|_, binding| {
            let alive = now < binding.expires_at;
            if !alive {
                channel_of.remove(&binding.peer);
            }
            alive
        });
    }
}
