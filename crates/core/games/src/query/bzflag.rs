//! BZFlag's ping on the port of the game. Source: bzflag, `src/net/Ping.cxx`.

use lanrage_base::wire::Reader;

use super::Answer;

const REQUEST: u16 = 0x0404;
const REPLY: u16 = 0x0303;
/// Which server, and where it was asked from.
const ADDRESSES: usize = 8 + 5;
/// Style, options, shots, and five limits, two bytes each.
const RULES: usize = 16;
/// Teams that play; the sixth looks on.
const TEAMS: usize = 5;

pub(super) fn question() -> Vec<u8> {
    [2, REQUEST, 0].map(u16::to_be_bytes).concat()
}

pub(super) fn info(packet: &[u8]) -> Option<Answer> {
    let mut reader = Reader::new(packet);
    let (_bytes, kind) = (reader.u16()?, reader.u16()?);
    let version = reader.take(8)?;
    if kind != REPLY || !version.starts_with(b"BZFS") {
        return None;
    }
    reader.take(ADDRESSES)?;
    reader.take(RULES)?;
    let max_players = reader.byte()?;
    let teams = reader.take(2 * TEAMS)?;
    let players = teams.chunks_exact(2).map(|team| u16::from(team[0])).sum();
    Some(Answer {
        players: Some(players),
        max_players: Some(max_players.into()),
        ..Answer::of("", "", &String::from_utf8_lossy(version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_plays_in_any_team_is_counted() {
        let mut answer = [0, 56, 3, 3].to_vec();
        answer.extend(b"BZFS0221");
        answer.extend([0; ADDRESSES + RULES]);
        answer.extend([20, 1, 20, 2, 20, 0, 20, 0, 20, 1, 20, 9, 20]);
        let read = info(&answer).unwrap();
        assert_eq!((read.players, read.max_players, read.version.as_str()), (Some(4), Some(20), "BZFS0221"));
        assert_eq!(info(&answer[..45]), None);
        assert_eq!(question(), [0, 2, 4, 4, 0, 0]);
    }
}
