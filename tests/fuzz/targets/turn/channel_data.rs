use std::ops::Range;

use lanrage_nat::turn::{ChannelNumber, DropReason, Framing, Received, is_channel_data};

use super::world::*;
use crate::input::Clock;

/// The peer that has the first channel.
const PEER: ([u8; 4], u16) = ([192, 0, 2, 7], 4_000);

/// What goes by an open channel in either direction, against the four bytes that RFC 8656 §12.4 has.
pub(crate) fn run(data: &[u8]) {
    let now = Clock::start().now;
    let (mut server, mut client) = (server(now), client(now));
    client.add_peer(now, PEER.into()).expect("a peer of its family");
    let allocation = settle(now, &mut client, &mut server).expect("an allocation");

    let expected = expected(data);
    let to_peer = server.handle_client_datagram(now, tuple(client_address()), data);
    let (peer, payload) = match &to_peer {
        Some(out) => (Some(out.peer), Some(out.payload.clone())),
        None => (None, None),
    };
    // Everything else than ChannelData has its own targets.
    if is_channel_data(data) {
        let within_rate = expected.clone().filter(|range| range.len() as u64 <= LIMITS.burst_bytes);
        assert_eq!(payload, within_rate);
        assert!(peer.is_none_or(|peer| peer == PEER.into()));
        assert!(server.poll_output().is_none(), "nobody answers ChannelData");
        let dropped: u64 = DropReason::ALL.iter().map(|reason| server.stats().dropped(*reason)).sum();
        assert_eq!(dropped, u64::from(to_peer.is_none()), "dropped and counted");
        let received = client.handle_datagram(now, server_address(), data);
        let data = expected.map(|payload| Received::Data { peer: PEER.into(), payload });
        assert_eq!(received, data.unwrap_or(Received::Nothing));
        assert!(client.poll_transmit().is_none());
    }

    let mut buffer = vec![0; Framing::HEADROOM];
    buffer.extend(data);
    buffer.extend([0; Framing::TAILROOM]);
    let range = Framing::HEADROOM..Framing::HEADROOM + data.len();
    if let Some(out) = server.handle_peer_datagram(now, allocation, PEER.into(), &mut buffer, range) {
        let datagram = &buffer[out.datagram];
        let Received::Data { peer, payload } = client.handle_datagram(now, server_address(), datagram) else {
            panic!("what a server wraps, its client unwraps");
        };
        assert_eq!((peer, &datagram[payload]), (PEER.into(), data));
    }
}

/// Where the payload for the only bound channel is.
fn expected(data: &[u8]) -> Option<Range<usize>> {
    let [c0, c1, l0, l1, rest @ ..] = data else { return None };
    let channel = ChannelNumber::new(u16::from_be_bytes([*c0, *c1]))?;
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    (channel.get() == 0x4000 && length <= rest.len()).then_some(4..4 + length)
}
