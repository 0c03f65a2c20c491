use lanrage_party::{Place, Transport};
use lanrage_shield::{Gate, Openings, Packet, Verdict};

use crate::input::Input;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
/// A port of remote login: open to nobody but who is trusted with everything.
const LOGIN: u16 = 22;

/// Some places are opened, and a packet is judged by all gates: each lets through no more than the wider one, what is refused
/// names its own port, and nothing of a friend begins at a place that is closed.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut openings = Openings::default();
    for _ in 0..input.below(8) {
        let transport = if input.flag() { Transport::Tcp } else { Transport::Udp };
        openings.open(Place { transport, port: input.u16() });
    }
    let (spoken, protocol, offset) =
        (input.u16(), [ICMP, TCP, UDP, input.u8()][input.below(4)], input.u16() & 0x1fff);
    let packet = Packet { protocol, offset, payload: input.bytes() };
    let at = Gate::At(openings);
    let has_spoken = |port| port == spoken;
    let [open, some, none] = [&Gate::Open, &at, &Gate::Mute].map(|gate| gate.judge(&packet, has_spoken));
    assert_eq!(open, Verdict::Passes);
    assert!(some == Verdict::Passes || none != Verdict::Passes, "who may begin nothing reaches more");
    let port = packet.payload.get(2..4).map(|port| u16::from_be_bytes([port[0], port[1]]));
    for verdict in [some, none] {
        if let Verdict::Refused(Some(place)) = verdict {
            assert!(Some(place.port) == port && packet.offset == 0);
        }
    }
    let begins = packet.offset == 0
        && match protocol {
            UDP => port != Some(spoken) || port == Some(LOGIN),
            TCP => packet.payload.get(13).is_none_or(|flags| flags & 0x12 == 0x02),
            _ => false,
        };
    let transport = if protocol == TCP { Transport::Tcp } else { Transport::Udp };
    let is_open = port.is_some_and(|port| at.is_open(Place { transport, port }));
    assert!(!begins || is_open || some != Verdict::Passes, "begun at a place that is closed");
    assert!(!begins || none != Verdict::Passes);
}
