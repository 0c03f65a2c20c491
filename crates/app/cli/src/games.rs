//! `lanrage games`: who plays and hosts what, and what is known of games.

pub(crate) mod profiles;
mod why;

use std::{fmt::Write, ops::RangeInclusive, time::Duration};

use lanrage_engine::{
    CommandError, GameSource, GameView, HostedView, PartyView, PeerView, Snapshot,
    api::{
        self, BringSearches, Certainty, ExportGames, HideGame, ImportGames, KnownGameView, LetSearch,
        LookForGames, ResetGame, SaveGame, WaysIntoGame,
    },
    start_game,
};
use serde::Serialize;

use crate::{
    arguments::{
        Target,
        games::{Games, GamesAction},
    },
    data::{ask, standard_input},
    failure::Failure,
    meant::unknown,
    output::{Output, report_done, table},
    party::rights,
    running::connect,
    say::person,
};

/// How long everybody is asked for games, and answers.
const SEARCH: Duration = Duration::from_millis(4_000);

/// A game that somebody plays or hosts, for a script.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// Who.
    player: &'a str,
    /// Their id.
    peer: &'a str,
    /// Whether that is this device's player.
    is_you: bool,
    /// How far they are.
    latency_ms: Option<f64>,
    #[serde(flatten)]
    game: &'a GameView,
}

pub(crate) async fn games(games: Games, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    match games.action {
        None => {
            let snapshot = connect(target).await?.ask(api::Status {}).await?;
            show(&snapshot, output)?;
        }
        Some(GamesAction::Look) => {
            let mut client = connect(target).await?;
            client.ask(LookForGames {}).await?;
            tokio::time::sleep(SEARCH).await;
            show(&client.ask(api::Status {}).await?, output)?;
        }
        Some(GamesAction::List) => {
            let known = ask(target, api::Games {}).await?;
            let rows: Vec<[String; 4]> = known.iter().map(row).collect();
            output.write(&table::columns(["id", "game", "ports", "origin"], &rows), &known);
        }
        Some(GamesAction::Show { game }) => {
            let found = find(target, &game).await?;
            output.write(&about(&found), &found);
        }
        Some(GamesAction::Save { game, programs, servers, udp, tcp }) => {
            let known = known(target, &game).await?;
            let written = |transport: &str, ranges: Vec<RangeInclusive<u16>>| {
                let text =
                    |range: &RangeInclusive<u16>| format!("{transport} {}-{}", range.start(), range.end());
                ranges.iter().map(text).collect::<Vec<_>>()
            };
            let ports = [written("udp", udp), written("tcp", tcp)].concat();
            let or = |given: Vec<String>, before: fn(&KnownGameView) -> &Vec<String>| match &known {
                Some(known) if given.is_empty() => before(known).clone(),
                _ => given,
            };
            let request = SaveGame {
                slug: known.as_ref().map(|known| known.slug.clone()),
                programs: or(programs, |known| &known.programs),
                servers: or(servers, |known| &known.servers),
                ports: or(ports, |known| &known.ports),
                name: known.as_ref().map_or(game, |known| known.name.clone()),
            };
            ask(target, request).await?;
            report_done(output);
        }
        Some(GamesAction::Hide { game }) => {
            ask(target, HideGame { slug: slug(target, game).await?, hidden: true }).await?;
            report_done(output);
        }
        Some(GamesAction::Unhide { game }) => {
            ask(target, HideGame { slug: slug(target, game).await?, hidden: false }).await?;
            report_done(output);
        }
        Some(GamesAction::LetThrough { game }) => {
            ask(target, LetSearch { slug: slug(target, game).await?, through: true }).await?;
            report_done(output);
        }
        Some(GamesAction::KeepHome { game }) => {
            ask(target, LetSearch { slug: slug(target, game).await?, through: false }).await?;
            report_done(output);
        }
        Some(GamesAction::BringSearches { game }) => {
            ask(target, BringSearches { slug: slug(target, game).await?, bring: true }).await?;
            report_done(output);
        }
        Some(GamesAction::LeaveSearches { game }) => {
            ask(target, BringSearches { slug: slug(target, game).await?, bring: false }).await?;
            report_done(output);
        }
        Some(GamesAction::Reset { game }) => {
            ask(target, ResetGame { slug: slug(target, game).await? }).await?;
            report_done(output);
        }
        Some(GamesAction::Export) => {
            let text = ask(target, ExportGames {}).await?;
            output.write(&(text.clone() + "\n"), &text);
        }
        Some(GamesAction::Import) => {
            let games = ask(target, ImportGames { text: standard_input()? }).await?;
            let text = person().say_with("terminal-games-imported", [("games", games.into())]);
            output.write(&(text + "\n"), &games);
        }
        Some(GamesAction::Why(why)) => why::why(&why, target).await?,
        Some(GamesAction::Join { player, game }) => {
            let mut client = connect(target).await?;
            let snapshot = client.ask(api::Status {}).await?;
            let party = snapshot.party.as_ref().ok_or(CommandError::NotInParty)?;
            let friend = rights::friend(party, &player)?;
            let (name, at) = hosted_by(friend, game.as_deref()).ok_or(CommandError::NoGameThere)?;
            let ways =
                client.ask(WaysIntoGame { peer: friend.id.clone(), address: at.address.clone() }).await?;
            start_game(name, &ways).await?;
            report_done(output);
        }
    }
    Ok(())
}

/// Who plays and hosts what.
fn show(snapshot: &Snapshot, output: Output) -> Result<(), Failure> {
    let party = snapshot.party.as_ref().ok_or(CommandError::NotInParty)?;
    let lines = lines(snapshot, party);
    output.write(&sentences(&lines), &lines);
    Ok(())
}

/// The game of this name, or short name, if one is known.
async fn known(target: &Target, game: &str) -> Result<Option<KnownGameView>, Failure> {
    let wanted = game.trim().to_lowercase();
    let is_meant = |known: &KnownGameView| known.slug == wanted || known.name.to_lowercase() == wanted;
    Ok(ask(target, api::Games {}).await?.into_iter().find(is_meant))
}

async fn slug(target: &Target, game: String) -> Result<String, Failure> {
    Ok(find(target, &game).await?.slug)
}

/// The game of this name, or short name.
async fn find(target: &Target, game: &str) -> Result<KnownGameView, Failure> {
    if let Some(known) = known(target, game).await? {
        return Ok(known);
    }
    let all = ask(target, api::Games {}).await?;
    let sentence = person().say_with("terminal-unknown-game", [("game", game.trim().into())]);
    Err(unknown(sentence, all.iter().flat_map(|known| [known.slug.as_str(), known.name.as_str()]), game))
}

fn row(game: &KnownGameView) -> [String; 4] {
    let origin = person().word("game-origin", &game.origin);
    let origin = if game.is_hidden { format!("{origin}, {}", person().say("game-hidden")) } else { origin };
    [game.slug.clone(), game.name.clone(), game.ports.join(", "), origin]
}

/// The game that is meant of those that a friend hosts; the first if none is named.
fn hosted_by<'a>(friend: &'a PeerView, game: Option<&str>) -> Option<(&'a str, &'a HostedView)> {
    let wanted = game.map(|game| game.trim().to_lowercase());
    let is_meant = |game: &&GameView| {
        wanted.as_ref().is_none_or(|wanted| game.slug == *wanted || game.name.to_lowercase() == *wanted)
    };
    friend.games.iter().filter(is_meant).find_map(|game| Some((game.name.as_str(), game.hosted.as_ref()?)))
}

/// What is hosted first, then what is played; friends before oneself.
fn lines<'a>(snapshot: &'a Snapshot, party: &'a PartyView) -> Vec<Line<'a>> {
    let of_friends = party.peers.iter().flat_map(|friend| {
        friend.games.iter().map(|game| Line {
            player: &friend.name,
            peer: &friend.id,
            is_you: false,
            latency_ms: friend.latency_ms,
            game,
        })
    });
    let own = party.games.iter().map(|game| Line {
        player: &snapshot.player_name,
        peer: &snapshot.peer_id,
        is_you: true,
        latency_ms: None,
        game,
    });
    let mut lines: Vec<Line<'_>> = of_friends.chain(own).collect();
    lines.sort_by_key(|line| line.game.hosted.is_none());
    lines
}

fn sentences(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{}", sentence(line));
    }
    if lines.is_empty() { person().say("games-none") + "\n" } else { text }
}

fn sentence(line: &Line<'_>) -> String {
    let say = person();
    let key = match (line.is_you, line.game.hosted.is_some()) {
        (false, true) => "games-hosts",
        (false, false) => "games-plays",
        (true, true) => "games-you-host",
        (true, false) => "games-you-play",
    };
    let game = line.game.name.as_str().into();
    let who = match line.is_you {
        true => say.say_with(key, [("game", game)]),
        false => say.say_with(key, [("peer", line.player.into()), ("game", game)]),
    };
    let Some(hosted) = &line.game.hosted else { return who };
    let players = match (hosted.players, hosted.max_players) {
        (Some(players), Some(most)) => Some(format!("{players}/{most}")),
        (Some(players), None) => Some(players.to_string()),
        _ => None,
    };
    let details: Vec<String> = [
        hosted.title.clone(),
        hosted.map.clone(),
        players,
        hosted.version.clone(),
        hosted.is_locked.then(|| say.say("games-locked")),
        line.latency_ms.map(|ms| format!("{ms:.0} ms")),
        match line.game.source {
            GameSource::Told => None,
            GameSource::Announced => Some(say.say("games-announced")),
            GameSource::Answers => Some(say.say("games-answers")),
        },
    ]
    .into_iter()
    .flatten()
    .collect();
    let details = if details.is_empty() { String::new() } else { format!(": {}", details.join(", ")) };
    format!("{who}{details}  {}", hosted.address)
}

/// All that is known of a game.
fn about(game: &KnownGameView) -> String {
    let say = person();
    let sure = |certainty: Certainty| match certainty {
        Certainty::Likely => format!(" ({})", say.word("certainty", &certainty)),
        Certainty::Unknown | Certainty::Certain => String::new(),
    };
    let mut text = format!("{} ({})\n", game.name, game.slug);
    let mut line = |head: &str, words: String| {
        if !words.is_empty() {
            let _ = writeln!(text, "  {}: {words}", say.word("terminal-head", &head));
        }
    };
    line("programs", game.programs.join(", "));
    line("servers", game.servers.join(", "));
    if !game.ports.is_empty() {
        line("ports", game.ports.join(", ") + &sure(game.ports_certainty));
    }
    for way in &game.discovery {
        let ports = way.ports.as_ref().map(|ports| format!(" ({ports})")).unwrap_or_default();
        line("discovery", say.word("discovery", &way.kind) + &ports + &sure(game.discovery_certainty));
    }
    for launch in &game.launch {
        line("launch", launch.join(" ") + &sure(game.launch_certainty));
    }
    for (is_so, word) in
        [(game.lets_search, "known-games-let-through"), (game.brings_searches, "known-games-bring")]
    {
        if is_so == Some(true) {
            let _ = writeln!(text, "  {}", say.say(word));
        }
    }
    for hint in &game.hints {
        let _ = writeln!(text, "  {}", say.word("hint", hint));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let hosted = HostedView {
            address: "10.66.0.2:8303".to_owned(),
            title: Some("Skyblock".to_owned()),
            players: Some(3),
            max_players: Some(8),
            version: Some("0.7.5".to_owned()),
            ..HostedView::default()
        };
        let game = |slug: &str, name: &str, hosted| GameView {
            slug: slug.to_owned(),
            name: name.to_owned(),
            hosted,
            ..GameView::default()
        };
        let friend = |name: &str, games| PeerView {
            name: name.to_owned(),
            latency_ms: Some(12.4),
            games,
            ..PeerView::default()
        };
        let party = PartyView {
            peers: vec![
                friend("Öykü", vec![game("factorio", "Factorio", None)]),
                friend("Anna", vec![game("teeworlds", "Teeworlds", Some(hosted.clone()))]),
            ],
            games: vec![game("bzflag", "BZFlag", Some(HostedView { is_locked: true, ..hosted }))],
            ..PartyView::default()
        };
        Snapshot { party: Some(party), ..Snapshot::default() }
    }

    #[test]
    fn who_hosts_comes_before_who_plays_with_all_that_the_server_says() {
        let snapshot = snapshot();
        let lines = lines(&snapshot, snapshot.party.as_ref().unwrap());
        assert_eq!(
            sentences(&lines),
            "Anna hosts Teeworlds: Skyblock, 3/8, 0.7.5, 12 ms  10.66.0.2:8303\n\
             You host BZFlag: Skyblock, 3/8, 0.7.5, with a password  10.66.0.2:8303\n\
             Öykü plays Factorio\n"
        );
        let script = serde_json::to_value(&lines).unwrap();
        assert_eq!(script[0]["hosted"]["address"], "10.66.0.2:8303");
        assert_eq!((&script[0]["player"], &script[2]["slug"]), (&"Anna".into(), &"factorio".into()));
        assert!(sentences(&[]).starts_with("Nobody"));
    }

    #[test]
    fn a_game_is_meant_by_its_name_or_the_only_one() {
        let snapshot = snapshot();
        let anna = &snapshot.party.as_ref().unwrap().peers[1];
        for game in [None, Some("teeworlds"), Some(" TEEWORLDS ")] {
            assert_eq!(hosted_by(anna, game).map(|(name, _)| name), Some("Teeworlds"), "{game:?}");
        }
        assert!(hosted_by(anna, Some("factorio")).is_none());
    }
}
