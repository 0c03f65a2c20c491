//! The highest rate that still holds, found in few tries.

use anyhow::{Result, ensure};

/// Where the search begins, in packets a second.
const FIRST: f64 = 16_000.0;
/// Nothing on one machine carries more.
const CEILING: f64 = 2_048_000.0;
/// A tunnel that does not carry this is broken.
const FLOOR: f64 = 250.0;
/// A rate fails only if it fails so often: whoever disturbs the machine for a moment shall not decide.
const ATTEMPTS: u32 = 2;

/// Doubles the rate until it holds no more, then halves what is between `halvings` times.
///
/// # Errors
/// What `holds` returns, or if no rate holds.
pub(super) fn highest(halvings: u32, mut holds: impl FnMut(f64) -> Result<bool>) -> Result<f64> {
    let mut holds = |rate| {
        for _ in 0..ATTEMPTS {
            if holds(rate)? {
                return Ok::<_, anyhow::Error>(true);
            }
        }
        Ok(false)
    };
    let (mut good, mut bad) = (0.0, FIRST);
    while bad < CEILING && holds(bad)? {
        (good, bad) = (bad, bad * 2.0);
    }
    while good == 0.0 {
        let lower = bad / 2.0;
        ensure!(lower >= FLOOR, "not even {bad} packets/s pass");
        if holds(lower)? {
            good = lower;
        } else {
            bad = lower;
        }
    }
    for _ in 0..halvings {
        let middle = f64::midpoint(good, bad);
        if holds(middle)? {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_rate_is_found_to_a_few_percent() {
        for limit in [300.0, 5_000.0, 16_000.0, 77_000.0, 383_000.0] {
            let found = highest(4, |rate| Ok(rate <= limit)).expect("a rate");
            assert!(found <= limit && found > limit * 0.93, "{found} of {limit}");
        }
    }

    #[test]
    fn one_disturbed_try_changes_nothing() {
        let mut tries = 0;
        let found = highest(4, |rate| {
            tries += 1;
            Ok(tries % 2 == 0 && rate <= 77_000.0)
        });
        assert!(found.expect("a rate") > 70_000.0);
    }

    #[test]
    fn a_tunnel_that_carries_nothing_is_an_error() {
        assert!(highest(4, |_| Ok(false)).is_err());
    }
}
