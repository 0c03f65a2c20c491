//! Whoever pauses tells friends so, where no server can.

use std::time::Duration;

use lanrage_party::facts::News;

use super::{
    schedule::{SETTLING, new_site, settle},
    world::{Meeting, World},
};
use crate::{Command, Input};

/// Schedules; each has other networks.
const ROUNDS: u64 = 24;
/// Of a thousand datagrams, while farewell is said.
const LOSS: u32 = 50;
/// The three copies, and the longest way that they take.
const TOLD: Duration = Duration::from_millis(400);

/// Who is connected with two friends, and the server is away.
fn without_server(seed: u64) -> World {
    let mut world = World::new(seed, false, Meeting::Server);
    for _ in 0..3 {
        let site = new_site(&mut world, None);
        world.add_host(site);
    }
    world.hosts.iter_mut().for_each(|host| host.wants_party = true);
    settle(&mut world, SETTLING);
    world.stop_control();
    // Long enough that the paths which a lost server made doubtful are trusted again.
    let rested = world.now() + Duration::from_secs(20);
    world.run_until(rested);
    world.hosts.iter_mut().for_each(|host| host.news.clear());
    world
}

fn pass(world: &mut World, pause: Duration) {
    let end = world.now() + pause;
    world.run_until(end);
}

/// What the friends of host 0 see of it and were told. Of each other they may be told more: packets get lost.
fn friends_see(world: &World) -> Vec<(Option<bool>, Vec<&News>)> {
    let id = world.hosts[0].id;
    let is_of_others = |news: &&News| {
        let (News::MovedToRelay { peer } | News::MovedToDirect { peer }) = news else { return false };
        peer != "host 0"
    };
    let friends = world.hosts[1..].iter();
    friends
        .map(|host| {
            let news = host.news.iter().filter(|news| !is_of_others(news)).collect();
            (host.party().unwrap().connections.connections()[&id].online(), news)
        })
        .collect()
}

#[test]
fn friends_of_whoever_pauses_see_no_broken_line_though_no_server_tells_them() {
    for seed in 0..ROUNDS {
        let mut world = without_server(seed);
        world.loss = LOSS;
        world.hosts[0].wants_party = false;
        world.input(0, Input::Command(7, Command::PauseParty));
        pass(&mut world, TOLD);
        for _ in 0..2 {
            for (online, news) in friends_see(&world) {
                assert_eq!(online, Some(false), "seed {seed}");
                assert!(matches!(news[..], [News::PeerAway { .. }]), "seed {seed}: {news:?}");
            }
            pass(&mut world, Duration::from_secs(70));
        }
        world.loss = 0;
        world.start_control(true);
        world.hosts[0].wants_party = true;
        world.boot(0);
        settle(&mut world, SETTLING);
        for (online, news) in friends_see(&world) {
            assert_ne!(online, Some(false), "seed {seed}");
            assert!(
                matches!(news[..2], [News::PeerAway { .. }, News::PeerBack { .. }]),
                "seed {seed}: {news:?}"
            );
        }
    }
}
