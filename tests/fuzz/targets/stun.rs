use std::net::SocketAddr;

use lanrage_nat::{
    BehaviourResponder, StunClient, StunEvent,
    stun::{self, MESSAGE_BYTES, Message, StunError},
};

use crate::input::Clock;

/// A parser that is total, a server that answers requests and no more than those, and a client that believes nobody
/// who does not know what was asked.
pub(crate) fn run(data: &[u8]) {
    let from = SocketAddr::from(([192, 0, 2, 1], 32_853));
    let parsed = stun::parse(data);
    let is_request = matches!(
        parsed,
        Ok(Message::BindingRequest { .. }) | Err(StunError::UnknownAttributes { request: Some(_), .. })
    );
    let answer = stun::answer(data, from);
    assert_eq!(answer.is_some(), is_request, "{parsed:?}");
    if let Some(answer) = answer {
        assert!(answer.len() <= MESSAGE_BYTES && stun::parse(&answer).is_ok(), "{answer:02x?}");
        assert_eq!(stun::answer(&answer, from), None, "two servers would talk for ever");
    }
    let (ip, other) = ([198, 51, 100, 1].into(), [198, 51, 100, 2].into());
    let responder = BehaviourResponder::new(ip, Some(other), [3_478, 3_479]).expect("two of each");
    let answer = responder.answer((ip, 3_478).into(), from, data);
    assert_eq!(answer.is_some(), is_request);
    assert!(
        answer.is_none_or(|answer| answer.to == from && responder.sockets().any(|own| own == answer.from))
    );
    client(data);
}

fn client(data: &[u8]) {
    let clock = Clock::start();
    let server = SocketAddr::from(([198, 51, 100, 1], 3_478));
    let mut client = StunClient::new([1; 32]);
    client.set_servers(clock.now, &[server]);
    let (_, request) = client.poll_transmit().expect("a new server is asked at once");
    assert!(!client.handle_datagram(clock.now, server, data), "nobody knows the id");

    let Some((header, attributes)) = data.split_at_checked(20) else { return };
    let reply = [&header[..8], &request[8..20], attributes].concat();
    let stranger = SocketAddr::from(([198, 51, 100, 1], 3_479));
    assert!(!client.handle_datagram(clock.now, stranger, &reply), "it was not asked");
    assert!(client.poll_event().is_none());
    if client.handle_datagram(clock.now, server, &reply) {
        let event = client.poll_event();
        assert!(matches!(event, Some(StunEvent::ReflexiveAddress { .. } | StunEvent::Unreachable { .. })));
        assert!(!client.handle_datagram(clock.now, server, &reply), "replayed");
    }
}
