//! What is worth a notification, decided from one state after the other.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use lanrage_engine::{ConnectionState, GameSource, PartyView, PeerView, Snapshot, facts::Situation};

/// How long after entering a party friends come to be known who were there before.
const SETTLING: Duration = Duration::from_secs(5);
/// How long a connection must be in trouble before anybody hears of it: most troubles pass by themselves.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it must be well again before that is news.
const RELIEF: Duration = Duration::from_secs(3);
/// Most notifications in a period, and most of people who want to join; what would be more is not told, the window says it all.
const MOST: usize = 5;
const PERIOD: Duration = Duration::from_secs(60);

/// Something that the player would want to hear while looking elsewhere. Each names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    Joined(String),
    Left(String),
    /// Somebody was kicked or banned.
    Removed {
        name: String,
        is_banned: bool,
    },
    /// The line loses or delays packets.
    Degraded(String),
    /// There is no line.
    Lost(String),
    /// A friend paused, or closed the program.
    Away(String),
    /// A friend who was away is there again.
    Back(String),
    /// It is as it should be again.
    Restored(String),
    /// A friend has begun to host a game.
    Hosts(String, String),
    /// Somebody waits to be let in, whom this player may let in.
    WantsIn(Newcomer),
}

/// Who waits to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Newcomer {
    pub(super) id: String,
    pub(super) name: String,
}

/// Looks at the states one after the other. Pure: time comes in.
#[derive(Debug, Default)]
pub(super) struct Watch {
    party: Option<Party>,
    told: Told,
    /// Whom friends' comings and goings must not silence.
    asked: Told,
}

/// When there were notifications lately.
#[derive(Debug, Default)]
struct Told(VecDeque<Instant>);

impl Told {
    /// As many of them as may be told now.
    fn limit(&mut self, mut news: Vec<News>, now: Instant) -> Vec<News> {
        while self.0.front().is_some_and(|at| now.saturating_duration_since(*at) >= PERIOD) {
            self.0.pop_front();
        }
        news.truncate(MOST.saturating_sub(self.0.len()));
        self.0.extend(news.iter().map(|_| now));
        news
    }
}

#[derive(Debug)]
struct Party {
    id: String,
    entered: Instant,
    friends: BTreeMap<String, Friend>,
    /// Who waits to be let in.
    waiting: BTreeSet<String>,
}

#[derive(Debug)]
struct Friend {
    name: String,
    /// Whether a line stood once: one that never did is not lost.
    was_connected: bool,
    /// Since when it has been as it is, well or not.
    line: Line,
    since: Instant,
    /// Whether the player was told of trouble and not yet of its end.
    is_trouble_told: bool,
    /// Whether the player was told that the friend is away, and not yet of the return.
    is_away_told: bool,
    /// Where they host games.
    hosted: BTreeSet<String>,
    /// Whether the player was told that the friend has left: some say so before they are taken from the list.
    is_leave_told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Well,
    Poor,
    Gone,
    /// The friend has gone, and the line with them.
    Away,
}

impl Line {
    fn of(peer: &PeerView) -> Self {
        match peer.state {
            ConnectionState::Connected => Self::Well,
            ConnectionState::Degraded => Self::Poor,
            _ if peer.is_away() => Self::Away,
            _ => Self::Gone,
        }
    }
}

impl Watch {
    /// What the newest state has that is news.
    pub(super) fn handle_snapshot(&mut self, snapshot: &Snapshot, now: Instant) -> Vec<News> {
        let Some(view) = &snapshot.party else {
            self.party = None;
            return Vec::new();
        };
        let party = match &mut self.party {
            Some(party) if party.id == view.id => party,
            other => other.insert(Party {
                id: view.id.clone(),
                entered: now,
                friends: BTreeMap::new(),
                waiting: BTreeSet::new(),
            }),
        };
        let requests = party.handle_requests(view);
        let mut news = party.handle_members(view, now);
        for peer in &view.peers {
            if let Some(friend) = party.friends.get_mut(&peer.id) {
                news.extend(friend.handle_line(peer, now));
                news.extend(friend.handle_games(peer));
            }
        }
        let mut told = self.asked.limit(requests, now);
        told.extend(self.told.limit(news, now));
        told
    }
}

impl Party {
    fn handle_requests(&mut self, view: &PartyView) -> Vec<News> {
        let before = std::mem::take(&mut self.waiting);
        self.waiting = view.requests.iter().map(|request| request.id.clone()).collect();
        let new = view.requests.iter().filter(|request| !before.contains(&request.id));
        new.map(|request| News::WantsIn(Newcomer { id: request.id.clone(), name: request.name.clone() }))
            .collect()
    }

    fn handle_members(&mut self, view: &PartyView, now: Instant) -> Vec<News> {
        let mut news = Vec::new();
        let is_settled = now.saturating_duration_since(self.entered) >= SETTLING;
        self.friends.retain(|id, friend| {
            let stays = view.peers.iter().any(|peer| peer.id == *id);
            let name = friend.name.clone();
            match view.removed.iter().find(|removed| removed.id == *id) {
                Some(removed) if !stays => news.push(News::Removed { name, is_banned: removed.is_banned }),
                None if !stays && !friend.is_leave_told => news.push(News::Left(name)),
                _ => {}
            }
            stays
        });
        for peer in &view.peers {
            if !self.friends.contains_key(&peer.id) {
                self.friends.insert(peer.id.clone(), Friend::new(peer, now));
                if is_settled {
                    news.push(News::Joined(peer.name.clone()));
                }
            }
        }
        news
    }
}

impl Friend {
    fn new(peer: &PeerView, now: Instant) -> Self {
        Self {
            name: peer.name.clone(),
            was_connected: false,
            line: Line::of(peer),
            since: now,
            is_trouble_told: false,
            is_away_told: false,
            hosted: addresses(peer).map(|(address, _)| address.to_owned()).collect(),
            is_leave_told: false,
        }
    }

    /// What they host that they did not.
    fn handle_games(&mut self, peer: &PeerView) -> Vec<News> {
        let before = std::mem::take(&mut self.hosted);
        self.hosted = addresses(peer).map(|(address, _)| address.to_owned()).collect();
        let opened = addresses(peer).filter(|(address, _)| !before.contains(*address));
        opened.map(|(_, game)| News::Hosts(peer.name.clone(), game.to_owned())).collect()
    }

    fn handle_line(&mut self, peer: &PeerView, now: Instant) -> Option<News> {
        self.name.clone_from(&peer.name);
        let line = Line::of(peer);
        // From poor to gone is the same trouble, going on.
        let kind = |line| (line == Line::Well, line == Line::Away);
        if kind(line) != kind(self.line) {
            self.since = now;
        }
        self.line = line;
        self.was_connected |= line == Line::Well;
        let lasted = now.saturating_duration_since(self.since);
        let is_news = match line {
            Line::Well => (self.is_trouble_told || self.is_away_told) && lasted >= RELIEF,
            Line::Poor | Line::Gone => {
                !self.is_trouble_told && !self.is_away_told && self.was_connected && lasted >= PATIENCE
            }
            Line::Away => !self.is_away_told && self.was_connected && lasted >= PATIENCE,
        };
        if !is_news {
            return None;
        }
        let was_away = std::mem::replace(&mut self.is_away_told, line == Line::Away);
        self.is_trouble_told = matches!(line, Line::Poor | Line::Gone);
        self.is_leave_told = line == Line::Away && matches!(peer.situation, Situation::Left { .. });
        let name = self.name.clone();
        Some(match line {
            Line::Well if was_away => News::Back(name),
            Line::Well => News::Restored(name),
            Line::Poor => News::Degraded(name),
            Line::Gone => News::Lost(name),
            Line::Away if self.is_leave_told => News::Left(name),
            Line::Away => News::Away(name),
        })
    }
}

/// Where a friend hosts games, and which.
fn addresses(peer: &PeerView) -> impl Iterator<Item = (&str, &str)> {
    // What nobody says is no news: it comes and goes with the searches.
    let told = peer.games.iter().filter(|game| game.source == GameSource::Told);
    told.filter_map(|game| Some((game.hosted.as_ref()?.address.as_str(), game.name.as_str())))
}

#[cfg(test)]
mod tests {
    use lanrage_engine::{GameView, HostedView, RemovedView, RequestView};

    use super::*;

    /// A party that is looked at once a second.
    struct Stage {
        watch: Watch,
        now: Instant,
    }

    impl Stage {
        /// In a party with these friends, settled.
        fn with(friends: &[(&str, ConnectionState)]) -> Self {
            let mut stage = Self { watch: Watch::default(), now: Instant::now() };
            assert_eq!(stage.seconds(10, friends), []);
            stage
        }

        fn see(&mut self, snapshot: &Snapshot) -> Vec<News> {
            self.now += Duration::from_secs(1);
            self.watch.handle_snapshot(snapshot, self.now)
        }

        fn seconds(&mut self, seconds: u32, friends: &[(&str, ConnectionState)]) -> Vec<News> {
            (0..seconds).flat_map(|_| self.see(&party(friends))).collect()
        }
    }

    #[test]
    fn a_game_that_a_friend_opens_is_told_once_and_again_after_it_was_closed() {
        let mut stage = Stage::with(&[("Anna", ConnectionState::Connected)]);
        let mut playing = party(&[("Anna", ConnectionState::Connected)]);
        let closed = playing.clone();
        let hosted = HostedView { address: "10.66.0.2:8303".to_owned(), ..HostedView::default() };
        playing.party.as_mut().unwrap().peers[0].games = vec![
            GameView { name: "Factorio".to_owned(), ..GameView::default() },
            GameView { name: "Teeworlds".to_owned(), hosted: Some(hosted), ..GameView::default() },
        ];
        let told = [News::Hosts("Anna".to_owned(), "Teeworlds".to_owned())];
        assert_eq!(stage.see(&playing), told);
        assert_eq!(stage.see(&playing), []);
        assert_eq!(stage.see(&closed), []);
        assert_eq!(stage.see(&playing), told);
    }

    #[test]
    fn who_is_kicked_or_banned_is_told_as_that_and_not_as_somebody_who_left() {
        for is_banned in [false, true] {
            let mut stage = Stage::with(&[("Ben", Connected), ("Cem", Connected)]);
            let mut after = party(&[("Cem", Connected)]);
            let removed = RemovedView { id: "ben".to_owned(), is_banned, ..RemovedView::default() };
            after.party.as_mut().unwrap().removed = vec![removed];
            assert_eq!(stage.see(&after), [News::Removed { name: "Ben".to_owned(), is_banned }]);
            assert_eq!(stage.see(&after), []);
        }
    }

    #[test]
    fn who_waits_to_be_let_in_is_told_once_whatever_else_there_is_to_tell_and_a_crowd_is_not() {
        let mut stage = Stage::with(&[]);
        let friends: Vec<String> = (0..2 * MOST).map(|number| format!("Friend {number}")).collect();
        let friends: Vec<_> = friends.iter().map(|name| (name.as_str(), Connected)).collect();
        assert_eq!(stage.see(&party(&friends)).len(), MOST, "no more is told");
        let asking = |ids: std::ops::Range<usize>| {
            let mut snapshot = party(&friends);
            let waits = |id: usize| RequestView { id: id.to_string(), ..RequestView::default() };
            snapshot.party.as_mut().unwrap().requests = ids.map(waits).collect();
            snapshot
        };
        let told = News::WantsIn(Newcomer { id: "0".to_owned(), name: String::new() });
        assert_eq!(stage.see(&asking(0..1)), std::slice::from_ref(&told));
        assert_eq!(stage.see(&asking(0..1)), []);
        assert_eq!(stage.see(&asking(0..0)), []);
        assert_eq!(stage.see(&asking(0..1)), [told], "asks once more");
        assert_eq!(stage.see(&asking(0..100)).len(), MOST - 2);
    }

    fn party(friends: &[(&str, ConnectionState)]) -> Snapshot {
        let peer = |(name, state): &(&str, ConnectionState)| PeerView {
            id: name.to_lowercase(),
            name: (*name).to_owned(),
            state: *state,
            ..PeerView::default()
        };
        let peers = friends.iter().map(peer).collect();
        let party = PartyView { id: "p".to_owned(), peers, ..PartyView::default() };
        Snapshot { party: Some(party), ..Snapshot::default() }
    }

    use ConnectionState::{Connected, Connecting, Degraded, Failed, Reconnecting};

    #[test]
    fn who_was_there_before_is_no_news_and_who_comes_or_goes_later_is() {
        let mut stage = Stage::with(&[("Ben", Connected)]);
        let both = [("Ben", Connected), ("Cem", Connecting)];
        assert_eq!(stage.seconds(3, &both), [News::Joined("Cem".to_owned())]);
        assert_eq!(stage.seconds(3, &[("Cem", Connected)]), [News::Left("Ben".to_owned())]);
    }

    #[test]
    fn leaving_a_party_oneself_is_no_news_and_entering_it_again_begins_anew() {
        let mut stage = Stage::with(&[("Ben", Connected)]);
        assert_eq!(stage.see(&Snapshot::default()), []);
        assert_eq!(stage.seconds(3, &[("Ben", Connecting), ("Cem", Connecting)]), []);
    }

    #[test]
    fn a_trouble_that_passes_by_itself_is_no_news_and_one_that_lasts_is_told_once_and_its_end_too() {
        let mut stage = Stage::with(&[("Ben", Connected)]);
        assert_eq!(stage.seconds(4, &[("Ben", Reconnecting)]), []);
        assert_eq!(stage.seconds(9, &[("Ben", Connected)]), []);
        assert_eq!(stage.seconds(20, &[("Ben", Degraded)]), [News::Degraded("Ben".to_owned())]);
        assert_eq!(stage.seconds(20, &[("Ben", Failed)]), []);
        assert_eq!(stage.seconds(9, &[("Ben", Connected)]), [News::Restored("Ben".to_owned())]);
        assert_eq!(stage.seconds(9, &[("Ben", Failed)]), [News::Lost("Ben".to_owned())]);
    }

    #[test]
    fn a_friend_who_pauses_is_no_trouble() {
        let away = || {
            let mut snapshot = party(&[("Ben", Reconnecting)]);
            snapshot.party.as_mut().unwrap().peers[0].online = Some(false);
            snapshot
        };
        let mut stage = Stage::with(&[("Ben", Connected)]);
        let seen: Vec<_> = (0..60).flat_map(|_| stage.see(&away())).collect();
        assert_eq!(seen, [News::Away("Ben".to_owned())]);
        assert_eq!(stage.seconds(60, &[("Ben", Connecting)]), []);
        assert_eq!(stage.seconds(9, &[("Ben", Connected)]), [News::Back("Ben".to_owned())]);
    }

    #[test]
    fn a_friend_who_says_that_they_leave_has_left_and_once() {
        let mut stage = Stage::with(&[("Ben", Connected)]);
        let mut left = party(&[("Ben", Reconnecting)]);
        let ben = &mut left.party.as_mut().unwrap().peers[0];
        (ben.online, ben.situation) = (Some(false), Situation::Left { peer: "Ben".to_owned() });
        let seen: Vec<_> = (0..60).flat_map(|_| stage.see(&left)).collect();
        assert_eq!(seen, [News::Left("Ben".to_owned())]);
        assert_eq!(stage.seconds(9, &[]), [], "taken from the list");
    }

    #[test]
    fn a_line_that_never_stood_is_not_lost() {
        let mut stage = Stage::with(&[("Ben", Connecting)]);
        assert_eq!(stage.seconds(60, &[("Ben", Failed)]), []);
    }

    #[test]
    fn a_line_that_comes_and_goes_all_the_time_and_a_crowd_are_told_of_a_few_times_a_minute() {
        let mut stage = Stage::with(&[("Ben", Connected)]);
        let mut told = 0;
        for _ in 0..6 {
            told += stage.seconds(5, &[("Ben", Degraded)]).len();
            told += stage.seconds(5, &[("Ben", Connected)]).len();
        }
        assert!(told <= MOST, "{told}");
        let names: Vec<String> = (0..40).map(|n| format!("F{n}")).collect();
        let crowd: Vec<_> = names.iter().map(|name| (name.as_str(), Connected)).collect();
        let mut stage = Stage::with(&[]);
        assert_eq!(stage.seconds(9, &crowd).len(), MOST);
    }
}
