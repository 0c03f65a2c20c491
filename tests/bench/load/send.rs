//! Paced packets.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use crate::{
    burst,
    packet::{self, HEADER_BYTES, PACKET_BYTES},
    socket,
};

/// What is due is sent this often, in one burst: shorter than any queue, and long enough for a sleep.
const BURST_INTERVAL: Duration = Duration::from_micros(200);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// To whom
    to: SocketAddr,
    /// Bytes of each packet, without the headers of IP and UDP
    #[arg(long)]
    size: usize,
    /// Packets a second
    #[arg(long)]
    rate: f64,
    /// For how long
    #[arg(long)]
    seconds: f64,
}

/// Sends, and says how many were sent and how many were due: fewer, where the sender itself is too slow.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!((HEADER_BYTES..=PACKET_BYTES).contains(&options.size), "no packet has {} bytes", options.size);
    let socket = socket::connect(options.to)?;
    let mut packets = vec![0; options.size * burst::PACKETS];
    let length = Duration::try_from_secs_f64(options.seconds)?;
    let due = |elapsed: Duration| (elapsed.min(length).as_secs_f64() * options.rate) as u64;
    let (mut sent, mut refused) = (0, 0);
    let begun = Instant::now();
    let mut next = BURST_INTERVAL;
    while begun.elapsed() < length {
        let burst_end = due(begun.elapsed()) + 1;
        while sent < burst_end && begun.elapsed() < length {
            let count = (burst_end - sent).min(burst::PACKETS as u64);
            let packets = &mut packets[..options.size * count as usize];
            let now = packet::now();
            for (packet, number) in packets.chunks_mut(options.size).zip(sent..) {
                packet::stamp(packet, number, now);
            }
            // A queue that is full is loss like any other; the receiver will miss the packets.
            refused += count - burst::send(&socket, packets, options.size).unwrap_or(0) as u64;
            sent += count;
        }
        let elapsed = begun.elapsed();
        thread::sleep(next.saturating_sub(elapsed));
        next = (next + BURST_INTERVAL).max(elapsed);
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{}", json!({ "sent": sent, "due": due(length), "refused": refused, "seconds": seconds }));
    Ok(())
}
