//! What is in a packet: its number, and when it was sent.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The fewest bytes of a packet.
pub(crate) const HEADER_BYTES: usize = 16;
/// The most bytes of a packet.
pub(crate) const PACKET_BYTES: usize = 2048;

/// The time, as nanoseconds: sender and receiver stand on one machine, and so have one clock.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Writes the header of packet `number`, sent at `sent`. The rest of `packet` stays.
pub(crate) fn stamp(packet: &mut [u8], number: u64, sent: u64) {
    packet[..8].copy_from_slice(&number.to_le_bytes());
    packet[8..HEADER_BYTES].copy_from_slice(&sent.to_le_bytes());
}

/// How long a packet that is received at `now` was on its way; nothing if it is none of ours.
pub(crate) fn age(packet: &[u8], now: u64) -> Option<Duration> {
    let sent = packet.get(8..HEADER_BYTES)?.try_into().ok()?;
    Some(Duration::from_nanos(now.saturating_sub(u64::from_le_bytes(sent))))
}

/// The time below which a share of `sorted` lies, in microseconds; none if there are no times.
pub(crate) fn percentile_us(sorted: &[Duration], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[(last as f64 * share).round() as usize].as_nanos() as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_tells_how_long_it_was_on_its_way() {
        let mut packet = [0; HEADER_BYTES];
        stamp(&mut packet, 7, 1_000);
        assert_eq!(age(&packet, 3_500), Some(Duration::from_nanos(2_500)));
        assert_eq!(age(&packet[..12], 3_500), None);
    }

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<_> = (1..=101).map(Duration::from_micros).collect();
        assert_eq!(percentile_us(&times, 0.5), Some(51.0));
        assert_eq!(percentile_us(&times, 0.99), Some(100.0));
        assert_eq!(percentile_us(&[], 0.5), None);
    }
}
