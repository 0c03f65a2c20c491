//! Whom or what a person means by what was typed, and what they may have meant where it is nothing.

use crate::{failure::Failure, say::person};

/// From which similarity on (Jaro, 0 to 1) one name may be a slip of the other; as clap has it for its commands.
const SIMILAR: f64 = 0.7;

/// Which of these, by id and name, is meant by this id, name, or beginning of an id; an id before a name, a name before a
/// beginning.
pub(crate) fn meant<'a>(all: impl Iterator<Item = (&'a str, &'a str)>, wanted: &str) -> Vec<usize> {
    let wanted = wanted.trim().to_lowercase();
    let mut found: [Vec<usize>; 3] = Default::default();
    for (at, (id, name)) in all.enumerate() {
        let fits =
            [id == wanted, name.to_lowercase() == wanted, !wanted.is_empty() && id.starts_with(&wanted)];
        found.iter_mut().zip(fits).filter(|(_, fits)| *fits).for_each(|(found, _)| found.push(at));
    }
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// The one of these that is most like what was typed, if one is like it at all.
pub(crate) fn nearest<'a>(all: impl IntoIterator<Item = &'a str>, wanted: &str) -> Option<&'a str> {
    let plain = |text: &str| text.trim().to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(wanted);
    if wanted.is_empty() {
        return None;
    }
    let likeness = |name: &str| {
        let name = plain(name);
        // The beginning of one, or a part of it, is no slip, and meant all the same.
        let is_part = wanted.len() >= 3 && name.contains(&wanted);
        if is_part { 1.0 } else { strsim::jaro(&name, &wanted) }
    };
    let scored = all.into_iter().map(|name| (likeness(name), name)).filter(|(score, _)| *score > SIMILAR);
    // Of two that are alike, the first: they come in an order that means something.
    scored.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, name)| name)
}

/// There is nothing of this name: one sentence, and what may have been meant.
pub(crate) fn unknown<'a>(sentence: String, all: impl IntoIterator<Item = &'a str>, wanted: &str) -> Failure {
    Failure::Argument(match nearest(all, wanted) {
        Some(name) => {
            let hint = person().say_with("terminal-did-you-mean", [("name", name.to_owned().into())]);
            format!("{sentence} {hint}")
        }
        None => sentence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_name() {
        let keys = ["udp_port", "player_name", "find_friends", "share_games", "theme"];
        for (typed, meant) in [
            ("UDP_PORT", Some("udp_port")),
            ("udp-port", Some("udp_port")),
            ("upd_port", Some("udp_port")),
            ("player", Some("player_name")),
            ("games", Some("share_games")),
            ("tehme", Some("theme")),
            ("nosuch", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(keys, typed), meant, "{typed}");
        }
        assert_eq!(nearest([], "theme"), None);
        let said = unknown("There is no setting tehme.".to_owned(), keys, "tehme").to_string();
        assert_eq!(said, "There is no setting tehme. Did you mean theme?");
    }
}
