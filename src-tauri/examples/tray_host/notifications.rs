//! What shows the session's notifications (Desktop Notifications Specification 1.2), and presses their buttons.

use std::collections::HashMap;

use serde_json::json;
use zbus::{blocking::Connection, interface, zvariant::OwnedValue};

/// Where the service is.
pub(super) const PATH: &str = "/org/freedesktop/Notifications";
/// Its name, and that of its interface.
pub(super) const NAME: &str = "org.freedesktop.Notifications";

/// Numbers the notifications.
#[derive(Default)]
pub(super) struct Notifications(u32);

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    // The specification has as many arguments.
    #[expect(clippy::too_many_arguments)]
    fn notify(
        &mut self,
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

/// Presses a button of a notification.
pub(super) fn press(bus: &Connection, id: u32, action: &str) -> zbus::Result<()> {
    bus.emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &(id, action))
}
