//! Paced packets.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use crate::{
    burst,
    packet::{self, HEADER_BYTES, PACKET_BYTES},
    socket, steady,
};

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

/// Says when it begins, sends, and says how many were sent and how many were due: fewer, where the sender itself is too slow.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!((HEADER_BYTES..=PACKET_BYTES).contains(&options.size), "no packet has {} bytes", options.size);
    let socket = socket::connect(options.to)?;
    let mut packets = vec![0; options.size * burst::PACKETS];
    println!("{}", json!({ "ready": true }));
    let sent = steady::run(options.rate, Duration::try_from_secs_f64(options.seconds)?, |first, count| {
        let packets = &mut packets[..options.size * count];
        let now = packet::now();
        for (packet, number) in packets.chunks_mut(options.size).zip(first..) {
            packet::stamp(packet, number, now);
        }
        burst::send(&socket, packets, options.size).unwrap_or(0)
    });
    println!("{}", sent.to_json());
    Ok(())
}
