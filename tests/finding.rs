//! Finding friends in a public store: what others see of it, and by clocks that are wrong.
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    net::Ipv4Addr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER;
use lanrage_lab::{
    Host, Player,
    capture::{Capture, Frames},
    connected_friends, program,
    stage::{self, Neighbourhood},
    world,
};
use serde_json::Value;

/// How long two may take to meet.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// What stands before the content of a datagram: the heads of Ethernet, IPv4 and UDP.
const HEADS: usize = 14 + 20 + 8;
/// Until the note of whoever is in is stored, and read back.
const STORED: Duration = Duration::from_secs(12);

/// What starts a `lanrage` whose wall clock is wrong by this.
fn by_clock(error: &str) -> Result<Vec<OsString>> {
    let folders = fs::read_dir("/usr/lib").context("/usr/lib")?;
    let library = |folder: fs::DirEntry| folder.path().join("faketime/libfaketimeMT.so.1");
    let mut libraries = folders.flatten().map(library);
    let library =
        libraries.find(|library| library.exists()).context("this test needs the package faketime")?;
    // What measures time alone, as a router's timers do, is right. The program of that name would stand between us and ours.
    let variables = [
        format!("LD_PRELOAD={}", library.display()),
        format!("FAKETIME={error}"),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let words = ["env".to_owned()].into_iter().chain(variables).map(OsString::from);
    Ok(words.chain([program("lanrage").into()]).collect())
}

/// A friend whose clock is wrong by this meets the host of a party that it follows a link to.
fn meets_by_clock(error: &str) -> Result<()> {
    let place = Neighbourhood::build(&["one", "two"])?;
    let one = Player::create_without_server(&place.hosts[0], "one", "Nobody's")?;
    let link = one.own_link()?;
    let clicked = Instant::now();
    let two = Player::join_with(&place.hosts[1], "two", by_clock(error)?, stage::data_folder("two")?, &link)?;
    two.wait_within(MEET_LIMIT, "it meets the host", |said| connected_friends(said) == 1)?;
    println!("by a clock that is wrong by {error}: met {:.1?} after the click", clicked.elapsed());
    Ok(())
}

#[test]
fn whose_clock_is_twenty_hours_ahead_meets_friends() {
    world::test(|| meets_by_clock("+20h"));
}

#[test]
fn whose_clock_is_set_back_by_hours_between_two_starts_meets_friends_again() {
    world::test(|| {
        let place = Neighbourhood::build(&["one", "two"])?;
        let one = Player::create_without_server(&place.hosts[0], "one", "Nobody's")?;
        let data = stage::data_folder("two")?;
        let mut two = Player::join_with(&place.hosts[1], "two", by_clock("+20h")?, data, &one.own_link()?)?;
        let meet = |two: &Player| {
            two.wait_within(MEET_LIMIT, "it meets the host", |said| connected_friends(said) == 1)
        };
        meet(&two)?;
        two.kill()?;
        let started = Instant::now();
        two.start_again_with(by_clock("+0h")?)?;
        meet(&two)?;
        println!("met again {:.1?} after the start", started.elapsed());
        Ok(())
    });
}

#[test]
fn who_has_left_by_a_clock_that_was_ahead_comes_back_by_the_right_one() {
    world::test(|| {
        let place = Neighbourhood::build(&["one", "two"])?;
        let one = Player::create_without_server(&place.hosts[0], "one", "Nobody's")?;
        let link = one.own_link()?;
        let meet = |starter| -> Result<Player> {
            let two = Player::join_with(&place.hosts[1], "two", starter, stage::data_folder("two")?, &link)?;
            two.wait_within(MEET_LIMIT, "it meets the host", |said| connected_friends(said) == 1)?;
            Ok(two)
        };
        let mut ahead = meet(by_clock("+20h")?)?;
        ahead.leave_for_good()?;
        one.wait_until("the other is gone", |said| connected_friends(said) == 0)?;
        ahead.stop()?;
        let clicked = Instant::now();
        meet(by_clock("+0h")?)?;
        println!("met again {:.1?} after the click", clicked.elapsed());
        Ok(())
    });
}

#[test]
fn whose_clock_is_twenty_hours_behind_meets_friends() {
    world::test(|| meets_by_clock("-20h"));
}

#[test]
fn whoever_listens_learns_nothing_of_the_party_and_the_notes_of_two_days_have_nothing_in_common_but_their_length()
 {
    world::test(|| {
        let names = ["alexandra", "barthold"];
        let place = Neighbourhood::build(&names)?;
        let party = "Secret gathering";
        let mut players: Option<[Player; 2]> = None;
        let mut days: Vec<Notes> = Vec::new();
        // Half an hour before and after a party's day begins, which may be now, the notes of both days are there.
        for error in ["+0h", "+48h"] {
            let file = format!("/run/day-{}.pcap", days.len());
            let capture = Capture::start(place.lab.internet(), "public", file.as_ref())?;
            let mut both = match players.take() {
                None => {
                    let one = Player::create_alone_with(&place.hosts[0], names[0], by_clock(error)?, party)?;
                    let (data, link) = (stage::data_folder(names[1])?, one.own_link()?);
                    let two = Player::join_with(&place.hosts[1], names[1], by_clock(error)?, data, &link)?;
                    [one, two]
                }
                Some(mut both) => {
                    both.iter_mut().try_for_each(|player| player.start_again_with(by_clock(error)?))?;
                    both
                }
            };
            for player in &both {
                player.wait_within(MEET_LIMIT, "they meet", |said| connected_friends(said) == 1)?;
            }
            thread::sleep(STORED);
            let told = [both[0].status()?, both[1].status()?];
            let link = both[0].addressed_link()?;
            both.iter_mut().try_for_each(Player::stop)?;
            let frames = capture.finish()?;
            shows_nothing(&frames, &told, &place.hosts, party, &link)?;
            days.push(Notes::of(&frames)?);
            players = Some(both);
        }
        let [first, second] = &days[..] else { anyhow::bail!("two days") };
        println!(
            "{} and {} times something was stored, of {:?} bytes, at {} and {} places",
            first.puts,
            second.puts,
            first.lengths,
            first.places.len(),
            second.places.len()
        );
        ensure!(first.lengths.len() == 1 && first.lengths == second.lengths, "{first:?} {second:?}");
        ensure!(first.places.is_disjoint(&second.places), "a place was used on both days");
        Ok(())
    });
}

/// Nothing that tells of a party, its members or their homes is in the frames.
fn shows_nothing(frames: &Frames, told: &[Value], hosts: &[Host], party: &str, link: &str) -> Result<()> {
    ensure!(frames.len() > 100, "{} frames are no day", frames.len());
    let mut secrets: Vec<(String, Vec<u8>)> = vec![
        ("the party's name".to_owned(), party.into()),
        ("the link".to_owned(), link.trim_start_matches("lanrage://join/").into()),
    ];
    for host in hosts {
        secrets.push((format!("{}'s address at home", host.name()), host.address().octets().into()));
    }
    for said in told {
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a text");
        let name = text(&said["player_name"])?;
        for (what, id) in [("player", text(&said["peer_id"])?), ("party", text(&said["party"]["id"])?)] {
            secrets.push((format!("the {what}'s id"), HEXLOWER.decode(id.as_bytes())?));
            secrets.push((format!("the {what}'s id as text"), id.into_bytes()));
        }
        secrets.push((format!("the name {name}"), name.into_bytes()));
        let lease: Ipv4Addr = text(&said["party"]["virtual_ip"])?.parse()?;
        secrets.push(("a virtual address".to_owned(), lease.octets().into()));
    }
    for (what, bytes) in secrets {
        // Where a datagram goes everybody sees: a friend may be at home here, so it is looked for there.
        let content = |frame: &&[u8]| position(frame.get(HEADS..).unwrap_or_default(), &bytes).is_some();
        let times = frames.containing(&bytes).filter(content).count();
        ensure!(times == 0, "{times} datagrams contain {what}");
    }
    Ok(())
}

/// What was stored in the public store within a capture.
#[derive(Debug)]
struct Notes {
    puts: usize,
    lengths: BTreeSet<usize>,
    /// Public keys, whose hashes are the places.
    places: BTreeSet<Vec<u8>>,
}

impl Notes {
    fn of(frames: &Frames) -> Result<Self> {
        let mut notes = Self { puts: 0, lengths: BTreeSet::new(), places: BTreeSet::new() };
        for frame in frames.containing(b"1:q3:put") {
            let key = after(frame, b"1:k32:", 32).context("a put without a key")?;
            let at = position(frame, b"1:v").context("a put without a value")?;
            let length: String =
                frame[at..].iter().map(|byte| char::from(*byte)).take_while(|c| *c != ':').collect();
            notes.puts += 1;
            notes.lengths.insert(length.parse()?);
            notes.places.insert(key.to_vec());
        }
        ensure!(notes.puts > 0, "nothing was stored");
        Ok(notes)
    }
}

fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|part| part == mark).map(|at| at + mark.len())
}

fn after<'a>(bytes: &'a [u8], mark: &[u8], length: usize) -> Option<&'a [u8]> {
    bytes.get(position(bytes, mark)?..)?.get(..length)
}
