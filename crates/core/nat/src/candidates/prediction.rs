//! Which port a router gives next.

use std::net::SocketAddr;

use lanrage_party::{Candidate, CandidateType, limits::PREDICTED};

/// Fewest answers that show how a router chooses: two may lie as near each other by chance.
const SAMPLES: usize = 3;
/// Longest step from one port to the next: routers that many share give others between two of ours.
const LONGEST_STEP: i32 = 8;

/// The ports that a router is expected to give to the next destinations of a socket, in this order. `seen` is where servers see the
/// socket, in the order in which it first sent to them: if each sees the same step behind the one before, other than zero and of at
/// most eight, the next ports are known. Else, or with fewer than three answers of IPv4, there are none.
pub fn predicted(seen: &[SocketAddr]) -> Vec<Candidate> {
    let seen: Vec<&SocketAddr> = seen.iter().filter(|address| address.is_ipv4()).collect();
    let (Some(last), true) = (seen.last(), seen.len() >= SAMPLES) else { return Vec::new() };
    let step_of = |pair: &[&SocketAddr]| i32::from(pair[1].port()) - i32::from(pair[0].port());
    let step = step_of(&seen[..2]);
    let is_constant = seen.windows(2).all(|pair| step_of(pair) == step && pair[0].ip() == pair[1].ip());
    if !is_constant || step == 0 || step.abs() > LONGEST_STEP {
        return Vec::new();
    }
    let next = (1..=PREDICTED as i32).map(|n| i32::from(last.port()) + n * step);
    // Routers begin anew somewhere above the system's ports, and nobody knows where.
    let ports = next.map_while(|port| u16::try_from(port).ok().filter(|port| *port >= 1_024));
    ports
        .map(|port| Candidate { kind: CandidateType::Predicted, address: SocketAddr::new(last.ip(), port) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(seen: &[(u8, u16)]) -> Vec<u16> {
        let seen: Vec<SocketAddr> =
            seen.iter().map(|(ip, port)| ([203, 0, 113, *ip], *port).into()).collect();
        let candidates = predicted(&seen);
        assert!(candidates.iter().all(|candidate| candidate.kind == CandidateType::Predicted));
        candidates.iter().map(|candidate| candidate.address.port()).collect()
    }

    #[test]
    fn a_constant_small_step_tells_the_next_eight_ports() {
        assert_eq!(
            next(&[(1, 5_000), (1, 5_001), (1, 5_002)]),
            [5_003, 5_004, 5_005, 5_006, 5_007, 5_008, 5_009, 5_010]
        );
        assert_eq!(next(&[(1, 9_000), (1, 8_998), (1, 8_996)])[..2], [8_994, 8_992]);
        assert_eq!(next(&[(1, 5_000), (1, 5_008), (1, 5_016), (1, 5_024)])[0], 5_032);
        assert_eq!(
            next(&[(1, 65_530), (1, 65_531), (1, 65_532)]),
            [65_533, 65_534, 65_535],
            "what follows is unknown"
        );
        assert_eq!(next(&[(1, 1_026), (1, 1_025), (1, 1_024)]), [0; 0]);
    }

    #[test]
    fn what_does_not_count_up_or_down_is_no_sequence() {
        for seen in [
            &[][..],
            &[(1, 5_000), (1, 5_001)],
            &[(1, 5_000), (1, 5_000), (1, 5_000)],
            &[(1, 5_000), (1, 5_001), (1, 5_003)],
            &[(1, 5_000), (1, 5_009), (1, 5_018)],
            &[(1, 5_000), (2, 5_001), (1, 5_002)],
            &[(1, 5_000), (1, 5_001), (1, 5_002), (1, 40_000)],
        ] {
            assert_eq!(next(seen), [0; 0], "{seen:?}");
        }
    }
}
