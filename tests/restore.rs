//! A party is something that a player has: a crash does not end it, nor does the death of its control server.
#![cfg(target_os = "linux")]

use std::time::Duration;

use anyhow::ensure;
use lanrage_lab::{restore, world};

/// From the start of the process to the first packet through the tunnel.
const LIMIT: Duration = Duration::from_secs(2);

#[test]
fn a_killed_player_is_back_under_its_address_within_two_seconds_with_every_server_dead() {
    world::test(|| {
        let returns = restore::tell()?;
        for back in &returns {
            println!(
                "player {} is back as {}: first echo after {:.0?}, connected after {:.0?}",
                back.player, back.address, back.first_echo, back.connected
            );
        }
        for back in returns {
            ensure!(back.first_echo < LIMIT, "player {} took {:?}", back.player, back.first_echo);
        }
        Ok(())
    });
}
