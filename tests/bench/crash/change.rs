//! The changes, each given by its number, and what they come to.

use std::collections::BTreeMap;

/// Parties that are remembered.
pub(crate) const PARTIES: u8 = 3;
/// Friends in each of them.
pub(crate) const FRIENDS: u8 = 5;
/// Favourite servers.
pub(crate) const FAVOURITES: u8 = 4;
/// What the database holds: for every entry, the number that its last change has put there.
pub(crate) type Content = BTreeMap<String, u64>;

/// A change of the database. The number that it carries is what it writes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Port(u16),
    PlayerName(u16),
    /// The party becomes the active one.
    Enter {
        party: u8,
        number: u16,
    },
    /// The party keeps its name and what was said there last, and loses its friends.
    Leave {
        party: u8,
        number: u16,
    },
    MeetFriend {
        party: u8,
        friend: u8,
        number: u16,
    },
    RemoveFriend {
        party: u8,
        friend: u8,
    },
    SaveFavourite {
        favourite: u8,
        number: u16,
    },
    DeleteFavourite {
        favourite: u8,
    },
}

/// The change with this number, from 0.
pub(crate) fn change(number: u64) -> Change {
    let (turn, value) = (number / 8, (number % 65_536) as u16);
    let pick = |count: u8| (turn % u64::from(count)) as u8;
    let (party, friend, favourite) = (pick(PARTIES), pick(FRIENDS), pick(FAVOURITES));
    match number % 8 {
        0 => Change::Enter { party, number: value },
        1 => Change::Port(value),
        2 => Change::MeetFriend { party, friend, number: value },
        3 => Change::SaveFavourite { favourite, number: value },
        4 => Change::PlayerName(value),
        5 => Change::MeetFriend { party, friend: (friend + 1) % FRIENDS, number: value },
        6 if turn % 2 == 0 => Change::RemoveFriend { party, friend },
        6 => Change::DeleteFavourite { favourite: (favourite + 1) % FAVOURITES },
        _ => Change::Leave { party: (party + 1) % PARTIES, number: value },
    }
}

/// What one change more makes of the database's content.
pub(crate) fn apply(content: &mut Content, change: Change) {
    let mut put = |entry: String, number: u16| {
        content.insert(entry, number.into());
    };
    match change {
        Change::Port(number) => put("port".into(), number),
        Change::PlayerName(number) => put("player name".into(), number),
        Change::Enter { party, number } => {
            put("active".into(), party.into());
            put(format!("party {party}"), number);
            content.remove(&format!("left {party}"));
        }
        Change::Leave { party, number } => {
            content.retain(|entry, _| !entry.starts_with(&friend_entry(party, "")));
            if content.contains_key(&format!("party {party}")) {
                content.insert(format!("party {party}"), number.into());
                content.insert(format!("left {party}"), 1);
            }
        }
        Change::MeetFriend { party, friend, number } => {
            put(friend_entry(party, friend), number);
        }
        Change::RemoveFriend { party, friend } => {
            content.remove(&friend_entry(party, friend));
        }
        Change::SaveFavourite { favourite, number } => {
            put(format!("favourite {favourite}"), number);
        }
        Change::DeleteFavourite { favourite } => {
            content.remove(&format!("favourite {favourite}"));
        }
    }
}

pub(crate) fn friend_entry(party: u8, friend: impl std::fmt::Display) -> String {
    format!("friend of {party}: {friend}")
}
