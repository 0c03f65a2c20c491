//! The programs of this computer, watched while the session wishes.

use std::sync::Arc;

use lanrage_game_watch::{Told, Wish, run};
use lanrage_games::Catalogue;
use lanrage_session::ProgramWatch;
use tokio::sync::{mpsc, watch};

use crate::{known_games::KnownGames, tasks::Tasks};

/// Says what is watched, and hears what is played and hosted, and what listens. Never full: only the newest wish counts, and
/// the watch waits until its last word was heard.
pub(crate) struct GamesPort {
    wishes: watch::Sender<Wish>,
    looks: watch::Sender<u64>,
    pub(crate) rx: mpsc::Receiver<Told>,
}

impl GamesPort {
    /// These games are known.
    pub(crate) fn know(&self, games: KnownGames) {
        self.wishes.send_if_modified(|wish| {
            let is_news = (&wish.known, &wish.shown) != (&games.all, &games.shown);
            (wish.known, wish.shown) = (games.all, games.shown);
            is_news
        });
    }

    /// What is watched, and for whom; nothing without it.
    pub(crate) fn watch(&self, watch: Option<ProgramWatch>) {
        self.wishes.send_modify(|wish| {
            wish.address = watch.map(|watch| watch.address.0);
            wish.games = watch.is_some_and(|watch| watch.games);
            wish.doors = watch.is_some_and(|watch| watch.doors);
        });
    }

    /// Looks at once at what listens.
    pub(crate) fn look(&self, number: u64) {
        self.looks.send_replace(number);
    }
}

pub(crate) fn spawn(tasks: &mut Tasks) -> GamesPort {
    let catalogue = Arc::new(Catalogue::builtin().clone());
    let wish = Wish { shown: Arc::clone(&catalogue), known: catalogue, ..Wish::default() };
    let (wishes, wished) = watch::channel(wish);
    let (looks, looked) = watch::channel(0);
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("games", run(wished, looked, told));
    GamesPort { wishes, looks, rx }
}
