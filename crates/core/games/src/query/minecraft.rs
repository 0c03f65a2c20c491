//! The status of a Minecraft: Java Edition server, and of a world that is open to the LAN, by TCP since 1.7: a handshake that
//! asks for the status, and the request; the answer is one text of JSON. Source: minecraft.wiki, Java Edition protocol.

use serde::Deserialize;
use serde_json::Value;

use super::{Answer, TITLE_BYTES};

/// The handshake's next state that asks for the status.
const STATUS: u8 = 1;
/// Longest text that is read, in bytes: an icon and the names of hundreds of mods fit.
pub(super) const TEXT_BYTES: usize = 256 * 1_024;
/// Parts of a title that are put together.
const PARTS: usize = 64;

#[derive(Deserialize)]
struct Status {
    version: Option<Version>,
    players: Option<Players>,
    #[serde(default)]
    description: Value,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Players {
    online: u32,
    max: u32,
}

/// Handshake and request. No server is told a version or by which name it was found.
pub(super) fn question() -> Vec<u8> {
    // Version -1 asks for no particular one.
    let mut handshake = vec![0, 0xff, 0xff, 0xff, 0xff, 0x0f];
    handshake.extend([1, b'.', 0, 0, STATUS]);
    let mut bytes = vec![handshake.len() as u8];
    bytes.extend(handshake);
    bytes.extend([1, 0]);
    bytes
}

/// The answer, once all of it is there.
pub(super) fn info(mut bytes: &[u8]) -> Option<Answer> {
    let length = number(&mut bytes)?;
    let mut packet = bytes.get(..length)?;
    let is_status = number(&mut packet)? == 0;
    let length = number(&mut packet).filter(|_| is_status)?;
    let status: Status = serde_json::from_slice(packet.get(..length)?).ok()?;
    let mut title = String::new();
    put_parts(&mut title, &mut 0, &status.description);
    let count = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    let players = status.players;
    Some(Answer {
        players: players.as_ref().map(|players| count(players.online)),
        max_players: players.as_ref().map(|players| count(players.max)),
        ..Answer::of(&plain(&title), "", &status.version.map(|version| version.name).unwrap_or_default())
    })
}

/// A number of at most three bytes of seven bits, the lowest first: no text is longer.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in [0, 7, 14] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number).filter(|number| *number <= TEXT_BYTES);
        }
    }
    None
}

/// Adds a text component: a text, an object with a text and further ones, or a list of such.
fn put_parts(title: &mut String, seen: &mut usize, part: &Value) {
    *seen += 1;
    if *seen > PARTS || title.len() > 4 * TITLE_BYTES {
        return;
    }
    match part {
        Value::String(text) => title.push_str(text),
        Value::Array(parts) => parts.iter().for_each(|part| put_parts(title, seen, part)),
        Value::Object(part) => {
            for key in ["text", "extra"] {
                if let Some(part) = part.get(key) {
                    put_parts(title, seen, part);
                }
            }
        }
        _ => {}
    }
}

/// A text without its colours, `§` and a character, and in one line.
pub(crate) fn plain(text: &str) -> String {
    let mut chars = text.chars();
    let mut kept = String::new();
    while let Some(c) = chars.next() {
        match c {
            '§' => drop(chars.next()),
            '\n' => kept.push(' '),
            c => kept.push(c),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Vec<u8> {
        let number = |number: usize| [number as u8 | 0x80, (number >> 7) as u8 | 0x80, (number >> 14) as u8];
        let packet = [&[0][..], &number(text.len()), text.as_bytes()].concat();
        [&number(packet.len())[..], &packet].concat()
    }

    #[test]
    fn the_question_is_a_handshake_and_a_request() {
        assert_eq!(question(), [11, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, b'.', 0, 0, 1, 1, 0]);
    }

    #[test]
    fn a_status_is_read_however_its_title_is_put_together() {
        for title in [
            r#""§6Öykü - Sky§lblock""#,
            r#"{"text":"Öykü - ","extra":[{"text":"Sky"},"block"]}"#,
            r#"["Öykü - ",{"text":"Skyblock","color":"gold"}]"#,
        ] {
            let text = format!(
                r#"{{"version":{{"name":"1.20.4","protocol":765}},"players":{{"max":8,"online":3,"sample":[]}},
                "description":{title},"favicon":"data:"}}"#
            );
            let read = info(&answer(&text)).unwrap();
            assert_eq!((read.title.as_str(), read.version.as_str()), ("Öykü - Skyblock", "1.20.4"));
            assert_eq!((read.players, read.max_players), (Some(3), Some(8)));
            let whole = answer(&text);
            assert!((0..whole.len()).all(|cut| info(&whole[..cut]).is_none()), "a part is no answer");
        }
        let read = info(&answer(r#"{"players":{"online":70000,"max":-0}}"#));
        assert_eq!(read, None, "not a number of players");
        assert_eq!(info(&answer("{}")).unwrap(), Answer::default());
    }

    #[test]
    fn what_no_server_says_is_no_answer() {
        for bad in ["", "x", "[]", r#"{"players":{"online":"many","max":1}}"#] {
            assert_eq!(info(&answer(bad)), None, "{bad}");
        }
        assert_eq!(info(&[0x80, 0x80, 0x80, 0x01, 0]), None, "longer than any text");
        let deep = format!(r#"{{"description":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(info(&answer(&deep)), None, "deeper than any title");
        let wide = format!(r#"{{"description":[{}"a"]}}"#, r#""a","#.repeat(20_000));
        assert_eq!(info(&answer(&wide)).unwrap().title.len(), PARTS - 1);
    }
}
