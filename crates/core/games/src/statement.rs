//! What one player tells friends of games, inside their sessions.

use lanrage_base::wire::Reader;
use lanrage_party::{Name, Place, Transport, visible};

use crate::{
    profile::Slug,
    query::{Answer, TITLE_BYTES, WORD_BYTES},
};

/// Most games that one player tells of.
const GAMES: usize = 8;

const HOSTED: u8 = 1;
const TCP: u8 = 2;
const LOCKED: u8 = 4;
const PLAYERS: u8 = 8;
const MAX_PLAYERS: u8 = 16;
const ALL: u8 = HOSTED | TCP | LOCKED | PLAYERS | MAX_PLAYERS;

/// That somebody plays a game, or hosts it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Which game.
    pub slug: Slug,
    /// What whoever says it calls the game; who knows the slug says it in their own words.
    pub name: Name,
    /// Where, if it is hosted.
    pub hosted: Option<Hosted>,
}

/// A game that somebody hosts. Its texts can be shown, whoever wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hosted {
    /// At the player's own address in the party.
    pub place: Place,
    /// What the host calls it; may be empty.
    pub title: String,
    /// The map; may be empty.
    pub map: String,
    /// The version of the game; may be empty.
    pub version: String,
    /// How many play.
    pub players: Option<u16>,
    /// How many can.
    pub max_players: Option<u16>,
    /// Whether it asks for a password.
    pub is_locked: bool,
}

impl Hosted {
    /// A game at a place, with what its server says.
    pub(crate) fn new(place: Place, answer: Answer) -> Self {
        let Answer { title, map, version, players, max_players, is_locked, app: _ } = answer;
        Self { place, title, map, version, players, max_players, is_locked }
    }
}

/// Statements as bytes, at most so many; what does not fit is left out whole, from the end.
///
/// Each is a byte of flags, then slug and name as texts; of a hosted game the port, players and most players where they are
/// known, title, map and version. A number has two bytes, big-endian, a text a byte that says how long it is.
pub fn write_statements(statements: &[Statement], most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for statement in statements.iter().take(GAMES) {
        let before = bytes.len();
        put(&mut bytes, statement);
        if bytes.len() > most {
            bytes.truncate(before);
            break;
        }
    }
    bytes
}

/// What was written so. Total: any bytes give statements or `None`. A text that cannot be shown as it is was written by
/// nobody who means well.
pub fn read_statements(bytes: &[u8]) -> Option<Vec<Statement>> {
    let mut reader = Reader::new(bytes);
    let mut statements = Vec::new();
    while !reader.rest().is_empty() && statements.len() < GAMES {
        statements.push(read(&mut reader)?);
    }
    reader.rest().is_empty().then_some(statements)
}

fn put(bytes: &mut Vec<u8>, Statement { slug, name, hosted }: &Statement) {
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = hosted.as_ref().map_or(0, |hosted| {
        HOSTED
            | flag(hosted.place.transport == Transport::Tcp, TCP)
            | flag(hosted.is_locked, LOCKED)
            | flag(hosted.players.is_some(), PLAYERS)
            | flag(hosted.max_players.is_some(), MAX_PLAYERS)
    });
    bytes.push(flags);
    put_text(bytes, slug.as_str());
    put_text(bytes, name.as_str());
    if let Some(hosted) = hosted {
        bytes.extend(hosted.place.port.to_be_bytes());
        for count in [hosted.players, hosted.max_players].into_iter().flatten() {
            bytes.extend(count.to_be_bytes());
        }
        for text in [&hosted.title, &hosted.map, &hosted.version] {
            put_text(bytes, text);
        }
    }
}

fn read(reader: &mut Reader<'_>) -> Option<Statement> {
    let flags = reader.byte()?;
    if flags & !ALL != 0 || flags & HOSTED == 0 && flags != 0 {
        return None;
    }
    let slug = Slug::new(text(reader)?)?;
    let called = text(reader)?;
    let name = Name::new(called).ok().filter(|name| name.as_str() == called)?;
    if flags & HOSTED == 0 {
        return Some(Statement { slug, name, hosted: None });
    }
    let transport = if flags & TCP == 0 { Transport::Udp } else { Transport::Tcp };
    let port = reader.u16().filter(|port| *port != 0)?;
    let mut count = |flag: u8| if flags & flag == 0 { Some(None) } else { reader.u16().map(Some) };
    let (players, max_players) = (count(PLAYERS)?, count(MAX_PLAYERS)?);
    let hosted = Hosted {
        place: Place { transport, port },
        title: shown(reader, TITLE_BYTES)?,
        map: shown(reader, WORD_BYTES)?,
        version: shown(reader, WORD_BYTES)?,
        players,
        max_players,
        is_locked: flags & LOCKED != 0,
    };
    Some(Statement { slug, name, hosted: Some(hosted) })
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // Every text is far shorter than a byte can say.
    bytes.push(u8::try_from(text.len()).unwrap_or_default());
    bytes.extend(text.as_bytes().get(..text.len().min(255)).unwrap_or_default());
}

/// A text that is shown as it is.
fn shown(reader: &mut Reader<'_>, bytes: usize) -> Option<String> {
    let text = text(reader)?;
    (visible(text, bytes) == text).then(|| text.to_owned())
}

fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    let len = reader.byte()?;
    std::str::from_utf8(reader.take(len.into())?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn statement(hosted: Option<(&str, Option<u16>)>) -> Statement {
        Statement {
            slug: Slug::new("teeworlds").unwrap(),
            name: Name::new("Teeworlds").unwrap(),
            hosted: hosted.map(|(title, players)| Hosted {
                place: Place { transport: Transport::Udp, port: 8_303 },
                title: title.to_owned(),
                map: "ctf2".to_owned(),
                version: "0.7.5".to_owned(),
                players,
                max_players: Some(8),
                is_locked: players.is_some(),
            }),
        }
    }

    #[test]
    fn statements_come_back_and_what_is_cut_short_does_not() {
        let said = [statement(Some(("Öykü's", Some(3)))), statement(Some(("", None))), statement(None)];
        let bytes = write_statements(&said, 1_200);
        assert_eq!(read_statements(&bytes).as_deref(), Some(&said[..]));
        assert_eq!(read_statements(&[]), Some(Vec::new()), "nothing is played any more");
        let one = write_statements(&said[..1], 1_200);
        for len in 1..one.len() {
            assert_eq!(read_statements(&one[..len]), None, "{len}");
        }
    }

    #[test]
    fn the_largest_statements_fit_or_are_left_out_whole() {
        let long = Statement {
            slug: Slug::new(&"s".repeat(32)).unwrap(),
            name: Name::new(&"n".repeat(48)).unwrap(),
            hosted: Some(Hosted {
                place: Place { transport: Transport::Tcp, port: 65_535 },
                title: "t".repeat(TITLE_BYTES),
                map: "m".repeat(WORD_BYTES),
                version: "v".repeat(WORD_BYTES),
                players: Some(65_535),
                max_players: Some(65_535),
                is_locked: true,
            }),
        };
        let bytes = write_statements(&vec![long.clone(); 20], 1_000);
        let read = read_statements(&bytes).unwrap();
        assert!(bytes.len() <= 1_000 && (4..=8).contains(&read.len()) && read[0] == long, "{}", read.len());
    }

    #[test]
    fn texts_that_turn_the_line_around_are_refused_and_port_0_is_nowhere() {
        for text in ["a\u{202E}b", "a\n", "\u{200B}", " a", &"a".repeat(TITLE_BYTES + 1)] {
            let said = statement(Some((text, None)));
            assert_eq!(read_statements(&write_statements(&[said], 1_200)), None, "{text:?}");
        }
        let mut said = statement(Some(("a", None)));
        said.hosted.as_mut().unwrap().place.port = 0;
        assert_eq!(read_statements(&write_statements(&[said], 1_200)), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic_and_what_is_read_is_bounded(bytes: Vec<u8>, at: prop::sample::Index, with: u8) {
            let _ = read_statements(&bytes);
            let mut changed = write_statements(&[statement(Some(("x", Some(1)))), statement(None)], 1_200);
            let at = at.index(changed.len());
            changed[at] = with;
            if let Some(read) = read_statements(&changed) {
                prop_assert!(read.len() <= GAMES);
                prop_assert_eq!(write_statements(&read, 4_000), changed, "it is said again in the same bytes");
            }
        }
    }
}
