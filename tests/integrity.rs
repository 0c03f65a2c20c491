//! What two players send each other comes out as it went in.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::ensure;
use lanrage_lab::{
    Player, Wire,
    integrity::{self, Place},
    world,
};

/// In each direction; `cargo xtask bench --integrity` sends more.
const TCP_BYTES: u64 = 32 << 20;
/// How long two players may take to meet.
const MEET_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn bytes_and_datagrams_of_every_length_come_out_unchanged_in_both_directions_at_once() {
    world::test(|| {
        let wire = Wire::lay()?;
        let one = Player::create_without_server(&wire.one, "one", "Whole")?;
        let two = Player::join(&wire.two, "two", one.own_link()?)?;
        let [one_address, two_address] =
            [one.wait_for_address(MEET_LIMIT)?, two.wait_for_address(MEET_LIMIT)?];
        let deadline = Instant::now() + MEET_LIMIT;
        while !wire.one.can_ping(two_address)? {
            ensure!(Instant::now() < deadline, "no ping passes; player one said:\n{}", one.tail());
        }
        let [one, two] = [(&wire.one, one_address), (&wire.two, two_address)];
        let [one, two] = [one, two].map(|(host, address)| Place { host, address });
        let proof = integrity::prove(one, two, TCP_BYTES)?;
        println!("{proof:?}");
        Ok(())
    });
}
