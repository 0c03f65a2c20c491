//! Teeworlds before 0.7, and DDNet. Source: ddnet, `src/engine/server/server.cpp`.

use super::{Answer, until_zero};

/// Ten bytes of header, and what is asked.
const GET_INFO: [u8; 14] = *b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffgie3";
const INFO: [u8; 14] = *b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffinf3";
/// The flag of a server with a password.
const PASSWORD: u32 = 1;

/// The token of these servers has one byte.
pub(super) fn question([token, ..]: [u8; 4]) -> Vec<u8> {
    [&GET_INFO[..], &[token]].concat()
}

pub(super) fn info(packet: &[u8], [token, ..]: [u8; 4]) -> Option<Answer> {
    let mut rest = packet.strip_prefix(&INFO)?;
    if until_zero(&mut rest)?.parse() != Ok(u32::from(token)) {
        return None;
    }
    let version = until_zero(&mut rest)?;
    let title = until_zero(&mut rest)?;
    let map = until_zero(&mut rest)?;
    let _kind = until_zero(&mut rest)?;
    let flags: u32 = until_zero(&mut rest)?.parse().ok()?;
    let _players = until_zero(&mut rest)?;
    let _max_players = until_zero(&mut rest)?;
    // Who only looks on takes a place, too.
    let clients = until_zero(&mut rest)?.parse().ok();
    let max_clients = until_zero(&mut rest)?.parse().ok();
    // Of more than the 16 that this form can tell, DDNet tells in the title.
    let (title, counts) = counted(&title);
    let (players, max_players) = counts.map_or((clients, max_clients), |(now, most)| (Some(now), Some(most)));
    Some(Answer {
        players,
        max_players,
        is_locked: flags & PASSWORD != 0,
        ..Answer::of(title, &map, &version)
    })
}

/// A title, and how many play of how many that can, where it ends with `[2/64]`.
fn counted(title: &str) -> (&str, Option<(u16, u16)>) {
    let read = || {
        let (before, counts) = title.strip_suffix(']')?.rsplit_once(" [")?;
        let (now, most) = counts.split_once('/')?;
        Some((before, (now.parse().ok()?, most.parse().ok()?)))
    };
    read().map_or((title, None), |(title, counts)| (title, Some(counts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_our_token_is_read() {
        let answer =
            [&INFO[..], b"7\x000.6.4, 16.4\0Our race\0Kobra\0DDraceNetwork\x000\x001\x008\x002\x0016\0"]
                .concat();
        let read = info(&answer, [7, 0, 0, 0]).unwrap();
        assert_eq!((read.title.as_str(), read.map.as_str()), ("Our race", "Kobra"));
        assert_eq!((read.players, read.max_players, read.is_locked), (Some(2), Some(16), false));
        assert_eq!(info(&answer, [8, 0, 0, 0]), None);
        assert_eq!(counted("Race [2/64]"), ("Race", Some((2, 64))));
        for plain in ["Race", "Race [2]", "[1/2]", "Race [a/b]", "Race [1/2] x"] {
            assert_eq!(counted(plain), (plain, None));
        }
        assert_eq!(question([7, 1, 1, 1]).len(), 15);
    }
}
