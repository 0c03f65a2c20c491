//! Where relays send us instead (300 Try Alternate, RFC 8489 §10).

use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::{RelayTransport, Subnet};

use crate::{
    address::{canonical, is_public},
    turn::Alternate,
};

/// Most redirections in a row that are followed.
const HOPS: usize = 3;
/// Specification: a server that was asked already is not asked again because of a redirection for so long (RFC 8489 §10).
const ASKED_LATELY: Duration = Duration::from_secs(300);
/// Redirections that are known, and servers that were asked. Full policy: the oldest goes.
const KNOWN: usize = 16;

/// The redirections of one relay. A server that redirects is replaced by the one that it names, over the same transport, so
/// that what began over TLS stays there.
#[derive(Debug, Default)]
pub(super) struct Redirects {
    steps: VecDeque<Step>,
    /// Who was asked since the relay last served us.
    asked: VecDeque<(RelayTransport, SocketAddr, Instant)>,
}

#[derive(Debug)]
struct Step {
    transport: RelayTransport,
    from: SocketAddr,
    to: Alternate,
}

impl Redirects {
    /// Whether the redirection can be followed; then [`Self::target`] says so from now on.
    pub(super) fn follow(
        &mut self,
        now: Instant,
        transport: RelayTransport,
        from: SocketAddr,
        to: &Alternate,
        party: Option<Subnet>,
    ) -> bool {
        let server = canonical(to.server);
        self.asked.retain(|(.., at)| now < *at + ASKED_LATELY);
        if self.steps_to(transport, from) >= HOPS
            || !is_reasonable(from, server, party)
            || self.asked.iter().any(|(by, asked, _)| (*by, *asked) == (transport, server))
        {
            return false;
        }
        for asked in [from, server] {
            push(&mut self.asked, (transport, asked, now));
        }
        self.steps.retain(|step| (step.transport, step.from) != (transport, from));
        push(&mut self.steps, Step { transport, from, to: Alternate { server, ..to.clone() } });
        true
    }

    /// The server that stands for an offered one.
    pub(super) fn target(&self, transport: RelayTransport, offered: SocketAddr) -> SocketAddr {
        (0..HOPS).fold(offered, |at, _| {
            let step = self.steps.iter().find(|step| (step.transport, step.from) == (transport, at));
            step.map_or(at, |step| step.to.server)
        })
    }

    /// Whether we were sent to this server.
    pub(super) fn lead_to(&self, transport: RelayTransport, server: SocketAddr) -> bool {
        self.step_to(transport, server).is_some()
    }

    /// Who the server is, where it is another one than its relay.
    pub(super) fn domain(&self, transport: RelayTransport, server: SocketAddr) -> Option<&str> {
        self.step_to(transport, server)?.to.domain.as_deref()
    }

    /// The relay serves us: what led there was no loop.
    pub(super) fn worked(&mut self) {
        self.asked.clear();
    }

    /// The network is another: every server may be asked again.
    pub(super) fn network_changed(&mut self) {
        self.asked.clear();
    }

    /// The server is of no use: whoever sent us there is asked again.
    pub(super) fn leave(&mut self, transport: RelayTransport, server: SocketAddr) {
        self.steps.retain(|step| (step.transport, step.to.server) != (transport, server));
    }

    /// Forgets the redirections of servers that are not offered, nor reached from one that is.
    pub(super) fn retain(&mut self, is_offered: impl Fn(RelayTransport, SocketAddr) -> bool) {
        let all: Vec<(RelayTransport, SocketAddr)> =
            self.steps.iter().map(|step| (step.transport, self.origin(step))).collect();
        let mut origins = all.into_iter();
        self.steps
            .retain(|_| origins.next().is_some_and(|(transport, origin)| is_offered(transport, origin)));
    }

    fn step_to(&self, transport: RelayTransport, server: SocketAddr) -> Option<&Step> {
        self.steps.iter().find(|step| (step.transport, step.to.server) == (transport, server))
    }

    fn origin(&self, step: &Step) -> SocketAddr {
        (0..HOPS).fold(step.from, |at, _| self.step_to(step.transport, at).map_or(at, |before| before.from))
    }

    fn steps_to(&self, transport: RelayTransport, server: SocketAddr) -> usize {
        std::iter::successors(self.step_to(transport, server), |step| self.step_to(transport, step.from))
            .take(HOPS)
            .count()
    }
}

/// Whether a relay at `from` may send us to `to`: to an address of its own family (RFC 8489 §14.15), on the internet unless it
/// is itself in a private network of that kind, and never into the party's own network.
fn is_reasonable(from: SocketAddr, to: SocketAddr, party: Option<Subnet>) -> bool {
    let (here, there) = (from.ip(), to.ip());
    let is_near = here.is_loopback() == there.is_loopback() && is_link_local(here) == is_link_local(there);
    to.port() != 0
        && to != from
        && here.is_ipv4() == there.is_ipv4()
        && !there.is_unspecified()
        && !there.is_multicast()
        && (is_public(there) || !is_public(here) && is_near)
        && party.is_none_or(|party| !party.covers(there))
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == KNOWN {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    const UDP: RelayTransport = RelayTransport::Udp;

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn to(text: &str) -> Alternate {
        Alternate { server: addr(text), domain: None }
    }

    #[test]
    fn a_relay_on_the_internet_sends_nobody_into_a_private_network_and_one_in_a_private_network_may() {
        let party = Some(Subnet::DEFAULT);
        let reasonable = |from, to| is_reasonable(addr(from), addr(to), party);
        assert!(reasonable("198.51.100.1:3478", "198.51.100.2:3479"));
        assert!(reasonable("[2001:db8::1]:3478", "[2001:db8::2]:3478"));
        assert!(reasonable("192.168.1.1:3478", "192.168.1.2:3478"));
        assert!(reasonable("192.168.1.1:3478", "198.51.100.2:3478"));
        assert!(reasonable("127.0.0.1:3478", "127.0.0.1:3480"));
        for target in [
            "192.168.1.1:3478",
            "10.0.0.1:3478",
            "100.64.0.1:3478",
            "169.254.169.254:80",
            "127.0.0.1:3478",
            "0.0.0.0:3478",
            "224.0.0.1:3478",
            "198.51.100.2:0",
            "[2001:db8::2]:3478",
            "198.51.100.1:3478",
        ] {
            assert!(!reasonable("198.51.100.1:3478", target), "{target}");
        }
        assert!(!reasonable("192.168.1.1:3478", "127.0.0.1:3478"));
        assert!(!reasonable("192.168.1.1:3478", "169.254.169.254:3478"));
        assert!(!reasonable("10.0.0.1:3478", "10.66.0.2:3478"), "the party's own network");
    }

    #[test]
    fn a_chain_is_followed_three_steps_and_no_loop() {
        let (mut redirects, now) = (Redirects::default(), Instant::now());
        let servers: Vec<String> = (1..=5).map(|last| format!("198.51.100.{last}:3478")).collect();
        let mut follow = |from: usize, target: usize| {
            redirects.follow(now, UDP, addr(&servers[from]), &to(&servers[target]), None)
        };
        assert!(follow(0, 1));
        assert!(!follow(1, 0), "where we come from");
        assert!(follow(1, 2));
        assert!(!follow(2, 1));
        assert!(follow(2, 3));
        assert!(!follow(3, 4), "too far");
        assert_eq!(redirects.target(UDP, addr(&servers[0])), addr(&servers[3]));
        assert_eq!(redirects.target(RelayTransport::Tls, addr(&servers[0])), addr(&servers[0]));
        redirects.retain(|_, offered| offered == addr(&servers[0]));
        assert!(redirects.lead_to(UDP, addr(&servers[3])));
        redirects.retain(|_, _| false);
        assert!(!redirects.lead_to(UDP, addr(&servers[3])));
    }

    #[test]
    fn a_server_that_failed_is_not_asked_again_for_five_minutes_unless_it_served_us_before() {
        let (mut redirects, now) = (Redirects::default(), Instant::now());
        let (first, second) = (addr("198.51.100.1:3478"), to("198.51.100.2:3478"));
        assert!(redirects.follow(now, UDP, first, &second, None));
        redirects.leave(UDP, second.server);
        assert_eq!(redirects.target(UDP, first), first);
        assert!(!redirects.follow(now, UDP, first, &second, None));
        assert!(redirects.follow(now + ASKED_LATELY, UDP, first, &second, None));
        redirects.worked();
        redirects.leave(UDP, second.server);
        assert!(redirects.follow(now + ASKED_LATELY, UDP, first, &second, None));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut redirects, now) = (Redirects::default(), Instant::now());
        for port in 1..1_000 {
            let (from, target) = (SocketAddr::from(([198, 51, 100, 1], port)), to("198.51.100.2:3478"));
            redirects.follow(now, UDP, from, &target, None);
            redirects.worked();
        }
        assert_eq!((redirects.steps.len(), redirects.asked.len()), (KNOWN, 0));
    }
}
