//! Counting what arrives.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Result;
use serde_json::json;

use crate::{burst::Room, packet, socket};

/// How long the first packet may take.
const START_LIMIT: Duration = Duration::from_secs(5);
/// After so much silence nothing more is expected.
const SILENCE: Duration = Duration::from_millis(300);
/// A packet that comes later than this after it was sent is of no use to a game any more: it counts as lost.
const USEFUL_FOR: Duration = Duration::from_millis(250);
/// A receiver counts for so long at most.
const LIMIT: Duration = Duration::from_secs(300);

/// Says when it is ready, and in the end how many packets came in time and how many too late.
pub(crate) fn run(bind: SocketAddr) -> Result<()> {
    let socket = socket::bind(bind)?;
    socket.set_read_timeout(Some(START_LIMIT))?;
    println!("{}", json!({ "ready": true }));
    let begun = Instant::now();
    let mut room = Room::new();
    let (mut in_time, mut late) = (0_u64, 0_u64);
    while begun.elapsed() < LIMIT {
        let is_first = in_time + late == 0;
        let received = room.receive(&socket, |packet| match packet::age(packet, packet::now()) {
            Some(age) if age <= USEFUL_FOR => in_time += 1,
            _ => late += 1,
        });
        match received {
            Ok(()) if is_first => socket.set_read_timeout(Some(SILENCE))?,
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    println!("{}", json!({ "in_time": in_time, "late": late }));
    Ok(())
}
