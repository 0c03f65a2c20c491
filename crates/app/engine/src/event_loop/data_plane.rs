//! What the data plane counted, as shown.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_party::{Lane, PeerId};
use lanrage_tunnel::{Forwarded, PeerCounters, QueueTimes, TunnelCounters};

use crate::{DataPlaneView, DroppedPackets, ForwardedView, Traffic, Waits};

/// Over how long a rate is taken at least.
const RATE_PERIOD: Duration = Duration::from_millis(900);

/// How fast things are passed on between friends.
#[derive(Debug, Default)]
pub(crate) struct ForwardRates {
    pairs: BTreeMap<[PeerId; 2], Measured>,
}

#[derive(Debug, Clone, Copy)]
struct Measured {
    at: Instant,
    bytes: u64,
    kbits: u32,
}

impl ForwardRates {
    /// What is passed on, as shown.
    pub(crate) fn views(&mut self, now: Instant, counted: &[Forwarded]) -> Vec<ForwardedView> {
        self.pairs.retain(|peers, _| counted.iter().any(|pair| pair.peers == *peers));
        let view = |Forwarded { peers, traffic }: &Forwarded| {
            let bytes = traffic.bytes;
            let measured = self.pairs.entry(*peers).or_insert(Measured { at: now, bytes, kbits: 0 });
            let time = now.saturating_duration_since(measured.at);
            if time >= RATE_PERIOD {
                let bits = bytes.saturating_sub(measured.bytes) as f64 * 8.0;
                let kbits = (bits / 1e3 / time.as_secs_f64()).round() as u32;
                *measured = Measured { at: now, bytes, kbits };
            }
            ForwardedView { peers: peers.map(|peer| peer.to_string()), kbits: measured.kbits, bytes }
        };
        counted.iter().map(view).collect()
    }
}

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
pub(crate) fn view(counted: &TunnelCounters, forwarded: Vec<ForwardedView>) -> DataPlaneView {
    let dropped = counted.drops.iter().filter(|(_, packets)| *packets > 0);
    DataPlaneView {
        dropped: dropped.map(|(reason, packets)| DroppedPackets { reason, packets }).collect(),
        express_waits: waits(counted.queue_times[Lane::Express]),
        bulk_waits: waits(counted.queue_times[Lane::Bulk]),
        forwarded,
    }
}

fn waits(times: QueueTimes) -> Vec<Waits> {
    let some = times.iter().filter(|(_, packets)| *packets > 0);
    some.map(|(below_us, packets)| Waits { below_us, packets }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_second_whenever_it_is_looked_at() {
        let (mut rates, begun) = (ForwardRates::default(), Instant::now());
        let mut kbits = |ms, bytes| {
            let traffic = lanrage_tunnel::Traffic { packets: 0, bytes };
            let pair = Forwarded { peers: [1, 2].map(|n| PeerId::from_bytes([n; 16])), traffic };
            rates.views(begun + Duration::from_millis(ms), &[pair])[0].kbits
        };
        assert_eq!(kbits(0, 5_000), 0);
        assert_eq!(kbits(1_000, 30_000), 200);
        assert_eq!(kbits(1_050, 60_000), 200, "too short to tell");
        assert_eq!(kbits(2_000, 30_000), 0);
    }
}
