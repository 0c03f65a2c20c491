use lanrage_engine::{Notice, Snapshot};
use serde::{Serialize, Serializer};
use tauri::{AppHandle, Emitter, Runtime};
use tracing::error;

use crate::{closing::CloseAsked, link::LinkWaits};

/// What the program tells the window unasked: a name, and as the type what it carries.
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

/// New lines of the log, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LogLines(pub Vec<String>);

impl Event for LogLines {
    const NAME: &'static str = "log";
}

impl Event for LinkWaits {
    const NAME: &'static str = "link";
}

impl Event for CloseAsked {
    const NAME: &'static str = "close_asked";
}

/// An event that says all by its name.
macro_rules! carries_nothing {
    ($($event:ty),+) => {$(
        impl Serialize for $event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_unit()
            }
        }
    )+};
}

carries_nothing!(LinkWaits, CloseAsked);

/// Tells every window.
pub(crate) fn send<R: Runtime, E: Event>(app: &AppHandle<R>, event: &E) {
    // Without a window there is nobody to tell; what else can fail is a bug.
    if let Err(error) = app.emit(E::NAME, event) {
        error!(event = E::NAME, %error, "an event did not reach the window");
    }
}
