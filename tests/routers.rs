//! What routers and providers do to a party, whole programs in the lab.
#![cfg(target_os = "linux")]

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use lanrage_lab::{Player, Stage, world};

/// How long two players may take to meet.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// So long that the way is at rest, and the router has forgotten it before the next probe that is usual then.
const PAUSE: Duration = Duration::from_millis(5_300);
/// By then the router is found out.
const LEARNT: Duration = Duration::from_secs(25);

fn wait_until_direct(one: &Player, two: &Player) -> Result<()> {
    let deadline = Instant::now() + MEET_LIMIT;
    while !(one.has_direct_friend()? && two.has_direct_friend()?) {
        ensure!(
            Instant::now() < deadline,
            "the players do not meet; one said:\n{}\ntwo said:\n{}",
            one.tail(),
            two.tail()
        );
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[test]
fn a_router_that_forgets_a_quiet_way_after_two_seconds_is_found_out_and_the_way_kept_open() {
    world::test(|| {
        let stage = Stage::build()?;
        let _server = stage.start_control_server()?;
        stage.home_of_one.forget_udp_after(2)?;
        let one = Player::create(&stage.one, "one", "Quiet", &stage.control_url())?;
        let two = Player::join(&stage.two, "two", one.link()?)?;
        wait_until_direct(&one, &two)?;
        let address = one.wait_for_address(MEET_LIMIT)?;
        // The first losses teach; then what is sent after a pause arrives, whenever that is.
        let begun = Instant::now();
        let mut lost = Vec::new();
        while begun.elapsed() < Duration::from_secs(60) {
            thread::sleep(PAUSE);
            if !stage.two.can_ping(address)? {
                lost.push(begun.elapsed());
            }
        }
        println!("lost after a pause: {lost:.1?}");
        ensure!(lost.iter().all(|at| *at < LEARNT), "lost after {lost:.1?}; two said:\n{}", two.tail());
        ensure!(one.has_direct_friend()? && two.has_direct_friend()?);
        Ok(())
    });
}
