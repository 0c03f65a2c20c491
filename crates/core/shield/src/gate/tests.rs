use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use lanrage_base::rng::Rng;

use super::*;
use crate::{SPOKEN_COUNTS, Spoken};

fn gate(udp: u16, tcp: u16) -> Gate {
    let at = |transport, port| Place { transport, port };
    Gate::At([at(Transport::Udp, udp), at(Transport::Tcp, tcp)].into_iter().collect())
}

fn udp(port: u16) -> [u8; 8] {
    let [high, low] = port.to_be_bytes();
    [0x10, 0, high, low, 0, 8, 0, 0]
}

fn tcp(port: u16, flags: u8) -> [u8; 20] {
    let mut header = [0; 20];
    header[2..4].copy_from_slice(&port.to_be_bytes());
    header[13] = flags;
    header
}

fn judge(gate: &Gate, protocol: u8, offset: u16, payload: &[u8]) -> Verdict {
    gate.judge(&Packet { protocol, offset, payload }, |_| false)
}

#[test]
fn a_friend_begins_something_where_it_is_open_and_nowhere_else() {
    let gate = gate(8_303, 25_565);
    for port in 0..=u16::MAX {
        let place = |transport| Place { transport, port };
        let expected = |passes, place| if passes { Verdict::Passes } else { Verdict::Refused(Some(place)) };
        let by_udp = judge(&gate, UDP, 0, &udp(port));
        assert_eq!(by_udp, expected(port == 8_303, place(Transport::Udp)));
        let by_tcp = judge(&gate, TCP, 0, &tcp(port, SYN));
        assert_eq!(by_tcp, expected(port == 25_565, place(Transport::Tcp)));
        assert_eq!(judge(&Gate::Open, TCP, 0, &tcp(port, SYN)), Verdict::Passes);
        assert_ne!(judge(&Gate::Mute, UDP, 0, &udp(port)), Verdict::Passes);
    }
}

#[test]
fn an_answer_passes_and_flags_that_begin_anything_do_not() {
    let closed = Gate::default();
    for flags in 0..=u8::MAX {
        let begins = flags & SYN != 0 && flags & ACK == 0;
        let verdict = judge(&closed, TCP, 0, &tcp(40_000, flags));
        assert_eq!(verdict == Verdict::Passes, !begins, "{flags:#x}");
    }
    let to =
        |port| closed.judge(&Packet { protocol: UDP, offset: 0, payload: &udp(port) }, |asked| asked == port);
    assert_eq!(to(40_000), Verdict::Passes);
    assert_ne!(to(137), Verdict::Passes, "what is never opened does not become so by speaking");
}

#[test]
fn a_fragment_hides_no_beginning() {
    let closed = Gate::default();
    for cut in 0..20 {
        let passes = judge(&closed, TCP, 0, &tcp(40_000, SYN)[..cut]);
        assert_eq!(passes, Verdict::Refused(None), "{cut} bytes of a header tell nothing");
    }
    assert_eq!(judge(&closed, UDP, 0, &udp(9)[..7]), Verdict::Refused(None));
    assert_eq!(judge(&closed, TCP, 1, &[0xFF; 64]), Verdict::Refused(None), "over the flags");
    assert_eq!(judge(&closed, TCP, 2, &[0xFF; 64]), Verdict::Passes);
    assert_eq!(judge(&closed, UDP, 1, &[0xFF; 64]), Verdict::Passes);
}

#[test]
fn a_ping_and_what_goes_wrong_on_the_way_pass_and_nothing_else_of_icmp_or_other_protocols() {
    for kind in 0..=u8::MAX {
        let [at, mute] =
            [Gate::default(), Gate::Mute].map(|gate| judge(&gate, ICMP, 0, &[kind, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(at == Verdict::Passes, [0, 3, 8, 11, 12].contains(&kind), "{kind}");
        assert_eq!(mute == Verdict::Passes, [0, 3, 11, 12].contains(&kind), "{kind}");
    }
    for protocol in (0..=u8::MAX).filter(|protocol| ![ICMP, TCP, UDP].contains(protocol)) {
        assert_eq!(judge(&Gate::default(), protocol, 0, &[0; 64]), Verdict::Refused(None), "{protocol}");
        assert_eq!(judge(&Gate::Open, protocol, 0, &[0; 64]), Verdict::Passes);
    }
}

/// Slow and plain: a list of what is open, and the time at which each port last spoke.
struct Reference {
    kind: u64,
    open: Vec<(u8, u16)>,
    spoke: HashMap<u16, Instant>,
}

/// What the reference knows for sure.
#[derive(Debug, PartialEq)]
enum Expected {
    Passes,
    Refused,
    /// A port that spoke between one and two times [`SPOKEN_COUNTS`] ago.
    Either,
}

impl Reference {
    fn judge(&self, protocol: u8, offset: u16, payload: &[u8], now: Instant) -> Expected {
        let of = |passes: bool| if passes { Expected::Passes } else { Expected::Refused };
        if self.kind == 0 {
            return Expected::Passes;
        }
        let is_mute = self.kind == 1;
        if protocol == 1 {
            let kinds: &[u8] = if is_mute { &[0, 3, 11, 12] } else { &[0, 3, 8, 11, 12] };
            return of(offset != 0 || (payload.len() > 7 && kinds.contains(&payload[0])));
        }
        if protocol != 6 && protocol != 17 {
            return Expected::Refused;
        }
        if offset != 0 {
            return of(!(protocol == 6 && offset == 1));
        }
        if payload.len() < if protocol == 6 { 20 } else { 8 } {
            return Expected::Refused;
        }
        let port = u16::from(payload[2]) * 256 + u16::from(payload[3]);
        let never =
            [22, 23, 111, 135, 137, 138, 139, 445, 593, 631, 2_049, 2_375, 2_376, 2_379, 3_306, 3_389]
                .into_iter()
                .chain([
                    3_702, 5_037, 5_355, 5_357, 5_358, 5_432, 5_900, 5_901, 5_902, 5_903, 5_985, 5_986, 6_379,
                ])
                .chain([6_443, 7_070, 8_291, 9_200, 10_250]);
        let is_never = never.into_iter().any(|one| one == port) || port == 0 && protocol == 6;
        let is_open = !is_mute && !is_never && port != 0 && self.open.contains(&(protocol, port));
        if protocol == 6 {
            let [.., ack, _, _, syn, _] =
                std::array::from_fn::<bool, 8, _>(|bit| payload[13] >> (7 - bit) & 1 == 1);
            return of(is_open || ack || !syn);
        }
        match self.spoke.get(&port).map(|spoke| now - *spoke) {
            _ if is_open => Expected::Passes,
            _ if is_never => Expected::Refused,
            Some(since) if since < SPOKEN_COUNTS => Expected::Passes,
            Some(since) if since < SPOKEN_COUNTS * 2 => Expected::Either,
            _ => Expected::Refused,
        }
    }
}

#[test]
fn a_million_packets_are_judged_as_by_a_slow_and_plain_reference() {
    let mut rng = Rng::new(19);
    let mut below = move |count: u64| rng.next_u64() % count;
    let mut now = Instant::now();
    let mut seen = [0_u32; 3];
    for _ in 0..1_000 {
        let open: Vec<(u8, u16)> =
            (0..below(40)).map(|_| ([6, 17][below(2) as usize], below(600) as u16)).collect();
        let places = open.iter().map(|(protocol, port)| Place {
            transport: if *protocol == 6 { Transport::Tcp } else { Transport::Udp },
            port: *port,
        });
        let mut reference = Reference { kind: below(8), open: open.clone(), spoke: HashMap::new() };
        let gate = match reference.kind {
            0 => Gate::Open,
            1 => Gate::Mute,
            _ => Gate::At(places.collect()),
        };
        let spoken = Spoken::new(now);
        for _ in 0..1_000 {
            now += Duration::from_millis(below(4_000));
            if below(4) == 0 {
                let port = below(600) as u16;
                spoken.note(port, now);
                reference.spoke.insert(port, now);
            }
            let protocol = [1, 6, 6, 17, 17, below(256) as u8][below(6) as usize];
            let offset = if below(8) == 0 { below(4) as u16 } else { 0 };
            let mut payload: Vec<u8> = (0..below(32)).map(|_| below(256) as u8).collect();
            // Few ports, so that many of them are open or have spoken.
            if below(8) != 0 && payload.len() > 3 {
                payload[2..4].copy_from_slice(&(below(600) as u16).to_be_bytes());
            }
            let packet = Packet { protocol, offset, payload: &payload };
            let passes = gate.judge(&packet, |port| spoken.has(port, now)) == Verdict::Passes;
            let expected = reference.judge(protocol, offset, &payload, now);
            seen[expected.index()] += 1;
            match expected {
                Expected::Passes => assert!(passes, "{packet:?} of {open:?}"),
                Expected::Refused => assert!(!passes, "{packet:?} of {open:?}"),
                Expected::Either => {}
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 1_000), "each is tried: {seen:?}");
}

impl Expected {
    fn index(&self) -> usize {
        match self {
            Self::Passes => 0,
            Self::Refused => 1,
            Self::Either => 2,
        }
    }
}
