//! A party that is somebody's, with no server of anybody's: who is kicked is deaf at once at every member, a moderator lets
//! friends in while the owner's device is dead, and an owner who leaves hands the party over. The party's secret changes with
//! each kick: no packet between others is lost, who was off comes back, and a link of before only asks.
#![cfg(target_os = "linux")]

use std::{
    net::{SocketAddr, SocketAddrV4, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use lanrage_lab::{Lab, Player, connected_friends, flow::Flow, friend_in, stage};

const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Between two packets of whoever is kicked.
const PACE: Duration = Duration::from_millis(1);
/// After how long whoever was kicked must be deaf at the latest, on a machine with other things to do.
const DEAF: Duration = Duration::from_secs(1);
const PORT: u16 = 7_000;
const GAME_PORT: u16 = 7_001;

#[test]
fn a_party_has_an_owner_and_outlives_it() {
    lanrage_lab::world::test(|| {
        let mut lab = Lab::new()?;
        let names = ["ann", "bo", "cem", "dora", "eve", "finn", "gil"];
        let hosts = stage::hosts_by_link(&mut lab, names)?;
        let mut ann = Player::create_without_server(&hosts[0], "ann", "Ann’s")?;
        let link = ann.own_link()?;
        let mut others = Vec::new();
        for (host, name) in hosts[1..5].iter().zip(&names[1..5]) {
            others.push(Player::join(host, name, link.clone())?);
            let count = others.len();
            ann.wait_until("the next one is in", |said| connected_friends(said) == count)?;
        }
        let [bo, cem, dora, eve] = &others[..] else { bail!("four friends") };
        for player in [bo, cem, dora, eve] {
            player.wait_until("all have met", |said| connected_friends(said) == 4)?;
        }

        // Bo sends everybody packets, and is kicked.
        let members = [&ann, cem, dora, eve];
        let mut receivers = Vec::new();
        for member in members {
            let address = SocketAddr::new(member.wait_for_address(PATIENCE)?.into(), PORT);
            receivers.push((member.name(), address, member.host().udp(PORT)?));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let targets = receivers.iter().map(|(_, address, _)| *address).collect();
        let sending = thread::spawn({
            let (socket, stop) = (bo.host().udp(0)?, Arc::clone(&stop));
            move || send(&socket, targets, &stop)
        });
        let listening: Vec<_> = receivers
            .into_iter()
            .map(|(name, _, socket)| {
                let stop = Arc::clone(&stop);
                (name, thread::spawn(move || last_heard(&socket, &stop)))
            })
            .collect();
        let seat = |player: &Player| {
            let address = SocketAddrV4::new(player.wait_for_address(PATIENCE)?, GAME_PORT);
            anyhow::Ok((player.host().udp(GAME_PORT)?, address))
        };
        let game = Flow::start(seat(cem)?, seat(dora)?)?;
        thread::sleep(Duration::from_millis(500));
        let kicked = Instant::now();
        ann.decide(&["kick", "bo"])?;
        let decided = kicked.elapsed();
        thread::sleep(2 * DEAF);
        let (counts, gap) = (game.counts(kicked), game.longest_gap(kicked));
        println!(
            "of {} packets between cem and dora since the kick {} are lost; longest gap {gap:.1?}",
            counts.sent, counts.lost
        );
        ensure!(counts.sent > 100 && counts.lost == 0, "a kick costs others {counts:?}");
        drop(game);
        stop.store(true, Ordering::Relaxed);
        sending.join().map_err(|_| anyhow::anyhow!("the sender"))?;
        println!("the command took {decided:.1?}");
        for (name, listening) in listening {
            let last = listening.join().map_err(|_| anyhow::anyhow!("a receiver"))?;
            let last = last.with_context(|| format!("{name} heard nothing at all"))?;
            let deaf = last.saturating_duration_since(kicked);
            println!("{name} heard bo until {deaf:.1?} after the command was given");
            ensure!(deaf < decided + DEAF, "{name} still heard bo after {deaf:.1?}");
        }
        ensure!(bo.tail().contains("you_were_removed"), "bo is not told; it said:\n{}", bo.tail());
        for member in members {
            member.wait_until("bo is nobody's friend", |said| connected_friends(said) == 3)?;
        }

        // The party is open, and still a link of before the kick only asks.
        let finn = Player::join(&hosts[5], "finn", link)?;
        ann.wait_until("finn waits", |said| said["party"]["requests"][0]["name"] == "finn")?;
        let said = ann.status()?;
        ensure!(said["party"]["admission"] == "open" && said["party"]["older_links_ask"] == true, "{said}");
        ann.decide(&["let-in", "finn"])?;
        finn.wait_until("finn is in", |said| connected_friends(said) == 4)?;

        // The owner's device dies, and a moderator lets a friend in.
        ann.decide(&["role", "cem", "moderator"])?;
        ann.decide(&["admission", "ask"])?;
        cem.wait_until("cem is told", |said| said["party"]["role"] == "moderator")?;
        dora.wait_until("dora is told", |said| said["party"]["admission"] == "ask")?;
        ann.kill()?;
        ensure!(dora.decide(&["kick", "eve"]).is_err(), "a member may not kick");
        let link = cem.status()?["party"]["invitation"].as_str().context("a link")?.to_owned();
        let gil = Player::join(&hosts[6], "gil", link)?;
        cem.wait_until("gil waits", |said| said["party"]["requests"][0]["name"] == "gil")?;
        let asked = Instant::now();
        cem.decide(&["let-in", "gil"])?;
        gil.wait_until("gil is in", |said| connected_friends(said) == 4)?;
        println!("gil is in {:.1?} after a moderator said so", asked.elapsed());
        let address = dora.wait_for_address(PATIENCE)?;
        ensure!(gil.host().can_ping(address)?, "no packet passes; gil said:\n{}", gil.tail());

        // The secret changes while the owner is off; it comes back, and leaves for good.
        cem.decide(&["kick", "eve"])?;
        dora.wait_until("eve is out", |said| connected_friends(said) == 3)?;
        let back = Instant::now();
        ann.start_again()?;
        ann.wait_until("the owner is back", |said| connected_friends(said) == 4)?;
        println!("the owner is back with everybody {:.1?} after its start", back.elapsed());
        let removed = |said: &serde_json::Value| said["party"]["removed"].as_array().map(Vec::len) == Some(2);
        ann.wait_until("it hears what a moderator has ruled, and its own rulings are kept", removed)?;
        ann.leave_for_good()?;
        cem.wait_until("the party is the moderator’s", |said| said["party"]["role"] == "owner")?;
        dora.wait_until("all know that", |said| {
            friend_in(said, "cem").is_some_and(|peer| peer["is_host"] == true && peer["role"] == "owner")
        })?;
        cem.decide(&["kick", "finn"])?;
        dora.wait_until("the new owner rules", |said| connected_friends(said) == 2)
    });
}

fn send(socket: &UdpSocket, targets: Vec<SocketAddr>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for target in &targets {
            // Whoever was kicked has no network for them any more.
            let _ = socket.send_to(b"bo", target);
        }
        thread::sleep(PACE);
    }
}

/// When the last packet came.
fn last_heard(socket: &UdpSocket, stop: &AtomicBool) -> Option<Instant> {
    let mut last = None;
    socket.set_read_timeout(Some(LOOK)).ok()?;
    while !stop.load(Ordering::Relaxed) {
        if socket.recv(&mut [0; 64]).is_ok() {
            last = Some(Instant::now());
        }
    }
    last
}
