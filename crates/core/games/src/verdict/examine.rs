//! What of a game is seen on this computer, by what runs and what listens.

use std::{net::Ipv4Addr, time::Instant};

use lanrage_party::Place;

use super::side::{Bound, Reach, Server, Side, Sight};
use crate::{
    catalogue::Catalogue,
    detect::{Listening, Role, Running, is_of_game},
    doors::Heard,
    profile::{Profile, Slug},
    query::Answer,
};

/// What was seen of a game on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Examined {
    /// What may be told to friends.
    pub side: Side,
    /// The program that has the game's port, which is told to nobody; `None` where that is the system's or another user's.
    pub taken_by: Option<String>,
    /// Whether a program of the game runs that does nothing but host.
    has_server: bool,
}

/// What another program has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    /// Which port.
    place: Place,
    /// The program's file, where it is the user's own.
    by: Option<String>,
}

impl Catalogue {
    /// What of a game is seen, by all programs that may be games and all sockets that hear strangers. `opened` is when the
    /// party's adapter came.
    pub fn examine(
        &self,
        slug: &Slug,
        running: &[Running],
        heard: &[Heard],
        lease: Ipv4Addr,
        opened: Option<Instant>,
    ) -> Examined {
        let Some(game) = self.game(slug) else {
            let side = Side { sight: Sight::Unknown, ..Side::default() };
            return Examined { side, ..Examined::default() };
        };
        let programs: Vec<(&Running, Role)> = running
            .iter()
            .filter_map(|program| {
                let (of, role) = self.game_of(program)?;
                (of.slug == *slug).then_some((program, role))
            })
            .collect();
        let started = programs.iter().filter_map(|(program, _)| program.started).min();
        let mut sockets: Vec<Bound> = programs
            .iter()
            .flat_map(|(program, role)| program.listening.iter().map(move |socket| (socket, *role)))
            .filter_map(|(socket, role)| bound(socket, lease, game, role))
            .collect();
        // Where it is hosted first, then where it is reached.
        sockets.sort_by_key(|bound| (!bound.is_hosting, bound.reach as u8, bound.place.port));
        sockets.dedup();
        sockets.truncate(Side::PLACES);
        let own: Vec<&Listening> = programs.iter().flat_map(|(program, _)| &program.listening).collect();
        let taken = taken(game, heard, &own);
        Examined {
            side: Side {
                sight: Sight::Seen,
                is_running: !programs.is_empty(),
                is_older: opened.zip(started).is_some_and(|(opened, started)| started < opened),
                sockets,
                taken: taken.as_ref().map(|taken| taken.place),
                ..Side::default()
            },
            taken_by: taken.and_then(|taken| taken.by),
            has_server: programs.iter().any(|(_, role)| *role == Role::Server),
        }
    }
}

impl Examined {
    /// What a game's server has said to its own computer, which asked it; `None` for nothing.
    pub fn handle_answer(&mut self, answer: Option<Answer>) {
        match answer {
            Some(answer) => {
                self.side.server = Server::Answers;
                let full = answer.players.zip(answer.max_players).is_some_and(|(now, most)| now >= most);
                (self.side.version, self.side.is_full) = (answer.version, full);
            }
            None if self.has_server => self.side.server = Server::Silent,
            // Who plays listens there as well.
            None => self.side.sockets.iter_mut().for_each(|bound| bound.is_hosting = false),
        }
    }
}

/// A socket of a game, unless it is for its administration or chosen by the system.
fn bound(socket: &Listening, lease: Ipv4Addr, game: &Profile, role: Role) -> Option<Bound> {
    let ip = socket.address.ip().to_canonical();
    let place = socket.place();
    let reach = if socket.hears(lease) {
        Reach::Party
    } else if ip.is_loopback() {
        Reach::Loopback
    } else if ip.is_multicast() {
        return None;
    } else {
        Reach::Elsewhere
    };
    (!game.is_closed(place) && place.port != 0).then(|| Bound {
        place,
        reach,
        is_hosting: is_of_game(game, place, role),
        is_open: false,
    })
}

/// A usual port of the game that a program has which is none of its own.
fn taken(game: &Profile, heard: &[Heard], own: &[&Listening]) -> Option<Taken> {
    heard.iter().find_map(|Heard { socket, program }| {
        let place = socket.place();
        let is_others = game.is_usual(place) && !own.contains(&socket);
        is_others.then(|| Taken { place, by: program.clone() })
    })
}
