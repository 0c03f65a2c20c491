use std::io::{self, Write};

use lanrage_engine::{Notice, Snapshot};
use serde::{Serialize, Serializer};

use crate::say;

/// What a script reads, one object a line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event<'a> {
    Created {
        link: &'a str,
        virtual_ip: &'a str,
    },
    Joined {
        party: &'a str,
        virtual_ip: &'a str,
    },
    Connected {
        peer: &'a str,
        virtual_ip: &'a str,
        connection_type: &'a str,
        since_start_ms: f64,
    },
    Notice {
        #[serde(serialize_with = "as_json")]
        notice: &'a Notice,
    },
    Left,
    /// There is no party to bring back.
    Idle,
    /// The program ends; the membership stays.
    Stopped,
}

/// Writes to standard output: JSON lines for scripts, sentences for people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Says an event. A reader that has gone away is no fault of ours.
    pub(crate) fn say(self, event: &Event<'_>) {
        let line = if self.json { serde_json::to_string(event).unwrap_or_default() } else { sentence(event) };
        let _ = writeln!(io::stdout(), "{line}");
        let _ = io::stdout().flush();
    }

    /// Writes text, or a value for a script.
    pub(crate) fn write(self, text: &str, value: &impl Serialize) {
        let text =
            if self.json { serde_json::to_string(value).unwrap_or_default() + "\n" } else { text.to_owned() };
        let _ = io::stdout().write_all(text.as_bytes());
        let _ = io::stdout().flush();
    }

    /// Shows the state once.
    pub(crate) fn show(self, snapshot: &Snapshot) {
        let text = if self.json {
            say::snapshot_json(snapshot).to_string() + "\n"
        } else {
            crate::table::render(snapshot)
        };
        let _ = io::stdout().write_all(text.as_bytes());
        let _ = io::stdout().flush();
    }
}

fn as_json<S: Serializer>(notice: &Notice, serializer: S) -> Result<S::Ok, S::Error> {
    say::notice_json(notice).serialize(serializer)
}

fn sentence(event: &Event<'_>) -> String {
    match event {
        Event::Created { link, virtual_ip } => format!(
            "Your party is ready, and you are {virtual_ip} in it. Send this link to your friends:\n\n  {link}\n\n\
             Ctrl-C ends it for you."
        ),
        Event::Joined { party, virtual_ip } => {
            format!("You are in “{party}” as {virtual_ip}. Ctrl-C leaves it.")
        }
        Event::Connected { peer, virtual_ip, connection_type, since_start_ms } => {
            format!("{peer} ({virtual_ip}) is {connection_type} after {since_start_ms:.0} ms.")
        }
        Event::Notice { notice } => say::notice(notice),
        Event::Left => "You have left the party.".to_owned(),
        Event::Idle => {
            "There is no party to bring back; `lanrage create` or `lanrage join` enters one.".to_owned()
        }
        Event::Stopped => "LANrage has stopped; the party comes back with it.".to_owned(),
    }
}
