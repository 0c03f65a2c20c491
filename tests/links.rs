//! Links that let in so many for so long, with no server of anybody's: who comes by one is in without a question, whoever
//! comes after that is told why not, and a moderator's device lets in while the owner's is off.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Host, Lab, Player, connected_friends, friend_in, stage};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
/// How soon somebody is told that a link lets nobody in: it waits two seconds for a member who knows better.
const TOLD: Duration = Duration::from_secs(8);

#[test]
fn a_limited_link_lets_in_as_many_as_it_says_for_as_long_as_it_is_not_revoked() {
    lanrage_lab::world::test(|| {
        let mut lab = Lab::new()?;
        let names = ["ann", "bo", "cem", "dora", "eve", "finn", "gil"];
        let hosts = stage::hosts_by_link(&mut lab, names)?;
        let mut ann = Player::create_without_server(&hosts[0], "ann", "Ann’s")?;
        let own = ann.own_link()?;
        let cem = Player::join(&hosts[2], "cem", own.clone())?;
        ann.wait_until("cem is in by the party’s own link", |said| connected_friends(said) == 1)?;
        ann.decide(&["role", "cem", "moderator"])?;

        // One use: the first is in at once, the second reads why not.
        let (link, serial) = ann.invite(&["--uses", "1", "--expires", "1h"])?;
        let serial = serial.context("a limited link has a number")?;
        ensure!(ann.status()?["party"]["admission"] == "ask", "the limit would be without effect");
        let clicked = Instant::now();
        let bo = Player::join(&hosts[1], "bo", link.clone())?;
        bo.wait_until("bo is in", |said| connected_friends(said) == 2)?;
        println!("bo was in {:.0?} after the click, the start of its program included", clicked.elapsed());
        let address = cem.wait_for_address(PATIENCE)?;
        ensure!(bo.host().can_ping(address)?, "no packet passes; bo said:\n{}", bo.tail());
        ensure!(ann.status()?["party"]["links"][0]["came"][0] == "bo", "who came by it");
        refused(&hosts[3], "dora", link.clone(), "used up")?;

        // Who has the party's own link has to ask.
        let eve = Player::join(&hosts[4], "eve", own)?;
        ann.wait_until("eve waits", |said| said["party"]["requests"][0]["name"] == "eve")?;
        ann.decide(&["let-in", "eve"])?;
        eve.wait_until("eve is in", |said| connected_friends(said) == 3)?;

        // Revoked, and used by somebody in between.
        let (link, revoked) = ann.invite(&["--uses", "5"])?;
        let revoked = revoked.context("a number")?;
        cem_knows(&cem, &revoked)?;
        cem.decide(&["revoke", &revoked])?;
        ann.wait_until("all know that", |said| link_of(said, &revoked)["fault"] == "revoked")?;
        refused(&hosts[3], "dora", link, "revoked")?;

        // The owner is off: a moderator's device redeems what the owner has made.
        let (link, _) = ann.invite(&["--uses", "2"])?;
        cem.wait_until("cem has heard of the last link", |said| {
            said["party"]["links"].as_array().is_some_and(|links| links.len() == 3)
        })?;
        ann.kill()?;
        let clicked = Instant::now();
        let finn = Player::join(&hosts[5], "finn", link.clone())?;
        finn.wait_until("finn is in", |said| connected_friends(said) >= 3)?;
        println!("with the owner off, finn was in {:.0?} after the click", clicked.elapsed());
        bo.wait_until("bo knows finn", |said| has_friend(said, "finn"))?;

        // The owner comes back and concludes the same, and a lock lets nobody in.
        ann.start_again()?;
        ann.wait_until("the owner is back", |said| connected_friends(said) == 4)?;
        ensure!(link_of(&ann.status()?, &serial)["fault"] == "used_up", "what was kept of the first link");
        let came = |said: &Value| {
            let links = said["party"]["links"].as_array();
            links.into_iter().flatten().any(|link| link["came"][0] == "finn")
        };
        ann.wait_until("the owner counts finn", came)?;
        cem.decide(&["ban", "finn"])?;
        bo.wait_until("finn is out", |said| !has_friend(said, "finn"))?;
        refused(&hosts[6], "gil", link, "revoked")
    });
}

/// Whoever follows the link is told why it lets nobody in.
fn refused(host: &Host, name: &'static str, link: String, why: &str) -> Result<()> {
    let clicked = Instant::now();
    let player = Player::join(host, name, link)?;
    let said = player.wait_for_end(TOLD)?;
    ensure!(said.contains(why), "{name} was not told that the link is {why}, but:\n{said}");
    println!("{name} read after {:.1?} that the link is {why}", clicked.elapsed());
    Ok(())
}

fn cem_knows(cem: &Player, serial: &str) -> Result<()> {
    cem.wait_until("the moderator knows the link", |said| !link_of(said, serial).is_null())
}

/// The link of this number in a player's status.
fn link_of<'a>(status: &'a Value, serial: &str) -> &'a Value {
    let links = status["party"]["links"].as_array();
    links.into_iter().flatten().find(|link| link["serial"] == serial).unwrap_or(&Value::Null)
}

fn has_friend(status: &Value, name: &str) -> bool {
    friend_in(status, name).is_some_and(|friend| friend["state"] == "connected")
}
