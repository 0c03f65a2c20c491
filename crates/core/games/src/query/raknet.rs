//! RakNet's ping of a server to which one has no connection, as Minecraft: Bedrock Edition answers it: fields of a text, divided
//! by semicolons. Source: minecraft.wiki, Bedrock Edition protocol, `unconnected ping` and `unconnected pong`.

use super::{Answer, minecraft::plain};

const PING: u8 = 0x01;
const PONG: u8 = 0x1c;
/// What every message without a connection has.
const MAGIC: [u8; 16] = [0, 255, 255, 0, 254, 254, 254, 254, 253, 253, 253, 253, 18, 52, 86, 120];
/// The numbers of asker and server.
const NUMBER: usize = 8;

/// The time comes back, and is the token; a number of nobody follows.
pub(super) fn question(token: [u8; 4]) -> Vec<u8> {
    [&[PING][..], &[0; 4], &token, &MAGIC, &[0; NUMBER]].concat()
}

pub(super) fn info(packet: &[u8], token: [u8; 4]) -> Option<Answer> {
    let rest = packet.strip_prefix(&[PONG, 0, 0, 0, 0])?.strip_prefix(&token)?;
    let rest = rest.get(NUMBER..)?.strip_prefix(&MAGIC)?;
    let (length, text) = rest.split_first_chunk::<2>()?;
    let text = String::from_utf8_lossy(text.get(..usize::from(u16::from_be_bytes(*length)))?);
    let mut fields = text.split(';');
    let is_game = matches!(fields.next()?, "MCPE" | "MCEE");
    let (title, _protocol, version) = (fields.next()?, fields.next()?, fields.next()?);
    let mut count = || fields.next()?.parse().ok();
    let (players, max_players) = (count(), count());
    let (_server, map) = (fields.next(), fields.next().unwrap_or_default());
    is_game.then(|| Answer { players, max_players, ..Answer::of(&plain(title), &plain(map), version) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pong(token: [u8; 4], text: &str) -> Vec<u8> {
        let length = (text.len() as u16).to_be_bytes();
        [&[PONG][..], &[0; 4], &token, &[7; NUMBER], &MAGIC, &length, text.as_bytes()].concat()
    }

    #[test]
    fn a_pong_is_read_and_one_to_another_ping_is_not() {
        let text =
            "MCPE;§lÖykü's;712;1.21.20;2;10;13253860892328930865;Bedrock level;Survival;1;19132;19133;";
        let read = info(&pong([1, 2, 3, 4], text), [1, 2, 3, 4]).unwrap();
        assert_eq!((read.title.as_str(), read.map.as_str()), ("Öykü's", "Bedrock level"));
        assert_eq!((read.version.as_str(), read.players, read.max_players), ("1.21.20", Some(2), Some(10)));
        assert_eq!(info(&pong([1, 2, 3, 4], text), [1, 2, 3, 5]), None);
        let whole = pong([0; 4], text);
        assert!((0..whole.len()).all(|cut| info(&whole[..cut], [0; 4]).is_none()), "a part is no answer");
        for other in ["", "MCPE;a;1", "RUST;a;1;2;3;4"] {
            assert_eq!(info(&pong([0; 4], other), [0; 4]), None, "{other}");
        }
    }

    #[test]
    fn the_ping_is_as_long_as_servers_expect() {
        let ping = question([1, 2, 3, 4]);
        assert_eq!((ping.len(), ping[0], &ping[5..9]), (33, PING, &[1, 2, 3, 4][..]));
    }
}
