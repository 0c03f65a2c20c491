//! What the data plane counted, as shown.

use lanrage_party::Lane;
use lanrage_tunnel::{PeerCounters, QueueTimes, TunnelCounters};

use crate::{DataPlaneView, DroppedPackets, Traffic, Waits};

/// Packets and bytes exchanged with one peer.
pub(crate) fn traffic(counted: &PeerCounters) -> Traffic {
    Traffic {
        sent_packets: counted.sent.packets,
        sent_bytes: counted.sent.bytes,
        received_packets: counted.received.packets,
        received_bytes: counted.received.bytes,
        has_express_lane: counted.has_express_lane,
        sent_express_packets: counted.sent_express.packets,
        received_express_packets: counted.received_express.packets,
        sent_relayed_bytes: counted.sent_relayed.bytes,
        received_relayed_bytes: counted.received_relayed.bytes,
    }
}

/// What became of all packets.
pub(crate) fn view(counted: &TunnelCounters) -> DataPlaneView {
    let dropped = counted.drops.iter().filter(|(_, packets)| *packets > 0);
    DataPlaneView {
        dropped: dropped
            .map(|(reason, packets)| DroppedPackets { reason: snake_case(&format!("{reason:?}")), packets })
            .collect(),
        express_waits: waits(counted.queue_times[Lane::Express]),
        bulk_waits: waits(counted.queue_times[Lane::Bulk]),
    }
}

fn waits(times: QueueTimes) -> Vec<Waits> {
    let some = times.iter().filter(|(_, packets)| *packets > 0);
    some.map(|(below_us, packets)| Waits { below_us, packets }).collect()
}

/// The word that JSON has for a variant of that name.
fn snake_case(name: &str) -> String {
    let mut word = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_said_as_every_word_in_json_is() {
        assert_eq!(snake_case("BroadcastStorm"), "broadcast_storm");
        assert_eq!(snake_case("Ipv6"), "ipv6");
    }
}
