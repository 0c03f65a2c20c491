//! A party with no server of anybody's: two players behind routers that let no stranger in meet by a public store.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::ensure;
use lanrage_lab::{Player, Stage, dht::LabDht, stage, world};

/// How long two may take to meet: who is in looks at the door every three seconds at first.
const MEET_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn two_behind_routers_that_let_no_stranger_in_meet_by_the_public_store_alone() {
    world::test(|| {
        let stage = Stage::build()?;
        let nodes = LabDht::start(&stage.lab, &stage.server)?;
        // It answers STUN alone here: nobody is told that there is a server.
        let _stun = stage.start_control_server()?;
        let stun = format!("{}:{}", stage.server.address(), stage::STUN_PORT);
        for host in [&stage.one, &stage.two] {
            nodes.show_to(host, &stun)?;
            Player::choose(host, host.name(), "port_mapping", "no")?;
        }
        let one = Player::create_without_server(&stage.one, "one", "Nobody's")?;
        let link = one.own_link()?;
        let clicked = Instant::now();
        let two = Player::join(&stage.two, "two", link)?;
        one.wait_until_direct(&two, MEET_LIMIT)?;
        println!("met {:.1?} after the click", clicked.elapsed());
        let address = one.wait_for_address(MEET_LIMIT)?;
        ensure!(stage.two.can_ping(address)?, "no packet passes; two said:\n{}", two.tail());
        for player in [&one, &two] {
            let status = player.status()?;
            ensure!(status["control"]["state"] == "local", "a server is used: {}", status["control"]);
        }
        Ok(())
    });
}
