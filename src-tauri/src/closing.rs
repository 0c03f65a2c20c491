//! What closing the window means: the party goes on without it, or the program ends.

use std::sync::atomic::{AtomicBool, Ordering};

use lanrage_engine::{CommandError, DataRequest, KeepInTray};
use tauri::{AppHandle, Manager, Runtime, async_runtime};

use crate::{EngineHost, event, tray_host, window};

/// The window is being closed while there is a party, and the player has not said what that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseAsked;

/// Whether the player has been asked and has not answered.
#[derive(Debug, Default)]
pub(crate) struct Question(AtomicBool);

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

/// Decides. `is_asked` is whether the question stands already: who closes once more means it.
const fn decide(setting: KeepInTray, is_in_party: bool, has_tray: bool, is_asked: bool) -> Close {
    match (setting, is_in_party) {
        (KeepInTray::Quit, _) => Close::Quit,
        (KeepInTray::Ask, true) if !is_asked => Close::Ask,
        (KeepInTray::Ask, _) => Close::Quit,
        (KeepInTray::Keep, _) if has_tray => Close::Hide,
        (KeepInTray::Keep, true) => Close::Minimize,
        // Nothing goes on that would be worth a window.
        (KeepInTray::Keep, false) => Close::Quit,
    }
}

/// The window's button was pressed. The decision needs the session bus, so it is made beside the window's thread.
pub(crate) fn close<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    async_runtime::spawn(async move {
        let Some(engine) = app.state::<EngineHost>().running() else { return app.exit(0) };
        let is_in_party = engine.snapshots().borrow().party.is_some();
        let setting = engine.app_settings().borrow().keep_in_tray;
        let is_asked = app.state::<Question>().0.swap(false, Ordering::Relaxed);
        match decide(setting, is_in_party, tray_host::is_there().await, is_asked) {
            Close::Quit => app.exit(0),
            Close::Hide => window::hide(&app),
            Close::Minimize => window::minimize(&app),
            Close::Ask => {
                app.state::<Question>().0.store(true, Ordering::Relaxed);
                event::send(&app, &CloseAsked);
            }
        }
    });
}

/// The player's answer: whether to go on in the tray, and whether that is the answer from now on.
pub(crate) async fn answer<R: Runtime>(
    app: &AppHandle<R>,
    keep: bool,
    remember: bool,
) -> Result<(), CommandError> {
    app.state::<Question>().0.store(false, Ordering::Relaxed);
    let setting = if keep { KeepInTray::Keep } else { KeepInTray::Quit };
    if remember {
        let values = [("keep_in_tray".to_owned(), setting.as_str().into())].into();
        let engine = app.state::<EngineHost>().handle().await?;
        engine.data(DataRequest::SetSettings { values }).await?;
    }
    match decide(setting, true, tray_host::is_there().await, false) {
        Close::Hide => window::hide(app),
        Close::Minimize => window::minimize(app),
        Close::Quit | Close::Ask => app.exit(0),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_does_what_the_setting_says_and_never_leaves_an_invisible_program() {
        use KeepInTray::{Ask, Keep, Quit};
        for is_in_party in [false, true] {
            for has_tray in [false, true] {
                assert_eq!(decide(Quit, is_in_party, has_tray, false), Close::Quit);
            }
            assert_eq!(decide(Keep, is_in_party, true, false), Close::Hide);
            assert_ne!(decide(Keep, is_in_party, false, false), Close::Hide);
            assert_ne!(decide(Ask, is_in_party, false, false), Close::Hide);
        }
        assert_eq!(decide(Keep, true, false, false), Close::Minimize);
        assert_eq!(decide(Keep, false, false, false), Close::Quit);
    }

    #[test]
    fn the_player_is_asked_only_in_a_party_and_closing_once_more_ends_the_program() {
        assert_eq!(decide(KeepInTray::Ask, true, true, false), Close::Ask);
        assert_eq!(decide(KeepInTray::Ask, true, false, false), Close::Ask);
        assert_eq!(decide(KeepInTray::Ask, true, true, true), Close::Quit);
        assert_eq!(decide(KeepInTray::Ask, false, true, false), Close::Quit);
    }
}
