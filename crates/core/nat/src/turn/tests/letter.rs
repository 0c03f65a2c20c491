//! The server by the letter of RFC 8656: what a stock client may ask, and the code that each mistake gets. No request that
//! is signed is left without an answer.

use super::{
    server::{Bench, CLIENT, PEER, RELAYED},
    world::{REALM, addr, credentials, secs, server_config},
};
use crate::{
    stun::walk,
    turn::{
        AllocationId, FiveTuple, IpFamily, PortWish, RelayFailed, RelayFamilies, TurnLimits,
        TurnServerConfig, TurnServerOutput,
        message::{Message, Method},
        reading::Integrity,
    },
};

const ABOVE: &str = "198.51.100.1:50001";
const EVEN_PORT: u16 = 0x0018;
const RESERVATION_TOKEN: u16 = 0x0022;
const REQUESTED_FAMILY: u16 = 0x0017;
const ADDITIONAL_FAMILY: u16 = 0x8000;
const ADDRESS_ERROR_CODE: u16 = 0x8001;

type Attribute = (u16, &'static [u8]);

fn append(bytes: &mut Vec<u8>, (kind, value): (u16, &[u8])) {
    bytes.extend(kind.to_be_bytes());
    bytes.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

impl Bench {
    /// The answer's bytes to a request with further attributes; `None` while a socket is to be opened.
    fn ask_with(&mut self, request: &Message, attributes: &[(u16, &[u8])]) -> Option<Vec<u8>> {
        let mut request = request.clone();
        request.username = Some(self.credentials.username.clone());
        request.realm = Some(REALM.to_owned());
        request.nonce = Some(self.nonce.clone());
        let mut bytes = request.encode(None);
        attributes.iter().for_each(|attribute| append(&mut bytes, *attribute));
        let key = self.credentials.key(REALM);
        key.sign(&mut bytes);
        assert_eq!(self.client_sends(&bytes), None);
        let answer = self.transmitted()?;
        assert_eq!(Message::parse(&answer).unwrap().integrity(&key), Integrity::Valid);
        Some(answer)
    }

    /// The error code of that answer, 0 for success or a socket that is to be opened.
    fn code_with(&mut self, request: &Message, attributes: &[(u16, &[u8])]) -> u16 {
        let answer = self.ask_with(request, attributes);
        answer.and_then(|answer| Message::parse(&answer).unwrap().message.error).unwrap_or(0)
    }

    /// Asks for a pair of ports. Gives both sockets, the upper one first as the shell has to.
    fn allocate_pair(&mut self) -> (Message, AllocationId, AllocationId, [u8; 8]) {
        let mut request = self.allocation();
        request.even_port = Some(true);
        let (first, above) = self.ask_for_pair(&request);
        let now = self.now;
        self.server.handle_relay(now, above, Ok(addr(ABOVE)));
        self.server.handle_relay(now, first, Ok(addr(RELAYED)));
        let success = Message::parse(&self.transmitted().unwrap()).unwrap().message;
        assert_eq!((success.error, success.relayed), (None, Some(addr(RELAYED))));
        (request, first, above, success.reservation.expect("a token"))
    }

    fn ask_for_pair(&mut self, request: &Message) -> (AllocationId, AllocationId) {
        let bytes = self.signed(request);
        self.client_sends(&bytes);
        match self.server.poll_output() {
            Some(TurnServerOutput::OpenRelay { allocation, port: PortWish::Pair(above), .. }) => {
                (allocation, above)
            }
            other => panic!("{other:?}"),
        }
    }

    /// From another port of the client's computer.
    fn move_to_port(&mut self, port: u16) {
        self.client.set_port(port);
        self.renew_nonce();
    }

    fn with_token(&mut self, token: [u8; 8]) -> Message {
        let mut request = self.allocation();
        request.reservation = Some(token);
        request
    }
}

#[test]
fn whatever_is_wrong_with_a_signed_request_has_its_code() {
    let cases: &[(Method, &[Attribute], u16)] = &[
        (Method::Allocate, &[], 400),
        (Method::Allocate, &[(0x0019, &[17])], 400),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0, 0])], 400),
        (Method::Allocate, &[(0x0019, &[6, 0, 0, 0])], 442),
        (Method::Allocate, &[(0x0019, &[255, 0, 0, 0])], 442),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (REQUESTED_FAMILY, &[2, 0, 0, 0])], 440),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (REQUESTED_FAMILY, &[3, 0, 0, 0])], 440),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (REQUESTED_FAMILY, &[1])], 400),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (0x000D, &[1, 2])], 400),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (EVEN_PORT, &[])], 400),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (RESERVATION_TOKEN, &[1; 7])], 400),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (RESERVATION_TOKEN, &[1; 8])], 508),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (0x001A, &[])], 420),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (0x7F00, &[1])], 420),
        (Method::Allocate, &[(0x0019, &[17, 0, 0, 0]), (ADDITIONAL_FAMILY, &[1, 0, 0, 0])], 400),
        (Method::Refresh, &[], 437),
        (Method::CreatePermission, &[], 437),
        (Method::ChannelBind, &[], 437),
    ];
    for (method, attributes, code) in cases {
        let mut bench = Bench::new();
        let request = bench.request(*method);
        assert_eq!(bench.code_with(&request, attributes), *code, "{method:?} {attributes:x?}");
        assert_eq!(bench.server.stats().allocations, 0);
    }
    let peer = &[0, 1, 0x2E, 0xB2, 0xE1, 0x12, 0xA6, 0x45][..];
    let strange = &[0, 3, 0x2E, 0xB2, 0xE1, 0x12, 0xA6, 0x45][..];
    let cases: &[(Method, &[Attribute], u16)] = &[
        (Method::Refresh, &[(0x000D, &[1])], 400),
        (Method::Refresh, &[(REQUESTED_FAMILY, &[2, 0, 0, 0])], 443),
        (Method::Refresh, &[(REQUESTED_FAMILY, &[1, 0, 0, 0])], 0),
        (Method::Refresh, &[(0x001A, &[])], 420),
        (Method::CreatePermission, &[], 400),
        (Method::CreatePermission, &[(0x0012, strange)], 400),
        (Method::CreatePermission, &[(0x0012, &peer[..7])], 400),
        (Method::CreatePermission, &[(0x0012, peer), (0x0012, strange)], 400),
        (Method::CreatePermission, &[(0x0012, peer), (0x0012, peer)], 0),
        (Method::ChannelBind, &[(0x0012, peer)], 400),
        (Method::ChannelBind, &[(0x000C, &[0x40, 0, 0, 0])], 400),
        (Method::ChannelBind, &[(0x000C, &[0x3F, 0xFF, 0, 0]), (0x0012, peer)], 400),
        (Method::ChannelBind, &[(0x000C, &[0x80, 0x00, 0, 0]), (0x0012, peer)], 400),
        (Method::ChannelBind, &[(0x000C, &[0x40, 0]), (0x0012, peer)], 400),
        (Method::ChannelBind, &[(0x000C, &[0x40, 0, 0, 0]), (0x0012, strange)], 400),
        (Method::ChannelBind, &[(0x000C, &[0x4F, 0xFF, 0, 0]), (0x0012, peer)], 0),
        // A client of RFC 5766.
        (Method::ChannelBind, &[(0x000C, &[0x7F, 0xFF, 0, 0]), (0x0012, peer)], 0),
    ];
    for (method, attributes, code) in cases {
        let (mut bench, id) = Bench::allocated();
        let request = bench.request(*method);
        assert_eq!(bench.code_with(&request, attributes), *code, "{method:?} {attributes:x?}");
        let permitted = *code == 0 && *method != Method::Refresh;
        assert_eq!(bench.peer_sends(id, "192.0.2.7:1", b"in").is_some(), permitted, "all or none");
        assert_eq!(bench.server.stats().allocations, 1, "a mistake costs no allocation");
    }
}

#[test]
fn unknown_attributes_are_named() {
    let mut bench = Bench::new();
    let request = bench.allocation();
    let answer = bench.ask_with(&request, &[(0x001A, &[]), (0x7F00, &[1]), (0xFF00, &[1])]).unwrap();
    let names = walk::attributes(&answer).flatten().find(|attribute| attribute.kind == 0x000A).unwrap();
    assert_eq!(names.value, [0x00, 0x1A, 0x7F, 0x00]);
}

#[test]
fn what_makes_no_sense_gets_no_answer_beyond_the_limit_unless_it_is_signed() {
    let mut bench = Bench::new();
    let mut bytes = bench.request(Method::Allocate).encode(None);
    append(&mut bytes, (0x0019, &[17]));
    let length = u16::try_from(bytes.len() - 20).unwrap().to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    let answered = (0..1_000)
        .filter(|_| {
            bench.client_sends(&bytes);
            bench.transmitted().is_some_and(|answer| answer.len() < 3 * bytes.len())
        })
        .count();
    assert!(answered <= 32, "{answered}");
}

#[test]
fn an_even_port_is_wished_for_and_answered_like_any_other() {
    let mut bench = Bench::new();
    let mut request = bench.allocation();
    request.even_port = Some(false);
    let bytes = bench.signed(&request);
    bench.client_sends(&bytes);
    let output = bench.server.poll_output();
    let Some(TurnServerOutput::OpenRelay { allocation, port: PortWish::Even, .. }) = output else {
        panic!("{output:?}")
    };
    bench.server.handle_relay(bench.now, allocation, Ok(addr(RELAYED)));
    let success = Message::parse(&bench.transmitted().unwrap()).unwrap().message;
    assert_eq!((success.relayed, success.reservation), (Some(addr(RELAYED)), None));
}

#[test]
fn the_port_above_is_kept_for_whoever_has_the_token_and_is_the_same_user() {
    let mut bench = Bench::new();
    let (request, _, above, token) = bench.allocate_pair();
    assert_eq!(bench.answer(&request).reservation, Some(token), "a repeated request is answered alike");
    assert_eq!(bench.server.stats().allocations, 2, "it has its place");
    assert_eq!(bench.peer_sends(above, PEER, b"in"), None, "and takes nothing");

    bench.move_to_port(1_001);
    let wrong = bench.with_token([9; 8]);
    assert_eq!(bench.code(&wrong), 508);
    let own = bench.credentials.clone();
    bench.credentials = credentials("bob");
    let foreign = bench.with_token(token);
    assert_eq!(bench.code(&foreign), 508);
    bench.credentials = own;
    for (kind, value) in [
        (EVEN_PORT, &[0x80][..]),
        (EVEN_PORT, &[0]),
        (REQUESTED_FAMILY, &[1, 0, 0, 0]),
        (ADDITIONAL_FAMILY, &[2, 0, 0, 0]),
    ] {
        let request = bench.with_token(token);
        assert_eq!(bench.code_with(&request, &[(kind, value)]), 400, "{kind:#x}");
    }

    let request = bench.with_token(token);
    let success = bench.answer(&request);
    assert_eq!((success.error, success.relayed), (None, Some(addr(ABOVE))));
    assert_eq!(success.lifetime, Some(secs(600)));
    assert_eq!(bench.answer(&request).relayed, Some(addr(ABOVE)), "asked again");
    assert_eq!(bench.server.stats().allocations, 2);
    let permission = bench.permission(&[PEER]);
    assert_eq!(bench.code(&permission), 0);
    assert!(bench.peer_sends(above, PEER, b"in").is_some());
    bench.move_to_port(1_002);
    let again = bench.with_token(token);
    assert_eq!(bench.code(&again), 508, "a token is good for one");
}

#[test]
fn a_port_that_nobody_asks_for_is_given_up_after_half_a_minute() {
    let mut bench = Bench::new();
    let (_, first, above, token) = bench.allocate_pair();
    assert_eq!(bench.server.poll_timeout(), Some(bench.now + secs(30)));
    bench.now += secs(30);
    bench.server.handle_timeout(bench.now);
    assert_eq!(bench.transmitted(), None);
    assert_eq!((bench.closed.as_slice(), bench.server.stats().allocations), (&[above][..], 1));
    bench.move_to_port(1_001);
    let request = bench.with_token(token);
    assert_eq!(bench.code(&request), 508);
    bench.client = addr(CLIENT);
    bench.renew_nonce();
    let refresh = bench.refresh(Some(0));
    assert_eq!(bench.code(&refresh), 0);
    assert_eq!((bench.closed.as_slice(), bench.server.stats().allocations), (&[above, first][..], 0));
}

#[test]
fn a_pair_is_had_whole_or_not_at_all() {
    let mut bench = Bench::new();
    let mut request = bench.allocation();
    request.even_port = Some(true);
    let (first, _) = bench.ask_for_pair(&request);
    bench.server.handle_relay(bench.now, first, Ok(addr(RELAYED)));
    let refusal = Message::parse(&bench.transmitted().unwrap()).unwrap().message;
    assert_eq!((refusal.error, bench.closed.as_slice()), (Some(508), &[first][..]));
    assert_eq!((bench.server.stats().allocations, bench.server.poll_timeout()), (0, None));

    bench.closed.clear();
    let (first, above) = bench.ask_for_pair(&request);
    bench.server.handle_relay(bench.now, above, Ok(addr(ABOVE)));
    bench.server.handle_relay(bench.now, first, Err(RelayFailed::Capacity));
    let refusal = Message::parse(&bench.transmitted().unwrap()).unwrap().message;
    assert_eq!((refusal.error, bench.closed.as_slice()), (Some(508), &[above][..]));
    assert_eq!((bench.server.stats().allocations, bench.server.poll_timeout()), (0, None));
}

#[test]
fn a_kept_port_counts_for_its_user_its_source_and_the_server() {
    for (limits, code) in [
        (TurnLimits { allocations_per_user: 3, ..TurnLimits::default() }, 486),
        (TurnLimits { allocations_per_source: 3, ..TurnLimits::default() }, 486),
        (TurnLimits { allocations: 3, ..TurnLimits::default() }, 508),
    ] {
        let mut bench = Bench::with(TurnServerConfig { limits, ..server_config() });
        let (_, _, _, token) = bench.allocate_pair();
        bench.move_to_port(1_001);
        let mut pair = bench.allocation();
        pair.even_port = Some(true);
        assert_eq!(bench.code(&pair), code, "there is room for one more, and not for two");
        let request = bench.with_token(token);
        assert_eq!(bench.code(&request), 0);
        bench.move_to_port(1_002);
        let request = bench.allocation();
        assert_eq!(bench.ask(&request), None);
        bench.move_to_port(1_003);
        let request = bench.allocation();
        assert_eq!(bench.code(&request), code);
    }
}

#[test]
fn whoever_wants_both_families_gets_one_and_the_reason() {
    let families = RelayFamilies { v4: true, v6: true };
    let mut bench = Bench::with(TurnServerConfig { families, ..server_config() });
    let both = (ADDITIONAL_FAMILY, &[2, 0, 0, 0][..]);
    for (kind, value) in [(REQUESTED_FAMILY, &[1, 0, 0, 0][..]), (EVEN_PORT, &[0x80])] {
        let request = bench.allocation();
        assert_eq!(bench.code_with(&request, &[both, (kind, value)]), 400, "{kind:#x}");
    }
    let request = bench.allocation();
    assert_eq!(bench.ask_with(&request, &[both]), None);
    let allocation = bench.opening();
    let now = bench.now;
    bench.server.handle_relay(now, allocation, Ok(addr(RELAYED)));
    let first = bench.transmitted().unwrap();
    let error = |answer: &[u8]| {
        let attribute = walk::attributes(answer).flatten().find(|one| one.kind == ADDRESS_ERROR_CODE);
        attribute.map(|attribute| attribute.value.to_vec())
    };
    assert_eq!(error(&first).unwrap(), [2, 0, 4, 40]);
    assert_eq!(Message::parse(&first).unwrap().message.relayed, Some(addr(RELAYED)));
    let again = bench.ask_with(&request, &[both]).unwrap();
    assert_eq!(error(&again), error(&first), "a repeated request is answered alike");
}

#[test]
fn a_machine_without_addresses_of_a_family_says_so() {
    let families = RelayFamilies { v4: true, v6: true };
    for (failed, code) in [(RelayFailed::Family, 440), (RelayFailed::Capacity, 508)] {
        let mut bench = Bench::with(TurnServerConfig { families, ..server_config() });
        let mut request = bench.allocation();
        request.family = Some(IpFamily::V6);
        assert_eq!(bench.ask(&request), None);
        let allocation = bench.opening();
        bench.server.handle_relay(bench.now, allocation, Err(failed));
        let refusal = Message::parse(&bench.transmitted().unwrap()).unwrap().message;
        assert_eq!((refusal.error, bench.server.stats().allocations), (Some(code), 0));
    }
}

#[test]
fn a_stale_nonce_costs_neither_allocation_nor_channel() {
    let (mut bench, id) = Bench::allocated();
    let binding = bench.binding(0x4000, PEER);
    assert_eq!(bench.code(&binding), 0);
    bench.nonce = "forgotten".to_owned();
    for request in [bench.refresh(Some(0)), bench.permission(&[PEER]), bench.binding(0x4001, PEER)] {
        let stale = bench.answer(&request);
        assert_eq!((stale.error, stale.realm.as_deref()), (Some(438), Some(REALM)));
        assert!(stale.nonce.is_some());
    }
    let tuple: FiveTuple = bench.tuple();
    assert!(bench.server.has_allocation(&tuple));
    assert_eq!(bench.peer_sends(id, PEER, b"hi").unwrap(), [0x40, 0, 0, 2, b'h', b'i']);
}
