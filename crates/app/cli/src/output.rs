pub(crate) mod look;
pub(crate) mod qr;
pub(crate) mod screen;
pub(crate) mod table;

use std::io::{self, Write};

use lanrage_engine::{Notice, Snapshot, api::Changed};
use serde::{Serialize, Serializer};

use look::Look;

use crate::say::{self, person};

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
    /// Nobody answers yet; a member who is sent this lets the player in.
    Reply {
        party: &'a str,
        reply: &'a str,
    },
    /// What the server's operator tells everybody; nothing any more without a text.
    Announcement {
        announcement: Option<&'a str>,
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
            table::render(snapshot, Look::of_output())
        };
        let _ = io::stdout().write_all(text.as_bytes());
        let _ = io::stdout().flush();
    }
}

/// What a script reads where there is nothing to tell but that it is done.
#[derive(Serialize)]
#[serde(tag = "answer", content = "content", rename_all = "snake_case")]
pub(crate) enum Report {
    Done,
    Changed(Changed),
}

pub(crate) fn report_done(output: Output) {
    report_as(output, "terminal-done");
}

/// It is done; what that means is said to a person by this message.
pub(crate) fn report_as(output: Output, message: &str) {
    output.write(&(person().say(message) + "\n"), &Report::Done);
}

fn as_json<S: Serializer>(notice: &Notice, serializer: S) -> Result<S::Ok, S::Error> {
    say::notice_json(notice).serialize(serializer)
}

fn sentence(event: &Event<'_>) -> String {
    let say = person();
    match event {
        Event::Created { link, virtual_ip } => {
            let ready = say.say_with("terminal-created", [("address", (*virtual_ip).into())]);
            format!("{ready}\n\n  {link}\n\n{}", say.say("terminal-created-hint"))
        }
        Event::Joined { party, virtual_ip } => {
            say.say_with("terminal-joined", [("party", (*party).into()), ("address", (*virtual_ip).into())])
        }
        Event::Connected { peer, virtual_ip, connection_type, since_start_ms } => say.say_with(
            "terminal-connected",
            [
                ("peer", (*peer).into()),
                ("address", (*virtual_ip).into()),
                ("way", (*connection_type).into()),
                ("time", format!("{since_start_ms:.0}").into()),
            ],
        ),
        Event::Reply { party, reply } => {
            let sent = say.say_with("terminal-reply", [("party", (*party).into())]);
            format!("{sent}\n\n  {reply}\n\n{}", say.say("terminal-reply-hint"))
        }
        Event::Notice { notice } => say.notice(notice),
        Event::Announcement { announcement: Some(text) } => {
            say.say_with("terminal-announcement", [("text", (*text).into())])
        }
        Event::Announcement { announcement: None } => say.say("terminal-announcement-over"),
        Event::Left => say.say("terminal-left"),
        Event::Idle => say.say("terminal-idle"),
        Event::Stopped => say.say("terminal-stopped"),
    }
}
