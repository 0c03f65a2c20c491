//! `lanrage friends`: who is in the party, how far they are, and what they play.

use lanrage_base::clock::{UnixMillis, now};
use lanrage_engine::{CommandError, ConnectionState, PartyView, PeerView, api, api::RecentPartyView};
use serde::Serialize;

use crate::{
    arguments::Target,
    failure::Failure,
    output::{
        Output,
        look::{Look, Tone},
        table::{self, NOTHING, distance, marked, state, tone, way},
    },
    running::connect,
    say::person,
};

/// A friend, for a script.
#[derive(Debug, Serialize)]
struct Friend<'a> {
    id: &'a str,
    name: &'a str,
    virtual_ip: &'a str,
    /// Whether packets reach them.
    is_here: bool,
    state: ConnectionState,
    connection_type: &'static str,
    latency_ms: Option<f64>,
    /// What they play.
    plays: Vec<&'a str>,
    /// What they host, and where.
    hosts: Vec<Hosted<'a>>,
    /// When they were last here, if they are away (Unix milliseconds).
    last_here_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Hosted<'a> {
    game: &'a str,
    address: &'a str,
}

pub(crate) async fn friends(target: &Target) -> Result<(), Failure> {
    let mut client = connect(target).await?;
    let party = client.ask(api::Status {}).await?.party.ok_or(CommandError::NotInParty)?;
    let recent = client.ask(api::RecentParties {}).await?;
    let all: Vec<Friend<'_>> = party.peers.iter().map(friend).collect();
    let shown = text(&party, now().wall, Look::of_output()) + &elsewhere(&recent);
    Output { json: target.json }.write(&shown, &all);
    Ok(())
}

/// Friends of parties that are paused, a line for each party.
fn elsewhere(recent: &[RecentPartyView]) -> String {
    let paused = recent.iter().filter(|party| party.can_resume && !party.is_active);
    let lines = paused.filter(|party| !party.friends.is_empty()).map(|party| {
        let arguments = [("party", party.name.as_str().into()), ("friends", few(&party.friends).into())];
        person().say_with("terminal-friends-paused", arguments)
    });
    table::text(lines.collect())
}

/// The first names of some, and how many there are beside them.
pub(crate) fn few(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    match (names.len(), more) {
        (0, _) => NOTHING.to_owned(),
        (_, 0) => shown,
        (_, more) => {
            person().say_with("friends-and-more", [("friends", shown.into()), ("more", more.into())])
        }
    }
}

fn friend(peer: &PeerView) -> Friend<'_> {
    let hosted = |game: &'_ lanrage_engine::GameView| game.hosted.is_some();
    Friend {
        id: &peer.id,
        name: &peer.name,
        virtual_ip: &peer.virtual_ip,
        is_here: peer.state.has_path(),
        state: peer.state,
        connection_type: peer.connection_type.into(),
        latency_ms: peer.latency_ms.filter(|_| peer.state.has_path()),
        plays: peer.games.iter().filter(|game| !hosted(game)).map(|game| game.name.as_str()).collect(),
        hosts: peer
            .games
            .iter()
            .filter_map(|game| Some(Hosted { game: &game.name, address: &game.hosted.as_ref()?.address }))
            .collect(),
        last_here_ms: peer.away_since_ms.filter(|_| !peer.state.has_path()),
    }
}

fn text(party: &PartyView, wall: UnixMillis, look: Look) -> String {
    if party.peers.is_empty() {
        return person().say("terminal-friends-none") + "\n";
    }
    let row = |peer: &PeerView| {
        let is_here = peer.state.has_path();
        [
            peer.name.clone(),
            state(peer),
            way(peer),
            if is_here { distance(peer) } else { NOTHING.to_owned() },
            games(peer),
            if is_here { person().say("terminal-there-now") } else { last_there(peer, wall) },
        ]
    };
    let rows: Vec<[String; 6]> = party.peers.iter().map(row).collect();
    let tones: Vec<Tone> = party.peers.iter().map(tone).collect();
    let heads = ["friend", "state", "path", "ping", "plays", "last_there"];
    table::text(marked(heads, &rows, &tones, look))
}

/// What a friend hosts, and what they play, in few words.
fn games(peer: &PeerView) -> String {
    let say = person();
    let words: Vec<String> = peer
        .games
        .iter()
        .map(|game| match game.hosted {
            Some(_) => say.say_with("terminal-hosts", [("game", game.name.as_str().into())]),
            None => game.name.clone(),
        })
        .collect();
    if words.is_empty() { NOTHING.to_owned() } else { words.join(", ") }
}

/// How long ago a friend was here, in the unit in which a person reads it.
fn last_there(peer: &PeerView, wall: UnixMillis) -> String {
    let Some(since) = peer.away_since_ms else { return NOTHING.to_owned() };
    let minutes = wall.since(UnixMillis(since)) / 60_000;
    let time = match minutes {
        0..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    };
    person().say_with("terminal-ago", [("time", time.into())])
}

#[cfg(test)]
mod tests {
    use lanrage_engine::{GameView, HostedView};

    use super::*;

    const NOW: UnixMillis = UnixMillis(10_000_000_000);

    fn party() -> PartyView {
        let game = |name: &str, address: Option<&str>| GameView {
            name: name.to_owned(),
            hosted: address.map(|at| HostedView { address: at.to_owned(), ..HostedView::default() }),
            ..GameView::default()
        };
        let bo = PeerView {
            name: "Bo".to_owned(),
            state: ConnectionState::Connected,
            latency_ms: Some(12.34),
            games: vec![game("Teeworlds", Some("10.66.0.2:8303")), game("BZFlag", None)],
            ..PeerView::default()
        };
        let cem = PeerView {
            name: "Cem".to_owned(),
            online: Some(false),
            away_since_ms: Some(NOW.0 - 7_200_000),
            latency_ms: Some(5.0),
            ..PeerView::default()
        };
        PartyView { peers: vec![bo, cem], ..PartyView::default() }
    }

    #[test]
    fn friends_of_paused_parties_stand_below_the_first_of_them_by_name() {
        let party = |name: &str, can_resume, is_active, friends: &[&str]| RecentPartyView {
            id: "3f9a".to_owned(),
            name: name.to_owned(),
            is_host: false,
            is_active,
            can_resume,
            keys_missing: false,
            last_active_at_ms: 0,
            is_favorite: false,
            friends: friends.iter().map(|name| (*name).to_owned()).collect(),
        };
        let shown = elsewhere(&[
            party("Here", true, true, &["Bo"]),
            party("Sunday", true, false, &["Bo", "Cem", "Dora", "Eve", "Finn"]),
            party("Left", false, false, &["Bo"]),
            party("Alone", true, false, &[]),
        ]);
        assert_eq!(
            shown,
            "Paused: “Sunday” with Bo, Cem, Dora and 2 more. `lanrage resume` brings it back.\n"
        );
    }

    #[test]
    fn a_friend_is_a_row_with_the_way_the_ping_the_games_and_when_they_were_there() {
        let shown = text(&party(), NOW, Look::default());
        let lines: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
            .collect();
        assert_eq!(lines[0], ["friend", "state", "path", "ping", "plays", "last there"]);
        assert_eq!(lines[1][3..], ["12.3 ms", "hosts Teeworlds, BZFlag", "now"], "{shown}");
        assert_eq!((lines[2][0], &lines[2][2..]), ("Cem", &["–", "–", "–", "2 h ago"][..]), "{shown}");
        let alone = text(&PartyView::default(), NOW, Look::default());
        assert!(alone.contains("lanrage invite"), "{alone}");
    }

    #[test]
    fn a_script_reads_of_who_is_away_no_ping_of_before() {
        let party = party();
        let script = serde_json::to_value(party.peers.iter().map(friend).collect::<Vec<_>>()).unwrap();
        assert_eq!(
            (&script[0]["plays"][0], &script[0]["hosts"][0]["address"]),
            (&"BZFlag".into(), &"10.66.0.2:8303".into())
        );
        assert_eq!((&script[0]["is_here"], &script[1]["is_here"]), (&true.into(), &false.into()));
        assert!(
            script[1]["latency_ms"].is_null()
                && script[1]["last_here_ms"].is_u64()
                && script[0]["last_here_ms"].is_null()
        );
    }
}
