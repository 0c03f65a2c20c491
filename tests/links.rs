//! Links that let in so many for so long, with no server of anybody's: who comes by one is in without a question, whoever
//! comes after that is told why not, and a moderator's device lets in while the owner's is off. So it is with who is told a short code.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{
    Host, Lab, Player, Stage, connected_friends,
    dht::LabDht,
    friend_in,
    stage::{self, Neighbourhood},
};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
/// How soon somebody is told that a link lets nobody in: it waits two seconds for a member who knows better.
const TOLD: Duration = Duration::from_secs(8);
/// How soon somebody is told that a code leads nowhere: some looks are waited for, and where nobody answers, longer.
const CODE_TOLD: Duration = Duration::from_secs(20);
const NOT_ANSWERED: Duration = Duration::from_secs(45);

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

#[test]
fn a_friend_who_types_a_code_is_in_and_nobody_is_after_that() {
    lanrage_lab::world::test(|| {
        let names = ["ann", "bo", "cem", "dora"];
        let place = Neighbourhood::build(&names)?;
        let [ann_host, bo_host, cem_host, dora_host] = &place.hosts[..] else { unreachable!() };
        let ann = Player::create_without_server(ann_host, "ann", "Ann’s")?;
        ann.own_link()?;
        let asked = Instant::now();
        let (code, serial) = ann.short_code()?;
        println!("the code was made in {:.1?}", asked.elapsed());
        ensure!(code.len() == 19, "the code is {code}");
        ensure!(ann.status()?["party"]["codes"][0]["code"] == code.as_str(), "it is shown");

        let typed = code.to_lowercase().replace('-', " ");
        let clicked = Instant::now();
        let bo = Player::join(bo_host, "bo", typed)?;
        bo.wait_until("bo is in", |said| connected_friends(said) == 1)?;
        println!(
            "bo was in {:.1?} after the code was typed, the start of the program included",
            clicked.elapsed()
        );
        let address = ann.wait_for_address(PATIENCE)?;
        ensure!(bo_host.can_ping(address)?, "no packet passes; bo said:\n{}", bo.tail());
        let said = ann.status()?;
        ensure!(said["party"]["links"][0]["came"][0] == "bo", "who came by it: {}", said["party"]["links"]);
        ensure!(said["party"]["links"][0]["serial"] == serial.as_str(), "by the link behind the code");
        ann.wait_until("the code is not shown any more", |said| said["party"]["codes"][0].is_null())?;
        told_why(cem_host, "cem", &code, "has been used", CODE_TOLD)?;

        let (code, serial) = ann.short_code()?;
        ann.decide(&["revoke", &serial])?;
        told_why(cem_host, "cem", &code, "taken back", CODE_TOLD)?;
        let wrong = if code.starts_with('A') { "B" } else { "A" };
        told_why(cem_host, "cem", &format!("{wrong}{}", &code[1..]), "has a typo", CODE_TOLD)?;
        told_why(cem_host, "cem", "0000-0000-0000-0000", "Nothing is behind", CODE_TOLD)?;

        Player::choose(cem_host, "cem", "find_friends", "link")?;
        told_why(cem_host, "cem", &code, "off in the settings", CODE_TOLD)?;
        // Who was in the store before knows nodes of it.
        Player::choose(dora_host, "dora", "dht_nodes", "192.0.2.1:6881")?;
        told_why(dora_host, "dora", &code, "does not answer", NOT_ANSWERED)
    });
}

#[test]
fn a_code_leads_to_a_party_with_a_server_that_the_friend_has_never_heard_of() {
    lanrage_lab::world::test(|| {
        let stage = Stage::build()?;
        let nodes = LabDht::start(&stage.lab, &stage.server)?;
        let _server = stage.start_control_server()?;
        let stun = format!("{}:{}", stage.server.address(), stage::STUN_PORT);
        for host in [&stage.one, &stage.two] {
            nodes.show_to(host, &stun)?;
        }
        let one = Player::create(&stage.one, "one", "Served", &stage.control_url())?;
        one.wait_until("the server is there", |said| said["control"]["state"] == "connected")?;
        let (code, _) = one.short_code()?;
        let two = Player::join(&stage.two, "two", code)?;
        two.wait_until("they are together", |said| connected_friends(said) == 1)?;
        ensure!(two.status()?["control"]["state"] == "connected", "the party's server is used");
        one.wait_until("the code is not shown any more", |said| said["party"]["codes"][0].is_null())
    });
}

/// Whoever types the code is told why it leads nowhere.
fn told_why(host: &Host, name: &'static str, code: &str, why: &str, limit: Duration) -> Result<()> {
    let typed = Instant::now();
    let player = Player::join(host, name, code.to_owned())?;
    let said = player.wait_for_end(limit)?;
    ensure!(said.contains(why), "{name} was not told: {why}. But:\n{said}");
    println!("{name} read after {:.1?}: {why}", typed.elapsed());
    Ok(())
}
