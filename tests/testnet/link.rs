use std::time::Duration;

use crate::Rng;

/// What a way does to datagrams. Jitter also changes their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// Up to so much is added to the delay of each, different each time.
    pub jitter: Duration,
    /// So many of a thousand get lost.
    pub lost_per_mille: u32,
    /// So many of a thousand arrive twice.
    pub doubled_per_mille: u32,
}

impl Link {
    /// When the copies of a datagram arrive that takes `delay` without jitter; none if it gets lost.
    pub fn arrivals(self, delay: Duration, rng: &mut Rng) -> impl Iterator<Item = Duration> {
        let is_lost = rng.chance(self.lost_per_mille);
        let is_doubled = rng.chance(self.doubled_per_mille);
        let copies = if is_lost { 0 } else { 1 + usize::from(is_doubled) };
        let mut arrivals = [delay; 2];
        for arrival in &mut arrivals[..copies] {
            *arrival += self.jitter * u32::from(rng.word() as u16) / u32::from(u16::MAX);
        }
        arrivals.into_iter().take(copies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_loses_doubles_and_delays_as_it_is_told_to() {
        let mut rng = Rng::new(1);
        let link = Link { jitter: Duration::from_millis(8), lost_per_mille: 300, doubled_per_mille: 200 };
        let delay = Duration::from_millis(20);
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            let arrivals: Vec<Duration> = link.arrivals(delay, &mut rng).collect();
            assert!(arrivals.iter().all(|at| (delay..=delay + link.jitter).contains(at)));
            counts[arrivals.len()] += 1;
        }
        assert!((2_850..3_150).contains(&counts[0]), "{counts:?}");
        assert!((1_300..1_500).contains(&counts[2]), "{counts:?}");
        assert_eq!(Link::default().arrivals(delay, &mut rng).collect::<Vec<_>>(), [delay]);
    }
}
