//! Quake III Arena and what was made of it. Source: ioq3, `code/server/sv_main.c`, `SVC_Info`.

use super::Answer;

const OUT_OF_BAND: &[u8] = b"\xff\xff\xff\xff";
const ANSWER: &[u8] = b"infoResponse\n";

/// The token comes back in the answer.
pub(super) fn question(token: [u8; 4]) -> Vec<u8> {
    [OUT_OF_BAND, b"getinfo ", challenge(token).as_bytes()].concat()
}

fn challenge(token: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(token))
}

pub(super) fn info(packet: &[u8], token: [u8; 4]) -> Option<Answer> {
    let text = String::from_utf8_lossy(packet.strip_prefix(OUT_OF_BAND)?.strip_prefix(ANSWER)?);
    let mut words = text.trim_start_matches('\\').trim_end().split('\\');
    let (mut answer, mut is_ours, mut bots) = (Answer::default(), false, 0);
    while let (Some(key), Some(value)) = (words.next(), words.next()) {
        match key {
            "challenge" => is_ours = value == challenge(token),
            "hostname" => answer.title = Answer::of(&plain(value), "", "").title,
            "mapname" => answer.map = Answer::of("", &plain(value), "").map,
            "gameversion" => answer.version = Answer::of("", "", &plain(value)).version,
            "clients" => answer.players = value.parse().ok(),
            "bots" => bots = value.parse().unwrap_or_default(),
            "sv_maxclients" => answer.max_players = value.parse().ok(),
            "g_needpass" | "needpass" => answer.is_locked = value == "1",
            _ => {}
        }
    }
    answer.players = answer.players.map(|players: u16| players.saturating_sub(bots));
    is_ours.then_some(answer)
}

/// A text without its colours, `^` and a character.
fn plain(text: &str) -> String {
    let mut kept = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('^', Some(next)) if next.is_ascii_alphanumeric() => {
                chars.next();
            }
            _ => kept.push(c),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_our_question_is_read_without_colours() {
        let token = [0, 0, 0, 10];
        let answer =
            b"\xff\xff\xff\xffinfoResponse\n\\game\\baseoa\\sv_maxclients\\8\\clients\\3\\mapname\\dm4ish\
            \\hostname\\^1Ann^7's\\challenge\\0000000a\\g_needpass\\1";
        let read = info(answer, token).unwrap();
        assert_eq!((read.title.as_str(), read.map.as_str()), ("Ann's", "dm4ish"));
        assert_eq!((read.players, read.max_players, read.is_locked), (Some(3), Some(8), true));
        assert_eq!(info(answer, [9; 4]), None);
        assert_eq!(question(token), b"\xff\xff\xff\xffgetinfo 0000000a");
        assert_eq!(plain("^^1a^"), "^a^");
    }
}
