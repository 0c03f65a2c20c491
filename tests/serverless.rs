//! A party with no server of anybody's: players behind routers that let no stranger in meet by a public store.
#![cfg(target_os = "linux")]

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{
    Player, Process, Stage, Uplinks, all_meet,
    capture::Capture,
    dht::LabDht,
    expected::{Dependence::EndpointIndependent, Nat},
    networks::HOME,
    stage::{self, Neighbourhood},
    world,
};

/// After how long at most a player is offered something else whom nobody answers.
const OFFER_LIMIT: Duration = Duration::from_secs(20);
/// How long two may take to meet: who is in looks at the door every three seconds at first.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// How long those may take to find each other who have been in before, or whose link is fresh, on a machine with other
/// things to do.
const REUNION_LIMIT: Duration = Duration::from_secs(10);
/// The same for many newcomers at once.
const CROWD_LIMIT: Duration = Duration::from_secs(20);
/// Until all that belongs to the beginning is over: for a minute others of the party are knocked at.
const SETTLED: Duration = Duration::from_secs(65);
/// How long a party at rest is watched.
const REST: Duration = Duration::from_secs(20);
/// The most that a member exchanges meanwhile with all but its friends, so that others find it (bytes a second).
const FINDING: usize = 100;
/// What the public store may cost a program at rest: memory (KiB), and how often a second something in it wakes up.
const STORE_KIB: u64 = 3 * 1_024;
const STORE_WAKES: f64 = 3.0;

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

#[test]
fn members_who_have_moved_meet_and_let_a_newcomer_in_while_the_host_is_off() {
    world::test(|| {
        let mut place = Neighbourhood::build(&["one", "two", "three", "four"])?;
        let mut uplinks = Vec::new();
        for mover in [1, 2] {
            let elsewhere = place.lab.lan(HOME)?;
            uplinks.push(place.lab.second_uplink(&place.hosts[mover], &place.homes[mover], &elsewhere)?);
        }
        let mut one = Player::create_without_server(&place.hosts[0], "one", "Nobody's")?;
        let link = one.own_link()?;
        let mut two = Player::join(&place.hosts[1], "two", link.clone())?;
        let mut three = Player::join(&place.hosts[2], "three", link)?;
        all_meet(&[&one, &two, &three], 2, MEET_LIMIT)?;
        let lease = |player: &Player| player.wait_for_address(MEET_LIMIT);
        let before = [lease(&one)?, lease(&two)?, lease(&three)?];

        for player in [&mut one, &mut two, &mut three] {
            player.kill()?;
        }
        uplinks.iter_mut().try_for_each(Uplinks::roam)?;
        let started = Instant::now();
        two.start_again()?;
        three.start_again()?;
        all_meet(&[&two, &three], 1, REUNION_LIMIT)?;
        println!("two members met {:.1?} after both had moved and begun again", started.elapsed());

        let link = two.addressed_link()?;
        let clicked = Instant::now();
        let four = Player::join(&place.hosts[3], "four", link)?;
        all_meet(&[&four, &two, &three], 2, REUNION_LIMIT)?;
        println!("a newcomer was in {:.1?} after the click", clicked.elapsed());

        let started = Instant::now();
        one.start_again()?;
        all_meet(&[&one, &two, &three, &four], 3, MEET_LIMIT)?;
        println!("the host was back after {:.1?}", started.elapsed());
        ensure!(before == [lease(&one)?, lease(&two)?, lease(&three)?], "a lease is another");
        for player in [&one, &two, &three, &four] {
            let mut roster = addresses_of_all(player)?;
            roster.sort_unstable();
            roster.dedup();
            ensure!(roster.len() == 4, "{} knows {roster:?}", player.name());
        }
        Ok(())
    });
}

/// The virtual addresses of a player and of everybody it knows.
fn addresses_of_all(player: &Player) -> Result<Vec<Ipv4Addr>> {
    let status = player.status()?;
    let party = &status["party"];
    let peers = party["peers"].as_array().context("no friends")?;
    let addresses = peers.iter().chain([party]).map(|who| who["virtual_ip"].as_str()?.parse().ok());
    addresses.collect::<Option<_>>().with_context(|| format!("addresses of {party}"))
}

#[test]
fn eight_newcomers_at_once_are_let_in_by_a_host_that_lets_no_stranger_in() {
    world::test(|| {
        let names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
        let place = Neighbourhood::build(&names)?;
        let one = Player::create_without_server(&place.hosts[0], "one", "Nobody's")?;
        let link = one.own_link()?;
        let clicked = Instant::now();
        let newcomers = place.hosts.iter().zip(names).skip(1);
        let newcomers = newcomers.map(|(host, name)| Player::join(host, name, link.clone()));
        let newcomers: Vec<_> = newcomers.collect::<Result<_>>()?;
        let all: Vec<_> = newcomers.iter().chain([&one]).collect();
        all_meet(&[&one], 8, CROWD_LIMIT)?;
        println!("all were let in {:.1?} after the click", clicked.elapsed());
        all_meet(&all, 8, MEET_LIMIT)?;
        println!("all had met {:.1?} after the click", clicked.elapsed());
        Ok(())
    });
}

#[test]
fn who_is_reached_straight_hardly_pays_for_being_found_while_at_rest() {
    world::test(|| {
        let open = Nat::new(EndpointIndependent, EndpointIndependent);
        let names = ["one", "two", "without"];
        let place = Neighbourhood::behind(open, &names)?;
        let one = Player::create_without_server(&place.hosts[0], names[0], "Nobody's")?;
        let two = Player::join(&place.hosts[1], names[1], one.own_link()?)?;
        // It costs what a member costs that does not use the public store.
        Player::choose(&place.hosts[2], names[2], "find_friends", "link")?;
        let without = Player::join(&place.hosts[2], names[2], one.own_link()?)?;
        all_meet(&[&one, &two, &without], 2, MEET_LIMIT)?;
        one.wait_within(MEET_LIMIT, "it is in the public store, and strangers reach it", |said| {
            said["party"]["store"]["serves"] == true && said["party"]["meeting"]["code"] == "straight"
        })?;
        ensure!(without.status()?["party"]["store"].is_null(), "it uses the public store");
        // What belongs to the beginning is over.
        std::thread::sleep(SETTLED);
        let threads = || anyhow::Ok([one.program().threads()?, without.program().threads()?]);
        let before = threads()?;
        let capture = Capture::start(place.lab.internet(), "public", "/run/rest.pcap".as_ref())?;
        // What waits for a file or a look takes a thread for seconds: the fewest are those that stay.
        let mut fewest = before.map(|threads| threads.count);
        for _ in 0..REST.as_secs() {
            std::thread::sleep(Duration::from_secs(1));
            for (fewest, now) in fewest.iter_mut().zip(threads()?) {
                *fewest = now.count.min(*fewest);
            }
        }
        let after = threads()?;
        let frames = capture.finish()?;

        let all = [0, 1, 2].map(|number| place.homes[number].router().address());
        for (name, own) in names.into_iter().zip(all) {
            let friends: Vec<_> = all.into_iter().filter(|address| *address != own).collect();
            let bytes = frames.bytes_exchanged(own, &friends) / REST.as_secs() as usize;
            println!("{name} exchanges {bytes} bytes a second with others than its friends");
            ensure!(bytes <= FINDING, "{name} exchanges {bytes} bytes a second with others than its friends");
        }
        let kib = [one.program().resident_kib()?, without.program().resident_kib()?];
        let wakes = [0, 1].map(|number| {
            let waits = after[number].waits.saturating_sub(before[number].waits);
            waits as f64 / REST.as_secs_f64()
        });
        println!(
            "with and without the public store: {fewest:?} threads, {kib:?} KiB, {wakes:.1?} wake-ups a second"
        );
        ensure!(fewest[0] <= fewest[1], "the public store takes a thread: {fewest:?}");
        ensure!(kib[0] <= kib[1] + STORE_KIB, "the public store takes much memory: {kib:?} KiB");
        ensure!(
            wakes[0] <= wakes[1] + STORE_WAKES,
            "the public store wakes the program: {wakes:?} times a second"
        );
        Ok(())
    });
}
