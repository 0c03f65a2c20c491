//! What closing the window means: the party goes on without it, or the program ends.

use std::sync::{Mutex, PoisonError};

use lanrage_engine::{CommandError, KeepInTray, api::SetSettings};
use serde::Serialize;
use tauri::{AppHandle, Manager, Runtime};

use crate::{
    EngineHost,
    event::{self, Event},
    tasks,
    tray::host,
    window,
};

/// The window is being closed while there is a party, and the player has not said what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CloseAsked;

impl Event for CloseAsked {
    const NAME: &'static str = "close_asked";
}

/// Where the question of closing stands, which the window's button and the player's answer both move.
#[derive(Debug, Default)]
pub(crate) struct Closing(Mutex<Question>);

impl Closing {
    fn with<T>(&self, act: impl FnOnce(&mut Question) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether the player has been asked what closing means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Question {
    /// Not since the last answer.
    #[default]
    Unasked,
    /// And has not answered.
    Asked,
}

/// What becomes of a window that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    /// The program ends.
    Quit,
    /// The program goes on in the tray.
    Hide,
    /// The program goes on as a window that is out of the way: without a tray a hidden one could not be found again.
    Minimize,
    /// The player is asked.
    Ask,
}

impl Question {
    /// Decides what pressing the window's button does. Who closes once more while the question stands means it.
    fn press(&mut self, setting: KeepInTray, is_in_party: bool, has_tray: bool) -> Close {
        let before = std::mem::take(self);
        match (setting, is_in_party) {
            (KeepInTray::Ask, true) if before == Self::Unasked => {
                *self = Self::Asked;
                Close::Ask
            }
            (KeepInTray::Quit | KeepInTray::Ask, _) => Close::Quit,
            (KeepInTray::Keep, _) if has_tray => Close::Hide,
            (KeepInTray::Keep, true) => Close::Minimize,
            // Nothing goes on that would be worth a window.
            (KeepInTray::Keep, false) => Close::Quit,
        }
    }

    /// Decides what the player's answer does.
    fn answer(&mut self, keep: bool, has_tray: bool) -> Close {
        *self = Self::Unasked;
        match (keep, has_tray) {
            (true, true) => Close::Hide,
            (true, false) => Close::Minimize,
            (false, _) => Close::Quit,
        }
    }
}

/// The window's button was pressed. The decision needs the session bus, so it is made beside the window's thread.
pub(crate) fn close<R: Runtime>(app: &AppHandle<R>) {
    let to = app.clone();
    tasks::spawn(app, "closing", async move {
        let Some(engine) = to.state::<EngineHost>().running() else { return to.exit(0) };
        let has_tray = host::is_there().await;
        let is_in_party = engine.snapshots().borrow().party.is_some();
        let setting = engine.app_settings().borrow().keep_in_tray;
        let close = to.state::<Closing>().with(|question| question.press(setting, is_in_party, has_tray));
        perform(&to, close);
    });
}

/// The player's answer: whether to go on in the tray, and whether that is the answer from now on.
pub(crate) async fn answer<R: Runtime>(
    app: &AppHandle<R>,
    keep: bool,
    remember: bool,
) -> Result<(), CommandError> {
    if remember {
        let setting = if keep { KeepInTray::Keep } else { KeepInTray::Quit };
        let values = [("keep_in_tray".to_owned(), setting.as_str().into())].into();
        let engine = app.state::<EngineHost>().handle().await?;
        engine.ask(SetSettings { values }).await?;
    }
    let has_tray = host::is_there().await;
    let close = app.state::<Closing>().with(|question| question.answer(keep, has_tray));
    perform(app, close);
    Ok(())
}

fn perform<R: Runtime>(app: &AppHandle<R>, close: Close) {
    match close {
        Close::Quit => app.exit(0),
        Close::Hide => window::hide(app),
        Close::Minimize => window::minimize(app),
        Close::Ask => event::send(app, &CloseAsked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(setting: KeepInTray, is_in_party: bool, has_tray: bool) -> Close {
        Question::default().press(setting, is_in_party, has_tray)
    }

    #[test]
    fn closing_does_what_the_setting_says_and_never_leaves_an_invisible_program() {
        use KeepInTray::{Ask, Keep, Quit};
        for is_in_party in [false, true] {
            for has_tray in [false, true] {
                assert_eq!(press(Quit, is_in_party, has_tray), Close::Quit);
            }
            assert_eq!(press(Keep, is_in_party, true), Close::Hide);
            assert_ne!(press(Keep, is_in_party, false), Close::Hide);
            assert_ne!(press(Ask, is_in_party, false), Close::Hide);
        }
        assert_eq!(press(Keep, true, false), Close::Minimize);
        assert_eq!(press(Keep, false, false), Close::Quit);
    }

    #[test]
    fn the_player_is_asked_only_in_a_party_and_closing_once_more_ends_the_program() {
        for has_tray in [false, true] {
            let mut question = Question::default();
            assert_eq!(question.press(KeepInTray::Ask, true, has_tray), Close::Ask);
            assert_eq!(question.press(KeepInTray::Ask, true, has_tray), Close::Quit);
        }
        assert_eq!(press(KeepInTray::Ask, false, true), Close::Quit);
    }

    #[test]
    fn an_answer_settles_the_question_so_that_the_next_press_asks_again() {
        for (keep, has_tray, outcome) in
            [(true, true, Close::Hide), (true, false, Close::Minimize), (false, true, Close::Quit)]
        {
            let mut question = Question::default();
            assert_eq!(question.press(KeepInTray::Ask, true, has_tray), Close::Ask);
            assert_eq!(question.answer(keep, has_tray), outcome);
            assert_eq!(question.press(KeepInTray::Ask, true, has_tray), Close::Ask);
        }
    }
}
