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
        dropped: dropped.map(|(reason, packets)| DroppedPackets { reason, packets }).collect(),
        express_waits: waits(counted.queue_times[Lane::Express]),
        bulk_waits: waits(counted.queue_times[Lane::Bulk]),
    }
}

fn waits(times: QueueTimes) -> Vec<Waits> {
    let some = times.iter().filter(|(_, packets)| *packets > 0);
    some.map(|(below_us, packets)| Waits { below_us, packets }).collect()
}
