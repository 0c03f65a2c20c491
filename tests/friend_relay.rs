//! Two behind routers that do not get along, and friends who are reached by both: those pass on what the two send each other,
//! with no server of anybody's.
#![cfg(target_os = "linux")]

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{Lab, Player, friend_in, networks::STRICT, stage};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// What is passed on for two at most, while its limit is tried (kbit/s).
const LIMIT: u64 = 1_000;
/// What one of them sends meanwhile (kbit/s), and how long.
const SENT: u64 = 4_000;
const SENDING: Duration = Duration::from_secs(5);
/// The longest packet that a path is thought to carry before that is measured (bytes).
const MTU: u64 = 1_280;

#[test]
fn friends_relay_for_two_whose_routers_do_not_get_along() {
    lanrage_lab::world::test(|| {
        let mut lab = Lab::new()?;
        let stun = lab.public_host("stun", 5)?;
        let [cem, dora] = [("cem", 6), ("dora", 7)].map(|(name, last)| lab.public_host(name, last));
        let (cem, dora) = (cem?, dora?);
        let [home_of_ann, home_of_bo] = [lab.home(&STRICT.network, None)?, lab.home(&STRICT.network, None)?];
        let (ann, bo) = (lab.host(&home_of_ann, "ann")?, lab.host(&home_of_bo, "bo")?);
        lab.settle()?;
        // It answers STUN alone here: nobody is told that there is a server.
        let _stun = stage::start_server(&stun, &[])?;
        let servers = format!("{}:{}", stun.address(), stage::STUN_PORT);
        for (host, name) in [(&cem, "cem"), (&dora, "dora"), (&ann, "ann"), (&bo, "bo")] {
            Player::choose(host, name, "stun_servers", &servers)?;
            Player::choose(host, name, "find_friends", "link")?;
        }

        let mut cem = Player::create_without_server(&cem, "cem", "Friends’")?;
        let link = cem.own_link()?;
        let ann = Player::join(&ann, "ann", link.clone())?;
        let bo = Player::join(&bo, "bo", link.clone())?;
        let is_relayed = |by: &'static str| {
            move |ann: &Value, bo: &Value| {
                [(ann, "bo"), (bo, "ann")].iter().all(|(own, friend)| relay(own, friend) == Some(by))
            }
        };
        let both_in = Instant::now();
        wait("two are relayed by their friend", [&ann, &bo], is_relayed("cem"))?;
        println!("relayed {:.1?} after both were asked to join", both_in.elapsed());
        let address = bo.wait_for_address(PATIENCE)?;
        ensure!(ann.host().can_ping(address)?, "no packet passes; ann said:\n{}", ann.tail());
        wait("the friend is told for whom it relays", [&cem, &cem], |cem, _| {
            cem["data_plane"]["forwarded"].as_array().is_some_and(|pairs| pairs.len() == 1)
        })?;
        let shown = cem.shown_status()?;
        ensure!(shown.contains("passed on for"), "the friend is not shown for whom it relays:\n{shown}");

        // A limit holds at once, in both directions together.
        Player::choose(cem.host(), "cem", "relay_pair_kbits", &LIMIT.to_string())?;
        let before = passed_on(&cem)?;
        let begun = Instant::now();
        let arrived = flood(&ann, &bo, address.into())?;
        let passed = (passed_on(&cem)? - before) * 8 / begun.elapsed().as_millis() as u64;
        ensure!(arrived > 0, "nothing arrives");
        println!("of {SENT} kbit/s, {passed} kbit/s passed");
        // What is lost at the limit is no long packet more than another.
        for (own, friend) in [(&ann, "bo"), (&bo, "ann")] {
            let mtu = friend_in(&own.status()?, friend).and_then(|peer| peer["mtu"].as_u64());
            println!("{} sends packets of {mtu:?} bytes", own.name());
            ensure!(mtu >= Some(MTU), "long packets are thought not to pass: {mtu:?}");
        }
        ensure!(
            (LIMIT * 80 / 100..=LIMIT * 110 / 100).contains(&passed),
            "of {SENT} kbit/s {passed} kbit/s were passed on, with {LIMIT} allowed"
        );

        // A second friend takes over where the first one dies.
        let dora = Player::join(&dora, "dora", link)?;
        wait("the second friend reaches both", [&dora, &dora], |dora, _| {
            ["ann", "bo"]
                .iter()
                .all(|name| friend_in(dora, name).is_some_and(|peer| peer["connection_type"] == "direct"))
        })?;
        wait("the second friend relays too", [&dora, &dora], |dora, _| {
            dora["data_plane"]["forwarded"].as_array().is_some_and(|pairs| pairs.len() == 1)
        })?;
        cem.kill()?;
        let killed = Instant::now();
        wait("the second friend relays alone", [&ann, &bo], is_relayed("dora"))?;
        println!("relayed by another friend {:.1?} after the first was killed", killed.elapsed());
        ensure!(ann.host().can_ping(address)?, "no packet passes by the second friend");

        // Who does not want to does not.
        Player::choose(dora.host(), "dora", "relay_for_friends", "no")?;
        wait("nobody relays", [&ann, &bo], |ann, bo| {
            [(ann, "bo"), (bo, "ann")].iter().all(|(own, friend)| relay(own, friend).is_none())
        })
    });
}

/// Waits until what two players say is as it should be.
fn wait(what: &str, [one, other]: [&Player; 2], is_so: impl Fn(&Value, &Value) -> bool) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let (Ok(said), Ok(answered)) = (one.status(), other.status())
            && is_so(&said, &answered)
        {
            return Ok(());
        }
        if Instant::now() > deadline {
            let said = [one, other].map(|player| format!("{} said:\n{}", player.name(), player.tail()));
            bail!(
                "not so: {what}; {}\n{:?}",
                said.join("\n"),
                one.status().map(|said| said["party"].to_string())
            );
        }
        thread::sleep(LOOK);
    }
}

/// By whom a friend is reached.
fn relay<'a>(status: &'a Value, friend: &str) -> Option<&'a str> {
    let situation = &friend_in(status, friend)?["situation"];
    situation["relay"].as_str().filter(|_| situation["code"] == "relayed")
}

/// What a friend has passed on, in bytes.
fn passed_on(friend: &Player) -> Result<u64> {
    let status = friend.status()?;
    status["data_plane"]["forwarded"][0]["bytes"].as_u64().context("nobody is relayed")
}

/// Sends a stream from one player to another. How many datagrams of it arrive.
fn flood(from: &Player, to: &Player, address: IpAddr) -> Result<usize> {
    const DATAGRAM: usize = 500;
    let receiver = to.host().udp(7_000)?;
    receiver.set_read_timeout(Some(LOOK))?;
    let sender = from.host().udp(0)?;
    let target = SocketAddr::new(address, 7_000);
    let counting = thread::spawn(move || count(&receiver));
    let datagrams_per_ms = SENT as f64 / (DATAGRAM * 8) as f64;
    let begun = Instant::now();
    let mut sent = 0.0;
    while begun.elapsed() < SENDING {
        while sent < begun.elapsed().as_secs_f64() * 1_000.0 * datagrams_per_ms {
            sender.send_to(&[0; DATAGRAM], target)?;
            sent += 1.0;
        }
        thread::sleep(Duration::from_millis(1));
    }
    counting.join().map_err(|_| anyhow::anyhow!("the receiver"))
}

fn count(receiver: &UdpSocket) -> usize {
    let mut buffer = [0; 2_048];
    let (mut datagrams, deadline) = (0, Instant::now() + SENDING);
    while Instant::now() < deadline {
        datagrams += usize::from(receiver.recv(&mut buffer).is_ok());
    }
    datagrams
}
