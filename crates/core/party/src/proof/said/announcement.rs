use serde::{Deserialize, Serialize};

use crate::{PartyError, limits::ANNOUNCEMENT_BYTES, visible};

/// What a server's operator tells everybody who is there: one line of 1 to [`ANNOUNCEMENT_BYTES`] bytes of visible text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Announcement(String);

impl Announcement {
    /// The announcement nearest to any text: on one line, without what cannot be shown, cut where it is too long. `None` if
    /// nothing is left.
    pub fn lossy(text: &str) -> Option<Self> {
        // Cut before it is looked at: it may be as long as a frame.
        let text: String = text.chars().take(ANNOUNCEMENT_BYTES).collect();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = visible(&line, ANNOUNCEMENT_BYTES);
        (!shown.is_empty()).then_some(Self(shown))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Announcement {
    type Error = PartyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::lossy(&text).ok_or(PartyError::Name)
    }
}

impl From<Announcement> for String {
    fn from(announcement: Announcement) -> Self {
        announcement.0
    }
}

impl std::fmt::Display for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_one_line_that_can_be_shown() {
        let shown =
            |text: &str| Announcement::lossy(text).map(|announcement| announcement.as_str().to_owned());
        assert_eq!(shown(" Maintenance\n at\t20:00 "), Some("Maintenance at 20:00".to_owned()));
        assert_eq!(shown("a\u{202E}b\u{1B}[31mc\u{200B}"), Some("ab[31mc".to_owned()));
        for nothing in ["", " \n\t", "\u{200B}\u{202E}"] {
            assert_eq!(shown(nothing), None, "{nothing:?}");
        }
        let long = shown(&"é".repeat(100_000)).unwrap();
        assert!(long.len() <= ANNOUNCEMENT_BYTES && long.len() > ANNOUNCEMENT_BYTES - 2, "{}", long.len());
        let again = serde_json::from_str::<Announcement>("\"a\\nb\"").unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), "\"a b\"");
        assert!(serde_json::from_str::<Announcement>("\"\\n\"").is_err());
    }
}
