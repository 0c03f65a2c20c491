use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How good a connection is for playing and talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Hardly usable.
    Bad,
    /// Disturbs every game.
    Poor,
    /// Disturbs fast games.
    Fair,
    /// Hardly noticed.
    Good,
    /// As on a LAN.
    Excellent,
}

/// From which rating on a connection deserves a grade; below all of them it is [`Quality::Bad`].
///
/// The defaults are those by which the E-model speaks of users (ITU-T G.107, Annex B; G.109): 90 very satisfied,
/// 80 satisfied, 70 some dissatisfied, 50 nearly all dissatisfied. Any numbers give a valid grading: the best
/// grade whose threshold is reached counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(default)]
pub struct QualityThresholds {
    /// Least rating that is excellent, 0 to 100.
    pub excellent: f32,
    /// Least rating that is good, 0 to 100.
    pub good: f32,
    /// Least rating that is fair, 0 to 100.
    pub fair: f32,
    /// Least rating that is poor, 0 to 100.
    pub poor: f32,
}

impl Default for QualityThresholds {
    fn default() -> Self {
        Self { excellent: 90.0, good: 80.0, fair: 70.0, poor: 50.0 }
    }
}

/// The E-model's best rating, with all of its parameters at their defaults (ITU-T G.107 §7.7).
const BEST: f64 = 93.2;
/// What the ends add to the network's delay, in milliseconds: reading, encrypting and delivering.
const PROCESSING_MS: f64 = 10.0;
/// From here on every millisecond of delay costs more. For speech it is 177.3 ms one way, when two people begin to
/// talk at the same time (Cole and Rosenbluth, "Voice over IP performance monitoring", 2001, whose piecewise linear
/// form of ITU-T G.107 this is). Implementation: players notice earlier.
const KNEE_MS: f64 = 60.0;
/// What a percent of lost packets costs.
const PER_PERCENT_LOST: f64 = 2.5;

impl Quality {
    /// Every grade, best first.
    pub const ALL: [Self; 5] = [Self::Excellent, Self::Good, Self::Fair, Self::Poor, Self::Bad];

    /// The grade of a connection by [`rating`](Self::rating).
    ///
    /// `rtt` is the round-trip time, `jitter` its variation, `loss` the share of packets lost, 0 to 1 (what is
    /// outside counts as the nearest; no number counts as all lost). With the defaults and without jitter and
    /// loss, a connection is excellent up to a round trip of 63 ms, good up to 137 ms, fair up to 212 ms and poor up
    /// to 361 ms. On a LAN it is excellent up to a loss of 1 %, good up to 5 %, fair up to 9 % and poor up to 17 %.
    pub fn of(rtt: Duration, jitter: Duration, loss: f32, thresholds: &QualityThresholds) -> Self {
        let rating = Self::rating(rtt, jitter, loss);
        let QualityThresholds { excellent, good, fair, poor } = *thresholds;
        let least =
            [(Self::Excellent, excellent), (Self::Good, good), (Self::Fair, fair), (Self::Poor, poor)];
        least.into_iter().find(|(_, least)| rating >= *least).map_or(Self::Bad, |(grade, _)| grade)
    }

    /// The rating of a connection, 0 to 93.2: the R-factor of ITU-T G.107, simplified.
    ///
    /// With the effective delay `d = rtt + 2 · jitter + 10 ms` (what a player does comes back after a whole round
    /// trip, and a buffer of twice the jitter turns jitter into delay), in milliseconds:
    ///
    /// `R = 93.2 − 0.024 · d − 0.11 · max(0, d − 60) − 2.5 · loss in percent`
    ///
    /// Never better for a greater `rtt`, `jitter` or `loss`.
    pub fn rating(rtt: Duration, jitter: Duration, loss: f32) -> f32 {
        let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        let delay = ms(rtt) + 2.0 * ms(jitter) + PROCESSING_MS;
        let lost_percent = if loss.is_nan() { 100.0 } else { f64::from(loss.clamp(0.0, 1.0)) * 100.0 };
        let rating =
            BEST - 0.024 * delay - 0.11 * (delay - KNEE_MS).max(0.0) - PER_PERCENT_LOST * lost_percent;
        rating.max(0.0) as f32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn grade(rtt_ms: u64, jitter_ms: u64, loss: f32) -> Quality {
        Quality::of(MS(rtt_ms), MS(jitter_ms), loss, &QualityThresholds::default())
    }

    #[test]
    fn known_connections_get_the_grade_that_people_would_give() {
        for (name, rtt, jitter, loss, expected) in [
            ("LAN", 1, 0, 0.0, Quality::Excellent),
            ("same city", 25, 3, 0.0, Quality::Excellent),
            ("a percent lost", 20, 2, 0.01, Quality::Good),
            ("across an ocean", 90, 5, 0.0, Quality::Good),
            ("around the world", 180, 5, 0.0, Quality::Fair),
            ("bad Wi-Fi", 40, 20, 0.05, Quality::Fair),
            ("worse Wi-Fi", 60, 40, 0.10, Quality::Poor),
            ("satellite", 650, 10, 0.0, Quality::Bad),
            ("a third lost", 30, 5, 0.33, Quality::Bad),
            ("nothing arrives", 30, 5, 1.0, Quality::Bad),
        ] {
            assert_eq!(grade(rtt, jitter, loss), expected, "{name}");
        }
    }

    #[test]
    fn the_documented_bounds_are_the_real_ones() {
        for (rtt, percent_lost, here, beyond) in [
            (63, 1, Quality::Excellent, Quality::Good),
            (137, 5, Quality::Good, Quality::Fair),
            (212, 9, Quality::Fair, Quality::Poor),
            (361, 17, Quality::Poor, Quality::Bad),
        ] {
            assert_eq!(grade(rtt, 0, 0.0), here, "{rtt} ms");
            assert_eq!(grade(rtt + 1, 0, 0.0), beyond, "{rtt} ms");
            assert_eq!(grade(1, 0, percent_lost as f32 / 100.0), here, "{percent_lost} %");
            assert_eq!(grade(1, 0, (percent_lost + 1) as f32 / 100.0), beyond, "{percent_lost} %");
        }
    }

    #[test]
    fn what_is_no_share_is_read_as_the_nearest() {
        assert_eq!(grade(1, 0, f32::NAN), Quality::Bad);
        assert_eq!(grade(1, 0, f32::INFINITY), Quality::Bad);
        assert_eq!(grade(1, 0, -1.0), Quality::Excellent);
        assert_eq!(Quality::rating(Duration::MAX, Duration::MAX, 1.0), 0.0);
    }

    #[test]
    fn a_friend_may_be_graded_by_other_thresholds_and_missing_ones_are_the_defaults() {
        let strict: QualityThresholds = serde_json::from_str(r#"{"excellent": 93.0}"#).unwrap();
        assert_eq!(strict, QualityThresholds { excellent: 93.0, ..QualityThresholds::default() });
        assert_eq!(Quality::of(MS(40), MS(0), 0.0, &strict), Quality::Good);
    }

    proptest! {
        #[test]
        fn worse_is_never_graded_better(
            rtt in 0..3_000_u64, jitter in 0..500_u64, loss in 0.0..1.0_f32,
            more_rtt in 0..500_u64, more_jitter in 0..100_u64, more_loss in 0.0..0.5_f32,
            thresholds in any::<[f32; 4]>(),
        ) {
            let [excellent, good, fair, poor] = thresholds;
            for thresholds in [QualityThresholds::default(), QualityThresholds { excellent, good, fair, poor }] {
                let here = Quality::of(MS(rtt), MS(jitter), loss, &thresholds);
                for (rtt, jitter, loss) in [
                    (rtt + more_rtt, jitter, loss),
                    (rtt, jitter + more_jitter, loss),
                    (rtt, jitter, loss + more_loss),
                ] {
                    prop_assert!(Quality::of(MS(rtt), MS(jitter), loss, &thresholds) <= here);
                }
            }
        }
    }
}
