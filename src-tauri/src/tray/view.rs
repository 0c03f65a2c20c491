//! What the tray shows, decided from the state alone.

use lanrage_engine::{
    AdapterView, ConnectionState, PartyView, PeerView, RequestView, Role, Severity, Snapshot, Standing,
    api::RecentPartyView,
};
use lanrage_words::Words;

/// Most friends that the menu lists; the window lists all.
const FRIENDS: usize = 12;
/// Most of those who wait to be let in: whoever has the link may ask under as many names as they like.
const REQUESTS: usize = 4;
/// Most parties to join again.
const PARTIES: usize = 8;

/// All that the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TrayView {
    pub(super) icon: Icon,
    pub(super) tooltip: String,
    pub(super) menu: Vec<Entry>,
}

/// What the icon says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Icon {
    /// In no party.
    Idle,
    /// In a party, and all is well.
    Connected,
    /// In a party, and something is not.
    Degraded,
}

/// A line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A word without consequences.
    Label { id: String, text: String },
    /// Something to click.
    Action { action: Action, text: String },
    /// Something that opens to the side.
    Submenu { id: String, text: String, entries: Vec<Entry> },
    /// A line.
    Separator,
}

/// What a click does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    CopyInvitation,
    Pause,
    Leave,
    /// Copies a friend's address.
    CopyAddress(String),
    /// Hears nothing, or again, of what a friend sends to everybody.
    Mute {
        peer: String,
        is_muted: bool,
    },
    /// Says what a friend is to the party.
    Rule {
        peer: String,
        standing: Standing,
    },
    /// Gives a friend the party for good.
    HandOver(String),
    /// Takes a kick or a ban back.
    Undo,
    /// Enters a party again, by its id.
    Join(String),
    Open,
    Quit,
}

impl Action {
    /// Its name among the menu's items.
    pub(super) fn id(&self) -> String {
        match self {
            Self::CopyInvitation => "copy_invitation".to_owned(),
            Self::Pause => "pause".to_owned(),
            Self::Leave => "leave".to_owned(),
            Self::CopyAddress(address) => format!("copy:{address}"),
            Self::Mute { peer, is_muted: true } => format!("mute:{peer}"),
            Self::Mute { peer, is_muted: false } => format!("unmute:{peer}"),
            Self::Rule { peer, standing } => format!("{}:{peer}", word(*standing)),
            Self::HandOver(peer) => format!("host:{peer}"),
            Self::Undo => "undo".to_owned(),
            Self::Join(party) => format!("join:{party}"),
            Self::Open => "open".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    /// The action of a name; `None` for a label's.
    pub(super) fn of_id(id: &str) -> Option<Self> {
        match id {
            "copy_invitation" => Some(Self::CopyInvitation),
            "pause" => Some(Self::Pause),
            "leave" => Some(Self::Leave),
            "open" => Some(Self::Open),
            "quit" => Some(Self::Quit),
            "undo" => Some(Self::Undo),
            _ => {
                let (kind, of) = id.split_once(':')?;
                let of = of.to_owned();
                let standing = |standing| Some(Self::Rule { peer: of.clone(), standing });
                match kind {
                    "join" => Some(Self::Join(of)),
                    "copy" => Some(Self::CopyAddress(of)),
                    "host" => Some(Self::HandOver(of)),
                    "mute" => Some(Self::Mute { peer: of, is_muted: true }),
                    "unmute" => Some(Self::Mute { peer: of, is_muted: false }),
                    _ => STANDINGS.into_iter().find(|known| word(*known) == kind).and_then(standing),
                }
            }
        }
    }
}

const STANDINGS: [Standing; 4] = [Standing::Member, Standing::Moderator, Standing::Kicked, Standing::Banned];

const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "member",
        Standing::Moderator => "moderator",
        Standing::Kicked => "kick",
        Standing::Banned => "ban",
    }
}

/// What the tray shows of a state; of none while the engine starts or could not.
pub(super) fn view(snapshot: Option<&Snapshot>, recent: &[RecentPartyView], words: Words) -> TrayView {
    let party = snapshot.and_then(|snapshot| snapshot.party.as_ref());
    let mut menu = Vec::new();
    if let Some(party) = party {
        menu.extend(party_entries(party, words));
    }
    let to_join = to_join(recent, party);
    if !to_join.is_empty() {
        menu.push(Entry::Label { id: "parties".to_owned(), text: words.say("tray-parties") });
        menu.extend(to_join);
        menu.push(Entry::Separator);
    }
    menu.push(action(Action::Open, &words.say("tray-open")));
    menu.push(action(Action::Quit, &words.say("tray-quit")));
    TrayView {
        icon: snapshot.map_or(Icon::Idle, icon),
        tooltip: party
            .map_or_else(|| words.say("tray-no-party"), |party| format!("LANrage – {}", party.name)),
        menu,
    }
}

fn icon(snapshot: &Snapshot) -> Icon {
    let Some(party) = &snapshot.party else { return Icon::Idle };
    // A friend who is away is no trouble of ours.
    let is_troubled = |peer: &PeerView| {
        let troubled = matches!(
            peer.state,
            ConnectionState::Degraded | ConnectionState::Reconnecting | ConnectionState::Failed
        );
        troubled && peer.online != Some(false)
    };
    let has_error = snapshot.problems.iter().any(|problem| problem.severity == Severity::Error);
    let has_no_adapter = matches!(snapshot.adapter, AdapterView::Unavailable { .. });
    if has_error || has_no_adapter || party.peers.iter().any(is_troubled) {
        Icon::Degraded
    } else {
        Icon::Connected
    }
}

fn party_entries(party: &PartyView, words: Words) -> Vec<Entry> {
    let label = |id: &str, text: String| Entry::Label { id: id.to_owned(), text };
    let mut entries = vec![label("party", plain(&party.name))];
    if party.role >= Role::Moderator {
        entries.extend(party.requests.iter().take(REQUESTS).map(|request| waiting(request, words)));
        if let Some(more @ 1..) = party.requests.len().checked_sub(REQUESTS) {
            entries.push(label("more_requests", words.say_with("tray-others", [("count", more.into())])));
        }
    }
    entries.extend(party.peers.iter().take(FRIENDS).map(|peer| Entry::Submenu {
        id: format!("friend:{}", peer.id),
        text: friend(peer, words),
        entries: friend_entries(peer, party.role, words),
    }));
    if let Some(undo) = &party.undo {
        let key = if undo.is_banned { "tray-undo-ban" } else { "tray-undo-kick" };
        entries.push(action(Action::Undo, &words.say_with(key, [("name", plain(&undo.name).into())])));
    }
    match party.peers.len().checked_sub(FRIENDS) {
        _ if party.peers.is_empty() => entries.push(label("alone", words.say("tray-alone"))),
        Some(more @ 1..) => {
            entries.push(label("more", words.say_with("tray-others", [("count", more.into())])))
        }
        _ => {}
    }
    entries.extend([
        Entry::Separator,
        action(Action::CopyInvitation, &words.say("tray-copy-invitation")),
        action(Action::Pause, &words.say("tray-pause")),
        // One level down, because a click by mistake would cost the keys of the party.
        Entry::Submenu {
            id: "leaving".to_owned(),
            text: words.say("tray-leave"),
            entries: vec![action(
                Action::Leave,
                &words.say_with("tray-leave-for-good", [("party", plain(&party.name).into())]),
            )],
        },
        Entry::Separator,
    ]);
    entries
}

/// Somebody who waits to be let in, and the answers.
fn waiting(request: &RequestView, words: Words) -> Entry {
    let rule = |standing, key| action(Action::Rule { peer: request.id.clone(), standing }, &words.say(key));
    Entry::Submenu {
        id: format!("request:{}", request.id),
        text: words.say_with("who-waits", [("name", plain(&request.name).into())]),
        entries: vec![rule(Standing::Member, "who-let-in"), rule(Standing::Kicked, "who-refuse")],
    }
}

/// What can be done with a friend. What a click by mistake would cost is taken back for ten seconds.
fn friend_entries(peer: &PeerView, own: Role, words: Words) -> Vec<Entry> {
    let rule = |standing, key| action(Action::Rule { peer: peer.id.clone(), standing }, &words.say(key));
    let muting = if peer.is_muted { "rights-unmute" } else { "rights-mute" };
    let mut entries = vec![
        action(Action::CopyAddress(peer.virtual_ip.clone()), &words.say("tray-copy-address")),
        action(Action::Mute { peer: peer.id.clone(), is_muted: !peer.is_muted }, &words.say(muting)),
    ];
    let may_remove = own >= Role::ActingOwner && peer.role < Role::ActingOwner
        || own == Role::Moderator && peer.role <= Role::Member;
    if may_remove {
        entries.push(Entry::Separator);
        if peer.role == Role::Guest {
            entries.push(rule(Standing::Member, "rights-member"));
        }
        if own >= Role::ActingOwner {
            entries.push(match peer.role {
                Role::Moderator => rule(Standing::Member, "rights-no-moderator"),
                _ => rule(Standing::Moderator, "rights-moderator"),
            });
        }
        entries.extend([rule(Standing::Kicked, "rights-kick"), rule(Standing::Banned, "rights-ban")]);
    }
    if own == Role::Owner {
        // One level down, because nothing takes it back.
        let text = words.say_with("tray-hand-over", [("name", plain(&peer.name).into())]);
        entries.push(Entry::Submenu {
            id: format!("handing:{}", peer.id),
            text: words.say("rights-host"),
            entries: vec![action(Action::HandOver(peer.id.clone()), &text)],
        });
    }
    entries
}

/// A friend with the round-trip time, or with what is the matter.
fn friend(peer: &PeerView, words: Words) -> String {
    let state = match (peer.state, peer.latency_ms) {
        (ConnectionState::Connected | ConnectionState::Degraded, Some(rtt)) => format!("{rtt:.0} ms"),
        (ConnectionState::Connected | ConnectionState::Degraded, None) => words.say("tray-connected"),
        _ if peer.is_away() => words.say("tray-away"),
        (ConnectionState::Connecting, _) => words.say("tray-connecting"),
        (ConnectionState::Reconnecting, _) => words.say("tray-reconnecting"),
        (ConnectionState::Failed, _) => words.say("tray-unreachable"),
    };
    format!("{} – {state}", plain(&peer.name))
}

/// The parties that a click enters again: favourites first, then the others as they were used.
fn to_join(recent: &[RecentPartyView], present: Option<&PartyView>) -> Vec<Entry> {
    let can_join =
        |party: &&RecentPartyView| party.can_resume && present.is_none_or(|present| present.id != party.id);
    let (favorites, others): (Vec<_>, Vec<_>) =
        recent.iter().filter(can_join).partition(|party| party.is_favorite);
    let entry = |party: &RecentPartyView| {
        let star = if party.is_favorite { "★ " } else { "" };
        action(Action::Join(party.id.clone()), &format!("{star}{}", plain(&party.name)))
    };
    favorites.into_iter().chain(others).take(PARTIES).map(entry).collect()
}

fn action(action: Action, text: &str) -> Entry {
    Entry::Action { action, text: text.to_owned() }
}

/// A name in a menu, where one ampersand would mark a key.
fn plain(name: &str) -> String {
    name.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use lanrage_engine::{
        Problem,
        facts::{Cause, Fault},
    };
    use lanrage_words::Language;

    use super::*;

    fn peer(name: &str, state: ConnectionState, rtt: Option<f64>) -> PeerView {
        PeerView {
            id: name.to_lowercase(),
            name: name.to_owned(),
            state,
            latency_ms: rtt,
            ..PeerView::default()
        }
    }

    fn in_party(peers: Vec<PeerView>) -> Snapshot {
        let party =
            PartyView { id: "p1".to_owned(), name: "Friday LAN".to_owned(), peers, ..PartyView::default() };
        Snapshot { party: Some(party), ..Snapshot::default() }
    }

    fn recent(id: &str, is_favorite: bool, can_resume: bool) -> RecentPartyView {
        RecentPartyView {
            id: id.to_owned(),
            name: format!("Party {id}"),
            is_host: false,
            is_active: false,
            can_resume,
            keys_missing: false,
            last_active_at_ms: 0,
            is_favorite,
            friends: Vec::new(),
        }
    }

    /// The menu as lines; what can be clicked has its id in brackets.
    fn lines(entries: &[Entry]) -> Vec<String> {
        entries
            .iter()
            .flat_map(|entry| match entry {
                Entry::Label { text, .. } => vec![text.clone()],
                Entry::Action { action, text } => vec![format!("{text} [{}]", action.id())],
                Entry::Submenu { id, text, .. } if id.starts_with("friend:") => vec![text.clone()],
                Entry::Submenu { text, entries, .. } => {
                    let inner = lines(entries).into_iter().map(|line| format!("{text} > {line}"));
                    inner.collect()
                }
                Entry::Separator => vec!["---".to_owned()],
            })
            .collect()
    }

    fn menu(snapshot: &Snapshot, parties: &[RecentPartyView]) -> Vec<String> {
        lines(&view(Some(snapshot), parties, Words::new(Language::ENGLISH)).menu)
    }

    #[test]
    fn a_party_is_shown_with_its_friends_and_everything_that_can_be_done_with_it() {
        let snapshot = in_party(vec![
            peer("Ben", ConnectionState::Connected, Some(23.4)),
            peer("Cem", ConnectionState::Connecting, None),
            PeerView { online: Some(false), ..peer("Dan", ConnectionState::Failed, None) },
        ]);
        assert_eq!(
            menu(&snapshot, &[recent("p1", true, true), recent("p2", false, true)]),
            [
                "Friday LAN",
                "Ben – 23 ms",
                "Cem – connecting…",
                "Dan – away",
                "---",
                "Copy invitation link [copy_invitation]",
                "Pause party [pause]",
                "Leave party > Leave “Friday LAN” for good [leave]",
                "---",
                "Join again",
                "Party p2 [join:p2]",
                "---",
                "Open LANrage [open]",
                "Quit [quit]"
            ]
        );
    }

    #[test]
    fn each_friend_has_a_menu_of_what_the_player_may_do_with_them_and_a_removal_can_be_taken_back() {
        let of = |own, role, is_muted| {
            let peer = PeerView {
                role,
                is_muted,
                virtual_ip: "10.1.2.3".to_owned(),
                ..peer("Ben", ConnectionState::Connected, None)
            };
            lines(&friend_entries(&peer, own, Words::new(Language::ENGLISH)))
        };
        let hands_over = "Make host > Give Ben the party for good [host:ben]";
        let everybodys = ["Copy address [copy:10.1.2.3]", "Mute broadcasts [mute:ben]"];
        assert_eq!(of(Role::Member, Role::Member, false), everybodys);
        assert_eq!(of(Role::Member, Role::Member, true)[1], "Hear broadcasts again [unmute:ben]");
        assert_eq!(of(Role::Moderator, Role::Owner, false), everybodys);
        assert!(
            !of(Role::ActingOwner, Role::Member, false).contains(&hands_over.to_owned()),
            "it is not theirs"
        );
        assert_eq!(of(Role::Moderator, Role::Moderator, false), everybodys);
        let removes = ["---", "Kick [kick:ben]", "Ban [ban:ben]"];
        assert_eq!(of(Role::Moderator, Role::Member, false)[2..], removes);
        assert_eq!(
            of(Role::Owner, Role::Member, false)[2..],
            ["---", "Make moderator [moderator:ben]", "Kick [kick:ben]", "Ban [ban:ben]", hands_over]
        );
        assert_eq!(of(Role::ActingOwner, Role::Moderator, false)[3], "No moderator any more [member:ben]");
        assert_eq!(of(Role::Moderator, Role::Guest, false)[3], "Make member [member:ben]");
        let mut snapshot = in_party(Vec::new());
        let undo = lanrage_engine::UndoView { name: "Ben".to_owned(), is_banned: true, until_ms: 0 };
        snapshot.party.as_mut().unwrap().undo = Some(undo);
        assert!(menu(&snapshot, &[]).contains(&"Undo the ban of Ben [undo]".to_owned()));
    }

    #[test]
    fn whoever_waits_is_let_in_or_refused_by_who_may_and_many_who_wait_make_no_long_menu() {
        let waiting = |role, count: usize, language| {
            let mut snapshot = in_party(Vec::new());
            let party = snapshot.party.as_mut().unwrap();
            party.role = role;
            party.requests = (0..count)
                .map(|n| RequestView {
                    id: format!("p{n}"),
                    name: "Ben & Co".to_owned(),
                    ..Default::default()
                })
                .collect();
            let menu = lines(&view(Some(&snapshot), &[], Words::new(language)).menu);
            menu.into_iter().skip(1).take_while(|line| *line != "---").collect::<Vec<_>>()
        };
        let nobody_else = "Nobody else is here yet";
        assert_eq!(
            waiting(Role::Moderator, 1, Language::ENGLISH),
            [
                "Ben && Co wants to join > Let in [member:p0]",
                "Ben && Co wants to join > Refuse [kick:p0]",
                nobody_else
            ]
        );
        let german = waiting(Role::Owner, 1, Language::of_setting("de"));
        assert_eq!(german[0], "Ben && Co möchte mitspielen > Hereinlassen [member:p0]");
        assert_eq!(german[1], "Ben && Co möchte mitspielen > Ablehnen [kick:p0]");
        for role in [Role::Guest, Role::Member] {
            assert_eq!(waiting(role, 1, Language::ENGLISH), [nobody_else], "it is not theirs to decide");
        }
        let many = waiting(Role::Owner, 60, Language::ENGLISH);
        assert_eq!((many.len(), many[8].as_str()), (2 * REQUESTS + 2, "and 56 more"), "{many:?}");
        let as_many = waiting(Role::Owner, REQUESTS, Language::ENGLISH);
        assert_eq!(as_many.len(), 2 * REQUESTS + 1, "{as_many:?}");
    }

    #[test]
    fn without_a_party_the_favourites_come_first_and_parties_that_were_left_not_at_all() {
        let parties = [recent("a", false, true), recent("b", true, true), recent("c", true, false)];
        assert_eq!(
            menu(&Snapshot::default(), &parties),
            [
                "Join again",
                "★ Party b [join:b]",
                "Party a [join:a]",
                "---",
                "Open LANrage [open]",
                "Quit [quit]"
            ]
        );
    }

    #[test]
    fn without_an_engine_the_menu_still_opens_the_window_and_ends_the_program() {
        let view = view(None, &[], Words::new(Language::of_setting("de")));
        assert_eq!(view.icon, Icon::Idle);
        assert_eq!(lines(&view.menu), ["LANrage öffnen [open]", "Beenden [quit]"]);
    }

    #[test]
    fn the_menu_stays_short_however_large_the_party_and_however_long_the_past() {
        let peers = (0..63).map(|n| peer(&format!("F{n}"), ConnectionState::Connected, Some(1.0))).collect();
        let parties: Vec<_> = (0..40).map(|n| recent(&format!("r{n}"), n % 2 == 0, true)).collect();
        let lines = menu(&in_party(peers), &parties);
        assert!(lines.contains(&"and 51 more".to_owned()), "{lines:?}");
        assert_eq!(lines.iter().filter(|line| line.contains("[join:")).count(), PARTIES);
    }

    #[test]
    fn the_icon_warns_of_what_is_wrong_here_and_not_of_a_friend_who_is_away() {
        let icon_of = |snapshot: &Snapshot| view(Some(snapshot), &[], Words::new(Language::ENGLISH)).icon;
        let with = |state, online| in_party(vec![PeerView { online, ..peer("Ben", state, None) }]);
        assert_eq!(icon_of(&Snapshot::default()), Icon::Idle);
        assert_eq!(icon_of(&in_party(Vec::new())), Icon::Connected);
        assert_eq!(icon_of(&with(ConnectionState::Connecting, None)), Icon::Connected);
        assert_eq!(icon_of(&with(ConnectionState::Reconnecting, Some(true))), Icon::Degraded);
        assert_eq!(icon_of(&with(ConnectionState::Degraded, None)), Icon::Degraded);
        assert_eq!(icon_of(&with(ConnectionState::Reconnecting, Some(false))), Icon::Connected);
        let problem = Problem::new(Severity::Error, Fault::SocketsFailed { cause: Cause::Other });
        assert_eq!(icon_of(&Snapshot { problems: vec![problem], ..in_party(Vec::new()) }), Icon::Degraded);
    }

    #[test]
    fn names_cannot_mark_keys_and_every_action_is_found_by_its_id() {
        let lines = menu(&in_party(vec![peer("A&B", ConnectionState::Failed, None)]), &[]);
        assert_eq!(lines[1], "A&&B – unreachable");
        let actions = [
            Action::CopyInvitation,
            Action::Pause,
            Action::Leave,
            Action::Join("x:y".to_owned()),
            Action::Open,
            Action::Quit,
            Action::Undo,
            Action::CopyAddress("10.0.0.1".to_owned()),
            Action::HandOver("x".to_owned()),
            Action::Mute { peer: "x".to_owned(), is_muted: true },
            Action::Mute { peer: "x".to_owned(), is_muted: false },
        ];
        let rules = STANDINGS.map(|standing| Action::Rule { peer: "x".to_owned(), standing });
        for action in actions.into_iter().chain(rules) {
            assert_eq!(Action::of_id(&action.id()), Some(action));
        }
        assert_eq!(Action::of_id("friend:join"), None);
    }
}
