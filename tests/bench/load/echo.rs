//! A game: small packets at a steady beat, and the echo that stands for the other player.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use crate::{
    packet::{self, HEADER_BYTES, PACKET_BYTES},
    socket,
};

/// After so much silence nothing more is expected.
const SILENCE: Duration = Duration::from_millis(1_500);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// To whom
    to: SocketAddr,
    /// Bytes of each packet, without the headers of IP and UDP
    #[arg(long, default_value_t = 100)]
    size: usize,
    /// Packets a second
    #[arg(long, default_value_t = 128.0)]
    rate: f64,
    /// For how long
    #[arg(long)]
    seconds: f64,
}

/// Sends every packet back, for ever.
pub(crate) fn answer(bind: SocketAddr) -> Result<()> {
    let socket = socket::bind(bind)?;
    println!("{}", json!({ "ready": true }));
    let mut buffer = [0; PACKET_BYTES];
    loop {
        // An error is one of a packet sent earlier: its sender has gone.
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..length], from);
        }
    }
}

/// Plays, and says what the round trips were like.
pub(crate) fn play(options: &Options) -> Result<()> {
    ensure!((HEADER_BYTES..=PACKET_BYTES).contains(&options.size), "no packet has {} bytes", options.size);
    let socket = socket::connect(options.to)?;
    let answers = socket.try_clone()?;
    answers.set_read_timeout(Some(SILENCE))?;
    let receiver = thread::spawn(move || {
        socket::wake_on_time();
        let mut times: Vec<Duration> = Vec::new();
        let mut buffer = [0; PACKET_BYTES];
        while let Ok(length) = answers.recv(&mut buffer) {
            times.extend(packet::age(&buffer[..length], packet::now()));
        }
        times
    });
    let mut packet = [0; PACKET_BYTES];
    let packet = &mut packet[..options.size];
    let count = (options.seconds * options.rate) as u64;
    let begun = Instant::now();
    for number in 0..count {
        packet::stamp(packet, number, packet::now());
        // What cannot be sent has no echo, which is loss.
        let _ = socket.send(packet);
        let next = Duration::from_secs_f64((number + 1) as f64 / options.rate);
        thread::sleep(next.saturating_sub(begun.elapsed()));
    }
    let Ok(mut times) = receiver.join() else { anyhow::bail!("the receiver panicked") };
    times.sort_unstable();
    println!(
        "{}",
        json!({
            "sent": count,
            "received": times.len(),
            "p50_us": packet::percentile_us(&times, 0.5),
            "p99_us": packet::percentile_us(&times, 0.99),
        })
    );
    Ok(())
}
