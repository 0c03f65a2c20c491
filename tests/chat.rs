//! What is said in a party: all hear it at once, whoever comes later is told it by anybody who is there, and nobody else reads it.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::ensure;
use lanrage_lab::{Lab, Player, all_meet, capture::Capture, stage};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
/// The longest that a line may be under way, on a machine with other things to do.
const HEARD: Duration = Duration::from_secs(2);

fn lines(said: &Value) -> Vec<&str> {
    said["party"]["chat"].as_array().into_iter().flatten().filter_map(|line| line["text"].as_str()).collect()
}

#[test]
fn what_is_said_is_heard_by_all_and_by_whoever_comes_later() {
    lanrage_lab::world::test(|| {
        let mut lab = Lab::new()?;
        let hosts = stage::hosts_by_link(&mut lab, ["ann", "bo", "cem"])?;
        let mut ann = Player::create_without_server(&hosts[0], "ann", "Ann’s")?;
        let bo = Player::join(&hosts[1], "bo", ann.own_link()?)?;
        all_meet(&[&ann, &bo], 1, PATIENCE)?;

        let capture = Capture::start(lab.internet(), "public", "/run/chat.pcap".as_ref())?;
        let both = ["who hosts the Kartoffelsalat?", "I do"];
        let said = Instant::now();
        ann.say(&["who", "hosts", "the", "Kartoffelsalat?"])?;
        bo.wait_within(HEARD, "the line is heard", |said| {
            lines(said) == [both[0]] && said["party"]["chat"][0]["name"] == "ann"
        })?;
        println!("Said and heard after {} ms", said.elapsed().as_millis());
        bo.say(&["I do"])?;
        ann.wait_within(HEARD, "the answer is heard", |said| lines(said) == both)?;

        // The author is gone, and comes back with nothing; the newcomer never met her.
        ann.kill()?;
        let cem = Player::join(&hosts[2], "cem", bo.invite(&[])?.0)?;
        let of_bo = |said: &Value| lines(said).contains(&both[1]);
        cem.wait_within(PATIENCE, "what was said before is told", of_bo)?;
        ann.start_again()?;
        ann.wait_within(PATIENCE, "all that was said is told again", |said| lines(said) == both)?;
        cem.wait_within(PATIENCE, "also what somebody said who was away", |said| lines(said) == both)?;

        let frames = capture.finish()?;
        ensure!(frames.len() > 100, "{} frames were captured", frames.len());
        ensure!(frames.count_containing(b"Kartoffelsalat") == 0, "others could read it");
        Ok(())
    });
}
