//! A translator as RFC 4787 describes it.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use crate::{
    Rng,
    expected::{Dependence, Nat, PortAssignment},
};

/// A translator between the hosts inside and one address outside. With the host's own address outside and preserved
/// ports it translates nothing, and is a firewall.
#[derive(Debug)]
pub struct Router {
    nat: Nat,
    external: IpAddr,
    /// How long a mapping lives unused (RFC 4787 §4.3).
    lifetime: Duration,
    inbound_refreshes: bool,
    tracks_sessions: bool,
    /// How far a new mapping's port lies behind the one before, and that.
    sequence: Option<(u16, u16)>,
    mappings: Vec<Mapping>,
}

#[derive(Debug)]
struct Mapping {
    internal: SocketAddr,
    external_port: u16,
    /// The remote that it is for, as far as the mapping depends on it.
    remote: (Option<IpAddr>, Option<u16>),
    /// Whom it was used to send to.
    sent_to: Vec<SocketAddr>,
    /// Who was let in by it.
    let_in: Vec<SocketAddr>,
    used_at: Duration,
}

impl Router {
    /// A translator at `external` that forgets a mapping when nothing has been sent by it for `lifetime`.
    #[must_use]
    pub const fn new(nat: Nat, external: IpAddr, lifetime: Duration) -> Self {
        Self {
            nat,
            external,
            lifetime,
            inbound_refreshes: false,
            tracks_sessions: false,
            sequence: None,
            mappings: Vec::new(),
        }
    }

    /// The same, whose mappings also live on by what comes in (RFC 4787 REQ-6).
    #[must_use]
    pub fn with_inbound_refresh(self, inbound_refreshes: bool) -> Self {
        Self { inbound_refreshes, ..self }
    }

    /// The same, but an answer leaves as what it answers came in, whatever the mapping depends on: most translators keep
    /// sessions, of which RFC 4787 says nothing.
    #[must_use]
    pub fn with_sessions(self) -> Self {
        Self { tracks_sessions: true, ..self }
    }

    /// The same, whose mappings have ports one behind the other, `step` apart.
    #[must_use]
    pub fn with_sequential_ports(self, step: u16) -> Self {
        Self { sequence: Some((step, 30_000)), ..self }
    }

    /// Whether its ports lie one behind the other.
    #[must_use]
    pub const fn counts_ports(&self) -> bool {
        self.sequence.is_some()
    }

    /// Its address outside.
    #[must_use]
    pub const fn external(&self) -> IpAddr {
        self.external
    }

    /// Whether it carries datagrams from inside to its own address back inside (RFC 4787 §6).
    #[must_use]
    pub const fn hairpins(&self) -> bool {
        self.nat.hairpin
    }

    /// Forgets its mappings.
    pub fn flush(&mut self) {
        self.mappings.clear();
    }

    fn expire(&mut self, now: Duration) {
        let lifetime = self.lifetime;
        self.mappings.retain(|mapping| now < mapping.used_at + lifetime);
    }

    /// Lets a datagram out; returns the external endpoint that it has then.
    pub fn outbound(&mut self, now: Duration, from: SocketAddr, to: SocketAddr, rng: &mut Rng) -> SocketAddr {
        self.expire(now);
        let remote = match self.nat.mapping {
            Dependence::EndpointIndependent => (None, None),
            Dependence::AddressDependent => (Some(to.ip()), None),
            Dependence::AddressAndPortDependent => (Some(to.ip()), Some(to.port())),
        };
        let own = |mapping: &Mapping| mapping.internal == from;
        let is_answered = |mapping: &Mapping| own(mapping) && mapping.let_in.contains(&to);
        let answer = self.tracks_sessions.then(|| self.mappings.iter().rposition(is_answered)).flatten();
        let is_it = |mapping: &Mapping| own(mapping) && mapping.remote == remote;
        if let Some(place) = answer.or_else(|| self.mappings.iter().position(is_it)) {
            let mapping = &mut self.mappings[place];
            mapping.used_at = now;
            if !mapping.sent_to.contains(&to) {
                mapping.sent_to.push(to);
            }
            return (self.external, mapping.external_port).into();
        }
        let is_free = |port| self.mappings.iter().all(|mapping| mapping.external_port != port);
        let mut external_port = from.port();
        if let Some((step, last)) = &mut self.sequence {
            *last += *step;
            external_port = *last;
        } else if self.nat.ports == PortAssignment::Random || !is_free(external_port) {
            external_port = std::iter::repeat_with(|| 20_000 + rng.below(40_000) as u16)
                .find(|port| is_free(*port))
                .expect("most ports are free");
        }
        let sent_to = vec![to];
        let let_in = Vec::new();
        self.mappings.push(Mapping { internal: from, external_port, remote, sent_to, let_in, used_at: now });
        (self.external, external_port).into()
    }

    /// The internal endpoint that a datagram from outside reaches, if the filter lets it in.
    pub fn inbound(&mut self, now: Duration, from: SocketAddr, port: u16) -> Option<SocketAddr> {
        self.expire(now);
        let mapping = self.mappings.iter_mut().find(|mapping| mapping.external_port == port)?;
        let lets_in = match self.nat.filtering {
            Dependence::EndpointIndependent => true,
            Dependence::AddressDependent => mapping.sent_to.iter().any(|to| to.ip() == from.ip()),
            Dependence::AddressAndPortDependent => mapping.sent_to.contains(&from),
        };
        if lets_in && self.inbound_refreshes {
            mapping.used_at = now;
        }
        if lets_in && !mapping.let_in.contains(&from) {
            mapping.let_in.push(from);
        }
        lets_in.then_some(mapping.internal)
    }

    /// The internal endpoint that a datagram reaches which came from inside, with `from` as its external endpoint. The
    /// filter is for those outside.
    pub fn turned_back(&mut self, now: Duration, from: SocketAddr, port: u16) -> Option<SocketAddr> {
        self.expire(now);
        let mapping = self.mappings.iter_mut().find(|mapping| mapping.external_port == port)?;
        if !mapping.let_in.contains(&from) {
            mapping.let_in.push(from);
        }
        Some(mapping.internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expected::Dependence::{AddressAndPortDependent, AddressDependent, EndpointIndependent};

    const LIFETIME: Duration = Duration::from_secs(30);
    const INSIDE: SocketAddr = at(192, 168, 1, 5, 7777);
    const PEER: SocketAddr = at(198, 51, 100, 1, 1000);
    const ITS_OTHER_PORT: SocketAddr = at(198, 51, 100, 1, 1001);
    const STRANGER: SocketAddr = at(198, 51, 100, 2, 1000);

    const fn at(a: u8, b: u8, c: u8, d: u8, port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(a, b, c, d)), port)
    }

    fn router(mapping: Dependence, filtering: Dependence) -> Router {
        Router::new(Nat::new(mapping, filtering), [203, 0, 113, 1].into(), LIFETIME)
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_mapping_depends_on_as_much_of_the_destination_as_it_says() {
        for (mapping, same) in [
            (EndpointIndependent, [true, true]),
            (AddressDependent, [true, false]),
            (AddressAndPortDependent, [false, false]),
        ] {
            let (mut router, mut rng) = (router(mapping, EndpointIndependent), Rng::new(1));
            let first = router.outbound(secs(0), INSIDE, PEER, &mut rng);
            assert_eq!(first, at(203, 0, 113, 1, 7777), "the first port is preserved");
            let others =
                [ITS_OTHER_PORT, STRANGER].map(|to| router.outbound(secs(0), INSIDE, to, &mut rng) == first);
            assert_eq!(others, same, "{mapping:?}");
        }
    }

    #[test]
    fn the_filter_depends_on_as_much_of_the_source_as_it_says() {
        for (filtering, admitted) in [
            (EndpointIndependent, [true, true, true]),
            (AddressDependent, [true, true, false]),
            (AddressAndPortDependent, [true, false, false]),
        ] {
            let mut router = router(EndpointIndependent, filtering);
            let port = router.outbound(secs(0), INSIDE, PEER, &mut Rng::new(1)).port();
            let admits = [PEER, ITS_OTHER_PORT, STRANGER]
                .map(|from| router.inbound(secs(1), from, port) == Some(INSIDE));
            assert_eq!(admits, admitted, "{filtering:?}");
            assert_eq!(router.inbound(secs(1), PEER, port + 1), None);
        }
    }

    #[test]
    fn a_mapping_lives_as_long_as_it_is_used() {
        let mut rng = Rng::new(1);
        for refreshes in [false, true] {
            let mut router =
                router(EndpointIndependent, AddressAndPortDependent).with_inbound_refresh(refreshes);
            let port = router.outbound(secs(0), INSIDE, PEER, &mut rng).port();
            router.outbound(secs(20), INSIDE, PEER, &mut rng);
            assert_eq!(router.inbound(secs(49), PEER, port), Some(INSIDE));
            assert_eq!(router.inbound(secs(51), PEER, port).is_some(), refreshes);
            router.flush();
            assert_eq!(router.inbound(secs(51), PEER, port), None);
        }
    }

    #[test]
    fn what_turns_back_passes_no_filter_and_an_answer_goes_the_way_it_came() {
        let mut rng = Rng::new(1);
        let mut router = router(AddressAndPortDependent, AddressAndPortDependent).with_sessions();
        let one = router.outbound(secs(0), INSIDE, PEER, &mut rng);
        let other_inside = at(192, 168, 1, 6, 7777);
        let two = router.outbound(secs(0), other_inside, one, &mut rng);
        assert_ne!(one.port(), two.port());
        assert_eq!(router.turned_back(secs(0), two, one.port()), Some(INSIDE));
        assert_eq!(router.outbound(secs(0), INSIDE, two, &mut rng), one);
    }
}
