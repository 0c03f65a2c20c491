//! What shows the session's notifications (Desktop Notifications Specification 1.2), and presses their buttons in that moment.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::json;
use zbus::{interface, zvariant::OwnedValue};

/// Where the service is.
pub(super) const PATH: &str = "/org/freedesktop/Notifications";
/// Its name, and that of its interface.
pub(super) const NAME: &str = "org.freedesktop.Notifications";

/// Numbers the notifications.
#[derive(Default)]
pub(super) struct Notifications(u32);

/// What is pressed of the next notification before it has a number that anybody knows.
static NEXT: Mutex<Option<String>> = Mutex::new(None);

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    // The specification has as many arguments.
    #[expect(clippy::too_many_arguments)]
    async fn notify(
        &mut self,
        #[zbus(connection)] bus: &zbus::Connection,
        _app_name: &str,
        _replaces_id: u32,
        _app_icon: &str,
        summary: &str,
        body: &str,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        self.0 += 1;
        let notified = json!({ "id": self.0, "summary": summary, "body": body, "actions": actions });
        println!("{}", json!({ "event": "notified", "notification": notified }));
        let pressed = NEXT.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(action) = pressed {
            let _ = bus.emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &(self.0, action)).await;
        }
        self.0
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ["test", "test", "1", "1.2"].map(str::to_owned).into()
    }
}

/// Presses a button of the next notification in the moment when it is shown.
pub(super) fn press_next(action: &str) {
    *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = Some(action.to_owned());
}
