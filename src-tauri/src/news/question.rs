//! Whether somebody is let in, as a notification that can be answered at once.

use lanrage_words::Language;
use tauri::{AppHandle, Runtime};

use super::watch::Newcomer;

/// Shows the question. Where the system's notifications have no buttons for us, the window is where it is answered.
#[cfg(not(target_os = "linux"))]
pub(super) fn ask<R: Runtime>(app: &AppHandle<R>, title: &str, party: &str, _: &Newcomer, _: Language) {
    super::say(app, title, party);
}

#[cfg(target_os = "linux")]
pub(super) use linux::ask;

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use lanrage_engine::{Standing, api::SetStanding};
    use lanrage_words::Words;
    use notify_rust::{Notification, NotificationResponse};
    use tauri::Manager;
    use tokio::time::timeout;
    use tracing::warn;

    use super::{AppHandle, Language, Newcomer, Runtime};
    use crate::{EngineHost, news, tasks, window};

    /// How long the question stands: for so long whoever wants to come in asks on.
    const PATIENCE: Duration = Duration::from_secs(600);

    /// Names of the buttons (Desktop Notifications Specification, "Actions").
    const LET_IN: &str = "let-in";
    const REFUSE: &str = "refuse";
    /// The notification itself, as a button.
    const DEFAULT: &str = "default";

    /// What the player answers.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Answer {
        Decided(Standing),
        /// The window is to show more.
        Look,
    }

    impl Answer {
        fn of(response: &NotificationResponse) -> Option<Self> {
            match response {
                NotificationResponse::Action(name) if name == LET_IN => Some(Self::Decided(Standing::Member)),
                NotificationResponse::Action(name) if name == REFUSE => Some(Self::Decided(Standing::Kicked)),
                NotificationResponse::Default => Some(Self::Look),
                _ => None,
            }
        }
    }

    /// Shows the question, and does what is answered.
    pub(in crate::news) fn ask<R: Runtime>(
        app: &AppHandle<R>,
        title: &str,
        party: &str,
        newcomer: &Newcomer,
        language: Language,
    ) {
        let words = Words::new(language);
        let notification = Notification::new()
            .summary(title)
            .body(&news::plain(party))
            .auto_icon()
            .action(DEFAULT, "")
            .action(LET_IN, &words.say("who-let-in"))
            .action(REFUSE, &words.say("who-refuse"))
            .finalize();
        let (app, peer) = (app.clone(), newcomer.id.clone());
        tasks::spawn(&app.clone(), "question", async move {
            let shown = match notification.show_async().await {
                Ok(shown) => shown,
                Err(error) => return warn!(%error, "a notification was not shown"),
            };
            let mut answer = None;
            let answered = shown.wait_for_action_async(|response| answer = Answer::of(response));
            if timeout(PATIENCE, answered).await.is_err() {
                return shown.close_async().await;
            }
            match answer {
                Some(Answer::Decided(standing)) => decide(&app, peer, standing).await,
                Some(Answer::Look) => window::show(&app),
                None => {}
            }
        });
    }

    async fn decide<R: Runtime>(app: &AppHandle<R>, peer: String, standing: Standing) {
        let Ok(engine) = app.state::<EngineHost>().handle().await else { return };
        if let Err(error) = engine.ask(SetStanding { peer, standing }).await {
            news::refused(app, &error);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn each_button_does_what_it_says_and_closing_decides_nothing() {
            let pressed = |name: &str| Answer::of(&NotificationResponse::Action(name.to_owned()));
            assert_eq!(pressed(LET_IN), Some(Answer::Decided(Standing::Member)));
            assert_eq!(pressed(REFUSE), Some(Answer::Decided(Standing::Kicked)));
            assert_eq!(pressed("another"), None);
            assert_eq!(Answer::of(&NotificationResponse::Default), Some(Answer::Look));
            let closed = NotificationResponse::Closed(notify_rust::CloseReason::Dismissed);
            assert_eq!(Answer::of(&closed), None);
        }
    }
}
