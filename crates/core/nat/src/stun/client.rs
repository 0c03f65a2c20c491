use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_base::backoff::Backoff;

use crate::{
    TransactionIds,
    outbox::Outbox,
    stun::retransmission::{Due, Retransmission},
    stun::{self, Message, TransactionId},
};

/// Most servers that are asked; further ones are left out. Two would do to notice a symmetric NAT.
pub const STUN_SERVERS: usize = 8;

/// Implementation: pause between a reply and the next question. Keeps the NAT mapping alive (routers that
/// forget UDP mappings after 30 s are common, against RFC 4787 REQ-5) and notices a changed one.
const REFRESH: Duration = Duration::from_secs(20);
/// Implementation: the shortest that this pause becomes where the router forgets sooner.
const SHORTEST_REFRESH: Duration = Duration::from_secs(2);
/// Implementation: pauses after a server did not answer, doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// Implementation: the longest such pause.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Something that the owner of a [`StunClient`] should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StunEvent {
    /// The server sees us under this address: a server-reflexive candidate. Reported when it becomes known,
    /// when it changes, and again after the server was unreachable or the network changed.
    ReflexiveAddress {
        /// The server that was asked.
        server: SocketAddr,
        /// Where it sees us.
        address: SocketAddr,
    },
    /// The server did not answer, or refused. What it said before must not be relied on any more.
    Unreachable {
        /// The server that was asked.
        server: SocketAddr,
        /// When it will be asked again, at most 30 s later.
        retry_at: Instant,
    },
}

/// Asks STUN servers for our server-reflexive address (RFC 8489 §3), over the socket that everything else uses,
/// and keeps asking so that the NAT mapping stays and a change of it is noticed. A router that forgets it sooner than usual is
/// found out by the other port that it gives then, and asked by more often.
///
/// Believes only replies that come from the server that was asked, with the id that was asked with. One
/// transaction per server; at most [`STUN_SERVERS`] servers. Never gives up.
#[derive(Debug)]
pub struct StunClient {
    ids: TransactionIds,
    servers: Vec<Server>,
    transmits: Outbox<(SocketAddr, Vec<u8>)>,
    events: Outbox<StunEvent>,
}

#[derive(Debug)]
struct Server {
    address: SocketAddr,
    state: State,
    reported: Option<SocketAddr>,
    /// The pause after a reply: half as long each time that the router turns out to have forgotten the mapping in it.
    refresh: Duration,
    /// The pause after a transaction without a reply.
    retry: Backoff,
    /// When it was last asked something new.
    asked: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// A request is on its way.
    Asking { id: TransactionId, retransmission: Retransmission },
    /// Nothing to do until then.
    Resting { until: Instant },
}

impl Server {
    fn deadline(&self) -> Instant {
        match self.state {
            State::Asking { retransmission, .. } => retransmission.deadline(),
            State::Resting { until } => until,
        }
    }
}

impl StunClient {
    /// A client without servers. `seed` makes its transaction ids: 32 random bytes, used for nothing else.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            ids: TransactionIds::from_seed(seed),
            servers: Vec::new(),
            transmits: Outbox::new(4 * STUN_SERVERS),
            events: Outbox::new(4 * STUN_SERVERS),
        }
    }

    /// Sets the servers to ask: new ones are asked at once, kept ones keep their state, others are forgotten.
    pub fn set_servers(&mut self, now: Instant, servers: &[SocketAddr]) {
        let mut kept = std::mem::take(&mut self.servers);
        for address in servers {
            if self.servers.len() == STUN_SERVERS || self.servers.iter().any(|s| s.address == *address) {
                continue;
            }
            let server = match kept.iter().position(|s| s.address == *address) {
                Some(index) => kept.swap_remove(index),
                None => Server {
                    address: *address,
                    state: State::Resting { until: now },
                    reported: None,
                    refresh: REFRESH,
                    retry: Backoff::new(FIRST_RETRY, LONGEST_RETRY),
                    asked: None,
                },
            };
            self.servers.push(server);
        }
        self.handle_timeout(now);
    }

    /// Gives a datagram that is STUN and came from `from`. Returns whether it was the reply to one of our
    /// requests; if not, it is somebody else's or forged, and nothing happened.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> bool {
        let Some(server) = self.servers.iter_mut().find(|server| server.address == from) else {
            return false;
        };
        let State::Asking { id: asked, .. } = server.state else {
            return false;
        };
        match stun::parse(datagram) {
            Ok(Message::BindingResponse { id, mapped, .. }) if id == asked => {
                server.retry.reset();
                let before = server.reported.replace(mapped);
                // Another port of the same router: it had forgotten the one of before, and gave the next.
                if before.is_some_and(|before| before.ip() == mapped.ip() && before != mapped) {
                    server.refresh = (server.refresh / 2).max(SHORTEST_REFRESH);
                }
                server.state = State::Resting { until: now + server.refresh };
                if before != Some(mapped) {
                    self.events.push(StunEvent::ReflexiveAddress { server: from, address: mapped });
                }
                true
            }
            Ok(Message::BindingError { id, code }) if id == asked => {
                tracing::debug!(code, "STUN server refused");
                let event = give_up(server, now);
                self.events.push(event);
                true
            }
            _ => false,
        }
    }

    /// Asks every server again at once: after a change of interfaces or a wake-up.
    pub fn handle_network_change(&mut self, now: Instant) {
        for server in &mut self.servers {
            server.state = State::Resting { until: now };
            server.refresh = REFRESH;
            server.reported = None;
            server.retry.reset();
        }
        self.handle_timeout(now);
    }

    /// What the servers said may not be so any more: a path was lost, and the router may have given us another port. Each is
    /// asked again at once, unless it was just asked.
    pub fn doubt(&mut self, now: Instant) {
        for server in &mut self.servers {
            let is_fresh = server.asked.is_some_and(|asked| now < asked + SHORTEST_REFRESH);
            if let State::Resting { until } = &mut server.state
                && !is_fresh
            {
                *until = now.min(*until);
            }
        }
        self.handle_timeout(now);
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        for server in &mut self.servers {
            if now < server.deadline() {
                continue;
            }
            match &mut server.state {
                State::Resting { .. } => {
                    let id = self.ids.next_id();
                    server.asked = Some(now);
                    server.state = State::Asking { id, retransmission: Retransmission::start(now) };
                    self.transmits.push((server.address, stun::binding_request(id)));
                }
                State::Asking { id, retransmission } => match retransmission.handle_timeout(now) {
                    Due::Nothing => {}
                    Due::Resend => self.transmits.push((server.address, stun::binding_request(*id))),
                    Due::GiveUp => {
                        let event = give_up(server, now);
                        self.events.push(event);
                    }
                },
            }
        }
    }

    /// The next datagram to send, and where to. Drain after every input.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.transmits.pop()
    }

    /// The next thing to know. Drain after every input.
    pub fn poll_event(&mut self) -> Option<StunEvent> {
        self.events.pop()
    }

    /// When to call [`Self::handle_timeout`]; `None` without servers.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.servers.iter().map(Server::deadline).min()
    }
}

fn give_up(server: &mut Server, now: Instant) -> StunEvent {
    let pause = server.retry.next_pause();
    server.reported = None;
    server.state = State::Resting { until: now + pause };
    StunEvent::Unreachable { server: server.address, retry_at: now + pause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// A client, a clock, and the servers A and B.
    struct Bench {
        client: StunClient,
        start: Instant,
        now: Instant,
    }

    impl Bench {
        fn new(servers: &[SocketAddr]) -> Self {
            let now = Instant::now();
            let mut client = StunClient::new([7; 32]);
            client.set_servers(now, servers);
            Self { client, start: now, now }
        }

        fn sent(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
            std::iter::from_fn(|| self.client.poll_transmit()).collect()
        }

        fn events(&mut self) -> Vec<StunEvent> {
            std::iter::from_fn(|| self.client.poll_event()).collect()
        }

        /// Goes to the next deadline; returns it in milliseconds since the start.
        fn step(&mut self) -> u128 {
            let next = self.client.poll_timeout().unwrap();
            assert!(next > self.now, "a deadline in the past would spin the caller");
            self.now = next;
            self.client.handle_timeout(next);
            (next - self.start).as_millis()
        }

        fn reply(&mut self, from: SocketAddr, request: &[u8], mapped: SocketAddr) -> bool {
            let response = stun::answer(request, mapped).unwrap();
            self.client.handle_datagram(self.now, from, &response)
        }
    }

    #[test]
    fn the_reply_of_the_asked_server_is_our_address() {
        let (server, mapped) = (address("192.0.2.1:3478"), address("203.0.113.5:40000"));
        let mut bench = Bench::new(&[server]);
        let sent = bench.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].0, server);
        assert!(bench.reply(server, &sent[0].1, mapped));
        assert_eq!(bench.events(), [StunEvent::ReflexiveAddress { server, address: mapped }]);
        assert!(!bench.reply(server, &sent[0].1, mapped), "a second copy is nobody's");
        assert_eq!(bench.events(), []);
    }

    #[test]
    fn an_unanswered_request_is_repeated_as_rfc_8489_says_and_then_given_up_for_a_bounded_time() {
        let server = address("192.0.2.1:3478");
        let mut bench = Bench::new(&[server]);
        let first = bench.sent();
        let times: Vec<u128> = (0..6).map(|_| bench.step()).collect();
        assert_eq!(times, [150, 450, 1_050, 2_250, 4_650, 9_450]);
        let repeats = bench.sent();
        assert_eq!(repeats.len(), 6);
        assert!(repeats.iter().all(|sent| *sent == first[0]), "a repeat is the same request");
        assert_eq!(bench.events(), []);

        assert_eq!(bench.step(), 9_450 + 16 * 150);
        assert_eq!(bench.events(), [StunEvent::Unreachable { server, retry_at: bench.now + FIRST_RETRY }]);
        assert_eq!(bench.sent(), []);

        for _ in 0..100 {
            bench.step();
            for event in bench.events() {
                let StunEvent::Unreachable { retry_at, .. } = event else { panic!("{event:?}") };
                assert!(retry_at - bench.now <= LONGEST_RETRY);
            }
        }
        assert!(bench.sent().iter().all(|sent| sent.1 != first[0].1), "a new try has a new id");
    }

    #[test]
    fn a_reply_with_another_id_or_from_another_source_is_ignored() {
        let (server, mapped) = (address("192.0.2.1:3478"), address("203.0.113.5:40000"));
        let mut bench = Bench::new(&[server]);
        let request = bench.sent().remove(0).1;
        let forged = stun::binding_request(TransactionId([0; 12]));
        assert!(!bench.reply(server, &forged, address("198.51.100.66:1")));
        assert!(!bench.reply(address("192.0.2.1:3479"), &request, address("198.51.100.66:1")));
        assert!(!bench.client.handle_datagram(bench.now, server, &request), "a request is no reply");
        assert!(!bench.client.handle_datagram(bench.now, server, b"nonsense"));
        assert_eq!(bench.events(), []);
        assert!(bench.reply(server, &request, mapped));
        assert_eq!(bench.events().len(), 1);
    }

    #[test]
    fn the_mapping_is_refreshed_and_only_a_change_is_reported() {
        let server = address("192.0.2.1:3478");
        let mut bench = Bench::new(&[server]);
        let mut seen = Vec::new();
        for mapped in ["203.0.113.5:40000", "203.0.113.5:40000", "203.0.113.6:41111"] {
            let request = bench.sent().remove(0).1;
            let asked_at = bench.now;
            assert!(bench.reply(server, &request, address(mapped)));
            seen.push(bench.events());
            bench.step();
            assert_eq!(bench.now - asked_at, REFRESH);
        }
        let report = |mapped| StunEvent::ReflexiveAddress { server, address: address(mapped) };
        assert_eq!(seen, [vec![report("203.0.113.5:40000")], vec![], vec![report("203.0.113.6:41111")]]);
    }

    #[test]
    fn a_router_that_forgets_the_mapping_sooner_is_asked_by_so_often_that_it_does_not() {
        for lifetime in [3, 5, 8, 15] {
            let server = address("192.0.2.1:3478");
            let mut bench = Bench::new(&[server]);
            let (mut port, mut used_at) = (40_000, bench.now);
            let mut changes = Vec::new();
            while bench.now < bench.start + Duration::from_secs(600) {
                for (_, request) in bench.sent() {
                    port += u16::from(bench.now >= used_at + Duration::from_secs(lifetime));
                    used_at = bench.now;
                    let mapped = SocketAddr::from(([203, 0, 113, 5], port));
                    assert!(bench.reply(server, &request, mapped));
                }
                changes.extend(bench.events().iter().map(|_| bench.now - bench.start));
                bench.step();
            }
            assert!(changes.len() <= 5 && changes.iter().all(|at| at.as_secs() < 60), "{changes:?}");
        }
    }

    #[test]
    fn a_network_change_asks_again_at_once_and_reports_again() {
        let (server, mapped) = (address("192.0.2.1:3478"), address("203.0.113.5:40000"));
        let mut bench = Bench::new(&[server]);
        let old = bench.sent().remove(0).1;
        assert!(bench.reply(server, &old, mapped));
        bench.events();
        bench.client.handle_network_change(bench.now);
        let new = bench.sent().remove(0).1;
        assert_ne!(old, new);
        assert!(!bench.reply(server, &old, mapped));
        assert!(bench.reply(server, &new, mapped));
        assert_eq!(bench.events(), [StunEvent::ReflexiveAddress { server, address: mapped }]);
    }

    #[test]
    fn a_doubt_asks_at_once_whoever_was_not_just_asked() {
        let (server, mapped) = (address("192.0.2.1:3478"), address("203.0.113.5:40000"));
        let mut bench = Bench::new(&[server]);
        let first = bench.sent().remove(0).1;
        bench.client.doubt(bench.now);
        assert_eq!(bench.sent(), [], "the answer is still under way");
        assert!(bench.reply(server, &first, mapped));
        bench.client.doubt(bench.now);
        assert_eq!(bench.sent(), [], "it has just said so");
        bench.now += SHORTEST_REFRESH;
        bench.client.doubt(bench.now);
        let again = bench.sent().remove(0).1;
        assert!(bench.reply(server, &again, address("203.0.113.5:40001")));
        assert_eq!(bench.events().len(), 2);
        let mut asked = 0;
        for _ in 0..1_000 {
            bench.now += Duration::from_millis(10);
            bench.client.doubt(bench.now);
            for (server, request) in bench.sent() {
                asked += 1;
                assert!(bench.reply(server, &request, mapped));
            }
        }
        assert!((4..=5).contains(&asked), "{asked} in ten seconds full of doubt");
    }

    #[test]
    fn a_refusing_server_is_unreachable_and_asked_again() {
        let server = address("192.0.2.1:3478");
        let mut bench = Bench::new(&[server]);
        let mut refusal = bench.sent().remove(0).1;
        // An error response with ERROR-CODE 400 in place of the FINGERPRINT.
        refusal[..2].copy_from_slice(&[0x01, 0x11]);
        refusal[20..].copy_from_slice(&[0, 9, 0, 4, 0, 0, 4, 0]);
        assert!(bench.client.handle_datagram(bench.now, server, &refusal));
        assert_eq!(bench.events(), [StunEvent::Unreachable { server, retry_at: bench.now + FIRST_RETRY }]);
        assert_eq!(bench.step(), FIRST_RETRY.as_millis());
        assert_eq!(bench.sent().len(), 1);
    }

    #[test]
    fn servers_are_bounded_distinct_and_keep_their_state() {
        let many: Vec<SocketAddr> = (1..=20).map(|port| ([192, 0, 2, 1], port).into()).collect();
        let mut bench = Bench::new(&[many[0], many[0]]);
        let request = bench.sent();
        assert_eq!(request.len(), 1);
        bench.client.set_servers(bench.now, &many);
        assert_eq!(bench.sent().len(), STUN_SERVERS - 1, "the first one was asked already");
        assert!(bench.reply(many[0], &request[0].1, address("203.0.113.5:1")));
        bench.client.set_servers(bench.now, &[]);
        assert_eq!(bench.client.poll_timeout(), None);
    }
}
