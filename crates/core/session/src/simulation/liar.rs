//! A control server that says what it likes: what it should is dropped, said twice or late, and what it said before, or never
//! should, is said instead.

use std::time::Duration;

use lanrage_control::protocol::{Change, PeerEntry, ServerMessage};
use lanrage_testnet::Rng;

/// How much of what was said is kept to be said again.
const MEMORY: usize = 64;

/// What the server has said, and makes its lies of.
#[derive(Debug, Default)]
pub(super) struct Liar {
    said: Vec<ServerMessage>,
    entries: Vec<PeerEntry>,
    pub(super) lies: u64,
}

impl Liar {
    /// What is said in place of a frame, each after so long.
    pub(super) fn tell(&mut self, frame: &str, rng: &mut Rng) -> Vec<(Duration, String)> {
        let honest = vec![(Duration::ZERO, frame.to_owned())];
        let Ok(message) = ServerMessage::parse(frame) else { return honest };
        if !matches!(
            message,
            ServerMessage::Party { .. } | ServerMessage::Delta { .. } | ServerMessage::Signal { .. }
        ) {
            return honest;
        }
        self.note(&message, rng);
        let late = rng.millis(50..3_000);
        let lie = match rng.below(10) {
            0 => Vec::new(),
            1 => vec![(Duration::ZERO, frame.to_owned()), (late, frame.to_owned())],
            2 => vec![(late, frame.to_owned())],
            3 | 4 => {
                let old = self.said[rng.below(self.said.len())].encode();
                vec![(Duration::ZERO, frame.to_owned()), (late, old)]
            }
            5..=7 => {
                let forged = self.forge(message, rng).encode();
                // In its place, or beside it.
                let mut told = vec![(Duration::ZERO, forged)];
                told.extend(rng.chance(500).then(|| (late, frame.to_owned())));
                told
            }
            _ => return honest,
        };
        self.lies += 1;
        lie
    }

    fn note(&mut self, message: &ServerMessage, rng: &mut Rng) {
        let entries: &[PeerEntry] = match message {
            ServerMessage::Party { snapshot } => &snapshot.peers,
            ServerMessage::Delta {
                change: Change::PeerJoined { entry } | Change::PeerUpdated { entry },
                ..
            } => std::slice::from_ref(entry),
            _ => &[],
        };
        for entry in entries {
            keep(&mut self.entries, entry, rng);
        }
        keep(&mut self.said, message, rng);
    }

    /// A word that the server should not say: who left or was removed is there, who is there is not, the party is somebody
    /// else's, and what members have signed is given out as others'.
    fn forge(&self, message: ServerMessage, rng: &mut Rng) -> ServerMessage {
        if self.entries.is_empty() {
            return message;
        }
        let any = self.entries[rng.below(self.entries.len())].clone();
        match message {
            ServerMessage::Party { mut snapshot } => {
                match rng.below(4) {
                    0 => snapshot.peers.push(any),
                    1 => snapshot.host = any.peer(),
                    2 if !snapshot.peers.is_empty() => {
                        let at = rng.below(snapshot.peers.len());
                        snapshot.peers.remove(at);
                    }
                    _ => {
                        for entry in &mut snapshot.peers {
                            if entry.peer() == any.peer() {
                                *entry = any.clone();
                            }
                            entry.online = rng.chance(500);
                        }
                    }
                }
                ServerMessage::Party { snapshot }
            }
            ServerMessage::Delta { party, revision, .. } => {
                let change = match rng.below(5) {
                    0 => Change::PeerJoined { entry: any },
                    1 => Change::PeerUpdated { entry: any },
                    2 => Change::PeerLeft { peer: any.peer(), leave: None },
                    3 => Change::PeerOnline { peer: any.peer(), online: rng.chance(500) },
                    _ => Change::HostChanged { host: any.peer() },
                };
                ServerMessage::Delta { party, revision, change }
            }
            // Sealed: it can only be given out as somebody else's.
            ServerMessage::Signal { party, signal, .. } => {
                ServerMessage::Signal { party, from: any.peer(), signal }
            }
            other => other,
        }
    }
}

fn keep<T: Clone>(memory: &mut Vec<T>, new: &T, rng: &mut Rng) {
    if memory.len() < MEMORY {
        memory.push(new.clone());
    } else {
        let at = rng.below(MEMORY);
        memory[at] = new.clone();
    }
}
