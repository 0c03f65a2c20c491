//! Notifications of the system, while the player looks elsewhere.
//!
//! `watch` decides what is news; this shell says it.

mod question;
mod watch;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use lanrage_engine::{CommandError, facts};
use lanrage_words::{Language, Words};
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_notification::NotificationExt;
use tracing::warn;

use self::watch::{News, Watch};
use crate::{EngineHost, tasks};

/// Whether the window is in front.
#[derive(Debug, Default)]
pub(crate) struct Focus(pub(crate) AtomicBool);

/// Tells what happens, until the engine ends.
pub(crate) fn follow<R: Runtime>(app: &AppHandle<R>) {
    let to = app.clone();
    tasks::spawn(app, "news", async move {
        let Ok(engine) = to.state::<EngineHost>().handle().await else { return };
        let (mut snapshots, mut notices, settings) =
            (engine.snapshots(), engine.notices(), engine.app_settings());
        let mut watch = Watch::default();
        let is_in_front = || to.state::<Focus>().0.load(Ordering::Relaxed);
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            let news = watch.handle_snapshot(&snapshot, Instant::now());
            let (is_wanted, language) = {
                let settings = settings.borrow();
                (settings.notifications, Language::of_setting(settings.language.as_str()))
            };
            if is_wanted && !is_in_front() {
                let party = snapshot.party.as_ref().map(|party| party.name.as_str());
                for item in &news {
                    let (title, body) = (title(item, Words::new(language)), party.unwrap_or_default());
                    match item {
                        News::WantsIn(newcomer) => question::ask(&to, &title, body, newcomer, language),
                        _ => say(&to, &title, body),
                    }
                }
            }
            tokio::select! {
                changed = snapshots.changed() => if changed.is_err() { return },
                Ok(notice) = notices.recv() => {
                    use facts::News::{AskedReady, EverybodyReady, NewVersion, Said, YouWereRemoved};
                    let is_told = match notice.news {
                        YouWereRemoved { .. } | NewVersion { .. } => true,
                        Said { .. } | AskedReady { .. } | EverybodyReady => !is_in_front(),
                        _ => false,
                    };
                    if is_wanted && is_told {
                        let words = Words::new(language);
                        say(&to, "LANrage", &words.fact("notice", &notice.news));
                    }
                }
            }
        }
    });
}

/// Says why something that was clicked outside the window was not done.
pub(crate) fn refused<R: Runtime>(app: &AppHandle<R>, error: &CommandError) {
    let engine = app.state::<EngineHost>().running();
    let language = engine.map_or_else(Language::of_system, |engine| {
        Language::of_setting(engine.app_settings().borrow().language.as_str())
    });
    let words = Words::new(language);
    say(app, &words.say("news-refused"), &words.fact("refusal", error));
}

fn title(news: &News, words: Words) -> String {
    let (key, friend) = match news {
        News::Joined(friend) => ("news-joined", friend),
        News::Left(friend) => ("news-left", friend),
        News::Degraded(friend) => ("news-degraded", friend),
        News::Lost(friend) => ("news-lost", friend),
        News::Away(friend) => ("news-away", friend),
        News::Back(friend) => ("news-back", friend),
        News::Restored(friend) => ("news-restored", friend),
        News::Hosts(friend, game) => {
            let names = [("peer", friend.as_str().into()), ("game", game.as_str().into())];
            return words.say_with("games-hosts", names);
        }
        News::Removed { name, is_banned } => {
            let key = if *is_banned { "who-banned" } else { "who-kicked" };
            return words.say_with(key, [("name", name.as_str().into())]);
        }
        News::WantsIn(newcomer) => {
            return words.say_with("who-waits", [("name", newcomer.name.as_str().into())]);
        }
    };
    words.say_with(key, [("friend", friend.as_str().into())])
}

fn say<R: Runtime>(app: &AppHandle<R>, title: &str, body: &str) {
    // Where the desktop shows no notifications, the window says the same.
    if let Err(error) = app.notification().builder().title(title).body(plain(body)).show() {
        warn!(%error, "a notification was not shown");
    }
}

/// The text as a notification's body shows it to the letter. On Linux a body is markup (Desktop Notifications
/// Specification, "Markup"): a name that another player chose would be a link or a picture there.
#[cfg(target_os = "linux")]
fn plain(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text as it is.
#[cfg(not(target_os = "linux"))]
fn plain(body: &str) -> String {
    body.to_owned()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_notification_is_no_markup() {
        assert_eq!(
            plain("<a href=\"http://x.example\">gift</a> & <img src=\"y\">"),
            "&lt;a href=\"http://x.example\"&gt;gift&lt;/a&gt; &amp; &lt;img src=\"y\"&gt;"
        );
    }
}
