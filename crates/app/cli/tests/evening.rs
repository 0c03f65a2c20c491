//! Two players of an evening, by the terminal alone.
#![cfg(target_os = "linux")]

use std::time::Duration;

use anyhow::{Context, ensure};
use lanrage_lab::{Lab, Player, all_meet, stage};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn friends_are_listed_measured_and_missed_and_the_last_party_is_resumed_by_its_name() {
    lanrage_lab::world::test(|| {
        let mut lab = Lab::new()?;
        let hosts = stage::hosts_by_link(&mut lab, ["ann", "bo"])?;
        let ann = Player::create_without_server(&hosts[0], "ann", "Friday LAN")?;
        let link = ann.own_link()?;
        let (code, alone) = ann.run(&["friends"])?;
        ensure!(code == Some(0) && alone.contains("lanrage invite"), "{code:?}: {alone}");
        let mut bo = Player::join(&hosts[1], "bo", link)?;
        all_meet(&[&ann, &bo], 1, PATIENCE)?;

        let (code, listed) = ann.run(&["friends"])?;
        let row = listed.lines().nth(1).context("a row")?;
        ensure!(
            code == Some(0) && row.contains("bo") && row.contains(" ms") && row.ends_with("now"),
            "{listed}"
        );
        let (_, script) = ann.run(&["friends", "--json"])?;
        let script: Value = serde_json::from_str(&script)?;
        ensure!(script[0]["name"] == "bo" && script[0]["is_here"] == true, "{script}");

        let (code, measured) = ann.run(&["ping", "BO", "--count", "3", "--interval", "0.2"])?;
        ensure!(
            code == Some(0) && measured.contains("3 sent, 3 answered, 0 % lost."),
            "{code:?}: {measured}"
        );
        let (_, script) = ann.run(&["ping", "bo", "-c", "2", "-i", "0.2", "--json"])?;
        let lines = script.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
        ensure!(lines.len() == 3 && lines[0]["rtt_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{script}");
        ensure!(lines[2]["answered"] == 2 && lines[2]["mean_ms"].is_f64(), "{script}");
        println!("Measured: {}", lines[2]);
        let (code, _) = ann.run(&["ping", "nobody"])?;
        ensure!(code == Some(2), "nobody is pinged with {code:?}");

        let (_, drawn) = ann.run(&["invite", "--qr"])?;
        ensure!(drawn.lines().next().is_some_and(|line| line.starts_with("████")), "{drawn}");
        ensure!(drawn.lines().next_back().is_some_and(|line| line.starts_with("lanrage://join/")), "{drawn}");

        // Whoever has paused is missed, and comes back by a part of the name.
        bo.kill()?;
        let (code, silent) = ann.run(&["ping", "bo", "--count", "1"])?;
        ensure!(code == Some(1) && silent.contains("1 sent, 0 answered, 100 % lost."), "{code:?}: {silent}");
        bo.start_again()?;
        all_meet(&[&ann, &bo], 1, PATIENCE)?;
        ensure!(bo.run(&["pause"])?.0 == Some(0), "no pause");
        ann.wait_within(PATIENCE, "whoever has paused is away", |said| {
            said["party"]["peers"][0]["online"] == false
        })?;
        let (_, listed) = ann.run(&["friends"])?;
        ensure!(listed.lines().nth(1).is_some_and(|row| row.ends_with("min ago")), "{listed}");
        ensure!(bo.run(&["resume", "sat"])?.0 == Some(2), "there is no such party");
        ensure!(bo.run(&["resume", "fri"])?.0 == Some(0), "no party begins so");
        all_meet(&[&ann, &bo], 1, PATIENCE)?;
        ensure!(
            bo.run(&["pause"])?.0 == Some(0) && bo.run(&["resume"])?.0 == Some(0),
            "the last one is none"
        );
        Ok(())
    });
}
