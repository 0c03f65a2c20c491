//! A party of five, of whom one hosts.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{Game, LIMIT, PAUSE, READY_LIMIT, Seen};
use crate::{Player, all_meet, friend_in, stage::Neighbourhood};

const NAMES: [&str; 5] = ["one", "two", "three", "four", "five"];

/// Starts and kills a server on player one's computer, in a party with nobody's server and each player behind a router that lets
/// no stranger in; the times are those of whoever is shown it last. Build it inside a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built, or the party does not stand.
pub fn play(game: Game) -> Result<Seen> {
    let place = Neighbourhood::build(&NAMES)?;
    let one = Player::create_without_server(&place.hosts[0], NAMES[0], "LAN")?;
    let link = one.own_link()?;
    let newcomers = place.hosts.iter().zip(NAMES).skip(1);
    let others: Vec<Player> =
        newcomers.map(|(host, name)| Player::join(host, name, link.clone())).collect::<Result<_>>()?;
    let all: Vec<_> = others.iter().chain([&one]).collect();
    all_meet(&all, NAMES.len() - 1, READY_LIMIT)?;
    let begun = Instant::now();
    let mut server = game.serve(one.host())?;
    let shown = last(&others, game, begun, true)?;
    let words = others.len().to_string() + " were shown it";
    server.kill()?;
    let gone = last(&others, game, Instant::now(), false)?;
    let problem = shown.is_none().then(|| format!("not shown to all; the server said:\n{}", server.tail()));
    Ok(Seen { what: "five players".to_owned(), shown, told: shown, gone, words, problem })
}

/// How long after `since` the last of them is shown that player one hosts the game, or is not any more.
fn last(players: &[Player], game: Game, since: Instant, hosts: bool) -> Result<Option<Duration>> {
    let mut waiting: Vec<&Player> = players.iter().collect();
    while since.elapsed() < LIMIT {
        let mut left = Vec::new();
        for player in waiting {
            let status = player.status()?;
            let games = friend_in(&status, NAMES[0]).and_then(|one| one["games"].as_array());
            let is_shown = games.is_some_and(|games| {
                games.iter().any(|shown| shown["slug"] == game.slug() && shown["hosted"].is_object())
            });
            if is_shown != hosts {
                left.push(player);
            }
        }
        if left.is_empty() {
            return Ok(Some(since.elapsed()));
        }
        waiting = left;
        thread::sleep(PAUSE);
    }
    Ok(None)
}
