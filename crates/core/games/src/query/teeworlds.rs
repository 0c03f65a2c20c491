//! Teeworlds 0.7: a token proves to the server that the asking address is real; with it the information is asked for.
//! Sources: teeworlds, `src/engine/shared/network.h` and `src/engine/server/server.cpp`.

use super::{Answer, until_zero};

/// Header flags, in the upper six bits of the first byte.
const CONTROL: u8 = 0x01 << 2;
const CONNECTIONLESS: u8 = 0x08 << 2;
/// In the lower two bits of a connectionless packet's first byte.
const VERSION: u8 = 1;
/// The control message that carries a token.
const TOKEN_MESSAGE: u8 = 5;
/// Stands where a token would, from one who has none yet.
const NO_TOKEN: [u8; 4] = [0xff; 4];
/// A request is as long as this, so that its answer never amplifies a spoofed one.
const REQUEST_PAYLOAD: usize = 512;
const GET_INFO: [u8; 8] = *b"\xff\xff\xff\xffgie3";
const INFO: [u8; 8] = *b"\xff\xff\xff\xffinf3";
/// The flag of a server with a password.
const PASSWORD: i32 = 1;

pub(super) fn token_request(own: [u8; 4]) -> Vec<u8> {
    let mut packet = vec![CONTROL, 0, 0];
    packet.extend(NO_TOKEN);
    let payload = packet.len();
    packet.push(TOKEN_MESSAGE);
    packet.extend(own);
    packet.resize(payload + REQUEST_PAYLOAD, 0);
    packet
}

/// The server's token.
pub(super) fn token(packet: &[u8], own: [u8; 4]) -> Option<[u8; 4]> {
    let (header, rest) = packet.split_first_chunk::<7>()?;
    let (message, rest) = rest.split_first()?;
    let is_for_us = header[0] & !0x03 == CONTROL && header[3..] == own && *message == TOKEN_MESSAGE;
    is_for_us.then(|| rest.first_chunk().copied()).flatten()
}

pub(super) fn info_request(token: [u8; 4], own: [u8; 4]) -> Vec<u8> {
    let mut packet = vec![CONNECTIONLESS | VERSION];
    packet.extend(token);
    packet.extend(own);
    packet.extend(GET_INFO);
    // The number of the question, repeated in the answer: one byte holds any up to 63.
    packet.push(1);
    packet
}

pub(super) fn info(packet: &[u8], own: [u8; 4]) -> Option<Answer> {
    let (header, rest) = packet.split_first_chunk::<9>()?;
    let mut rest = rest.strip_prefix(&INFO)?;
    if header[0] != CONNECTIONLESS | VERSION || header[1..5] != own {
        return None;
    }
    let _question = integer(&mut rest)?;
    let version = until_zero(&mut rest)?;
    let title = until_zero(&mut rest)?;
    let _host = until_zero(&mut rest)?;
    let map = until_zero(&mut rest)?;
    let _kind = until_zero(&mut rest)?;
    let flags = integer(&mut rest)?;
    let _skill = integer(&mut rest)?;
    let [players, max_players] =
        [integer(&mut rest)?, integer(&mut rest)?].map(|count| u16::try_from(count).ok());
    Some(Answer {
        players,
        max_players,
        is_locked: flags & PASSWORD != 0,
        ..Answer::of(&title, &map, &version)
    })
}

/// A number as teeworlds packs it: six bits and the sign, then seven bits a byte.
fn integer(bytes: &mut &[u8]) -> Option<i32> {
    let mut next = || {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        Some(*first)
    };
    let mut byte = next()?;
    let sign = byte & 0x40 != 0;
    let mut value = u32::from(byte & 0x3f);
    for shift in [6, 13, 20, 27] {
        if byte & 0x80 == 0 {
            break;
        }
        byte = next()?;
        value |= u32::from(byte & 0x7f) << shift;
    }
    let value = (value & 0x7fff_ffff) as i32;
    Some(if sign { !value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [u8; 4] = *b"own!";

    #[test]
    fn a_server_is_asked_with_its_token_and_only_answers_to_ours_count() {
        assert_eq!(token_request(OWN).len(), 7 + 512);
        let mut answer = vec![CONTROL, 0, 0];
        answer.extend(OWN);
        answer.extend([TOKEN_MESSAGE, 1, 2, 3, 4]);
        assert_eq!(token(&answer, OWN), Some([1, 2, 3, 4]));
        assert_eq!(token(&answer, *b"else"), None);
        assert_eq!(token(&answer[..10], OWN), None);
    }

    #[test]
    fn name_map_version_and_players_are_read() {
        let mut answer = vec![CONNECTIONLESS | VERSION];
        answer.extend(OWN);
        answer.extend([9; 4]);
        answer.extend(INFO);
        answer.extend(b"\x010.7.5\0Skyblock\0host\0ctf2\0CTF\0\x01\x00\x03\x08");
        let read = info(&answer, OWN).unwrap();
        assert_eq!(
            read,
            Answer {
                players: Some(3),
                max_players: Some(8),
                is_locked: true,
                ..Answer::of("Skyblock", "ctf2", "0.7.5")
            }
        );
        assert_eq!(info(&answer[..answer.len() - 1], OWN), None);
        assert_eq!(info(&answer, *b"else"), None);
    }

    #[test]
    fn packed_numbers_are_those_that_were_packed() {
        for (bytes, expected) in
            [(&[0x00][..], 0), (&[0x3f], 63), (&[0x80, 0x01], 64), (&[0x40], -1), (&[0xff; 9], i32::MIN)]
        {
            assert_eq!(integer(&mut &bytes[..]), Some(expected), "{bytes:?}");
        }
        assert_eq!(integer(&mut &[0x80][..]), None);
    }
}
