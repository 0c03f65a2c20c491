//! Why a game is not seen.

use lanrage_games::{Catalogue, Facts, Fix, Hint, Profile, Slug, Start, Verdict};
use lanrage_party::{
    Transport,
    facts::{Fault, Remedy},
};
use lanrage_shield::Trust;
use serde::{Deserialize, Serialize};
use tokio::{sync::oneshot, task::spawn_blocking};

use super::{
    BringSearches, DecidePorts, ExplainGame, Games, HideGame, MendGame, MuteBroadcasts, Serve, SetText,
    StoredError, TrustFriend, WaysToStart, parse,
};
use crate::{CommandError, Handle, Snapshot, handle::Command, known_games};

/// Why a game is not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct GameExplanation {
    /// The game's slug.
    pub slug: String,
    /// What it is called.
    pub game: String,
    /// The friend's peer id.
    pub peer: String,
    /// What they are called.
    pub name: String,
    /// Whether this device hosts it, and the friend does not see it.
    pub is_own: bool,
    /// What is wrong, the likeliest cause first; never empty.
    pub verdicts: Vec<VerdictView>,
    /// What a player should know of the game.
    pub hints: Vec<Hint>,
}

/// A reason why a game is not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct VerdictView {
    /// What is wrong.
    pub verdict: Verdict,
    /// What a program does about it when the player presses; `None` where only people can do something.
    pub fix: Option<Fix>,
    /// What the player does about it by hand.
    pub remedy: Option<Remedy>,
}

impl Serve<ExplainGame> for Handle {
    async fn serve(&self, request: ExplainGame) -> Result<GameExplanation, CommandError> {
        let ExplainGame { peer, game, is_own } = request;
        let friend = parse::peer(&peer)?;
        let all = known_games::all(self.database()).await.map_err(StoredError::from)?;
        let profile = profile(&all, game)?;
        let (tell, told) = oneshot::channel();
        let slug = profile.slug.clone();
        self.command(|answer| Command::ExplainGame { peer: friend, slug, is_own, explained: tell, answer })
            .await?;
        let explained = told.await.map_err(|_| CommandError::Stopped)?;
        let first_address = spawn_blocking(lanrage_net::interfaces::first_address).await.ok().flatten();
        let facts = Facts {
            peer: &explained.name,
            profile,
            is_own,
            is_connected: explained.is_connected,
            own: explained.own.as_ref(),
            taken_by: explained.taken_by.as_deref(),
            first_address,
            lease: explained.lease.0,
            friend: explained.friend.as_ref(),
            host: explained.host.0,
            is_told: explained.is_told,
            barrier: explained.barrier,
        };
        let found = facts.judge();
        let firewall = spawn_blocking(lanrage_support::firewall).await.ok();
        let snapshot = self.snapshots().borrow().clone();
        let remedy = |fix: &Fix| match fix {
            Fix::AllowGames => firewall
                .and_then(|firewall| firewall.remedy(snapshot.adapter.name_or_usual()))
                .or_else(|| adapter_remedy(&snapshot)),
            Fix::Examine => adapter_remedy(&snapshot),
            _ => None,
        };
        let view = |found: lanrage_games::Found| {
            let remedy = found.fix.as_ref().and_then(remedy);
            // What was to be done by hand is said, and no button stands for it.
            let fix = found.fix.filter(|fix| *fix != Fix::AllowGames);
            VerdictView { verdict: found.verdict, fix, remedy }
        };
        Ok(GameExplanation {
            slug: profile.slug.to_string(),
            game: profile.name.to_string(),
            peer,
            name: explained.name.clone(),
            is_own,
            verdicts: found.into_iter().map(view).collect(),
            hints: profile.hints.clone(),
        })
    }
}

fn profile(all: &Catalogue, game: String) -> Result<&Profile, CommandError> {
    let found = Slug::new(&game).and_then(|slug| all.game(&slug));
    found.ok_or(CommandError::NotFound { name: game })
}

/// What the problem with the adapter says, if there is one.
fn adapter_remedy(snapshot: &Snapshot) -> Option<Remedy> {
    let problem = snapshot.problems.iter().find(|problem| matches!(problem.fault, Fault::Adapter(_)))?;
    problem.remedy.clone()
}

impl Serve<MendGame> for Handle {
    async fn serve(&self, MendGame { peer, name, game, fix }: MendGame) -> Result<(), CommandError> {
        let set = |key: &str, text: &str| SetText { key: key.to_owned(), text: text.to_owned() };
        match fix {
            Fix::OpenPort { port, is_tcp, .. } => {
                let transport = if is_tcp { Transport::Tcp } else { Transport::Udp };
                let (first, last, peer) = (port, port, Some(peer));
                self.serve(DecidePorts { transport, first, last, peer, name, is_open: true }).await
            }
            Fix::LetGames => self.serve(set("shield", "games")).await.map(drop),
            Fix::Trust { .. } => self.serve(TrustFriend { peer, name, trust: Trust::Friend }).await,
            Fix::Hear { .. } => self.serve(MuteBroadcasts { peer, muted: false }).await,
            Fix::Tell => {
                self.serve(set("share_games", "yes")).await?;
                let known = self.serve(Games {}).await?;
                match known.iter().any(|known| known.slug == game && known.is_hidden) {
                    true => self.serve(HideGame { slug: game, hidden: false }).await,
                    false => Ok(()),
                }
            }
            Fix::BringSearches { .. } => self.serve(BringSearches { slug: game, bring: true }).await,
            Fix::Start { .. }
            | Fix::Join { .. }
            | Fix::CopyAddress { .. }
            | Fix::CopyBind { .. }
            | Fix::Examine
            | Fix::AllowGames => Ok(()),
        }
    }
}

impl Serve<WaysToStart> for Handle {
    async fn serve(&self, WaysToStart { game }: WaysToStart) -> Result<Vec<Start>, CommandError> {
        let all = known_games::all(self.database()).await.map_err(StoredError::from)?;
        Ok(profile(&all, game)?.starts())
    }
}
