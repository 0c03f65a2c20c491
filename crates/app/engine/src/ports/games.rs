//! The programs of this computer, watched while the session wishes, and looked at closely when somebody asks.

use std::sync::Arc;

use lanrage_game_watch::{Examination, SearchOrder, Sought, Told, Wish, examine_each, run, search_each};
use lanrage_games::{Catalogue, Examined, SystemFirewall};
use lanrage_party::VirtualIp;
use lanrage_session::{ExaminationWish, Input, ProgramWatch, SearchWish};
use lanrage_support::Firewall;
use tokio::sync::{mpsc, watch};

use crate::{known_games::KnownGames, tasks::Tasks};

/// Looks that may wait: as many as there may be friends who ask. What is more is not looked at, and asked again.
const LOOKS: usize = 64;
/// Says what is watched, and hears what is played and hosted, and what listens. Never full: only the newest wish counts, and
/// the watch waits until its last word was heard.
pub(crate) struct GamesPort {
    wishes: watch::Sender<Wish>,
    looks: watch::Sender<u64>,
    pub(crate) rx: mpsc::Receiver<Told>,
    wanted: mpsc::Sender<(Examination, Wanted)>,
    /// What was looked at closely.
    pub(crate) examined: mpsc::Receiver<(Examined, Wanted)>,
    searches: mpsc::Sender<SearchOrder>,
    /// What servers of others have answered.
    pub(crate) sought: mpsc::Receiver<Sought>,
}

/// Whose look that is.
#[derive(Debug)]
pub(crate) struct Wanted {
    number: u64,
    is_hidden: bool,
}

impl Wanted {
    /// What the session hears of it.
    pub(crate) fn input(self, examined: Examined) -> Input {
        let Self { number, is_hidden } = self;
        Input::GameExamined { number, examined: Box::new(examined), is_hidden }
    }
}

impl GamesPort {
    /// These games are known.
    pub(crate) fn know(&self, games: KnownGames) {
        self.wishes.send_if_modified(|wish| {
            let before = (&wish.known, &wish.shown, &wish.brought);
            let is_news = before != (&games.all, &games.shown, &games.brought);
            (wish.known, wish.shown, wish.brought) = (games.all, games.shown, games.brought);
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

    /// Asks everybody for games. While one search goes on no other begins, and nothing waits for it.
    pub(crate) fn search(&self, SearchWish { lease, broadcast }: SearchWish) {
        let known = Arc::clone(&self.wishes.borrow().known);
        let _ = self.searches.try_send(SearchOrder { lease: lease.0, broadcast, known });
    }

    /// Looks closely at a game. Where too many looks wait, nothing comes of it, which the session does not wait for.
    pub(crate) fn examine(&self, wish: ExaminationWish) {
        let ExaminationWish { number, slug, lease, opened, try_at } = wish;
        let known = self.wishes.borrow();
        let is_hidden = known.known.game(&slug).is_some() && known.shown.game(&slug).is_none();
        let examination = Examination {
            slug,
            lease: lease.0,
            opened,
            try_at: try_at.map(|(address, place)| (address.0, place)),
            known: Arc::clone(&known.known),
            firewall,
        };
        if self.wanted.try_send((examination, Wanted { number, is_hidden })).is_err() {
            tracing::debug!("too many wait for a look at this computer");
        }
    }
}

pub(crate) fn spawn(tasks: &mut Tasks) -> GamesPort {
    let catalogue = Arc::new(Catalogue::builtin().clone());
    let wish = Wish { shown: Arc::clone(&catalogue), known: catalogue, ..Wish::default() };
    let (wishes, wished) = watch::channel(wish);
    let (looks, looked) = watch::channel(0);
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("games", run(wished, looked, told));
    let (wanted, wishes_for_looks) = mpsc::channel(LOOKS);
    let (tell, examined) = mpsc::channel(1);
    tasks.spawn("game-questions", examine_each(wishes_for_looks, tell));
    let (searches, wishes_for_searches) = mpsc::channel(1);
    let (tell, sought) = mpsc::channel(1);
    tasks.spawn("game-search", search_each(wishes_for_searches, tell));
    GamesPort { wishes, looks, rx, wanted, examined, searches, sought }
}

/// What the session hears of a search.
pub(crate) fn sought(Sought { found, is_over }: Sought) -> Input {
    let found = found.into_iter().map(|(address, said)| (VirtualIp(address), said)).collect();
    Input::GamesFound { found, is_over }
}

/// The firewall, as the doctor finds it.
fn firewall() -> SystemFirewall {
    match lanrage_support::firewall() {
        Firewall::None => SystemFirewall::Off,
        Firewall::Ufw | Firewall::Firewalld => SystemFirewall::On,
        Firewall::Systems => SystemFirewall::Systems,
    }
}
