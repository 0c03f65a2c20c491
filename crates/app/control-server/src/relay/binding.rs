//! STUN Binding requests (RFC 8489), and what of NAT behaviour discovery (RFC 5780) the addresses of this machine allow.

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use lanrage_base::{
    bucket::Rate,
    sources::{Source, SourceBuckets},
};
use lanrage_nat::{BehaviourResponder, stun};

/// Answers per source: so many at once, so many per second. An answer is about twice a request, which makes
/// spoofing worthless already; this makes it pointless.
const ANSWERS: Rate = Rate { burst: 64, per_second: 16 };
/// Sources that are remembered.
const SOURCES: usize = 8_192;

/// Answers Binding requests.
#[derive(Debug)]
pub(super) struct Bindings {
    sources: SourceBuckets,
    /// The primary port and, where there is one, the alternate one.
    ports: Vec<u16>,
    /// Two addresses of this machine, if the operator names a second one.
    pair: Option<[IpAddr; 2]>,
    /// The address of this machine as clients see it, where a router translates it.
    public: Option<IpAddr>,
}

/// What to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// From this own address, where the socket has several.
    pub(super) source: Option<IpAddr>,
    /// From the socket on this port.
    pub(super) port: u16,
    pub(super) datagram: Vec<u8>,
}

impl Bindings {
    pub(super) fn new(ports: Vec<u16>, pair: Option<[IpAddr; 2]>, public: Option<IpAddr>) -> Self {
        Self { sources: SourceBuckets::new(ANSWERS, SOURCES), ports, pair, public }
    }

    /// Whether it is a Binding request, by its type (RFC 8489 §5).
    pub(super) fn is_request(datagram: &[u8]) -> bool {
        datagram.starts_with(&[0x00, 0x01])
    }

    /// What a Binding request deserves that `from` sent to `port` of the own address `to`, where that is known.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: Option<IpAddr>,
        port: u16,
        datagram: &[u8],
    ) -> Option<Answer> {
        if !self.sources.take(now, Source::of(from.ip()), 1) {
            return None;
        }
        let discovery = to.and_then(|to| self.discovery(from, to, port, datagram));
        discovery.or_else(|| Some(Answer { source: to, port, datagram: stun::answer(datagram, from)? }))
    }

    fn discovery(&self, from: SocketAddr, to: IpAddr, port: u16, datagram: &[u8]) -> Option<Answer> {
        let ports: [u16; 2] = self.ports.as_slice().try_into().ok()?;
        let pair = self.pair.filter(|pair| pair.contains(&to));
        let seen =
            self.public.filter(|public| pair.is_none() && public.is_ipv4() == to.is_ipv4()).unwrap_or(to);
        let other = pair.and_then(|pair| pair.into_iter().find(|ip| *ip != to));
        let responder = BehaviourResponder::new(seen, other, ports)?;
        let answer = responder.answer(SocketAddr::new(seen, port), from, datagram)?;
        let source = if answer.from.ip() == seen { to } else { answer.from.ip() };
        Some(Answer { source: Some(source), port: answer.from.port(), datagram: answer.datagram })
    }
}

#[cfg(test)]
mod tests {
    use lanrage_nat::stun::{Change, Message, TransactionId};

    use super::*;

    const ID: TransactionId = TransactionId([3; 12]);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn ask(bindings: &mut Bindings, to: &str, port: u16, change: Change) -> Option<Answer> {
        let request = stun::binding_request_for(ID, change);
        bindings.answer(Instant::now(), "192.0.2.9:4000".parse().unwrap(), Some(ip(to)), port, &request)
    }

    #[test]
    fn a_flood_of_one_source_is_cut_and_forged_ones_take_nobodys_answers() {
        let now = Instant::now();
        let mut bindings = Bindings::new(vec![3478], None, None);
        let request = stun::binding_request_for(ID, Change::NONE);
        let mut asked =
            |from: &str| bindings.answer(now, from.parse().unwrap(), None, 3478, &request).is_some();
        let answered = (0..1_000).filter(|n| asked(&format!("[2001:db8:0:1::{n:x}]:4000"))).count();
        assert_eq!(answered, ANSWERS.burst as usize);
        for n in 0..100_000_u32 {
            asked(&format!("{}:4000", std::net::Ipv4Addr::from_bits(n)));
        }
        assert!(asked("198.51.100.9:4000"));
    }

    #[test]
    fn with_two_addresses_every_change_is_made() {
        let pair = [ip("198.51.100.1"), ip("198.51.100.2")];
        let mut bindings = Bindings::new(vec![3478, 3479], Some(pair), None);
        for (to, port, change, source, from_port) in [
            ("198.51.100.1", 3478, Change::NONE, "198.51.100.1", 3478),
            ("198.51.100.1", 3478, Change { ip: false, port: true }, "198.51.100.1", 3479),
            ("198.51.100.1", 3478, Change { ip: true, port: true }, "198.51.100.2", 3479),
            ("198.51.100.2", 3479, Change { ip: true, port: false }, "198.51.100.1", 3479),
        ] {
            let answer = ask(&mut bindings, to, port, change).unwrap();
            assert_eq!((answer.source, answer.port), (Some(ip(source)), from_port));
        }
    }

    #[test]
    fn with_one_address_the_other_port_is_what_can_be_offered() {
        let mut bindings = Bindings::new(vec![3478, 3479], None, Some(ip("203.0.113.1")));
        let answer = ask(&mut bindings, "10.0.0.1", 3478, Change::NONE).unwrap();
        assert_eq!((answer.source, answer.port), (Some(ip("10.0.0.1")), 3478));
        let other = Some("203.0.113.1:3479".parse().unwrap());
        assert!(
            matches!(stun::parse(&answer.datagram), Ok(Message::BindingResponse { other: told, .. }) if told == other)
        );
        let answer = ask(&mut bindings, "10.0.0.1", 3478, Change { ip: true, port: true }).unwrap();
        assert!(!matches!(stun::parse(&answer.datagram), Ok(Message::BindingResponse { .. })), "refused");
    }

    #[test]
    fn with_one_port_there_is_plain_stun() {
        let mut bindings = Bindings::new(vec![3478], None, None);
        let answer = ask(&mut bindings, "198.51.100.1", 3478, Change::NONE).unwrap();
        assert!(matches!(stun::parse(&answer.datagram), Ok(Message::BindingResponse { other: None, .. })));
    }
}
