//! What is played in the lab: the players' real programs in networks of every kind, and what befalls them there.

pub(crate) mod attack;
pub(crate) mod disturb;
pub(crate) mod lan_test;
pub(crate) mod nat_matrix;
pub(crate) mod order;
pub(crate) mod recovery;
pub(crate) mod shell;
pub(crate) mod soak;

use anyhow::Result;

/// Plays something again, so many times in all at most, until all is well: the machine may have done something else at that
/// moment.
fn until_well<T>(tries: u32, mut play: impl FnMut() -> Result<T>, is_well: impl Fn(&T) -> bool) -> Result<T> {
    let mut played = play()?;
    for _ in 1..tries {
        if is_well(&played) {
            break;
        }
        played = play()?;
    }
    Ok(played)
}
