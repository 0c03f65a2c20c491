//! A party with no server of anybody's: two players behind routers that let no stranger in meet by a public store.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use lanrage_lab::{Player, Process, Stage, dht::LabDht, stage, world};

/// After how long at most a player is offered something else whom nobody answers.
const OFFER_LIMIT: Duration = Duration::from_secs(20);
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

/// Two behind routers that let answers in alone, who have no store to meet by; with what tells them where they are seen.
fn apart() -> Result<(Stage, Process)> {
    let stage = Stage::build()?;
    let stun_server = stage.start_control_server()?;
    let stun = format!("{}:{}", stage.server.address(), stage::STUN_PORT);
    for host in [&stage.one, &stage.two] {
        Player::choose(host, host.name(), "stun_servers", &stun)?;
        Player::choose(host, host.name(), "find_friends", "link")?;
        Player::choose(host, host.name(), "port_mapping", "no")?;
    }
    Ok((stage, stun_server))
}

fn are_together(stage: &Stage, one: &Player, two: &Player) -> Result<()> {
    one.wait_until_direct(two, MEET_LIMIT)?;
    let address = one.wait_for_address(MEET_LIMIT)?;
    ensure!(stage.two.can_ping(address)?, "no packet passes; two said:\n{}", two.tail());
    Ok(())
}

#[test]
fn two_behind_routers_that_let_no_stranger_in_meet_by_a_reply_where_there_is_no_store() {
    world::test(|| {
        let (stage, _stun) = apart()?;
        let one = Player::create_without_server(&stage.one, "one", "Nobody's")?;
        let link = one.own_link()?;
        let two = Player::join(&stage.two, "two", link)?;
        let reply = two.offered_reply(OFFER_LIMIT)?;
        ensure!(one.status()?["party"]["peers"].as_array().is_none_or(Vec::is_empty), "met before");
        let sent = Instant::now();
        one.take_reply(&reply)?;
        are_together(&stage, &one, &two)?;
        println!("met {:.1?} after the reply was taken", sent.elapsed());
        Ok(())
    });
}

#[test]
fn a_reply_and_a_newer_link_bring_two_together_whose_link_leads_to_where_nobody_is_any_more() {
    world::test(|| {
        let (stage, _stun) = apart()?;
        let mut one = Player::create_without_server(&stage.one, "one", "Nobody's")?;
        let stale = one.own_link()?;
        one.kill_and_restart()?;
        let link = one.addressed_link()?;
        ensure!(link != stale, "the first player is where it was");
        let two = Player::join(&stage.two, "two", stale)?;
        one.take_reply(&two.offered_reply(OFFER_LIMIT)?)?;
        two.follow_newer(&link)?;
        are_together(&stage, &one, &two)
    });
}
