//! Valve's A2S_INFO. Source: developer.valvesoftware.com/wiki/Server_queries.

use lanrage_base::wire::Reader;

use super::{Answer, until_zero};

const QUESTION: &[u8] = b"\xff\xff\xff\xffTSource Engine Query\0";
const SINGLE: [u8; 4] = [0xff; 4];
const CHALLENGE: u8 = b'A';
const INFO: u8 = b'I';
/// The application of *The Ship*, whose answers have three bytes more.
const THE_SHIP: u16 = 2_400;

/// A server may want a number to come back first, which proves where the question is from.
pub(super) fn question(challenge: Option<[u8; 4]>) -> Vec<u8> {
    [QUESTION, challenge.as_ref().map_or(&[][..], |challenge| challenge)].concat()
}

pub(super) fn challenge(packet: &[u8]) -> Option<[u8; 4]> {
    let mut reader = Reader::new(packet);
    let is_challenge = reader.array()? == SINGLE && reader.byte()? == CHALLENGE;
    is_challenge.then(|| reader.array()).flatten()
}

pub(super) fn info(packet: &[u8]) -> Option<Answer> {
    let mut reader = Reader::new(packet);
    if reader.array()? != SINGLE || reader.byte()? != INFO {
        return None;
    }
    let _protocol = reader.byte()?;
    let mut rest = reader.rest();
    let [title, map, _folder, _game] =
        [until_zero(&mut rest)?, until_zero(&mut rest)?, until_zero(&mut rest)?, until_zero(&mut rest)?];
    let mut reader = Reader::new(rest);
    let app = u16::from_le_bytes(reader.array()?);
    let (players, max_players, bots) = (reader.byte()?, reader.byte()?, reader.byte()?);
    let (_kind, _system, needs_password, _secured) =
        (reader.byte()?, reader.byte()?, reader.byte()?, reader.byte()?);
    if app == THE_SHIP {
        reader.take(3)?;
    }
    let mut rest = reader.rest();
    let version = until_zero(&mut rest)?;
    Some(Answer {
        players: Some(players.saturating_sub(bots).into()),
        max_players: Some(max_players.into()),
        is_locked: needs_password == 1,
        app: Some(app).filter(|app| *app != 0),
        ..Answer::of(&title, &map, &version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_comes_back_and_the_answer_is_read() {
        assert_eq!(challenge(b"\xff\xff\xff\xffA\x01\x02\x03\x04"), Some([1, 2, 3, 4]));
        assert_eq!(question(Some([1, 2, 3, 4])).len(), QUESTION.len() + 4);
        let answer = b"\xff\xff\xff\xffI\x11Our server\0de_dust2\0cstrike\0Counter-Strike\0\xf0\x00\x05\x10\x01dl\x01\x001.0\0";
        let read = info(answer).unwrap();
        assert_eq!((read.title.as_str(), read.map.as_str()), ("Our server", "de_dust2"));
        assert_eq!((read.players, read.max_players, read.is_locked), (Some(4), Some(16), true));
        assert_eq!(challenge(answer), None);
        for len in 0..answer.len() {
            assert_eq!(info(&answer[..len]), None, "{len}");
        }
    }
}
