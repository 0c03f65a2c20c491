//! What clients ask for (RFC 8656), but for the relaying itself: who asks, and whether it is granted.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_base::sources::Source;

use super::{
    AllocationId, DropReason, FiveTuple, LIFETIME, PortWish, TurnServer, TurnServerOutput, User, allocated,
    allocation::{Allocation, Extras, Relay},
    holders::Holder,
    is_allowed, open_allocation,
    peer_filter::Verdict,
    reservation::{KEPT, Reservation},
};
use crate::{
    stun::TransactionId,
    turn::{
        IpFamily, LongTermKey, RestError, RestSecret,
        message::{Class, Message, Method, PortToken, UDP},
        reading::{Integrity, Parsed},
    },
};

impl TurnServer {
    pub(super) fn handle_request(&mut self, now: Instant, tuple: FiveTuple, request: &Parsed<'_>) {
        let message = &request.message;
        let user = match self.authenticate(now, tuple, request) {
            Ok(user) => user,
            Err(code) => return self.challenge(now, tuple, message, code),
        };
        if !message.unknown.is_empty() {
            let mut refusal = Message::new(message.method, Class::Error, message.id);
            refusal.error = Some(420);
            refusal.unknown.clone_from(&message.unknown);
            self.stats.refused += 1;
            return self.transmits.push((tuple, refusal.encode(Some(&user.key))));
        }
        if let Some(code) = message.flaw {
            return self.refuse(tuple, message.method, message.id, code, &user.key);
        }
        let outcome = match message.method {
            Method::Allocate => self.allocate(now, tuple, message, &user),
            Method::Refresh => self.refresh(now, tuple, message, &user),
            Method::CreatePermission => self.create_permission(now, tuple, message, &user),
            Method::ChannelBind => self.bind_channel(now, tuple, message, &user),
        };
        match outcome {
            Ok(Some(success)) => self.transmits.push((tuple, success.encode(Some(&user.key)))),
            Ok(None) => {}
            Err(code) => self.refuse(tuple, message.method, message.id, code, &user.key),
        }
    }

    /// Who sent it, or the error code (RFC 8489 §9.2.4). The cheap checks come first.
    fn authenticate(&self, now: Instant, tuple: FiveTuple, request: &Parsed<'_>) -> Result<User, u16> {
        if !request.has_integrity() {
            return Err(401);
        }
        let message = &request.message;
        let (Some(username), Some(realm), Some(nonce)) = (&message.username, &message.realm, &message.nonce)
        else {
            return Err(400);
        };
        if !self.nonces.is_valid(now, tuple.client, nonce) {
            return Err(438);
        }
        if *realm != self.config.realm {
            return Err(401);
        }
        let (id, password) =
            self.secret.read(username, self.unix_time(now)).map_err(|error| match error {
                RestError::Malformed | RestError::Expired => 401_u16,
            })?;
        let key = LongTermKey::new(username, realm, &password);
        match request.integrity(&key) {
            Integrity::Valid => {
                let (id, group) = RestSecret::user_and_group(id);
                Ok(User { id: id.to_owned(), group: group.map(str::to_owned), key })
            }
            Integrity::Missing | Integrity::Wrong => Err(401),
        }
    }

    fn unix_time(&self, now: Instant) -> u64 {
        let (at, unix) = self.clock;
        unix.saturating_add(now.saturating_duration_since(at).as_secs())
    }

    /// Refuses somebody who has not proven to be where the request claims to come from, if they do not get too
    /// many answers already.
    fn challenge(&mut self, now: Instant, tuple: FiveTuple, request: &Message, code: u16) {
        if !self.answers.take(now, Source::of(tuple.client.ip()), 1) {
            return self.count(DropReason::AnswerLimit);
        }
        let mut refusal = Message::new(request.method, Class::Error, request.id);
        refusal.error = Some(code);
        if code == 400 {
            self.stats.refused += 1;
        } else {
            refusal.realm = Some(self.config.realm.clone());
            refusal.nonce = Some(self.nonces.issue(now, tuple.client));
        }
        self.transmits.push((tuple, refusal.encode(None)));
    }

    pub(super) fn refuse(
        &mut self,
        tuple: FiveTuple,
        method: Method,
        id: TransactionId,
        code: u16,
        key: &LongTermKey,
    ) {
        let mut refusal = Message::new(method, Class::Error, id);
        refusal.error = Some(code);
        self.stats.refused += 1;
        self.transmits.push((tuple, refusal.encode(Some(key))));
    }

    /// RFC 8656 §7.2.
    fn allocate(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        request: &Message,
        user: &User,
    ) -> Result<Option<Message>, u16> {
        if let Some(id) = self.by_tuple.get(&tuple)
            && let Some(existing) = self.allocations.get(id)
        {
            if existing.request != request.id || existing.holder.user != user.id {
                return Err(437);
            }
            // Its answer was lost, or is still to come.
            return Ok(existing.relayed().map(|relayed| {
                let lifetime = existing.expires_at.saturating_duration_since(now);
                allocated(tuple, request.id, relayed, lifetime, existing.extras)
            }));
        }
        match request.transport {
            Some(UDP) => {}
            Some(_) => return Err(442),
            None => return Err(400),
        }
        if let Some(token) = request.reservation {
            return self.allocate_reserved(now, tuple, request, user, token).map(Some);
        }
        let (family, family_error) = self.family(request)?;
        let pair = request.even_port == Some(true);
        let holder = Holder::new(&user.id, user.group.as_deref(), tuple.client.ip());
        self.check_room(&holder, if pair { 2 } else { 1 })?;

        let id = self.next_id();
        let reservation = pair.then(|| self.reserve(now, holder.clone()));
        let port = match (reservation, request.even_port) {
            (Some((pair, _)), _) => PortWish::Pair(pair),
            (None, Some(_)) => PortWish::Even,
            (None, None) => PortWish::Any,
        };
        let opening = Relay::Opening { key: user.key, lifetime: self.lifetime(request) };
        let limits = self.config.limits;
        let share = self.total.share(&limits);
        self.holders.add(&holder);
        let mut allocation = Allocation::new(now, tuple, holder, family, request.id, opening, share);
        allocation.extras = Extras { reservation, family_error };
        self.expiries.insert((allocation.expires_at, id));
        self.allocations.insert(id, allocation);
        self.by_tuple.insert(tuple, id);
        self.commands.push_back(TurnServerOutput::OpenRelay { allocation: id, family, port, client: tuple });
        Ok(None)
    }

    /// The family to give, and the other one with an error code if both are wanted.
    fn family(&self, request: &Message) -> Result<(IpFamily, Option<(IpFamily, u16)>), u16> {
        let families = self.config.families;
        if request.wants_both_families {
            if request.family.is_some() || request.even_port == Some(true) {
                return Err(400);
            }
            return match (families.v4, families.v6) {
                (true, _) => Ok((IpFamily::V4, Some((IpFamily::V6, 440)))),
                (false, true) => Ok((IpFamily::V6, Some((IpFamily::V4, 440)))),
                (false, false) => Err(440),
            };
        }
        let family = request.family.unwrap_or(IpFamily::V4);
        if families.has(family) { Ok((family, None)) } else { Err(440) }
    }

    /// Whether there is room for `more` allocations.
    fn check_room(&self, holder: &Holder, more: usize) -> Result<(), u16> {
        let limits = self.config.limits;
        if !self.holders.have_room(holder, more, &limits) {
            return Err(486);
        }
        let undrained = self.commands.len() > limits.allocations;
        if self.places() + more > limits.allocations || undrained {
            return Err(508);
        }
        Ok(())
    }

    fn next_id(&mut self) -> AllocationId {
        let id = AllocationId(self.next_allocation);
        self.next_allocation += 1;
        id
    }

    /// Keeps a place for the port above an even one.
    fn reserve(&mut self, now: Instant, holder: Holder) -> (AllocationId, PortToken) {
        let id = self.next_id();
        let TransactionId([token @ .., _, _, _, _]) = self.ids.next_id();
        let expires_at = now + KEPT;
        self.holders.add(&holder);
        self.reservations.insert(id, Reservation { token, holder, expires_at, relayed: None });
        self.expiries.insert((expires_at, id));
        (id, token)
    }

    /// Gives the port that was kept to whoever shows its token.
    fn allocate_reserved(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        request: &Message,
        user: &User,
        token: PortToken,
    ) -> Result<Message, u16> {
        if request.even_port.is_some() || request.family.is_some() || request.wants_both_families {
            return Err(400);
        }
        let kept = self.reservations.iter().find_map(|(id, kept)| {
            let relayed = kept.relayed.filter(|_| kept.token == token && kept.holder.user == user.id)?;
            Some((*id, relayed, kept.holder.clone(), kept.expires_at))
        });
        let (id, relayed, former, expires_at) = kept.ok_or(508_u16)?;
        let limits = self.config.limits;
        let holder = Holder::new(&user.id, user.group.as_deref(), tuple.client.ip());
        self.holders.remove(&former);
        if !self.holders.have_room(&holder, 1, &limits) {
            self.holders.add(&former);
            return Err(486);
        }
        self.holders.add(&holder);
        self.reservations.remove(&id);
        self.expiries.remove(&(expires_at, id));
        let lifetime = self.lifetime(request);
        let relay = Relay::Open { relayed };
        let family = IpFamily::of(relayed.ip());
        let share = self.total.share(&limits);
        let mut allocation = Allocation::new(now, tuple, holder, family, request.id, relay, share);
        allocation.expires_at = now + lifetime;
        self.expiries.insert((allocation.expires_at, id));
        self.allocations.insert(id, allocation);
        self.by_tuple.insert(tuple, id);
        self.by_relayed.insert(relayed, id);
        self.stats.allocated += 1;
        Ok(allocated(tuple, request.id, relayed, lifetime, Extras::default()))
    }

    /// RFC 8656 §8.2.
    fn refresh(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        request: &Message,
        user: &User,
    ) -> Result<Option<Message>, u16> {
        let lifetime = match request.lifetime {
            Some(Duration::ZERO) => Duration::ZERO,
            _ => self.lifetime(request),
        };
        let (id, allocation) = self.allocation_of(tuple, user)?;
        if request.family.is_some_and(|family| family != allocation.family) {
            return Err(443);
        }
        if lifetime.is_zero() {
            self.release(id);
        } else {
            let expires_at = std::mem::replace(&mut allocation.expires_at, now + lifetime);
            self.expiries.remove(&(expires_at, id));
            self.expiries.insert((now + lifetime, id));
        }
        let mut success = Message::new(Method::Refresh, Class::Success, request.id);
        success.lifetime = Some(lifetime);
        Ok(Some(success))
    }

    /// RFC 8656 §9.2.
    fn create_permission(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        request: &Message,
        user: &User,
    ) -> Result<Option<Message>, u16> {
        let limits = self.config.limits;
        let family = self.allocation_of(tuple, user)?.1.family;
        if request.peers.is_empty() {
            return Err(400);
        }
        for peer in &request.peers {
            self.check_peer(family, *peer)?;
        }
        let peers: Vec<_> = request.peers.iter().map(SocketAddr::ip).collect();
        let (_, allocation) = self.allocation_of(tuple, user)?;
        allocation.permit(now, &peers, &limits).map_err(|refusal| refusal as u16)?;
        Ok(Some(Message::new(Method::CreatePermission, Class::Success, request.id)))
    }

    /// RFC 8656 §12.2.
    fn bind_channel(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        request: &Message,
        user: &User,
    ) -> Result<Option<Message>, u16> {
        let limits = self.config.limits;
        let family = self.allocation_of(tuple, user)?.1.family;
        let (Some(channel), Some(peer)) = (request.channel, request.peers.first().copied()) else {
            return Err(400);
        };
        self.check_peer(family, peer)?;
        if !is_allowed(&self.config.peers, &self.by_relayed, peer) {
            return Err(403);
        }
        let (_, allocation) = self.allocation_of(tuple, user)?;
        allocation.bind(now, channel, peer, &limits).map_err(|refusal| refusal as u16)?;
        Ok(Some(Message::new(Method::ChannelBind, Class::Success, request.id)))
    }

    fn check_peer(&self, family: IpFamily, peer: SocketAddr) -> Result<(), u16> {
        if IpFamily::of(peer.ip()) != family {
            return Err(443);
        }
        match self.config.peers.judge(peer.ip()) {
            Verdict::Denied => Err(403),
            Verdict::Allowed | Verdict::Named | Verdict::OwnHost => Ok(()),
        }
    }

    /// The finished allocation of who asks, or the error code.
    fn allocation_of(
        &mut self,
        tuple: FiveTuple,
        user: &User,
    ) -> Result<(AllocationId, &mut Allocation), u16> {
        let found = open_allocation(&self.by_tuple, &mut self.allocations, tuple).ok_or(437_u16)?;
        if found.1.holder.user == user.id { Ok(found) } else { Err(441) }
    }

    fn lifetime(&self, request: &Message) -> Duration {
        let longest = self.config.limits.longest_lifetime.max(LIFETIME);
        request.lifetime.unwrap_or(LIFETIME).clamp(LIFETIME, longest)
    }
}
