//! The server alone, against requests made by hand.

use std::{net::SocketAddr, time::Instant};

use super::world::{self, REALM, SERVER, UNIX, addr, credentials, secret, secs, server_config};
use crate::{
    stun::{self, TransactionId},
    turn::{
        AllocationId, ChannelNumber, DropReason, FiveTuple, Framing, IpFamily, PeerFilter, RelayFailed,
        RelayFamilies, ToPeer, Transport, TurnCredentials, TurnLimits, TurnServer, TurnServerConfig,
        TurnServerOutput,
        indication::Kind,
        message::{Class, Message, Method, UDP},
        reading::Integrity,
    },
};

pub(super) const CLIENT: &str = "203.0.113.1:1000";
pub(super) const PEER: &str = "192.0.2.7:4000";
pub(super) const RELAYED: &str = "198.51.100.1:50000";

/// A server, and a client that has a nonce.
pub(super) struct Bench {
    pub(super) server: TurnServer,
    pub(super) now: Instant,
    pub(super) client: SocketAddr,
    pub(super) credentials: TurnCredentials,
    pub(super) nonce: String,
    /// Whose socket is asked for.
    pub(super) opening: Option<AllocationId>,
    /// Whose sockets were closed.
    pub(super) closed: Vec<AllocationId>,
    ids: u8,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(server_config())
    }

    pub(super) fn with(config: TurnServerConfig) -> Self {
        let now = Instant::now();
        let server = TurnServer::new(now, UNIX, config, secret(), [1; 32]);
        let mut bench = Self {
            server,
            now,
            client: addr(CLIENT),
            credentials: credentials("ann"),
            nonce: String::new(),
            opening: None,
            closed: Vec::new(),
            ids: 0,
        };
        bench.renew_nonce();
        bench
    }

    /// With an allocation, whose relayed address is [`RELAYED`].
    pub(super) fn allocated() -> (Self, AllocationId) {
        let mut bench = Self::new();
        let id = bench.allocate();
        (bench, id)
    }

    pub(super) fn allocate(&mut self) -> AllocationId {
        let request = self.allocation();
        assert_eq!(self.ask(&request), None);
        let allocation = self.opening();
        let now = self.now;
        self.server.handle_relay(now, allocation, Ok(addr(RELAYED)));
        assert!(self.transmitted().is_some());
        allocation
    }

    pub(super) fn renew_nonce(&mut self) {
        let request = self.request(Method::Allocate);
        let challenge = self.ask_unsigned(&request).unwrap();
        assert_eq!((challenge.error, challenge.realm.as_deref()), (Some(401), Some(REALM)));
        self.nonce = challenge.nonce.unwrap();
    }

    pub(super) fn tuple(&self) -> FiveTuple {
        FiveTuple { transport: Transport::Udp, client: self.client, server: addr(SERVER) }
    }

    pub(super) fn request(&mut self, method: Method) -> Message {
        self.ids = self.ids.wrapping_add(1);
        Message::new(method, Class::Request, TransactionId([self.ids; 12]))
    }

    pub(super) fn allocation(&mut self) -> Message {
        let mut request = self.request(Method::Allocate);
        request.transport = Some(UDP);
        request
    }

    pub(super) fn permission(&mut self, peers: &[&str]) -> Message {
        let mut request = self.request(Method::CreatePermission);
        request.peers = peers.iter().map(|peer| addr(peer)).collect();
        request
    }

    pub(super) fn binding(&mut self, channel: u16, peer: &str) -> Message {
        let mut request = self.request(Method::ChannelBind);
        request.channel = ChannelNumber::new(channel);
        request.peers = vec![addr(peer)];
        request
    }

    pub(super) fn refresh(&mut self, lifetime: Option<u64>) -> Message {
        let mut request = self.request(Method::Refresh);
        request.lifetime = lifetime.map(secs);
        request
    }

    /// The bytes of a request with all that it needs.
    pub(super) fn signed(&self, request: &Message) -> Vec<u8> {
        let mut request = request.clone();
        request.username = Some(self.credentials.username.clone());
        request.realm = Some(REALM.to_owned());
        request.nonce = Some(self.nonce.clone());
        request.encode(Some(&self.credentials.key(REALM)))
    }

    /// Sends a signed request; the answer, if there is one yet, must be signed unless it refuses the login.
    pub(super) fn ask(&mut self, request: &Message) -> Option<Message> {
        let bytes = self.signed(request);
        let tuple = self.tuple();
        let (now, key) = (self.now, self.credentials.key(REALM));
        assert_eq!(self.server.handle_client_datagram(now, tuple, &bytes), None);
        let answer = self.transmitted()?;
        let parsed = Message::parse(&answer).unwrap();
        if matches!(parsed.message.error, Some(401 | 438)) {
            assert_eq!(parsed.integrity(&key), Integrity::Missing);
        } else {
            assert_eq!(parsed.integrity(&key), Integrity::Valid);
        }
        assert_eq!((parsed.message.id, parsed.message.method), (request.id, request.method));
        Some(parsed.message)
    }

    pub(super) fn answer(&mut self, request: &Message) -> Message {
        self.ask(request).expect("an answer")
    }

    /// The error code, 0 for success.
    pub(super) fn code(&mut self, request: &Message) -> u16 {
        self.answer(request).error.unwrap_or(0)
    }

    pub(super) fn ask_unsigned(&mut self, request: &Message) -> Option<Message> {
        let tuple = self.tuple();
        assert_eq!(self.server.handle_client_datagram(self.now, tuple, &request.encode(None)), None);
        self.transmitted().map(|answer| Message::parse(&answer).unwrap().message)
    }

    /// The datagram that the server sends to the client.
    pub(super) fn transmitted(&mut self) -> Option<Vec<u8>> {
        let mut transmitted = None;
        let outputs = std::iter::from_fn(|| self.server.poll_output()).collect::<Vec<_>>();
        for output in outputs {
            match output {
                TurnServerOutput::Transmit { tuple, datagram } => {
                    assert_eq!(tuple, self.tuple());
                    assert!(transmitted.replace(datagram).is_none(), "one answer for one request");
                }
                TurnServerOutput::OpenRelay { allocation, .. } => {
                    self.opening = Some(allocation);
                }
                TurnServerOutput::CloseRelay { allocation } => self.closed.push(allocation),
            }
        }
        transmitted
    }

    /// The allocation whose socket was asked for last.
    pub(super) fn opening(&mut self) -> AllocationId {
        self.opening.take().expect("a socket to open")
    }

    pub(super) fn client_sends(&mut self, datagram: &[u8]) -> Option<ToPeer> {
        let tuple = self.tuple();
        self.server.handle_client_datagram(self.now, tuple, datagram)
    }

    /// A Send indication.
    pub(super) fn indication(peer: &str, payload: &[u8]) -> Vec<u8> {
        let (mut buffer, range) = world::buffer(payload);
        let framing = Framing::indication(Kind::Send, addr(peer), TransactionId([9; 12]));
        let datagram = framing.write(&mut buffer, range).unwrap();
        buffer[datagram].to_vec()
    }

    /// What the client gets when `from` sends to its relayed address.
    pub(super) fn peer_sends(
        &mut self,
        allocation: AllocationId,
        from: &str,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let (mut buffer, range) = world::buffer(payload);
        let out = self.server.handle_peer_datagram(self.now, allocation, addr(from), &mut buffer, range)?;
        assert_eq!(out.tuple, self.tuple());
        Some(buffer[out.datagram].to_vec())
    }

    pub(super) fn dropped(&self, reason: DropReason) -> u64 {
        self.server.stats().dropped(reason)
    }
}

#[test]
fn an_allocation_is_answered_when_its_socket_is_open_and_again_when_asked_again() {
    let mut bench = Bench::new();
    let request = bench.allocation();
    assert_eq!(bench.ask(&request), None);
    let allocation = bench.opening();
    assert_eq!(bench.ask(&request), None, "a repetition meanwhile opens no second socket");
    let now = bench.now;
    bench.server.handle_relay(now, allocation, Ok(addr(RELAYED)));
    let first = Message::parse(&bench.transmitted().unwrap()).unwrap().message;
    assert_eq!((first.relayed, first.mapped), (Some(addr(RELAYED)), Some(addr(CLIENT))));
    assert_eq!(first.lifetime, Some(secs(600)));
    bench.now += secs(10);
    let again = bench.answer(&request);
    assert_eq!((again.relayed, again.lifetime), (first.relayed, Some(secs(590))));
    let another = bench.allocation();
    assert_eq!(bench.code(&another), 437);
    assert_eq!(bench.server.stats().allocations, 1);
}

#[test]
fn a_socket_that_comes_too_late_is_closed() {
    let mut bench = Bench::new();
    let request = bench.allocation();
    bench.ask(&request);
    let allocation = bench.opening();
    bench.now += secs(6);
    let now = bench.now;
    bench.server.handle_timeout(now);
    assert_eq!(bench.server.stats().allocations, 0);
    bench.server.handle_relay(now, allocation, Ok(addr(RELAYED)));
    assert_eq!(bench.server.poll_output(), Some(TurnServerOutput::CloseRelay { allocation }));
    bench.server.handle_relay(now, allocation, Err(RelayFailed::Capacity));
    assert_eq!(bench.server.poll_output(), None, "there is nothing to close");
}

#[test]
fn lifetimes_are_kept_within_limits() {
    let (mut bench, _) = Bench::allocated();
    for (asked, granted) in [(None, 600), (Some(1), 600), (Some(900), 900), (Some(100_000), 3_600)] {
        let request = bench.refresh(asked);
        assert_eq!(bench.answer(&request).lifetime, Some(secs(granted)));
        assert_eq!(bench.server.poll_timeout(), Some(bench.now + secs(granted)));
    }
    let request = bench.refresh(Some(0));
    assert_eq!(bench.answer(&request).lifetime, Some(secs(0)));
    assert_eq!(bench.server.stats().allocations, 0);
    assert_eq!(bench.code(&request), 437);
}

#[test]
fn allocations_that_cannot_be_had_are_refused_with_their_codes() {
    type Change = fn(&mut Message);
    let cases: [(u16, Change); 5] = [
        (400, |request| request.transport = None),
        (442, |request| request.transport = Some(6)),
        (440, |request| request.family = Some(IpFamily::V6)),
        (0, |request| request.family = Some(IpFamily::V4)),
        (437, |_| {}),
    ];
    let mut bench = Bench::new();
    for (code, change) in cases {
        let mut request = bench.allocation();
        change(&mut request);
        match bench.ask(&request) {
            Some(answer) => assert_eq!(answer.error, Some(code)),
            None => assert_eq!(code, 0),
        }
    }
}

#[test]
fn nonces_expire_and_are_for_one_client() {
    let (mut bench, _) = Bench::allocated();
    let request = bench.refresh(None);
    bench.client = addr("203.0.113.2:1000");
    assert_eq!(bench.code(&request), 438, "somebody else's nonce");
    bench.client = addr(CLIENT);
    assert_eq!(bench.code(&request), 0);
    let request = bench.refresh(Some(3_600));
    assert_eq!(bench.code(&request), 0);
    bench.now += secs(50 * 60);
    let stale = bench.answer(&request);
    assert_eq!(stale.error, Some(438));
    bench.nonce = stale.nonce.unwrap();
    assert_eq!(bench.code(&request), 0, "the allocation lives on");
    bench.nonce = "nonsense".to_owned();
    assert_eq!(bench.code(&request), 438);
}

#[test]
fn credentials_are_checked() {
    let mut bench = Bench::new();
    let request = bench.allocation();
    let good = bench.credentials.clone();
    let expired = secret().issue("ann", UNIX);
    let foreign = crate::turn::RestSecret::new("another secret").issue("ann", UNIX + 1_000);
    let other_name = TurnCredentials { username: format!("{}:bob", UNIX + 2 * 86_400), ..good.clone() };
    for credentials in [expired, foreign, other_name] {
        bench.credentials = credentials;
        assert_eq!(bench.code(&request), 401);
    }
    bench.credentials = good;
    let mut incomplete = request.clone();
    incomplete.username = Some(bench.credentials.username.clone());
    let bytes = incomplete.encode(Some(&bench.credentials.key(REALM)));
    bench.client_sends(&bytes);
    let answer = bench.transmitted().unwrap();
    assert_eq!(Message::parse(&answer).unwrap().message.error, Some(400), "no realm, no nonce");
    assert_eq!(bench.server.stats().allocations, 0);
    assert_eq!(bench.ask(&request), None);
    assert_eq!(bench.server.stats().allocations, 1);

    bench.now += secs(2 * 86_400);
    bench.renew_nonce();
    assert_eq!(bench.code(&request), 401, "two days later");
    let now = bench.now;
    bench.server.set_unix_time(now, UNIX);
    assert_eq!(bench.ask(&request), None, "but the clock was wrong");
}

#[test]
fn an_allocation_belongs_to_its_user_whatever_its_credentials_expiry() {
    let (mut bench, _) = Bench::allocated();
    let own = bench.credentials.clone();
    bench.credentials = secret().issue("ann", UNIX + 90_000);
    let request = bench.refresh(None);
    assert_eq!(bench.code(&request), 0);
    bench.credentials = credentials("bob");
    for request in [bench.refresh(Some(0)), bench.permission(&[PEER]), bench.binding(0x4000, PEER)] {
        assert_eq!(bench.code(&request), 441);
    }
    let request = bench.allocation();
    assert_eq!(bench.code(&request), 437);
    bench.credentials = own;
    let request = bench.refresh(None);
    assert_eq!(bench.code(&request), 0);
}

#[test]
fn nothing_is_relayed_without_a_permission() {
    let (mut bench, id) = Bench::allocated();
    assert_eq!(bench.client_sends(&Bench::indication(PEER, b"out")), None);
    assert_eq!(bench.peer_sends(id, PEER, b"in"), None);
    assert_eq!(bench.dropped(DropReason::NoPermission), 2);

    let request = bench.permission(&[PEER]);
    assert_eq!(bench.code(&request), 0);
    let out = bench.client_sends(&Bench::indication(PEER, b"out")).unwrap();
    assert_eq!((out.allocation, out.peer), (id, addr(PEER)));
    assert!(bench.peer_sends(id, PEER, b"in").is_some());
    assert!(bench.peer_sends(id, "192.0.2.8:4000", b"in").is_none(), "another address");

    bench.now += secs(299);
    assert!(bench.peer_sends(id, PEER, b"in").is_some());
    bench.now += secs(1);
    assert!(bench.peer_sends(id, PEER, b"in").is_none(), "it lasts 5 min");
    assert!(bench.client_sends(&Bench::indication(PEER, b"out")).is_none(), "in both directions");
}

#[test]
fn permissions_are_installed_all_or_none() {
    let (mut bench, id) = Bench::allocated();
    for (peers, code) in [
        (&[][..], 400),
        (&["192.0.2.1:1", "127.0.0.1:1"], 403),
        (&["192.0.2.1:1", "[2001:db8::1]:1"], 443),
        (&["192.0.2.1:1", "[::ffff:127.0.0.1]:1"], 443),
    ] {
        let request = bench.permission(peers);
        assert_eq!(bench.code(&request), code);
        assert!(bench.peer_sends(id, "192.0.2.1:1", b"in").is_none());
    }
    let request = bench.permission(&["192.0.2.1:1", "192.0.2.2:0"]);
    assert_eq!(bench.code(&request), 0);
    assert!(bench.peer_sends(id, "192.0.2.1:9", b"in").is_some());
    assert!(bench.peer_sends(id, "192.0.2.2:9", b"in").is_some());
}

#[test]
fn permissions_and_channels_are_bounded_and_expired_ones_make_room() {
    let limits = TurnLimits { permissions: 3, channels: 2, ..TurnLimits::default() };
    let mut bench = Bench::with(TurnServerConfig { limits, ..server_config() });
    bench.allocate();
    for (n, code) in [(1, 0), (2, 0), (3, 508), (2, 0)] {
        let request = bench.binding(0x4000 + n, &format!("192.0.2.{n}:4001"));
        assert_eq!(bench.code(&request), code, "channel {n}");
    }
    for (peers, code) in [
        (&["192.0.2.3:1", "192.0.2.4:1"][..], 508),
        (&["192.0.2.3:1", "192.0.2.3:2"], 0),
        (&["192.0.2.4:1"], 508),
    ] {
        let request = bench.permission(peers);
        assert_eq!(bench.code(&request), code, "{peers:?}");
    }
    bench.now += secs(300);
    let request = bench.permission(&["192.0.2.4:1", "192.0.2.5:1", "192.0.2.6:1"]);
    assert_eq!(bench.code(&request), 0);
    let request = bench.binding(0x4003, "192.0.2.4:4001");
    assert_eq!(bench.code(&request), 508, "channels last 10 min");
    let request = bench.refresh(None);
    assert_eq!(bench.code(&request), 0);
    bench.now += secs(300);
    let request = bench.refresh(None);
    assert_eq!(bench.code(&request), 0);
    let request = bench.binding(0x4003, "192.0.2.4:4001");
    assert_eq!(bench.code(&request), 0);
}

#[test]
fn a_channel_is_for_one_peer_and_a_peer_has_one_channel() {
    let (mut bench, id) = Bench::allocated();
    let request = bench.binding(0x4000, PEER);
    assert_eq!(bench.code(&request), 0);
    assert_eq!(bench.code(&request), 0, "renewed");
    for (channel, peer) in [(0x4000, "192.0.2.8:4000"), (0x4001, PEER), (0x3FFF, PEER)] {
        let request = bench.binding(channel, peer);
        assert_eq!(bench.code(&request), 400, "{channel:#x} {peer}");
    }
    for (peer, code) in [("[2001:db8::1]:1", 443), ("127.0.0.1:1", 403), ("192.0.2.9:0", 403)] {
        let request = bench.binding(0x4002, peer);
        assert_eq!(bench.code(&request), code, "{peer}");
    }
    let out = bench.client_sends(&[0x40, 0, 0, 2, b'h', b'i']).unwrap();
    assert_eq!((out.peer, out.payload), (addr(PEER), 4..6));
    assert_eq!(bench.peer_sends(id, PEER, b"hi").unwrap(), [0x40, 0, 0, 2, b'h', b'i']);
    let other_port = bench.peer_sends(id, "192.0.2.7:1", b"hi").unwrap();
    assert!(stun::is_stun(&other_port), "the permission is for the address, the channel for the port");
    assert_eq!(bench.client_sends(&[0x40, 1, 0, 0]), None);
    assert_eq!(bench.dropped(DropReason::NoChannel), 1);
    bench.now += secs(300);
    assert_eq!(bench.client_sends(&[0x40, 0, 0, 0]), None, "its permission has ended");
    let request = bench.permission(&[PEER]);
    assert_eq!(bench.code(&request), 0);
    assert!(bench.client_sends(&[0x40, 0, 0, 0]).is_some());
}

#[test]
fn the_servers_own_host_is_reached_at_relayed_addresses_only() {
    let (mut bench, first) = Bench::allocated();
    let own = bench.client;
    bench.client = addr("203.0.113.2:1000");
    bench.renew_nonce();
    let request = bench.allocation();
    bench.ask(&request);
    let second = bench.opening();
    let now = bench.now;
    bench.server.handle_relay(now, second, Ok(addr("198.51.100.1:50001")));
    bench.transmitted();
    bench.client = own;
    bench.renew_nonce();

    let request = bench.binding(0x4000, SERVER);
    assert_eq!(bench.code(&request), 403);
    let request = bench.permission(&[SERVER]);
    assert_eq!(bench.code(&request), 0, "for the sake of the relayed addresses there");
    assert_eq!(bench.client_sends(&Bench::indication(SERVER, b"loop")), None);
    assert_eq!(bench.dropped(DropReason::ForbiddenPeer), 1);
    assert!(bench.client_sends(&Bench::indication("198.51.100.1:50001", b"hi")).is_some());
    let request = bench.binding(0x4001, "198.51.100.1:50001");
    assert_eq!(bench.code(&request), 0);
    assert!(bench.peer_sends(first, "198.51.100.1:50001", b"hi").is_some());

    bench.client = addr("203.0.113.2:1000");
    bench.renew_nonce();
    let request = bench.refresh(Some(0));
    assert_eq!(bench.code(&request), 0);
    bench.client = own;
    assert_eq!(bench.client_sends(&[0x40, 1, 0, 0]), None, "there is no relayed address any more");
}

#[test]
fn a_filter_may_allow_what_is_denied_by_default() {
    let peers = PeerFilter::default().allow(["127.0.0.0/8".parse().unwrap()]);
    let mut bench = Bench::with(TurnServerConfig { peers, ..server_config() });
    bench.allocate();
    let request = bench.binding(0x4000, "127.0.0.1:9");
    assert_eq!(bench.code(&request), 0);
}

#[test]
fn an_allocation_has_its_rate_and_no_more() {
    let limits = TurnLimits { bytes_per_second: 1_000, burst_bytes: 2_000, ..TurnLimits::default() };
    let mut bench = Bench::with(TurnServerConfig { limits, ..server_config() });
    let id = bench.allocate();
    let request = bench.permission(&[PEER]);
    assert_eq!(bench.code(&request), 0);
    let datagram = Bench::indication(PEER, &[7; 500]);
    let sent = (0..10).filter(|_| bench.client_sends(&datagram).is_some()).count();
    assert_eq!(sent, 4);
    assert!(bench.peer_sends(id, PEER, &[7; 500]).is_none(), "both directions share it");
    assert_eq!(bench.dropped(DropReason::Rate), 7);
    bench.now += secs(1);
    let sent = (0..10).filter(|_| bench.client_sends(&datagram).is_some()).count();
    assert_eq!(sent, 2);
    let stats = bench.server.stats();
    assert_eq!((stats.to_peer_packets, stats.to_peer_bytes), (6, 3_000));
}

#[test]
fn both_families_are_served_where_there_are_sockets() {
    let families = RelayFamilies { v4: false, v6: true };
    let mut bench = Bench::with(TurnServerConfig { families, ..server_config() });
    let request = bench.allocation();
    assert_eq!(bench.code(&request), 440);
    let mut request = bench.allocation();
    request.family = Some(IpFamily::V6);
    assert_eq!(bench.ask(&request), None);
    let id = bench.opening();
    let now = bench.now;
    bench.server.handle_relay(now, id, Ok(addr("[2001:db8::99]:50000")));
    bench.transmitted();
    let request = bench.permission(&["[2001:db8::7]:1"]);
    assert_eq!(bench.code(&request), 0);
    let request = bench.permission(&[PEER]);
    assert_eq!(bench.code(&request), 443);
    assert!(bench.peer_sends(id, "[2001:db8::7]:1", b"hi").is_some());
    assert!(bench.client_sends(&Bench::indication("[2001:db8::7]:4001", b"hi")).is_some());
}

#[test]
fn binding_requests_are_answered() {
    let mut bench = Bench::new();
    let request = stun::binding_request(TransactionId([1; 12]));
    assert_eq!(bench.client_sends(&request), None);
    let answer = bench.transmitted().unwrap();
    let expected =
        stun::Message::BindingResponse { id: TransactionId([1; 12]), mapped: addr(CLIENT), other: None };
    assert_eq!(stun::parse(&answer), Ok(expected));
}

#[test]
fn the_end_of_a_stream_ends_its_allocation_and_no_other() {
    let mut bench = Bench::new();
    let udp = bench.allocate();
    let stream = FiveTuple { transport: Transport::Stream, ..bench.tuple() };
    bench.server.handle_client_gone(stream);
    assert_eq!(bench.server.stats().allocations, 1, "the same addresses, another protocol");

    let request = bench.allocation();
    let bytes = bench.signed(&request);
    assert_eq!(bench.server.handle_client_datagram(bench.now, stream, &bytes), None);
    let Some(TurnServerOutput::OpenRelay { allocation, .. }) = bench.server.poll_output() else { panic!() };
    assert_ne!(allocation, udp);
    bench.server.handle_relay(bench.now, allocation, Ok(addr("198.51.100.1:50001")));
    let answer = bench.server.poll_output();
    assert!(matches!(answer, Some(TurnServerOutput::Transmit { tuple, .. }) if tuple == stream));
    bench.server.handle_client_gone(stream);
    assert_eq!(bench.server.poll_output(), Some(TurnServerOutput::CloseRelay { allocation }));
    assert_eq!(bench.server.stats().allocations, 1);
}

#[test]
fn without_a_rate_everything_passes() {
    let limits = TurnLimits { bytes_per_second: 0, burst_bytes: 0, ..TurnLimits::default() };
    let mut bench = Bench::with(TurnServerConfig { limits, ..server_config() });
    bench.allocate();
    let binding = bench.binding(0x4000, "203.0.113.9:4009");
    bench.answer(&binding);
    let (now, tuple) = (bench.now, bench.tuple());
    let mut datagram = vec![0x40, 0x00, 0x04, 0x00];
    datagram.resize(4 + 1_024, 0);
    for _ in 0..10_000 {
        assert!(bench.server.handle_client_datagram(now, tuple, &datagram).is_some());
    }
}
