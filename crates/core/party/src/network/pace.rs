use crate::network::lane::Lane;

/// How fast a flow of UDP is, or several are together, and so the lane that they keep to: express, until their own rate says
/// that it is a transfer.
///
/// Each byte takes some of the flow's time ([`Pace::BYTE`], or what else is counted by). A flow that has taken
/// [`Pace::BURST`] more than has passed is a transfer, and stays one until it was slower for [`Pace::CALM`] or silent for
/// [`Pace::QUIET`]. So it changes rarely; and because it changes in a gap if there is one, what is sent behind the change
/// overtakes nothing before it.
///
/// Times are in nanoseconds of any clock that began long ago; 0 is never. The kernel's steering program of
/// `lanrage-adapter` is the same rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    paid_until: u64,
    last: u64,
    bulk_until: u64,
}

impl Pace {
    /// What a byte takes: 500 kB/s. Games have up to 150 kB/s for each friend, and the fastest 128 packets of 1,200 bytes
    /// a second; transfers have megabytes.
    pub const BYTE: u64 = 2_000;
    /// What a byte takes of flows that are counted together: 4 MB/s, which are eight friends with the fastest game there is.
    pub const CROWD_BYTE: u64 = 250;
    /// What a byte takes of a flow that keeps its place in a crowd: 62.5 kB/s, which are 1,000 bytes at each of 60 frames.
    pub const SMALL_BYTE: u64 = 16_000;
    /// 67 ms, which are 33 kB. It is also what a transfer sends before the games at most once more: less than a
    /// millisecond's work.
    pub const BURST: u64 = 1 << 26;
    /// 0.5 ms: a packet of the express lane is on its way after it.
    pub const SETTLED: u64 = 1 << 19;
    /// 1.1 s: longer than any queue, so that a transfer's last packet has left after it.
    pub const QUIET: u64 = 1 << 30;
    /// 8.6 s.
    pub const CALM: u64 = 1 << 33;

    /// Counts a packet whose bytes take so much each, and says its lane.
    pub const fn lane(&mut self, now: u64, bytes: u16, byte: u64) -> Lane {
        let debt = self.paid_until.saturating_sub(now) + bytes as u64 * byte;
        let gap = now.saturating_sub(self.last);
        self.last = now;
        if gap >= Self::QUIET {
            self.bulk_until = 0;
        }
        // Without a gap there is a second burst to find one in.
        let is_far_over = debt > 2 * Self::BURST;
        if debt > Self::BURST && (now < self.bulk_until || gap >= Self::SETTLED || is_far_over) {
            self.bulk_until = now + Self::CALM;
        }
        self.paid_until = now + if is_far_over { 2 * Self::BURST } else { debt };
        if now < self.bulk_until { Lane::Bulk } else { Lane::Express }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const START: u64 = 1_000 * SECOND;

    /// The lanes of packets of that many bytes, each that many nanoseconds behind the one before.
    fn lanes(pace: &mut Pace, from: u64, every: u64, count: u64, bytes: u16) -> Vec<Lane> {
        (0..count).map(|n| pace.lane(from + n * every, bytes, Pace::BYTE)).collect()
    }

    #[test]
    fn games_and_calls_are_express_however_large_their_packets_are() {
        for (per_second, bytes) in
            [(60, 100), (60, 1_028), (128, 1_228), (20, 12_000), (1_000, 200), (50, 8_000)]
        {
            let mut pace = Pace::default();
            let lanes = lanes(&mut pace, START, SECOND / per_second, 60 * per_second, bytes);
            assert!(lanes.iter().all(|lane| *lane == Lane::Express), "{per_second}/s of {bytes}");
        }
    }

    #[test]
    fn a_transfer_is_bulk_after_one_short_burst_whatever_its_packets_are() {
        for (every, bytes) in [
            (0, 1_428),
            (10_000, 1_428),
            (100_000, 1_028),
            (2_000, 64),
            (1_000_000, 1_228),
            (1_000_000, 65_535),
        ] {
            let mut pace = Pace::default();
            let lanes = lanes(&mut pace, START, every, 5_000, bytes);
            let express = lanes.iter().take_while(|lane| **lane == Lane::Express).count();
            assert!(lanes[express..].iter().all(|lane| *lane == Lane::Bulk), "{every}, {bytes}");
            // While it lasts, some of the burst is paid for.
            let passed = express as u64 * every;
            assert!(
                express as u64 * u64::from(bytes) <= (2 * Pace::BURST + passed) / Pace::BYTE,
                "{express}"
            );
        }
    }

    #[test]
    fn a_flow_becomes_bulk_in_a_gap_if_it_has_one() {
        let mut pace = Pace::default();
        // Pairs without a gap inside, a millisecond apart.
        let pairs: Vec<_> = (0..1_000_u64)
            .map(|n| {
                [(0, 1_228), (20_000, 128)]
                    .map(|(behind, bytes)| pace.lane(START + n * 1_000_000 + behind, bytes, Pace::BYTE))
            })
            .collect();
        assert_eq!(pairs[0], [Lane::Express; 2]);
        assert_eq!(pairs[999], [Lane::Bulk; 2]);
        assert!(pairs.iter().all(|[large, small]| large == small), "no pair is torn");
        assert_eq!(pairs.windows(2).filter(|two| two[0] != two[1]).count(), 1, "it changes once");
    }

    #[test]
    fn a_transfer_is_express_again_when_it_was_slow_for_long_or_silent() {
        let transfer = || {
            let mut pace = Pace::default();
            assert_eq!(lanes(&mut pace, START, 10_000, 1_000, 1_428).last(), Some(&Lane::Bulk));
            (pace, START + 1_000 * 10_000)
        };
        let (mut pace, end) = transfer();
        let every = SECOND / 60;
        let slow = lanes(&mut pace, end, every, 1_200, 1_028);
        let bulk = slow.iter().take_while(|lane| **lane == Lane::Bulk).count() as u64;
        assert!((Pace::CALM..Pace::CALM + SECOND).contains(&(bulk * every)), "{bulk}");
        assert!(slow[bulk as usize..].iter().all(|lane| *lane == Lane::Express));

        let (mut pace, end) = transfer();
        assert_eq!(pace.lane(end + Pace::QUIET, 128, Pace::BYTE), Lane::Express);
        let (mut pace, end) = transfer();
        assert_eq!(pace.lane(end + Pace::QUIET / 2, 128, Pace::BYTE), Lane::Bulk);
    }

    #[test]
    fn bursts_that_come_again_keep_a_flow_where_it_is() {
        let mut pace = Pace::default();
        let mut changes = 0;
        let mut before = None;
        for n in 0..60 {
            // 70 kB at once every five seconds, and a game's packets meanwhile.
            let burst = lanes(&mut pace, START + n * 5 * SECOND, 0, 50, 1_428);
            let game = lanes(&mut pace, START + n * 5 * SECOND + SECOND / 60, SECOND / 60, 298, 128);
            for lane in burst.into_iter().chain(game) {
                changes += usize::from(before.is_some_and(|before| before != lane));
                before = Some(lane);
            }
        }
        assert_eq!(changes, 1);
    }

    #[test]
    fn a_clock_that_goes_back_a_little_is_no_gap() {
        let mut pace = Pace { paid_until: START + 5, last: START + 10, bulk_until: START + SECOND };
        assert_eq!(pace.lane(START, 100, Pace::BYTE), Lane::Bulk);
    }
}
