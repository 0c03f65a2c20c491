use lanrage_engine::{Notice, Snapshot};
use serde::Serialize;
use tauri::{AppHandle, Emitter, Runtime};
use tracing::error;

/// What the program tells the window unasked: a name, and as the type what it carries. One that says all by its name is a
/// unit struct, which carries `null`.
pub trait Event: Serialize {
    /// Name of the event.
    const NAME: &'static str;
}

impl Event for Snapshot {
    const NAME: &'static str = "snapshot";
}

impl Event for Notice {
    const NAME: &'static str = "notice";
}

/// Tells every window.
pub(crate) fn send<R: Runtime, E: Event>(app: &AppHandle<R>, event: &E) {
    // Without a window there is nobody to tell; what else can fail is a bug.
    if let Err(error) = app.emit(E::NAME, event) {
        error!(event = E::NAME, %error, "an event did not reach the window");
    }
}
