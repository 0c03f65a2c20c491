//! A deterministic simulation: everything that decides is the product's own, everything between is a model.
//!
//! Real are: two to four engines' decisions ([`crate::Session`] with all below it), the control
//! server's sessions, hub and registry, the relays' TURN core, the STUN answers. Modelled are: the networks and their
//! translators ([`lanrage_testnet`]), loss, delay, order, the connections to servers ([`world`]), and the data plane
//! ([`data_plane`]), which has WireGuard's rules without its cryptography.
//!
//! A seed makes a topology and a schedule of faults ([`schedule`]). While it runs, and when it has calmed down,
//! invariants are checked; the first that does not hold ends it. To see one schedule:
//!
//! ```text
//! LANRAGE_SIM_SEED=42 cargo test -p lanrage-session simulation -- --nocapture
//! ```
//!
//! `LANRAGE_SIM_ROUNDS` is how many schedules are run in all, and `LANRAGE_SIM_FIRST` the first seed.

/// Something is true that must not be: the schedule ends, and its seed is told.
macro_rules! violation {
    ($($text:tt)*) => { panic!("violated: {}", format_args!($($text)*)) };
}

mod control;
mod data_plane;
mod farewell;
mod halves;
mod host;
mod liar;
mod relay;
mod rulings;
mod schedule;
mod site;
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use schedule::Outcome;
use world::Meeting;

/// Schedules of a run of the test suite, of each kind of meeting.
const ROUNDS: u64 = 10_000;
/// Threads, and so tests, that share them.
const PARTS: u64 = 2;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Every `PARTS`-th schedule from the `part`-th on.
fn run_part(part: u64, meeting: Meeting) {
    if let Some(seed) = number("LANRAGE_SIM_SEED") {
        if seed % PARTS == part {
            println!("{:#?}", schedule::run(seed, true, meeting));
        }
        return;
    }
    let first = number("LANRAGE_SIM_FIRST").unwrap_or(0);
    let rounds = number("LANRAGE_SIM_ROUNDS").unwrap_or(ROUNDS);
    let began = std::time::Instant::now();
    let mut outcomes = Vec::new();
    let mut failed = Vec::new();
    for seed in (first..first + rounds).filter(|seed| seed % PARTS == part) {
        match catch_unwind(AssertUnwindSafe(|| schedule::run(seed, false, meeting))) {
            Ok(outcome) => outcomes.push(outcome),
            Err(_) => {
                eprintln!(
                    "seed {seed} failed; LANRAGE_SIM_SEED={seed} cargo test -p lanrage-session simulation"
                );
                failed.push(seed);
                if failed.len() >= 20 {
                    break;
                }
            }
        }
    }
    summarize(&mut outcomes, began.elapsed());
    assert!(failed.is_empty(), "schedules failed: {failed:?}");
}

fn summarize(outcomes: &mut [Outcome], took: Duration) {
    if outcomes.is_empty() {
        return;
    }
    outcomes.sort_by_key(|outcome| outcome.settled_in);
    let settled = |share: usize| outcomes[(outcomes.len() - 1) * share / 1_000].settled_in;
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    println!(
        "{} schedules in {took:.1?}: {} s of virtual time, {} datagrams, {} pairs, {} direct ({} by luck); settled in \
         {:?} (median), {:?} (99 %), {:?} (all); at most {} wake-ups in a second",
        outcomes.len(),
        sum(|outcome| outcome.virtual_time.as_secs()),
        sum(|outcome| outcome.datagrams),
        sum(|outcome| outcome.pairs.into()),
        sum(|outcome| outcome.direct.into()),
        sum(|outcome| outcome.lucky.into()),
        settled(500),
        settled(990),
        settled(1_000),
        outcomes.iter().map(|outcome| outcome.most_wakeups).max().unwrap_or(0),
    );
}

#[test]
fn in_even_schedules_all_that_join_are_connected_and_nothing_leaks() {
    run_part(0, Meeting::Server);
}

#[test]
fn in_odd_schedules_all_that_join_are_connected_and_nothing_leaks() {
    run_part(1, Meeting::Server);
}

#[test]
fn in_even_schedules_without_a_server_all_that_can_be_are_connected_and_nothing_leaks() {
    run_part(0, Meeting::Knocks);
}

#[test]
fn in_odd_schedules_without_a_server_all_that_can_be_are_connected_and_nothing_leaks() {
    run_part(1, Meeting::Knocks);
}

#[test]
fn in_even_schedules_without_an_address_in_the_link_all_find_each_other_in_the_store() {
    run_part(0, Meeting::Store);
}

#[test]
fn in_odd_schedules_without_an_address_in_the_link_all_find_each_other_in_the_store() {
    run_part(1, Meeting::Store);
}

#[test]
fn a_seed_gives_the_same_schedule_twice() {
    for seed in [1, 2, 3] {
        let digest = || schedule::run(seed, false, Meeting::Knocks).digest;
        assert_eq!(digest(), digest(), "seed {seed}");
    }
}
