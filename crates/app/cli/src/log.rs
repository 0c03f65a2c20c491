//! The log of this data folder, whether LANrage runs or not.

use lanrage_engine::{Engine, NetworkLog};
use serde_json::{Map, Value};

use crate::{
    arguments::{Log, Target},
    failure::{Failure, because},
    output::look::{Look, Tone},
    say::person,
};

pub(crate) async fn show(log: Log, target: &Target) -> Result<(), Failure> {
    let path = NetworkLog::path(&Engine::data_dir(target.data_dir())?);
    let unreadable = |error: std::io::Error| {
        let arguments = [("path", path.display().to_string().into()), because(&error)];
        Failure::Argument(person().say_with("terminal-not-read", arguments))
    };
    let look = Look::of_output();
    let mut lines = NetworkLog::follow(&path, log.lines).map_err(unreadable)?;
    loop {
        let line = if log.follow {
            Some(lines.next_line().await.map_err(unreadable)?)
        } else {
            lines.poll_line().map_err(unreadable)?
        };
        match line {
            Some(line) if target.json => println!("{}", line.trim_end()),
            Some(line) => println!("{}", readable(line.trim_end(), look)),
            None => return Ok(()),
        }
    }
}

/// A line as a person reads it: when (UTC), how grave, what, and where in the program. What is no entry of the log is shown
/// as it is.
fn readable(line: &str, look: Look) -> String {
    let Ok(Value::Object(entry)) = serde_json::from_str(line) else { return line.to_owned() };
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let empty = Map::new();
    let fields = entry.get("fields").and_then(Value::as_object).unwrap_or(&empty);
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut said: Vec<String> = fields.get("message").map(plain).into_iter().collect();
    let details = fields.iter().filter(|(name, _)| *name != "message");
    said.extend(details.map(|(name, value)| format!("{name}={}", plain(value))));
    let (time, level, target) = (text("timestamp"), text("level").to_lowercase(), text("target"));
    if said.is_empty() || time.is_empty() {
        return line.to_owned();
    }
    // "2026-11-26T21:04:05.123456Z", to the thousandth.
    let time = time.get(..23).unwrap_or(time).replace('T', " ");
    let tone = match level.as_str() {
        "error" => Some(Tone::Bad),
        "warn" => Some(Tone::Warning),
        "debug" | "trace" => Some(Tone::Faint),
        _ => None,
    };
    let mark = match tone {
        Some(tone @ (Tone::Bad | Tone::Warning)) => look.mark(tone),
        _ if look.marks => "  ".to_owned(),
        _ => String::new(),
    };
    let level = format!("{level:<5}");
    let painted = tone.map_or_else(|| level.clone(), |tone| look.paint(tone, &level));
    let place = if target.is_empty() { String::new() } else { format!("({target})") };
    let column = time.len() + level.len() + 2 + if look.marks { 2 } else { 0 };
    let said = look.wrap(format!("{} {place}", said.join(" ")).trim_end(), column);
    let said = match said.strip_suffix(&place) {
        Some(said) => format!("{said}{}", look.paint(Tone::Faint, &place)),
        // The place was broken, too.
        None => said,
    };
    format!("{} {mark}{painted} {said}", look.paint(Tone::Faint, &time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_line_for_people_and_anything_else_is_left_alone() {
        let entry = r#"{"timestamp":"2026-11-26T21:04:05.123456Z","level":"WARN","fields":{"message":"no answer","server":"a:1","tries":3},"target":"lanrage_link"}"#;
        let line = "2026-11-26 21:04:05.123 warn  no answer server=a:1 tries=3 (lanrage_link)";
        let plain = Look::default();
        assert_eq!(readable(entry, plain), line);
        let look = Look { marks: true, colours: true, width: Some(64) };
        let shown = readable(entry, look);
        let begin = "\x1b[2m2026-11-26 21:04:05.123\x1b[0m \x1b[33m!\x1b[0m \x1b[33mwarn \x1b[0m no answer";
        assert!(shown.starts_with(begin), "{shown:?}");
        assert!(shown.lines().skip(1).all(|line| line.starts_with(&" ".repeat(32))), "{shown}");
        assert!(shown.lines().count() > 1, "{shown}");
        for other in ["", "plain words", "[1]", "{}", r#"{"level":"INFO"}"#] {
            assert_eq!(readable(other, look), other);
        }
    }
}
