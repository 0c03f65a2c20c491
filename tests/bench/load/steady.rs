//! The pace of a sender.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::burst;

/// What is due is sent this often, in one burst: shorter than any queue, and long enough for a sleep.
const INTERVAL: Duration = Duration::from_micros(200);

/// What became of what was to be sent.
pub(crate) struct Sent {
    sent: u64,
    /// Fewer were sent, where the sender itself is too slow.
    due: u64,
    /// By the system.
    refused: u64,
    seconds: f64,
}

impl Sent {
    pub(crate) fn to_json(&self) -> Value {
        let Self { sent, due, refused, seconds } = self;
        json!({ "sent": sent, "due": due, "refused": refused, "seconds": seconds })
    }
}

/// Calls `send` with the number of the first packet that is due and how many are, at most [`burst::PACKETS`], at `rate`
/// packets a second for `length`. It returns how many the system took.
pub(crate) fn run(rate: f64, length: Duration, mut send: impl FnMut(u64, usize) -> usize) -> Sent {
    let due = |elapsed: Duration| (elapsed.min(length).as_secs_f64() * rate) as u64;
    let (mut sent, mut refused) = (0, 0);
    let begun = Instant::now();
    let mut next = INTERVAL;
    while begun.elapsed() < length {
        let burst_end = due(begun.elapsed()) + 1;
        while sent < burst_end && begun.elapsed() < length {
            let count = (burst_end - sent).min(burst::PACKETS as u64);
            // A queue that is full is loss like any other; the receiver will miss the packets.
            refused += count.saturating_sub(send(sent, count as usize) as u64);
            sent += count;
        }
        let elapsed = begun.elapsed();
        thread::sleep(next.saturating_sub(elapsed));
        next = (next + INTERVAL).max(elapsed);
    }
    Sent { sent, due: due(length), refused, seconds: begun.elapsed().as_secs_f64() }
}
