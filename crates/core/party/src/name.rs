use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
use serde::{Deserialize, Serialize};
use unicode_security::confusable_detection::skeleton;

use crate::{PartyError, limits::NAME_BYTES};

/// A party's or peer's name: 1 to [`NAME_BYTES`] bytes of visible text in normalization form C (UAX 15), without leading or
/// trailing space, control characters, or characters that cannot be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Takes a text as a name.
    ///
    /// # Errors
    /// [`PartyError::Name`] if it is not one.
    pub fn new(text: &str) -> Result<Self, PartyError> {
        let text = one_spelling(text);
        if text.is_empty() || text.len() > NAME_BYTES || text.chars().any(is_unseen) {
            return Err(PartyError::Name);
        }
        Ok(Self(text))
    }

    /// The name nearest to any text: what cannot be shown is left out, what is too long is cut, and nothing
    /// at all becomes `fallback`.
    pub fn lossy(text: &str, fallback: &'static str) -> Self {
        Self::new(&visible(text, NAME_BYTES)).unwrap_or_else(|_| Self(fallback.to_owned()))
    }

    /// What somebody who reads quickly sees: names with the same one look alike. Letters of other scripts and of the other
    /// case count as those that they look like (UTS 39 §4, on the folded text).
    pub fn appearance(&self) -> String {
        skeleton(&self.0.to_lowercase()).collect::<String>().to_lowercase()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What can be shown of any text, cut to so many bytes: without control characters, without characters that cannot be seen or
/// turn the direction, in one spelling, without space around it. May be empty; of such a text it is the text itself.
pub fn visible(text: &str, bytes: usize) -> String {
    let seen: String = one_spelling(text).chars().filter(|c| !is_unseen(*c)).collect();
    let mut kept = String::new();
    // What stood between two characters may have kept them from being one.
    for c in one_spelling(&seen).chars() {
        if kept.len() + c.len_utf8() > bytes {
            break;
        }
        kept.push(c);
    }
    kept.trim().to_owned()
}

/// Normalization form C, without what only chooses between the coloured and the plain form of an emoji.
fn one_spelling(text: &str) -> String {
    let chosen = |c: &char| !matches!(c, '\u{FE0E}' | '\u{FE0F}');
    ComposingNormalizerBorrowed::new_nfc().normalize_iter(text.trim().chars().filter(chosen)).collect()
}

/// Control characters, separators of lines, what Unicode says need not be shown, what turns the direction of the text
/// around it, and what is shown as nothing though it may be shown: a name with them can look like another's, or like none.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2800}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D159}')
        || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

impl TryFrom<String> for Name {
    type Error = PartyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_must_be_visible() {
        assert_eq!(Name::new("  Ann's LAN ").unwrap().as_str(), "Ann's LAN");
        for bad in ["", "   ", "a\nb", "a\u{202E}b", "\u{200B}", &"x".repeat(NAME_BYTES + 1)] {
            assert_eq!(Name::new(bad), Err(PartyError::Name), "{bad:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_no_part_of_a_name() {
        for c in [
            '\u{3164}',
            '\u{2800}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{E0041}',
            '\u{115F}',
            '\u{180E}',
            '\u{FFA0}',
            '\u{1D159}',
            '\u{E000}',
            '\u{10FFFD}',
        ] {
            for text in [format!("E{c}ve"), c.to_string()] {
                assert_eq!(Name::new(&text), Err(PartyError::Name), "{text:?}");
            }
            assert_eq!(Name::lossy(&format!("E{c}ve"), "player").as_str(), "Eve");
        }
    }

    #[test]
    fn one_name_has_one_spelling() {
        assert_eq!(Name::new("Zoe\u{308}"), Name::new("Zo\u{EB}"));
        assert_eq!(Name::lossy("Zoe\u{308}", "player").as_str(), "Zo\u{EB}");
        assert_eq!(Name::new("Ann \u{2764}\u{FE0F}"), Name::new("Ann \u{2764}"));
        for name in ["김민수", "山田", "Ünal", "ليلى", "Ann 🎮", "Ḍ̇"] {
            assert!(Name::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_look_alike_are_known() {
        let seen = |text: &str| Name::new(text).unwrap().appearance();
        for twin in ["eve", "\u{415}ve", "EV\u{415}", "Ev\u{435}"] {
            assert_eq!(seen(twin), seen("Eve"), "{twin}");
        }
        for other in ["Eva", "Steve", "Eve 2", "伊芙"] {
            assert_ne!(seen(other), seen("Eve"), "{other}");
        }
    }

    #[test]
    fn what_can_be_shown_of_a_text_is_all_shown() {
        for text in ["", " a ", "a\u{202E}b", "e\u{200B}\u{301}", "\u{958}\u{958}", &"ä ".repeat(100)] {
            for bytes in [0, 1, 5, 64] {
                let shown = visible(text, bytes);
                assert!(shown.len() <= bytes && visible(&shown, bytes) == shown, "{text:?}, {bytes}");
            }
        }
        assert_eq!(visible("e\u{200B}\u{301}", 9), "\u{e9}");
    }

    #[test]
    fn a_lossy_name_is_always_a_name() {
        for text in ["", "\u{0}", "ok", "a\u{202E}b", &"ä".repeat(100)] {
            let name = Name::lossy(text, "player");
            assert_eq!(Name::new(name.as_str()), Ok(name));
        }
    }
}
