//! The files of the languages, parsed when they are first asked for something.

use std::{fmt, sync::OnceLock};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

/// Every catalogue that the program carries.
pub(crate) fn all() -> impl Iterator<Item = &'static Catalogue> {
    CATALOGUES.iter()
}

/// The messages of one language.
pub(crate) struct Catalogue {
    /// The language's tag.
    pub(crate) tag: &'static str,
    source: &'static str,
    bundle: OnceLock<FluentBundle<FluentResource>>,
}

impl Catalogue {
    const fn new(tag: &'static str, source: &'static str) -> Self {
        Self { tag, source, bundle: OnceLock::new() }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.bundle().get_message(key).is_some_and(|message| message.value().is_some())
    }

    /// The message with its arguments put in, if there is one.
    pub(crate) fn format(&self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = self.bundle();
        let pattern = bundle.get_message(key)?.value()?;
        // An argument that is missing shows as its name; nothing is gained by saying nothing.
        Some(bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned())
    }

    /// The file itself.
    #[cfg(test)]
    pub(crate) const fn source(&self) -> &'static str {
        self.source
    }

    fn bundle(&self) -> &FluentBundle<FluentResource> {
        self.bundle.get_or_init(|| {
            let language: LanguageIdentifier = self.tag.parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![language]);
            // Isolation marks would be seen, as boxes, in terminals and trays; all languages here read from left to right.
            bundle.set_use_isolating(false);
            // What cannot be parsed is left out; a test lets no such message pass.
            let resource = match FluentResource::try_new(self.source.to_owned()) {
                Ok(resource) | Err((resource, _)) => resource,
            };
            bundle.add_resource_overriding(resource);
            bundle
        })
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Catalogue").field(&self.tag).finish()
    }
}
