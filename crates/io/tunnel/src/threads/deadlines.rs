//! When each peer's sessions want to look at the clock.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::peer::{Peer, index::PeerIndex, table::Table};

/// Implementation: how long until the clocks of a peer's sessions are moved again while packets pass.
const BUSY: Duration = Duration::from_millis(200);
/// Implementation: how long while nothing passes. WireGuard's shortest time is 5 s (whitepaper §6.1).
const IDLE: Duration = Duration::from_secs(2);

/// When each peer's sessions want to look at the clock: one queue for all, so that nothing is done for those that
/// have nothing to do.
#[derive(Default)]
pub(crate) struct Deadlines {
    queue: BinaryHeap<Reverse<(Instant, PeerIndex)>>,
    known: HashSet<PeerIndex>,
    seen: Option<Arc<Table>>,
}

impl Deadlines {
    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// Learns of the peers that were added since the last call.
    pub(crate) fn see(&mut self, table: &Arc<Table>, now: Instant) {
        if self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, table)) {
            return;
        }
        for peer in table.peers().filter(|peer| self.known.insert(peer.index)) {
            self.queue.push(Reverse((now, peer.index)));
        }
        self.seen = Some(Arc::clone(table));
    }

    /// A peer whose time has come. When it comes again is noted already.
    pub(crate) fn pop_due<'a>(&mut self, table: &'a Table, now: Instant) -> Option<&'a Arc<Peer>> {
        while let Some(Reverse((at, index))) = self.queue.peek().copied()
            && at <= now
        {
            self.queue.pop();
            let Some(peer) = table.with_index(index) else {
                // It was removed. Should its index be used again, the peer is a new one.
                self.known.remove(&index);
                continue;
            };
            let pause = if peer.take_busy() { BUSY } else { IDLE };
            self.queue.push(Reverse((now + pause, index)));
            return Some(peer);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{datagram::relays::Relays, packet::ipv4::build, peer::wireguard::LocalKey};
    use lanrage_party::{
        DeviceIdentity, Lane, LocalEnd, PartySecret, PeerConfig, Subnet, VirtualIp, WireGuardPrivateKey,
    };

    const A: PeerIndex = PeerIndex::nth(1);
    const B: PeerIndex = PeerIndex::nth(2);

    fn table_of(indices: &[PeerIndex]) -> Arc<Table> {
        let end = LocalEnd {
            private_key: WireGuardPrivateKey::from_random([1; 32]),
            virtual_ip: VirtualIp([10, 66, 0, 1].into()),
            subnet: Subnet::DEFAULT,
        };
        let mut table = Table::default();
        for (n, index) in indices.iter().enumerate() {
            let seed = [n as u8 + 10; 32];
            let public_key = WireGuardPrivateKey::from_random(seed).public();
            let config = PeerConfig {
                id: DeviceIdentity::from_seed(&seed).peer_id(),
                public_key,
                preshared_key: PartySecret::from_random([7; 32]).preshared_key(&public_key, &public_key),
                virtual_ip: VirtualIp([10, 66, 0, seed[0]].into()),
            };
            table.insert(&Arc::new(Peer::new(config, &LocalKey::new(&end.private_key), *index)));
        }
        Arc::new(table)
    }

    fn due(deadlines: &mut Deadlines, table: &Arc<Table>, now: Instant) -> Vec<PeerIndex> {
        deadlines.see(table, now);
        std::iter::from_fn(|| deadlines.pop_due(table, now).map(|peer| peer.index)).collect()
    }

    #[test]
    fn who_has_nothing_to_do_is_left_alone_and_who_is_busy_is_not() {
        let (table, start) = (table_of(&[A, B]), Instant::now());
        let mut deadlines = Deadlines::default();
        assert_eq!(due(&mut deadlines, &table, start).len(), 2, "each new one once");
        assert_eq!(deadlines.next(), Some(start + IDLE));
        assert!(due(&mut deadlines, &table, start + IDLE - BUSY).is_empty());

        let busy = table.with_index(B).unwrap();
        let packet = build::udp([10, 66, 0, 1].into(), busy.ip(), (1, 2), b"x");
        let mut batch = crate::datagram::batch::SendBatch::new();
        busy.sealing(Lane::Bulk, &Relays::default()).seal(
            &packet,
            &mut batch,
            &crate::packet::counters::Counters::new(),
        );
        assert_eq!(due(&mut deadlines, &table, start + IDLE).len(), 2);
        assert_eq!(due(&mut deadlines, &table, start + IDLE + BUSY), [B]);
        assert!(due(&mut deadlines, &table, start + IDLE + 2 * BUSY).is_empty(), "it fell silent");
    }

    #[test]
    fn who_left_is_forgotten() {
        let (both, one, start) = (table_of(&[A, B]), table_of(&[B]), Instant::now());
        let mut deadlines = Deadlines::default();
        due(&mut deadlines, &both, start);
        assert_eq!(due(&mut deadlines, &one, start + IDLE), [B]);
        assert_eq!(deadlines.queue.len(), 1);
        assert_eq!(due(&mut deadlines, &both, start + IDLE + IDLE).len(), 2, "and is new when it comes back");
    }
}
