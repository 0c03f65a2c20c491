//! Own questions to everybody in the party, for games of which their hosts say nothing: an older program hosts them, or
//! somebody who shares no games. A server answers them as it answers whoever looks for games on a LAN.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use lanrage_party::{Place, Transport};

use crate::{
    catalogue::Catalogue,
    profile::{Profile, Query, QueryPort},
    query::{Asking, Protocol, Step},
    statement::{Hosted, Statement},
};

/// Most questions of one search.
const QUESTIONS: usize = 24;
/// Most servers that are listened to: more than a party has.
const SERVERS: usize = 128;
/// Most that one server is told before it has said what it hosts.
const STEPS: u8 = 3;

/// What is asked at which port, and of which games.
type Asked = BTreeMap<(u16, Protocol), (Asking, Vec<Profile>)>;

/// One search.
#[derive(Debug, Clone)]
pub struct Search {
    /// Shared by copies, as it does not change.
    asked: Arc<Asked>,
    servers: BTreeMap<(Ipv4Addr, u16), Server>,
}

#[derive(Debug, Clone, Default)]
struct Server {
    steps: u8,
    is_told: bool,
    found: Option<Statement>,
}

impl Search {
    /// A search for the games of a catalogue, each at the port at which its server is asked first. `token` is to be random.
    ///
    /// What is asked by TCP, or at another port each time, is no question to everybody. More games than 24 questions are
    /// for are left out, from the end.
    pub fn new(games: &Catalogue, token: [u8; 4]) -> Self {
        let mut asked = Asked::new();
        for game in games.games() {
            let (Some(Query { protocol, .. }), Some(port)) = (game.query, usual_port(game)) else { continue };
            let is_full = asked.len() >= QUESTIONS && !asked.contains_key(&(port, protocol));
            if protocol.transport() == Transport::Udp && !is_full {
                let (_, of) = asked
                    .entry((port, protocol))
                    .or_insert_with(|| (Asking::new(protocol, token), Vec::new()));
                of.push(game.clone());
            }
        }
        Self { asked: Arc::new(asked), servers: BTreeMap::new() }
    }

    /// What is asked, and at which port of everybody's.
    pub fn questions(&self) -> Vec<(u16, Vec<u8>)> {
        self.asked.iter().map(|((port, _), (asking, _))| (*port, asking.question())).collect()
    }

    /// Takes a datagram, and gives what its sender is to hear.
    pub fn handle(&mut self, from: Ipv4Addr, port: u16, bytes: &[u8]) -> Option<Vec<u8>> {
        let known = self.servers.contains_key(&(from, port));
        if !known && (self.servers.len() >= SERVERS || !self.asked.keys().any(|(asked, _)| *asked == port)) {
            return None;
        }
        let server = self.servers.entry((from, port)).or_default();
        if server.found.is_some() || server.steps >= STEPS {
            return None;
        }
        let here = self.asked.iter().filter(|((asked, _), _)| *asked == port);
        for (_, (asking, games)) in here {
            match asking.handle(bytes) {
                Step::Nothing => {}
                Step::Send(next) => {
                    server.steps += 1;
                    return Some(next);
                }
                Step::Done(answer, farewell) => {
                    let game = only(games, answer.app)?;
                    let range = game.ports.first()?;
                    let place = Place { transport: range.transport(), port: range.first() };
                    let hosted = Some(Hosted::new(place, answer));
                    server.found =
                        Some(Statement { slug: game.slug.clone(), name: game.name.clone(), hosted });
                    return farewell;
                }
            }
        }
        None
    }

    /// Who hosts what, of those who have answered since the last time.
    pub fn take_found(&mut self) -> Vec<(Ipv4Addr, Statement)> {
        let new = self.servers.iter_mut().filter(|(_, server)| server.found.is_some() && !server.is_told);
        new.filter_map(|((from, _), server)| {
            server.is_told = true;
            Some((*from, server.found.clone()?))
        })
        .collect()
    }
}

/// Where a game's server is asked that is where such servers usually are.
fn usual_port(game: &Profile) -> Option<u16> {
    let query = game.query?;
    let first = game.ports.first()?.first();
    Some(match query.port {
        QueryPort::Above(by) => first.checked_add(by)?,
        QueryPort::Fixed(port) => port,
    })
}

/// The one game that it is: of several the one with this number at Steam. What could be several is none.
fn only(games: &[Profile], app: Option<u16>) -> Option<&Profile> {
    let is_it = |game: &&Profile| {
        let is_number = |number: &u32| app.is_some_and(|app| number & 0xffff == u32::from(app));
        games.len() == 1 || game.steam.iter().any(is_number)
    };
    let mut fitting = games.iter().filter(is_it);
    fitting.next().filter(|_| fitting.next().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANNA: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

    fn search() -> Search {
        Search::new(Catalogue::builtin(), [1, 2, 3, 4])
    }

    fn source(app: u16) -> Vec<u8> {
        let mut answer = b"\xff\xff\xff\xffI\x11Castle\0de_dust2\0cstrike\0x\0".to_vec();
        answer.extend(app.to_le_bytes());
        answer.extend(b"\x05\x10\x01dl\x01\x001.0\0");
        answer
    }

    fn found(mut search: Search) -> Vec<(Ipv4Addr, String, String)> {
        let of = |(from, said): (Ipv4Addr, Statement)| {
            (from, said.slug.to_string(), said.hosted.unwrap().place.to_string())
        };
        search.take_found().into_iter().map(of).collect()
    }

    #[test]
    fn everybody_is_asked_little_and_never_by_a_connection() {
        let questions = search().questions();
        assert!((8..=QUESTIONS).contains(&questions.len()), "{}", questions.len());
        assert!(questions.iter().all(|(port, bytes)| bytes.len() < 600 && *port != 25_565));
        assert!(questions.iter().any(|(port, _)| *port == 2_457), "Valheim is asked above its port");
    }

    #[test]
    fn a_server_is_told_by_its_number_and_what_could_be_several_is_none() {
        let mut search = search();
        search.handle(ANNA, 27_015, &source(240));
        search.handle(Ipv4Addr::new(10, 66, 0, 3), 27_015, &source(9));
        search.handle(ANNA, 2_457, &source(9));
        let wanted = [("valheim", "udp 2456"), ("cs-source", "udp 27015")];
        assert_eq!(found(search), wanted.map(|(slug, place)| (ANNA, slug.to_owned(), place.to_owned())));
    }

    #[test]
    fn a_server_that_wants_to_hear_more_hears_it_a_few_times_and_nobody_else_counts() {
        let mut asking = search();
        let challenge = b"\xff\xff\xff\xffA\x01\x02\x03\x04";
        let asked = (0..10).filter(|_| asking.handle(ANNA, 27_015, challenge).is_some()).count();
        assert_eq!(asked, usize::from(STEPS));
        assert_eq!(asking.handle(ANNA, 27_999, challenge), None, "nobody was asked there");
        let mut flooded = search();
        for last in 0..=u16::MAX {
            let [high, low] = last.to_be_bytes();
            flooded.handle(Ipv4Addr::new(10, 66, high, low), 27_015, &source(240));
        }
        assert_eq!(flooded.take_found().len(), SERVERS);
        assert!(flooded.take_found().is_empty(), "each is told once");
    }

    proptest! {
        #[test]
        fn any_bytes_from_anywhere_are_taken(
            packets in proptest::collection::vec((any::<u8>(), 0_usize..24, any::<Vec<u8>>()), 0..40),
        ) {
            let mut search = search();
            let ports: Vec<u16> = search.questions().into_iter().map(|(port, _)| port).collect();
            for (host, at, bytes) in packets {
                let said = search.handle(Ipv4Addr::new(10, 66, 0, host), ports[at % ports.len()], &bytes);
                prop_assert!(said.is_none_or(|said| said.len() <= 600));
            }
        }
    }
}
