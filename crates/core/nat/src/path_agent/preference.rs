//! Which of two proven paths is the better one.

use std::time::Duration;

use lanrage_party::CandidateType;

/// What the comparison looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quality {
    pub(super) kind: CandidateType,
    pub(super) rtt: Duration,
    /// Round trips measured.
    pub(super) samples: u32,
}

/// Implementation: "clearly faster" is by a fifth and by so much: less is noise, and no player feels it.
const CLEARLY: Duration = Duration::from_millis(5);
/// Implementation: the same between relays, where other people's traffic makes more noise.
const CLEARLY_RELAYED: Duration = Duration::from_millis(10);
/// Implementation: so much slower, or a tenth, a host address may be and still be preferred. Less than what is
/// clear, so that two paths never take turns.
const AS_GOOD: Duration = Duration::from_millis(2);
/// Implementation: round trips that must be measured before speed alone is a reason to switch.
const SAMPLES: u32 = 4;

/// Why one path is preferred to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preference {
    /// It needs no relay, or stays on the same LAN at the same speed.
    Kind,
    /// It is clearly faster.
    Speed,
}

/// Whether, and why, `other` is better than `current`.
///
/// A direct path beats a relayed one, however fast. Among direct ones, a host address (the same LAN) beats a
/// reflexive one as long as it is about as fast: host addresses are also those of VPNs, which may be a detour.
/// Else only a clearly faster path is better; between relays the difference must be clearer still. Two paths are never both better than the other.
pub(super) fn preference(other: &Quality, current: &Quality) -> Option<Preference> {
    let relayed = |quality: &Quality| quality.kind == CandidateType::Relayed;
    match (relayed(other), relayed(current)) {
        (false, true) => return Some(Preference::Kind),
        (true, false) => return None,
        _ => {}
    }
    let host = |quality: &Quality| quality.kind == CandidateType::Host;
    let slower_by = other.rtt.saturating_sub(current.rtt);
    if host(other) && !host(current) && (slower_by <= AS_GOOD || slower_by <= current.rtt / 10) {
        return Some(Preference::Kind);
    }
    let faster_by = current.rtt.saturating_sub(other.rtt);
    let enough = if relayed(current) { CLEARLY_RELAYED } else { CLEARLY };
    let clearly = faster_by >= enough && faster_by >= current.rtt / 5;
    (clearly && other.samples >= SAMPLES && current.samples >= SAMPLES).then_some(Preference::Speed)
}

#[cfg(test)]
mod tests {
    use CandidateType::{Host, PeerReflexive, Relayed, ServerReflexive};
    use proptest::prelude::*;

    use super::*;

    fn quality(kind: CandidateType, rtt_ms: u64) -> Quality {
        Quality { kind, rtt: Duration::from_millis(rtt_ms), samples: SAMPLES }
    }

    #[test]
    fn direct_beats_relayed_and_the_lan_beats_the_router() {
        for (better, worse) in [
            (quality(ServerReflexive, 90), quality(Relayed, 20)),
            (quality(PeerReflexive, 90), quality(Relayed, 90)),
            (quality(Host, 1), quality(ServerReflexive, 1)),
            (quality(Host, 3), quality(ServerReflexive, 1)),
            (quality(Host, 109), quality(PeerReflexive, 100)),
        ] {
            assert_eq!(preference(&better, &worse), Some(Preference::Kind), "{better:?} {worse:?}");
            assert_eq!(preference(&worse, &better), None, "{worse:?} {better:?}");
        }
    }

    #[test]
    fn only_clearly_faster_is_faster() {
        let current = quality(ServerReflexive, 40);
        for (rtt_ms, expected) in [(32, Some(Preference::Speed)), (33, None), (40, None), (60, None)] {
            assert_eq!(preference(&quality(PeerReflexive, rtt_ms), &current), expected, "{rtt_ms}");
        }
        assert_eq!(
            preference(&quality(PeerReflexive, 1), &quality(PeerReflexive, 5)),
            None,
            "noise on a LAN"
        );
    }

    #[test]
    fn another_relay_must_be_faster_by_ten_milliseconds_and_by_a_fifth() {
        for (current, other, expected) in [
            (30, 21, None),
            (30, 20, Some(Preference::Speed)),
            (100, 81, None),
            (100, 80, Some(Preference::Speed)),
        ] {
            let verdict = preference(&quality(Relayed, other), &quality(Relayed, current));
            assert_eq!(verdict, expected, "{other} against {current}");
        }
    }

    #[test]
    fn a_detour_over_a_vpn_is_left_for_a_clearly_faster_path() {
        let (vpn, router) = (quality(Host, 60), quality(ServerReflexive, 20));
        assert_eq!(preference(&router, &vpn), Some(Preference::Speed));
        assert_eq!(preference(&vpn, &router), None);
    }

    #[test]
    fn one_lucky_round_trip_is_no_reason() {
        let mut lucky = quality(PeerReflexive, 10);
        lucky.samples = SAMPLES - 1;
        assert_eq!(preference(&lucky, &quality(PeerReflexive, 40)), None);
    }

    fn any_quality() -> impl Strategy<Value = Quality> {
        let kind = prop_oneof![Just(Host), Just(ServerReflexive), Just(PeerReflexive), Just(Relayed)];
        (kind, 0..400_000_u64, 1..8_u32).prop_map(|(kind, micros, samples)| Quality {
            kind,
            rtt: Duration::from_micros(micros),
            samples,
        })
    }

    proptest! {
        #[test]
        fn two_paths_never_take_turns(a in any_quality(), b in any_quality()) {
            prop_assert!(preference(&a, &b).is_none() || preference(&b, &a).is_none());
        }

        /// With steady round trips, following preferences always ends.
        #[test]
        fn many_paths_never_take_turns(qualities in proptest::collection::vec(any_quality(), 2..8)) {
            let mut current = 0;
            let settled = (0..100).any(|_| {
                let better = (0..qualities.len())
                    .find(|other| preference(&qualities[*other], &qualities[current]).is_some());
                better.map(|other| current = other).is_none()
            });
            prop_assert!(settled, "{:?}", qualities);
        }
    }
}
