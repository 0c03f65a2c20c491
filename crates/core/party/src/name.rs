use serde::{Deserialize, Serialize};

use crate::{PartyError, limits::NAME_BYTES};

/// A party's or peer's name: 1 to [`NAME_BYTES`] bytes of visible text, without leading or trailing space,
/// control characters or characters that change the direction of the text around them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Takes a text as a name.
    ///
    /// # Errors
    /// [`PartyError::Name`] if it is not one.
    pub fn new(text: &str) -> Result<Self, PartyError> {
        let text = text.trim();
        let visible = text.chars().all(|c| !c.is_control() && !is_invisible(c));
        if text.is_empty() || text.len() > NAME_BYTES || !visible {
            return Err(PartyError::Name);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name nearest to any text: what cannot be shown is left out, what is too long is cut, and nothing
    /// at all becomes `fallback`.
    pub fn lossy(text: &str, fallback: &'static str) -> Self {
        let mut kept = String::new();
        for c in text.trim().chars().filter(|c| !c.is_control() && !is_invisible(*c)) {
            if kept.len() + c.len_utf8() > NAME_BYTES {
                break;
            }
            kept.push(c);
        }
        Self::new(&kept).unwrap_or_else(|_| Self(fallback.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Zero-width and bidirectional format characters: a name with them can look like another's.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
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
    fn a_lossy_name_is_always_a_name() {
        for text in ["", "\u{0}", "ok", "a\u{202E}b", &"ä".repeat(100)] {
            let name = Name::lossy(text, "player");
            assert_eq!(Name::new(name.as_str()), Ok(name));
        }
    }
}
