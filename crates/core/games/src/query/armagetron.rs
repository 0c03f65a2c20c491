//! Armagetron Advanced: messages of words of 16 bits, big-endian, with texts whose bytes are swapped in pairs.
//! Source: armagetronad, `src/network/nServerInfo.cpp` and `nNetwork.cpp`.

use lanrage_base::wire::Reader;

use super::Answer;

/// Kinds of messages: that a server is there, all that it tells of itself, and the questions for both. One that nobody is on
/// sleeps, and answers the first alone; then it is awake for a while.
const SMALL_INFO: u16 = 50;
const BIG_INFO: u16 = 51;
const SMALL_QUESTION: u16 = 52;
const BIG_QUESTION: u16 = 53;
/// Who asks is in no game.
const NOBODY: u16 = 17;
/// Colours stand in texts as `0xRRGGBB`.
const COLOUR: usize = 8;

/// Whether a server is there: the kind, no number, no content, and who asks.
pub(super) fn question() -> Vec<u8> {
    [SMALL_QUESTION, 0, 0, NOBODY].map(u16::to_be_bytes).concat()
}

/// What it tells of itself.
pub(super) fn question_for_all() -> Vec<u8> {
    [BIG_QUESTION, 0, 0, NOBODY].map(u16::to_be_bytes).concat()
}

/// Whether it says that it is there.
pub(super) fn is_awake(packet: &[u8]) -> bool {
    packet.starts_with(&SMALL_INFO.to_be_bytes())
}

pub(super) fn info(packet: &[u8]) -> Option<Answer> {
    let mut reader = Reader::new(packet);
    let kind = reader.u16()?;
    let (_number, _words) = (reader.u16()?, reader.u16()?);
    if kind != BIG_INFO {
        return None;
    }
    let _port = number(&mut reader)?;
    let _host = text(&mut reader)?;
    let title = text(&mut reader)?;
    let players = number(&mut reader)?;
    let (_least, _most) = (number(&mut reader)?, number(&mut reader)?);
    let version = text(&mut reader)?;
    let max_players = number(&mut reader)?;
    Some(Answer {
        players: u16::try_from(players).ok(),
        max_players: u16::try_from(max_players).ok(),
        ..Answer::of(&plain(&title), "", &version)
    })
}

/// The lower word comes first.
fn number(reader: &mut Reader<'_>) -> Option<u32> {
    let (low, high) = (reader.u16()?, reader.u16()?);
    Some(u32::from(high) << 16 | u32::from(low))
}

fn text(reader: &mut Reader<'_>) -> Option<String> {
    let len = usize::from(reader.u16()?);
    let bytes = reader.take(len.next_multiple_of(2))?;
    let swapped = bytes.chunks_exact(2).flat_map(|pair| [pair[1], pair[0]]);
    let bytes: Vec<u8> = swapped.take(len).take_while(|byte| *byte != 0).collect();
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        // Older ones write Latin 1.
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    })
}

/// A text without its colours.
fn plain(text: &str) -> String {
    let mut left = text;
    let mut kept = String::new();
    while let Some(at) = left.find("0x") {
        kept.push_str(&left[..at]);
        let code = left.get(at + 2..at + COLOUR);
        if code.is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()) || code == "RESETT") {
            left = &left[at + COLOUR..];
        } else {
            kept.push_str("0x");
            left = &left[at + 2..];
        }
    }
    kept + left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(bytes: &mut Vec<u8>, text: &str) {
        let mut text = text.as_bytes().to_vec();
        text.push(0);
        bytes.extend((text.len() as u16).to_be_bytes());
        text.resize(text.len().next_multiple_of(2), 0);
        bytes.extend(text.chunks_exact(2).flat_map(|pair| [pair[1], pair[0]]));
    }

    #[test]
    fn name_version_and_players_are_read_without_colours() {
        let mut answer = [BIG_INFO, 0, 0].map(u16::to_be_bytes).concat();
        answer.extend([0x11, 0xb6, 0, 0]);
        put(&mut answer, "");
        put(&mut answer, "0xff0000Ann's 0x00ff00Arena");
        answer.extend([0, 2, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0]);
        put(&mut answer, "0.2.9.1.0");
        answer.extend([0, 8, 0, 0]);
        let read = info(&answer).unwrap();
        assert_eq!((read.title.as_str(), read.version.as_str()), ("Ann's Arena", "0.2.9.1.0"));
        assert_eq!((read.players, read.max_players), (Some(2), Some(8)));
        for len in 0..answer.len() {
            assert_eq!(info(&answer[..len]), None, "{len}");
        }
    }

    #[test]
    fn a_server_that_sleeps_is_woken_first() {
        assert_eq!(question(), [0, 0x34, 0, 0, 0, 0, 0, 0x11]);
        assert!(is_awake(&[0, 0x32, 0, 0, 0, 5, 0x11, 0xb6, 0, 0]) && !is_awake(&question_for_all()));
    }

    #[test]
    fn only_colours_are_taken_out() {
        for (text, expected) in
            [("0xcolour", "0xcolour"), ("a0x", "a0x"), ("0xRESETTa", "a"), ("é0xfffffé", "é0xfffffé")]
        {
            assert_eq!(plain(text), expected);
        }
    }
}
