//! What is said of games: answers of servers, statements of friends, catalogues.

use lanrage_games::{Asking, Catalogue, Protocol, Slug, Step, read_statements, write_statements};

const PROTOCOLS: [Protocol; 10] = [
    Protocol::Teeworlds,
    Protocol::Teeworlds6,
    Protocol::Luanti,
    Protocol::Armagetron,
    Protocol::Bzflag,
    Protocol::Quake3,
    Protocol::Source,
    Protocol::Minecraft,
    Protocol::Raknet,
    Protocol::Mindustry,
];
/// The token of every question.
const TOKEN: [u8; 4] = *b"\x07own";

/// The first byte chooses the protocol, the rest is what came: texts are short and can be shown, and nothing long is sent back.
pub(crate) fn answer(data: &[u8]) {
    let Some((which, datagram)) = data.split_first() else { return };
    let protocol = PROTOCOLS[usize::from(*which) % PROTOCOLS.len()];
    match Asking::new(protocol, TOKEN).handle(datagram) {
        Step::Nothing => {}
        Step::Send(next) => assert!(next.len() <= 64),
        Step::Done(answer, farewell) => {
            for (text, most) in [(&answer.title, 64), (&answer.map, 32), (&answer.version, 32)] {
                assert!(text.len() <= most && !text.chars().any(char::is_control));
                assert!(!text.contains(['\u{202E}', '\u{2066}', '\u{200B}']));
            }
            assert!(farewell.is_none_or(|bytes| bytes.len() <= 16));
        }
    }
}

/// What a friend tells of games is read in bounds, and is the same when it is written again.
pub(crate) fn statement(data: &[u8]) {
    if let Some(statements) = read_statements(data) {
        assert!(statements.len() <= 8);
        assert_eq!(write_statements(&statements, data.len()), data);
    }
}

/// A catalogue is read or refused; one that was read is the same when it is written and read again, and opens nothing that
/// serves the computer itself.
pub(crate) fn catalogue(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(games) = Catalogue::parse(text) {
        assert_eq!(Catalogue::parse(&games.to_text()).as_ref(), Ok(&games));
        for game in games.games() {
            assert!(Slug::new(game.slug.as_str()).is_some());
            assert!(!game.ports.iter().any(|range| range.contains(range.transport(), 22)));
        }
    }
}
