//! A desktop's tray and notifications without a screen, for tests: on the session bus it is the watcher of StatusNotifierItems, reads and
//! clicks their menus by `com.canonical.dbusmenu`, and is told what programs notify.
//!
//! One JSON object a line. Out: `{"event":"registered","service":…}` for every item, `{"event":"notified","notification":…}`, and one
//! answer to each request. In: `{"ask":"menu"}` for the lines of the menu, `{"ask":"click","text":…}` for a click on the first
//! item that begins so, `{"ask":"icon"}` for the name of the icon, `{"ask":"press_next","action":…}` for a button of the next
//! notification, which is pressed before whoever shows it knows its number.

#[cfg(target_os = "linux")]
mod notifications;

#[cfg(target_os = "linux")]
mod host {
    use std::{
        collections::HashMap,
        io::BufRead,
        sync::mpsc::{Receiver, Sender, channel},
        time::Duration,
    };

    use serde_json::{Value as Json, json};
    use zbus::{
        blocking::{Connection, Proxy, connection::Builder},
        interface,
        message::Header,
        zvariant::{OwnedObjectPath, OwnedValue, Structure, Value},
    };

    use crate::notifications::{self, Notifications};

    /// How long an item may take to say something.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// An item: whose it is, and where.
    #[derive(Clone)]
    struct Item {
        owner: String,
        path: String,
    }

    struct Watcher(Sender<Item>);

    #[interface(name = "org.kde.StatusNotifierWatcher")]
    impl Watcher {
        fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
            let sender = header.sender().map(ToString::to_string).unwrap_or_default();
            // Either a path of the sender's, or a bus name with the item at the usual path.
            let item = if service.starts_with('/') {
                Item { owner: sender, path: service.to_owned() }
            } else {
                Item { owner: service.to_owned(), path: "/StatusNotifierItem".to_owned() }
            };
            println!("{}", json!({ "event": "registered", "service": item.owner, "path": item.path }));
            let _ = self.0.send(item);
        }

        fn register_status_notifier_host(&self, _service: &str) {}

        #[zbus(property)]
        fn is_status_notifier_host_registered(&self) -> bool {
            true
        }

        #[zbus(property)]
        fn protocol_version(&self) -> i32 {
            0
        }

        #[zbus(property)]
        fn registered_status_notifier_items(&self) -> Vec<String> {
            Vec::new()
        }
    }

    /// A line of a menu.
    #[derive(Debug)]
    struct Line {
        id: i32,
        text: String,
        can_be_clicked: bool,
    }

    type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));

    pub(super) fn run() -> zbus::Result<()> {
        let (found, items) = channel();
        let bus = Builder::session()?
            .serve_at("/StatusNotifierWatcher", Watcher(found))?
            .name("org.kde.StatusNotifierWatcher")?
            .serve_at(notifications::PATH, Notifications::default())?
            .name(notifications::NAME)?
            .build()?;
        println!("{}", json!({ "event": "ready" }));
        let mut newest = None;
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let answer = serde_json::from_str::<Json>(&line)
                .map_err(|error| error.to_string())
                .and_then(|request| answer(&bus, &items, &mut newest, &request));
            println!("{}", answer.unwrap_or_else(|error| json!({ "error": error })));
        }
        Ok(())
    }

    fn answer(
        bus: &Connection,
        items: &Receiver<Item>,
        newest: &mut Option<Item>,
        request: &Json,
    ) -> Result<Json, String> {
        if request["ask"] == "press_next" {
            notifications::press_next(request["action"].as_str().unwrap_or_default());
            return Ok(json!({ "pressed": request["action"] }));
        }
        if let Some(item) = items.try_iter().last() {
            *newest = Some(item);
        }
        if newest.is_none() {
            *newest = items.recv_timeout(PATIENCE).ok();
        }
        let item = newest.as_ref().ok_or("no tray icon has been registered")?;
        let asked = match request["ask"].as_str() {
            Some("icon") => icon(bus, item).map(|name| json!({ "icon": name })),
            Some("menu") => menu(bus, item).map(|(_, lines)| {
                json!({ "menu": lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>() })
            }),
            Some("click") => click(bus, item, request["text"].as_str().unwrap_or_default()),
            _ => return Err(format!("not understood: {request}")),
        };
        asked.map_err(|error| error.to_string())
    }

    fn icon(bus: &Connection, item: &Item) -> zbus::Result<String> {
        Proxy::new(bus, item.owner.as_str(), item.path.as_str(), "org.kde.StatusNotifierItem")?
            .get_property("IconName")
    }

    fn menu(bus: &Connection, item: &Item) -> zbus::Result<(Proxy<'static>, Vec<Line>)> {
        let about = Proxy::new(bus, item.owner.as_str(), item.path.as_str(), "org.kde.StatusNotifierItem")?;
        let path: OwnedObjectPath = about.get_property("Menu")?;
        let menu = Proxy::new_owned(
            bus.clone(),
            item.owner.clone(),
            path.to_string(),
            "com.canonical.dbusmenu".to_owned(),
        )?;
        let (_, (_, _, children)): Layout = menu.call("GetLayout", &(0_i32, -1_i32, Vec::<&str>::new()))?;
        let mut lines = Vec::new();
        for child in children {
            collect(child.into(), &mut lines)?;
        }
        Ok((menu, lines))
    }

    /// An entry and those below it, which stand behind it in the list.
    fn collect(entry: Value<'_>, lines: &mut Vec<Line>) -> zbus::Result<()> {
        let entry = Structure::try_from(bare(entry))?;
        let (id, mut properties, children): (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>) =
            entry.try_into()?;
        let mut property = |name| properties.remove(name).map(|value| bare(value.into()));
        let can_be_clicked = property("enabled") != Some(Value::Bool(false)) && children.is_empty();
        if let Some(Value::Str(text)) = property("label") {
            lines.push(Line { id, text: text.to_string(), can_be_clicked });
        }
        for child in children {
            collect(child.into(), lines)?;
        }
        Ok(())
    }

    /// What is in a value that holds another.
    fn bare(value: Value<'_>) -> Value<'_> {
        match value {
            Value::Value(inner) => bare(*inner),
            other => other,
        }
    }

    fn click(bus: &Connection, item: &Item, text: &str) -> zbus::Result<Json> {
        let (menu, lines) = menu(bus, item)?;
        let Some(line) = lines.iter().find(|line| line.can_be_clicked && line.text.starts_with(text)) else {
            return Ok(json!({ "error": format!("nothing to click begins with {text:?}: {lines:?}") }));
        };
        let () = menu.call("Event", &(line.id, "clicked", Value::from(0_i32), 0_u32))?;
        Ok(json!({ "clicked": line.text }))
    }
}

#[cfg(target_os = "linux")]
fn main() {
    host::run().expect("a session bus whose tray nobody else watches");
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("Trays are on the session bus only on Linux.");
}
