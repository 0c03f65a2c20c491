//! Which party, or whom, a person means.

pub(crate) mod chat;
pub(crate) mod friends;
pub(crate) mod ping;
pub(crate) mod ready;
pub(crate) mod rights;
pub(crate) mod shield;

use lanrage_engine::api::RecentPartyView;

use crate::{
    failure::Failure,
    meant::{meant, unknown},
    say::person,
};

/// The party of this id, name, or beginning of either; an id before a name, a name before a beginning, that of an id first.
///
/// # Errors
/// If it is none, or several.
pub(crate) fn find<'a>(parties: &'a [RecentPartyView], wanted: &str) -> Result<&'a RecentPartyView, Failure> {
    let named = parties.iter().map(|party| (party.id.as_str(), party.name.as_str()));
    let mut found = meant(named, wanted);
    if found.is_empty() && !wanted.trim().is_empty() {
        let begins = |name: &str| name.to_lowercase().starts_with(&wanted.trim().to_lowercase());
        found = (0..parties.len()).filter(|at| begins(&parties[*at].name)).collect();
    }
    match &found[..] {
        [one] => Ok(&parties[*one]),
        [] => {
            let party = [("party", wanted.trim().into())];
            let sentence = person().say_with("terminal-unknown-party", party);
            Err(unknown(sentence, parties.iter().map(|party| party.name.as_str()), wanted))
        }
        several => {
            let ids = several.iter().map(|at| parties[*at].id.as_str()).collect::<Vec<_>>().join(", ");
            let facts = [("party", wanted.trim().into()), ("ids", ids.into())];
            Err(Failure::Argument(person().say_with("terminal-several-parties", facts)))
        }
    }
}

/// The party that was paused last. The parties are in the order in which they were used, the present one first.
///
/// # Errors
/// If none is paused.
pub(crate) fn last_paused(parties: &[RecentPartyView]) -> Result<&RecentPartyView, Failure> {
    let paused = parties.iter().find(|party| party.can_resume && !party.is_active);
    paused.ok_or_else(|| Failure::Argument(person().say("terminal-none-paused")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(id: &str, name: &str, is_active: bool, can_resume: bool) -> RecentPartyView {
        RecentPartyView {
            id: id.to_owned(),
            name: name.to_owned(),
            is_host: false,
            is_active,
            can_resume,
            keys_missing: false,
            last_active_at_ms: 0,
            is_favorite: false,
            friends: Vec::new(),
        }
    }

    #[test]
    fn a_party_is_found_by_name_or_by_the_beginning_of_its_id_if_that_is_clear() {
        let all = [
            party("3f9a", "Friday LAN", true, true),
            party("3f00", "Saturday", false, true),
            party("aa11", "Saturday", false, false),
            party("bb22", "3f", false, true),
        ];
        for (wanted, id) in [
            ("3f9a", "3f9a"),
            ("3F9", "3f9a"),
            (" friday lan ", "3f9a"),
            ("aa", "aa11"),
            ("3f", "bb22"),
            ("fri", "3f9a"),
        ] {
            assert_eq!(find(&all, wanted).unwrap().id, id, "{wanted}");
        }
        let said = |wanted: &str| find(&all, wanted).unwrap_err().to_string();
        assert_eq!(
            said("saturday"),
            "Several parties are meant by saturday; name one by its id: 3f00, aa11."
        );
        for none in ["", "nosuch", "f9a"] {
            assert!(said(none).starts_with("There is no party"), "{none}");
        }
        assert_eq!(
            said("firday"),
            "There is no party firday; `lanrage recent` lists them. Did you mean Friday LAN?"
        );
    }

    #[test]
    fn the_last_paused_party_is_neither_the_present_one_nor_one_that_was_left() {
        let all = [party("1", "a", true, true), party("2", "b", false, false), party("3", "c", false, true)];
        assert_eq!(last_paused(&all).unwrap().id, "3");
        assert!(last_paused(&all[..2]).is_err());
    }
}
