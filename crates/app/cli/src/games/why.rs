//! `lanrage games why`: why a friend's game is not seen, or the own one not by a friend.

use std::fmt::Write;

use lanrage_engine::{
    CommandError, GameView, LocalClient, PartyView, PeerView, Snapshot,
    api::{self, ExplainGame, Fix, GameExplanation, MendGame, WaysIntoGame, WaysToStart},
    start_game,
};

use super::slug;
use crate::{
    arguments::{Target, games::Why},
    failure::Failure,
    output::Output,
    party::rights,
    running::connect,
    say::{Say, person},
};

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    peer: String,
    game: String,
    is_own: bool,
}

pub(super) async fn why(why: &Why, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    let mut client = connect(target).await?;
    let snapshot = client.ask(api::Status {}).await?;
    let game = match why.game.clone() {
        Some(game) => Some(slug(target, game).await?),
        None => None,
    };
    let Question { peer, game, is_own } = question(&snapshot, why, game)?;
    let found = client.ask(ExplainGame { peer, game, is_own }).await?;
    output.write(&text(&found, person()), &found);
    let fix = found.verdicts.first().and_then(|first| first.fix.as_ref());
    if let Some(fix) = fix.filter(|_| why.fix) {
        mend(&mut client, &found, fix).await?;
        if !target.json {
            output.write(&(person().say("why-done") + "\n"), &());
        }
    }
    Ok(())
}

/// The friend and the game that are meant: who is not named is the first that hosts something, and a game that is not named is
/// what that friend hosts or plays, or what is hosted here.
fn question(snapshot: &Snapshot, why: &Why, game: Option<String>) -> Result<Question, Failure> {
    let party = snapshot.party.as_ref().ok_or(CommandError::NotInParty)?;
    let friend = match &why.friend {
        Some(friend) => rights::friend(party, friend)?,
        None => first(party).ok_or(CommandError::UnknownPeer)?,
    };
    let of = |games: &[GameView]| {
        let hosted = games.iter().find(|game| game.hosted.is_some());
        hosted.or_else(|| games.first()).map(|game| game.slug.clone())
    };
    let hosts =
        |games: &[GameView], slug: &str| games.iter().any(|game| game.slug == slug && game.hosted.is_some());
    let (theirs, own) = (of(&friend.games), of(&party.games));
    let found = match game {
        Some(game) => {
            let is_own = why.mine || hosts(&party.games, &game) && !hosts(&friend.games, &game);
            Some((game, is_own))
        }
        None if why.mine => own.map(|game| (game, true)),
        None => theirs.map(|game| (game, false)).or_else(|| own.map(|game| (game, true))),
    };
    let (game, is_own) = found.ok_or(CommandError::NoGameThere)?;
    Ok(Question { peer: friend.id.clone(), game, is_own })
}

fn first(party: &PartyView) -> Option<&PeerView> {
    let hosts = |peer: &&PeerView| peer.games.iter().any(|game| game.hosted.is_some());
    party.peers.iter().find(hosts).or_else(|| party.peers.first())
}

/// What is wrong, what can be done, and what is to be looked at then.
fn text(found: &GameExplanation, say: Say) -> String {
    let mut text = String::new();
    for (at, one) in found.verdicts.iter().enumerate() {
        if at == 1 {
            let _ = writeln!(text, "\n{}:", say.say("why-more"));
        }
        let _ = writeln!(text, "{}", say.word("verdict", &one.verdict));
        let remedy = say.remedy(one.remedy.as_ref());
        if !remedy.is_empty() {
            let _ = writeln!(text, "  {remedy}");
        }
        if let Some(fix) = &one.fix {
            let _ = writeln!(text, "  {}", say.word("fix", fix));
        }
    }
    if found.verdicts.first().is_some_and(|first| first.fix.as_ref().is_some_and(is_done)) {
        let arguments = [("peer", found.name.as_str().into()), ("game", found.slug.as_str().into())];
        let _ = writeln!(text, "{}", say.say_with("why-press", arguments));
    }
    text
}

/// Whether it is done by this program, and not only shown.
const fn is_done(fix: &Fix) -> bool {
    !matches!(fix, Fix::CopyAddress { .. } | Fix::CopyBind { .. } | Fix::Examine | Fix::AllowGames)
}

async fn mend(client: &mut LocalClient, found: &GameExplanation, fix: &Fix) -> Result<(), Failure> {
    let GameExplanation { peer, name, slug, .. } = found;
    let (game, ways) = match fix {
        Fix::Start { game } => (game, client.ask(WaysToStart { game: slug.clone() }).await?),
        Fix::Join { game, address } => {
            (game, client.ask(WaysIntoGame { peer: peer.clone(), address: address.clone() }).await?)
        }
        _ => {
            let (peer, name, game, fix) = (peer.clone(), name.clone(), slug.clone(), fix.clone());
            client.ask(MendGame { peer, name, game, fix }).await?;
            return Ok(());
        }
    };
    start_game(game, &ways).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use lanrage_engine::{
        HostedView,
        api::{Verdict, VerdictView},
    };

    use super::*;

    fn game(slug: &str, is_hosted: bool) -> GameView {
        let hosted = is_hosted.then(HostedView::default);
        GameView { slug: slug.to_owned(), name: slug.to_owned(), hosted, ..GameView::default() }
    }

    fn snapshot() -> Snapshot {
        let peer = |id: &str, name: &str, games| PeerView {
            id: id.to_owned(),
            name: name.to_owned(),
            games,
            ..PeerView::default()
        };
        let peers = vec![
            peer("2", "Ben", vec![game("factorio", false)]),
            peer("3", "Anna", vec![game("openra", false), game("teeworlds", true)]),
        ];
        let party = PartyView { peers, games: vec![game("bzflag", true)], ..PartyView::default() };
        Snapshot { party: Some(party), ..Snapshot::default() }
    }

    fn asked(friend: Option<&str>, game: Option<&str>, mine: bool) -> (String, String, bool) {
        let why = Why { friend: friend.map(str::to_owned), game: None, mine, fix: false };
        let Question { peer, game, is_own } = question(&snapshot(), &why, game.map(str::to_owned)).unwrap();
        (peer, game, is_own)
    }

    #[test]
    fn what_is_not_named_is_what_is_hosted() {
        let is = |peer: &str, game: &str, is_own| (peer.to_owned(), game.to_owned(), is_own);
        assert_eq!(asked(None, None, false), is("3", "teeworlds", false));
        assert_eq!(asked(Some("Ben"), None, false), is("2", "factorio", false));
        assert_eq!(asked(Some("ben"), None, true), is("2", "bzflag", true));
        assert_eq!(
            asked(Some("Ben"), Some("bzflag"), false),
            is("2", "bzflag", true),
            "only the player hosts it"
        );
        assert_eq!(asked(Some("Ben"), Some("quake3"), false), is("2", "quake3", false));
    }

    #[test]
    fn the_cause_comes_first_with_what_does_away_with_it() {
        let peer = || "Anna".to_owned();
        let place = || "udp 8303".to_owned();
        let closed = Verdict::ShieldClosed {
            is_own: true,
            peer: peer(),
            game: "Teeworlds".to_owned(),
            place: place(),
        };
        let view = |verdict, fix| VerdictView { verdict, fix, remedy: None };
        let found = GameExplanation {
            slug: "teeworlds".to_owned(),
            game: "Teeworlds".to_owned(),
            peer: "3".to_owned(),
            name: peer(),
            is_own: true,
            verdicts: vec![
                view(closed, Some(Fix::OpenPort { peer: peer(), port: 8_303, is_tcp: false })),
                view(Verdict::Full { game: "Teeworlds".to_owned() }, None),
            ],
            hints: Vec::new(),
        };
        assert_eq!(
            text(&found, crate::say::in_language("en")),
            "The shield keeps Teeworlds (udp 8303) closed to Anna.\n\
             \x20 Open UDP port 8303 for Anna\n\
             \n\
             Then look at this:\n\
             The game is full. Teeworlds may not show it until somebody leaves.\n\
             Do it: lanrage games why Anna teeworlds --fix\n"
        );
    }
}
