//! Datagrams of one size and lane on one way, sent with one system call.

use lanrage_party::Lane;

use super::{udp::Port, way::Way};

/// Batches that are filled at the same time: flows that take turns do not break each other's up.
const WAYS: usize = 32;
/// Payload of one UDP datagram over IPv4 at most, which bounds what is handed to the system at once.
const BATCH_BYTES: usize = 65_507;

#[derive(Debug)]
struct Batch {
    way: Way,
    lane: Lane,
    /// Length of each datagram but the last one.
    segment: usize,
    count: usize,
    /// A shorter datagram has ended it.
    complete: bool,
    bytes: Vec<u8>,
}

/// Datagrams that wait for the end of a wake-up. The order on each way is kept within each lane, and what may not wait leaves
/// first. Takes no memory after its start.
#[derive(Debug)]
pub(super) struct Batches {
    open: Vec<Batch>,
    spare: Vec<Batch>,
    last: usize,
    /// Datagrams that the system did not take.
    pub(super) unsent: u64,
}

impl Batches {
    pub(super) fn new() -> Self {
        let nowhere = Way { from: 0, to: ([0, 0, 0, 0], 0).into(), source: None };
        let batch = || Batch {
            way: nowhere,
            lane: Lane::Bulk,
            segment: 0,
            count: 0,
            complete: false,
            bytes: Vec::with_capacity(BATCH_BYTES),
        };
        Self {
            open: Vec::with_capacity(WAYS),
            spare: std::iter::repeat_with(batch).take(WAYS).collect(),
            last: 0,
            unsent: 0,
        }
    }

    /// Adds a datagram; sends what it does not fit together with.
    pub(super) fn push<'a>(&mut self, way: Way, datagram: &[u8], port_of: impl Fn(u32) -> Option<&'a Port>) {
        // Whoever gets several at once takes them all for what the first is.
        let lane = Lane::of_datagram(datagram);
        let is_same = |batch: &Batch| batch.way == way && batch.lane == lane;
        let index = match self.open.get(self.last) {
            Some(batch) if is_same(batch) => Some(self.last),
            _ => self.open.iter().position(is_same),
        };
        let index = index.unwrap_or_else(|| {
            if self.spare.is_empty() {
                self.flush(&port_of);
            }
            let mut batch = self.spare.pop().expect("flushing frees every batch");
            (batch.way, batch.lane) = (way, lane);
            self.open.push(batch);
            self.open.len() - 1
        });
        self.last = index;
        let batch = &mut self.open[index];
        let most = port_of(way.from).map_or(1, Port::most_segments);
        let fits = !batch.complete
            && datagram.len() <= batch.segment
            && !datagram.is_empty()
            && batch.count < most
            && batch.bytes.len() + datagram.len() <= BATCH_BYTES;
        if batch.count > 0 && !fits {
            self.unsent += send(batch, port_of(way.from));
        }
        if batch.count == 0 {
            batch.segment = datagram.len();
        }
        batch.complete = datagram.len() < batch.segment;
        batch.count += 1;
        batch.bytes.extend_from_slice(datagram);
    }

    /// Sends everything.
    pub(super) fn flush<'a>(&mut self, port_of: impl Fn(u32) -> Option<&'a Port>) {
        self.open.sort_unstable_by_key(|batch| batch.lane);
        while let Some(mut batch) = self.open.pop() {
            let port = port_of(batch.way.from);
            self.unsent += send(&mut batch, port);
            self.spare.push(batch);
        }
    }
}

/// Sends a batch, empties it, and says how many of its datagrams were lost. A full socket buffer loses datagrams, as
/// every queue of the internet does.
fn send(batch: &mut Batch, port: Option<&Port>) -> u64 {
    let lost = match port {
        Some(port) => port.send(&batch.way, batch.lane, &batch.bytes, batch.segment, batch.count),
        None => batch.count as u64,
    };
    batch.bytes.clear();
    (batch.count, batch.complete) = (0, false);
    lost
}
