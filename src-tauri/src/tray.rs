//! The tray: an icon that says how it stands, and a menu that enters a party with one click.
//!
//! [`view`] decides what it shows, `items` brings the system's menu to it, and this shell does what is clicked.

pub(crate) mod host;
mod items;
mod view;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use lanrage_engine::{
    CommandError, Handle,
    api::{
        HandOver, LeaveParty, MuteBroadcasts, NewInvitation, PauseParty, RecentParties, RecentPartyView,
        ResumeParty, SetStanding, Status, UndoRemoval,
    },
    web_form,
};
use lanrage_words::{Language, Words};
use tauri::{
    AppHandle, Manager, Runtime,
    image::Image,
    menu::MenuEvent,
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};
use tracing::{error, warn};

use self::{
    items::Items,
    view::{Action, Icon, TrayView},
};
use crate::{EngineHost, news, tasks, window};

/// The tray as the system has it.
struct Tray<R: Runtime> {
    icon: TrayIcon<R>,
    items: Items<R>,
    shown: TrayView,
}

/// Puts the icon into the tray and keeps it in step with the engine. Where the system's library for it is missing
/// there is none, and closing the window does what it does without one.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>) {
    // The library is looked for at run time, and its absence is a panic of the crate that looks.
    let built = catch_unwind(AssertUnwindSafe(|| build(app)));
    match built {
        Ok(Ok(tray)) => {
            app.manage(Mutex::new(tray));
            tasks::spawn(app, "tray", follow(app.clone()));
        }
        Ok(Err(error)) => warn!(%error, "there is no tray"),
        Err(_) => warn!("there is no tray: the system's library for it is missing"),
    }
}

fn build<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<Tray<R>> {
    let shown = view::view(None, &[], Words::new(Language::of_system()));
    let items = Items::build(app, shown.menu.clone())?;
    let icon = TrayIconBuilder::with_id("lanrage")
        .icon(image(shown.icon))
        .tooltip(&shown.tooltip)
        .menu(&items.menu)
        // The menu is for the other button; Linux has one for both.
        .show_menu_on_left_click(false)
        .on_menu_event(clicked)
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                window::show(icon.app_handle());
            }
        })
        .build(app)?;
    Ok(Tray { icon, items, shown })
}

const fn image(icon: Icon) -> Image<'static> {
    match icon {
        Icon::Idle => tauri::include_image!("../icons/tray-idle.png"),
        Icon::Connected => tauri::include_image!("../icons/tray-connected.png"),
        Icon::Degraded => tauri::include_image!("../icons/tray-degraded.png"),
    }
}

/// Shows whatever changes, until the engine ends.
async fn follow<R: Runtime>(app: AppHandle<R>) {
    // Where it could not start, the menu stays as it was built: it opens the window, which says why.
    let Ok(engine) = app.state::<EngineHost>().handle().await else { return };
    let (mut snapshots, mut changes, mut settings) =
        (engine.snapshots(), engine.party_changes(), engine.app_settings());
    let mut recent = recent_parties(&engine).await;
    loop {
        let words = Words::new(Language::of_setting(settings.borrow_and_update().language.as_str()));
        let view = view::view(Some(&snapshots.borrow_and_update()), &recent, words);
        show(&app, view);
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() { return },
            Ok(()) = changes.changed() => recent = recent_parties(&engine).await,
            Ok(()) = settings.changed() => {}
        }
    }
}

async fn recent_parties(engine: &Handle) -> Vec<RecentPartyView> {
    engine.ask(RecentParties {}).await.unwrap_or_else(|error| {
        warn!(%error, "the tray cannot list the parties");
        Vec::new()
    })
}

/// Brings the tray to what it should show. The work is the main thread's, and nobody waits for it: at the end of the
/// program that thread waits for everybody else.
fn show<R: Runtime>(app: &AppHandle<R>, view: TrayView) {
    let is_shown = {
        let tray = app.state::<Mutex<Tray<R>>>();
        let tray = tray.lock().unwrap_or_else(PoisonError::into_inner);
        tray.shown == view
    };
    if is_shown {
        return;
    }
    let main = app.clone();
    let apply = move || {
        let tray = main.state::<Mutex<Tray<R>>>();
        let mut tray = tray.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = tray.apply(&main, view) {
            error!(%error, "the tray does not show what it should");
        }
    };
    // It fails only when the program ends.
    let _ = app.run_on_main_thread(apply);
}

impl<R: Runtime> Tray<R> {
    fn apply(&mut self, app: &AppHandle<R>, view: TrayView) -> tauri::Result<()> {
        if view.icon != self.shown.icon {
            self.icon.set_icon(Some(image(view.icon)))?;
        }
        if view.tooltip != self.shown.tooltip {
            self.icon.set_tooltip(Some(&view.tooltip))?;
        }
        if view.menu != self.shown.menu && !self.items.update(&view.menu)? {
            self.items = Items::build(app, view.menu.clone())?;
            self.icon.set_menu(Some(self.items.menu.clone()))?;
        }
        self.shown = view;
        Ok(())
    }
}

fn clicked<R: Runtime>(app: &AppHandle<R>, event: MenuEvent) {
    let Some(action) = Action::of_id(event.id().as_ref()) else { return };
    match action {
        Action::Open => window::show(app),
        Action::Quit => app.exit(0),
        action => {
            let to = app.clone();
            tasks::spawn(app, "tray-click", async move {
                if let Err(error) = perform(&to, action).await {
                    warn!(%error, "what was clicked in the tray was refused");
                    news::refused(&to, &error);
                }
            });
        }
    }
}

async fn perform<R: Runtime>(app: &AppHandle<R>, action: Action) -> Result<(), CommandError> {
    let engine = app.state::<EngineHost>().handle().await?;
    match action {
        Action::CopyInvitation => {
            let page = engine.ask(Status {}).await?.party.and_then(|party| party.page);
            let link = engine.ask(NewInvitation { expires_in_hours: None }).await?;
            crate::commands::copy(app, web_form(&link, page.as_deref()))
        }
        Action::Pause => engine.ask(PauseParty {}).await,
        Action::Leave => engine.ask(LeaveParty {}).await,
        Action::CopyAddress(address) => crate::commands::copy(app, address),
        Action::Mute { peer, is_muted } => engine.ask(MuteBroadcasts { peer, muted: is_muted }).await,
        Action::Rule { peer, standing } => engine.ask(SetStanding { peer, standing }).await,
        Action::HandOver(peer) => engine.ask(HandOver { peer }).await,
        Action::Undo => engine.ask(UndoRemoval {}).await,
        Action::Join(party) => engine.ask(ResumeParty { party }).await,
        Action::Open | Action::Quit => Ok(()),
    }
}
