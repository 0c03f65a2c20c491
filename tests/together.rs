//! What the members of a party do together, with nobody's server: they ask each other whether all are ready, and see where
//! the party talks, as its owner or a moderator has pinned it.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Lab, Player, all_meet, capture::Capture, stage};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
/// The longest that a word may be under way, on a machine with other things to do.
const HEARD: Duration = Duration::from_secs(2);

fn state(said: &Value) -> Option<&str> {
    said["party"]["ready_check"]["state"].as_str()
}

/// What a friend of this name has answered, as a player sees it.
fn answer<'a>(said: &'a Value, friend: &str) -> Option<&'a str> {
    let friends = said["party"]["peers"].as_array()?;
    friends.iter().find(|peer| peer["name"] == friend)?["readiness"].as_str()
}

/// Waits for it at each of them, and gives the milliseconds since then.
fn at_all(players: &[&Player], since: Instant, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<u128> {
    for player in players {
        player.wait_within(HEARD, what, &is_so)?;
    }
    Ok(since.elapsed().as_millis())
}

/// What is pinned, as a player sees it.
fn voice(said: &Value) -> Option<(&str, bool)> {
    let voice = &said["party"]["voice"];
    Some((voice["text"].as_str()?, voice["can_open"].as_bool()?))
}

#[test]
fn who_may_pins_where_the_party_talks_and_all_see_it() {
    lanrage_lab::world::test(|| {
        let mut lab = Lab::new()?;
        let hosts = stage::hosts_by_link(&mut lab, ["ann", "bo", "cem"])?;
        let mut ann = Player::create_without_server(&hosts[0], "ann", "Ann’s")?;
        let bo = Player::join(&hosts[1], "bo", ann.own_link()?)?;
        all_meet(&[&ann, &bo], 1, PATIENCE)?;
        let refused =
            bo.decide(&["voice", "https://evil.example"]).err().context("Bo is a member")?.to_string();
        ensure!(refused.contains("Only the owner"), "{refused}");
        let too_long = format!("https://discord.gg/{}", "a".repeat(200));
        ensure!(ann.decide(&["voice", &too_long]).is_err(), "half a link leads nowhere");

        let capture = Capture::start(lab.internet(), "public", "/run/voice.pcap".as_ref())?;
        let pinned = Instant::now();
        ann.decide(&["voice", "https://discord.gg/Kartoffelsalat"])?;
        let all = [&ann, &bo];
        let ms = at_all(&all, pinned, "the link is seen", |said| {
            voice(said) == Some(("https://discord.gg/Kartoffelsalat", true))
        })?;
        println!("voice link seen after {ms} ms");

        ann.decide(&["role", "bo", "moderator"])?;
        bo.wait_until("Bo is a moderator", |said| said["party"]["role"] == "moderator")?;

        // Its author is gone: whoever comes is told by a friend, and all that are started again know it.
        ann.kill()?;
        let cem = Player::join(&hosts[2], "cem", bo.invite(&[])?.0)?;
        cem.wait_until("a newcomer sees it", |said| voice(said).is_some())?;
        ann.start_again()?;
        ann.wait_until("it was kept", |said| voice(said).is_some())?;
        all_meet(&[&ann, &bo, &cem], 2, PATIENCE)?;

        // A moderator pins another; what is no address of a voice program is a text and no more.
        bo.decide(&["voice", "the", "usual", "channel"])?;
        let all = [&ann, &bo, &cem];
        at_all(&all, pinned, "a moderator's is seen", |said| {
            voice(said) == Some(("the usual channel", false))
        })?;
        ann.decide(&["voice", "--clear"])?;
        at_all(&all, pinned, "there is none any more", |said| voice(said).is_none())?;

        let frames = capture.finish()?;
        ensure!(frames.len() > 100, "{} frames were captured", frames.len());
        ensure!(frames.count_containing(b"Kartoffelsalat") == 0, "others could read it");
        Ok(())
    });
}

#[test]
fn everybody_is_asked_whether_they_are_ready_and_sees_who_is() {
    lanrage_lab::world::test(|| {
        let mut lab = Lab::new()?;
        let hosts = stage::hosts_by_link(&mut lab, ["ann", "bo", "cem"])?;
        let mut ann = Player::create_without_server(&hosts[0], "ann", "Ann’s")?;
        let bo = Player::join(&hosts[1], "bo", ann.own_link()?)?;
        all_meet(&[&ann, &bo], 1, PATIENCE)?;
        let refused = bo.ready(&[]).err().context("nobody asks")?.to_string();
        ensure!(refused.contains("Nobody is asking"), "{refused}");

        // One asks; who is ready is seen by all, and whoever comes meanwhile is asked too.
        let asked = Instant::now();
        ann.ready(&["--ask"])?;
        bo.wait_within(HEARD, "Bo is asked", |said| {
            state(said) == Some("asking") && answer(said, "ann") == Some("ready")
        })?;
        println!("asked after {} ms", asked.elapsed().as_millis());
        let cem = Player::join(&hosts[2], "cem", bo.invite(&[])?.0)?;
        cem.wait_within(PATIENCE, "who comes meanwhile is asked too", |said| {
            state(said) == Some("asking") && answer(said, "ann") == Some("ready")
        })?;
        all_meet(&[&ann, &bo, &cem], 2, PATIENCE)?;
        let said = Instant::now();
        bo.ready(&["--not-yet"])?;
        let ms =
            at_all(&[&ann, &cem], said, "Bo needs a moment", |said| answer(said, "bo") == Some("not_yet"))?;
        println!("not yet, seen by all after {ms} ms");
        cem.ready(&[])?;
        ann.wait_within(HEARD, "Cem is ready", |said| answer(said, "cem") == Some("ready"))?;
        ensure!(state(&ann.status()?) == Some("asking"), "Bo is waited for");

        // Whoever is started again is asked again, and it ends for all when the last one is ready.
        ann.kill()?;
        ann.start_again()?;
        ann.wait_within(PATIENCE, "who asked is asked as well", |said| {
            state(said) == Some("asking") && answer(said, "bo") == Some("not_yet")
        })?;
        ann.ready(&[])?;
        // She has no name of her own in this life.
        bo.wait_within(HEARD, "Ann is ready again", |said| answer(said, "Player") == Some("ready"))?;
        let said = Instant::now();
        bo.ready(&[])?;
        let ms = at_all(&[&ann, &bo, &cem], said, "everybody is ready", |said| {
            state(said) == Some("everybody_ready")
        })?;
        println!("everybody ready, seen by all after {ms} ms");
        for player in [&ann, &bo, &cem] {
            let gone = |said: &Value| said["party"]["ready_check"].is_null();
            player.wait_within(PATIENCE, "it is over", gone)?;
        }
        Ok(())
    });
}
