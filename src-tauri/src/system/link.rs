//! Links that the system hands over. They are shown, and never acted on: anybody can put one on a web page.

use std::sync::{Mutex, PoisonError};

use clap::Parser;
use serde::Serialize;
use tauri::{AppHandle, Manager, Runtime, Url};
use tauri_plugin_deep_link::DeepLinkExt;
use tracing::warn;

use crate::{
    Arguments,
    event::{self, Event},
    window,
};

/// Longest link that is kept for the window, in bytes: an invitation has fewer, and says so itself if not.
const LINK_BYTES: usize = 4_096;

/// A link waits that nobody has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LinkWaits;

impl Event for LinkWaits {
    const NAME: &'static str = "link";
}

/// The newest link that nobody has looked at.
#[derive(Debug, Default)]
pub struct PendingLink(Mutex<Option<String>>);

impl PendingLink {
    /// Takes a link in place of one that waits; whether it is one at all.
    pub fn put(&self, link: &str) -> bool {
        let is_link =
            link.len() <= LINK_BYTES && (link.starts_with("lanrage:") || link.starts_with("https:"));
        if is_link {
            self.lock().replace(link.to_owned());
        }
        is_link
    }

    /// The link that waits; it waits no longer.
    pub fn take(&self) -> Option<String> {
        self.lock().take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings the window to the front with a link that asks to be looked at.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, link: &str) {
    window::show(app);
    if app.state::<PendingLink>().put(link) {
        event::send(app, &LinkWaits);
    } else {
        warn!("the system handed over something that is no link");
    }
}

/// Takes the link that this program was started with, and every one that comes while it runs.
pub(crate) fn receive<R: Runtime>(app: &AppHandle<R>, arguments: &Arguments) {
    if let Some(link) = &arguments.link {
        show(app, link);
        // A second start would have ended by now, its link handed over. Best effort, where the system lets it.
        let _ = lanrage_base::argument::wipe(link);
    } else if let Ok(Some(urls)) = app.deep_link().get_current() {
        // macOS hands it over by an event, not as an argument.
        show_urls(app, &urls);
    }
    let to = app.clone();
    app.deep_link().on_open_url(move |event| show_urls(&to, &event.urls()));
}

fn show_urls<R: Runtime>(app: &AppHandle<R>, urls: &[Url]) {
    if let Some(url) = urls.last() {
        show(app, url.as_str());
    }
}

/// What a second start of the program asks of the first: to come to the front, with its link if it has one.
pub(crate) fn second_start<R: Runtime>(app: &AppHandle<R>, arguments: &[String]) {
    // One that stands alone has been handed over by the deep-link plugin already.
    let alone = arguments.len() <= 2;
    let link = Arguments::try_parse_from(arguments).ok().and_then(|arguments| arguments.link);
    match link {
        Some(link) if !(alone && link.starts_with("lanrage:")) => show(app, &link),
        _ => window::show(app),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_link_waits_once_and_what_is_no_link_does_not() {
        let pending = PendingLink::default();
        assert_eq!(pending.take(), None);
        assert!(pending.put("lanrage://join/one") && pending.put("https://lanrage.example/join#two"));
        assert!(!pending.put("file:///etc/passwd") && !pending.put("javascript:alert(1)"));
        assert!(!pending.put(&format!("lanrage://join/{}", "x".repeat(LINK_BYTES))));
        assert_eq!(pending.take().as_deref(), Some("https://lanrage.example/join#two"));
        assert_eq!(pending.take(), None);
    }
}
