//! A party is something that a player has: a crash does not end it, nor does the death of its control server.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::ensure;
use lanrage_lab::{Player, Wire, restore, world};

/// From the start of the process to the first packet through the tunnel.
const LIMIT: Duration = Duration::from_secs(2);

/// How long two players may take to meet.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// From the moment when a player stops until a friend hears of it, without any server.
const AWAY_LIMIT: Duration = Duration::from_secs(2);

#[test]
fn who_stops_hosting_a_party_without_a_server_is_away_and_then_back_and_no_broken_line() {
    world::test(|| {
        let wire = Wire::lay()?;
        let mut one = Player::create_without_server(&wire.one, "one", "Alone")?;
        let two = Player::join(&wire.two, "two", one.own_link()?)?;
        one.wait_until_direct(&two, MEET_LIMIT)?;
        let heard = |code: &str| {
            let code = format!("\"{code}\"");
            move |line: &str| line.contains(&code).then_some(())
        };
        let stopped = Instant::now();
        one.stop()?;
        println!("stopped after {:.0?}", stopped.elapsed());
        two.program().wait_for("word that one is away", AWAY_LIMIT, heard("peer_away"))?;
        let status = two.status()?;
        let friend = &status["party"]["peers"][0];
        ensure!(
            friend["situation"]["code"] == "away" && friend["online"] == false,
            "{status}\n{}",
            two.tail()
        );
        ensure!(friend["history_ms"].as_array().is_some_and(Vec::is_empty), "an outage is shown: {friend}");
        one.kill_and_restart()?;
        two.program().wait_for("word that one is back", MEET_LIMIT, heard("peer_back"))?;
        ensure!(!two.tail().contains("\"reconnected\""), "{}", two.tail());
        Ok(())
    });
}

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
