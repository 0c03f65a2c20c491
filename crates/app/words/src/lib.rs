//! Every sentence that LANrage says to people, in Fluent, one file a language (`locales/*.ftl`).
//!
//! The terminal, the tray and the notifications read the catalogue through [`Words`]; the window bundles the same files.
//! Whatever decides emits facts, enums with data; [`Words::fact`] finds a fact's sentence by one rule, so that a new
//! fact needs a message in each language, and no code.

mod catalogue;
mod fact;
mod language;

pub use fluent_bundle::FluentValue as Value;
pub use language::{Language, languages};

use fluent_bundle::FluentArgs;
use serde::Serialize;

/// The sentences of one language. What it lacks is said in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    language: Language,
}

impl Words {
    /// The sentences of a language.
    pub const fn new(language: Language) -> Self {
        Self { language }
    }

    /// The language that is spoken.
    pub const fn language(self) -> Language {
        self.language
    }

    /// The message `key`, which takes no arguments.
    pub fn say(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The message `key` with its arguments.
    pub fn say_with<'a>(
        self,
        key: &str,
        arguments: impl IntoIterator<Item = (&'a str, Value<'a>)>,
    ) -> String {
        self.format(key, Some(&arguments.into_iter().collect()))
    }

    /// The sentence for a fact of a family. Its key is the family's name and the fact's `code`, with dashes; its
    /// arguments are the fact's other fields.
    pub fn fact(self, family: &str, fact: &impl Serialize) -> String {
        let cause_words = |cause: &serde_json::Value| self.fact(fact::CAUSE, cause);
        let fact = fact::Fact::of(family, fact, &self.decimal_separator(), &cause_words);
        self.format(&fact.key, Some(&fact.arguments))
    }

    /// Whether there is a message of that name, be it only in English.
    pub fn has(self, key: &str) -> bool {
        self.sources().any(|language| language.catalogue().has(key))
    }

    /// A missing message shows as its key: wrong, but the rest of what is said stands. Tests let none be missing.
    fn format(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        self.sources()
            .find_map(|language| language.catalogue().format(key, arguments))
            .unwrap_or_else(|| key.to_owned())
    }

    fn decimal_separator(self) -> String {
        self.say("decimal-separator")
    }

    fn sources(self) -> impl Iterator<Item = Language> {
        [self.language, Language::ENGLISH].into_iter()
    }
}

#[cfg(test)]
mod tests;
