//! The games of this computer, watched while the session wishes.

use std::{net::Ipv4Addr, sync::Arc};

use lanrage_game_watch::{Wish, run};
use lanrage_games::{Catalogue, Statement};
use tokio::sync::{mpsc, watch};

use crate::tasks::Tasks;

/// Says what is watched, and hears what is played and hosted. Never full: only the newest wish counts, and the watch waits
/// until its last word was heard.
pub(crate) struct GamesPort {
    wishes: watch::Sender<Wish>,
    pub(crate) rx: mpsc::Receiver<Vec<Statement>>,
}

impl GamesPort {
    /// These games are known, as far as friends may be told.
    pub(crate) fn know(&self, catalogue: Arc<Catalogue>) {
        self.wishes.send_if_modified(|wish| {
            let is_news = wish.catalogue != catalogue;
            wish.catalogue = catalogue;
            is_news
        });
    }

    /// For whoever reaches this address; nothing is watched without one.
    pub(crate) fn watch(&self, address: Option<Ipv4Addr>) {
        self.wishes.send_modify(|wish| wish.address = address);
    }
}

pub(crate) fn spawn(tasks: &mut Tasks) -> GamesPort {
    let catalogue = Arc::new(Catalogue::builtin().clone());
    let (wishes, wished) = watch::channel(Wish { address: None, catalogue });
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("games", run(wished, told));
    GamesPort { wishes, rx }
}
