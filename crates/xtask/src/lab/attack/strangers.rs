//! All that a stranger may try at the port of a player whose party has no server. Nothing of it is answered, and friends hardly
//! notice.

use std::{
    net::SocketAddrV4,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Lab, Player, expected::Family, program, stage};
use serde_json::Value;

use super::{
    Row, Scale,
    flood::{self, Flood},
    players::{download, port_of_lanes},
    share,
};

/// What the players may take for what is not measured.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// Datagrams a second, of 140 Mbit/s, and how long all of them take: ten million in the long form.
const RATE: u32 = 50_000;
const ALL: Duration = Duration::from_secs(204);
/// Datagrams a second while a game is played.
const GAME_RATE: u32 = 20_000;
const ECHO_PORT: u16 = 7_777;
/// What friends must have left of a download, and by how much the slowest packets of a game may be slower.
const DOWNLOAD: f64 = 0.7;
const SLOWER: f64 = 1.2;
/// The most that the program may grow by (KiB).
const GROWN_KIB: u64 = 8 * 1_024;

/// By somebody who knows where a player is, and nothing else.
pub(super) fn all_kinds(Scale { long, slack }: Scale, quick: bool) -> Result<Vec<Row>> {
    let mut lab = Lab::new()?;
    let server = lab.public_host("server", 5)?;
    let hosts = [lab.public_host("one", 61)?, lab.public_host("two", 62)?];
    let eve = lab.public_host("eve", 66)?;
    lab.settle()?;
    let (_stun, stun) = stage::start_stun(&server)?;
    for host in &hosts {
        Player::choose(host, host.name(), "stun_servers", &stun)?;
        Player::choose(host, host.name(), "find_friends", "link")?;
    }
    let one = Player::create_without_server(&hosts[0], "one", "Nobody's")?;
    let two = Player::join(&hosts[1], "two", one.own_link()?)?;
    one.wait_until_direct(&two, READY_LIMIT)?;
    let address = one.wait_for_address(READY_LIMIT)?;
    let port = port_of_lanes(one.host(), Family::V4)?;
    let socket = SocketAddrV4::new(one.host().address(), port).to_string();
    let strangers = |rate: u32, length| {
        Flood::start(&eve, "bench_load", &["strange", &socket, "--rate", &rate.to_string()], length)
    };

    let before = one.program().resident_kib()?;
    let (all, began) = (if quick { long } else { ALL }, Instant::now());
    let attack = strangers(RATE, all)?;
    let attacked = download(&one, &two, address, long)?;
    let said = attack.finish()?;
    let seconds = began.elapsed().as_secs_f64();
    let calm = download(&one, &two, address, long)?;
    let (sent, mut heard) = (number(&said, "sent")?, number(&said, "heard_bytes")?);
    let grown = one.program().resident_kib()?.saturating_sub(before);

    let to = format!("{address}:{ECHO_PORT}");
    let mut echo = one.host().command(program("bench_load"));
    echo.args(["echo", &to]);
    let echo = one.host().spawn(echo)?;
    echo.wait_for("beginning", READY_LIMIT, |line| line.contains("ready").then_some(()))?;
    let play = || {
        let words = ["game", &to, "--seconds", &long.as_secs().to_string()];
        let said = flood::ask(two.host(), "bench_load", &words)?;
        ensure!(number(&said, "received")? > 0.9 * number(&said, "sent")?, "the game is lost: {said}");
        number(&said, "p99_us")
    };
    let first = play()?;
    let attack = strangers(GAME_RATE, long + Duration::from_secs(2))?;
    let slow = play()?;
    heard += number(&attack.finish()?, "heard_bytes")?;
    let usual = first.max(play()?);
    let all_sent = if quick { 100_000.0 } else { 1e7 };
    Ok(vec![
        Row {
            what: "datagrams of a stranger",
            calm: "–".to_owned(),
            attacked: format!("{sent:.0} in {seconds:.0} s"),
            goal: format!("≥ {all_sent:.0}"),
            passes: sent >= all_sent,
        },
        Row {
            what: "bytes that came back",
            calm: "–".to_owned(),
            attacked: format!("{heard:.0}"),
            goal: "none".to_owned(),
            passes: heard == 0.0,
        },
        Row {
            what: "growth of the player's program, KiB",
            calm: "–".to_owned(),
            attacked: grown.to_string(),
            goal: format!("≤ {GROWN_KIB}"),
            passes: grown <= GROWN_KIB,
        },
        Row::download(calm, attacked, DOWNLOAD / slack),
        Row {
            what: "game, 99 % of round trips within, µs",
            calm: format!("{usual:.0}"),
            attacked: format!("{slow:.0} ({:.2} times)", share(slow, usual)),
            goal: format!("≤ {:.1} times", SLOWER * slack),
            passes: slow <= usual * SLOWER * slack,
        },
    ])
}

fn number(said: &Value, key: &str) -> Result<f64> {
    said[key].as_f64().with_context(|| format!("no {key} in {said}"))
}
