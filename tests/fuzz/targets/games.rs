//! What is said of games: answers of servers, announcements, statements of friends, what they see of a game, catalogues.

use std::{net::Ipv4Addr, sync::LazyLock};

use lanrage_games::{
    Asking, Catalogue, Protocol, Search, Slug, Statement, Step, read_beacon, read_side, read_statements,
    write_side, write_statements,
};
use lanrage_party::ANNOUNCED_PORTS;

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

/// The first byte chooses the port, the rest is what a game announces there: what is shown of it can be told on as it is.
pub(crate) fn beacon(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else { return };
    let port = ANNOUNCED_PORTS[usize::from(*which) % ANNOUNCED_PORTS.len()];
    if let Some(said) = read_beacon(port, bytes) {
        check_told(&said);
    }
}

/// Packets of four servers to one search, each behind who sends it, to which question, and its length: little is said back, and
/// what is found can be told on.
pub(crate) fn search(mut data: &[u8]) {
    // Made once: that takes longer than all the rest.
    static BEGUN: LazyLock<Search> = LazyLock::new(|| Search::new(Catalogue::builtin(), TOKEN));
    let mut search = BEGUN.clone();
    let ports: Vec<u16> = search.questions().into_iter().map(|(port, _)| port).collect();
    let mut said = 0;
    while let [host, which, length, rest @ ..] = data {
        let (packet, next) = rest.split_at(usize::from(*length).min(rest.len()));
        data = next;
        let from = Ipv4Addr::new(10, 66, 0, host % 4);
        said += search
            .handle(from, ports[usize::from(*which) % ports.len()], packet)
            .map_or(0, |bytes| bytes.len());
    }
    // Four servers, each at every port, a few words each.
    assert!(said <= 4 * ports.len() * 4 * 64);
    let found = search.take_found();
    assert!(found.len() <= 4 * ports.len());
    found.iter().for_each(|(_, said)| check_told(said));
}

/// What a friend's computer says of a game that is not seen is read in bounds, and says the same when it is written again.
pub(crate) fn side(data: &[u8]) {
    if let Some(side) = read_side(data) {
        assert!(side.sockets.len() <= 8 && side.refused.len() <= 8 && side.version.len() <= 32);
        assert_eq!(read_side(&write_side(&side)), Some(side));
    }
}

fn check_told(said: &Statement) {
    let written = write_statements(std::slice::from_ref(said), 1_200);
    assert_eq!(read_statements(&written).as_deref(), Some(std::slice::from_ref(said)));
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
