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
    use std::{collections::HashMap, time::Duration};

    use futures_util::StreamExt;
    use lanrage_engine::{Standing, api::SetStanding};
    use lanrage_words::Words;
    use tauri::Manager;
    use tokio::time::timeout;
    use tracing::warn;
    use zbus::{Connection, Message, Proxy, proxy::SignalStream, zvariant::Value};

    use super::{AppHandle, Language, Newcomer, Runtime};
    use crate::{EngineHost, news, tasks, window};

    /// How long the question stands: for so long whoever wants to come in asks on.
    const PATIENCE: Duration = Duration::from_secs(600);

    /// Where notifications are shown (Desktop Notifications Specification), and the name of that interface.
    const NAME: &str = "org.freedesktop.Notifications";
    const PATH: &str = "/org/freedesktop/Notifications";

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
        /// They have closed it.
        Nothing,
    }

    impl Answer {
        fn of(action: &str) -> Self {
            match action {
                LET_IN => Self::Decided(Standing::Member),
                REFUSE => Self::Decided(Standing::Kicked),
                DEFAULT => Self::Look,
                _ => Self::Nothing,
            }
        }
    }

    /// A notification on the screen.
    struct Shown {
        desktop: Proxy<'static>,
        id: u32,
        signals: SignalStream<'static>,
    }

    impl Shown {
        /// Shows it. Its buttons are listened to from before that on: they may be pressed before the desktop has said its number.
        async fn show(title: &str, body: &str, buttons: &[(&str, &str)]) -> zbus::Result<Self> {
            let bus = Connection::session().await?;
            let desktop = Proxy::new(&bus, NAME, PATH, NAME).await?;
            let signals = desktop.receive_all_signals().await?;
            let actions: Vec<&str> = buttons.iter().flat_map(|(name, label)| [*name, *label]).collect();
            let hints: HashMap<&str, Value<'_>> = HashMap::new();
            let program = std::env::current_exe().unwrap_or_default();
            let icon = program.file_stem().unwrap_or_default().to_string_lossy();
            let asked = ("LANrage", 0_u32, icon.as_ref(), title, body, actions, hints, -1_i32);
            let id = desktop.call("Notify", &asked).await?;
            Ok(Self { desktop, id, signals })
        }

        /// What the player does with it. Nothing, where the desktop has gone.
        async fn answer(&mut self) -> Answer {
            while let Some(said) = self.signals.next().await {
                if let Some(answer) = answer_to(self.id, &said) {
                    return answer;
                }
            }
            Answer::Nothing
        }

        async fn close(&self) {
            let closed: zbus::Result<()> = self.desktop.call("CloseNotification", &self.id).await;
            if let Err(error) = closed {
                warn!(%error, "a notification was not closed");
            }
        }
    }

    /// What a signal of the desktop's says of this notification.
    fn answer_to(id: u32, said: &Message) -> Option<Answer> {
        let header = said.header();
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (of, action): (u32, String) = said.body().deserialize().ok()?;
                (of == id).then(|| Answer::of(&action))
            }
            "NotificationClosed" => {
                let (of, _): (u32, u32) = said.body().deserialize().ok()?;
                (of == id).then_some(Answer::Nothing)
            }
            _ => None,
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
        let (app, peer) = (app.clone(), newcomer.id.clone());
        let (title, body) = (title.to_owned(), news::plain(party));
        tasks::spawn(&app.clone(), "question", async move {
            let words = Words::new(language);
            let (let_in, refuse) = (words.say("who-let-in"), words.say("who-refuse"));
            let buttons = [(DEFAULT, ""), (LET_IN, let_in.as_str()), (REFUSE, refuse.as_str())];
            let mut shown = match Shown::show(&title, &body, &buttons).await {
                Ok(shown) => shown,
                Err(error) => return warn!(%error, "a notification was not shown"),
            };
            match timeout(PATIENCE, shown.answer()).await {
                Ok(Answer::Decided(standing)) => decide(&app, peer, standing).await,
                Ok(Answer::Look) => window::show(&app),
                Ok(Answer::Nothing) => {}
                Err(_) => shown.close().await,
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

        fn said(member: &str, body: &(u32, &str)) -> Message {
            Message::signal(PATH, NAME, member).unwrap().build(body).unwrap()
        }

        #[test]
        fn each_button_does_what_it_says_and_closing_decides_nothing() {
            let pressed = |name: &str| answer_to(7, &said("ActionInvoked", &(7, name)));
            assert_eq!(pressed(LET_IN), Some(Answer::Decided(Standing::Member)));
            assert_eq!(pressed(REFUSE), Some(Answer::Decided(Standing::Kicked)));
            assert_eq!(pressed(DEFAULT), Some(Answer::Look));
            assert_eq!(pressed("another"), Some(Answer::Nothing));
            let closed =
                Message::signal(PATH, NAME, "NotificationClosed").unwrap().build(&(7_u32, 2_u32)).unwrap();
            assert_eq!(answer_to(7, &closed), Some(Answer::Nothing));
        }

        #[test]
        fn another_notification_and_what_is_not_understood_answer_nothing() {
            assert_eq!(answer_to(7, &said("ActionInvoked", &(8, LET_IN))), None);
            assert_eq!(answer_to(7, &said("NotificationClosed", &(7, LET_IN))), None);
            assert_eq!(answer_to(7, &said("ActivationToken", &(7, "token"))), None);
        }
    }
}
