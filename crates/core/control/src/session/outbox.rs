use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use lanrage_party::{PartyId, PeerId};

use crate::protocol::ServerMessage;

/// Signals of one sender that wait for one receiver. One more takes the place of the oldest.
const SIGNALS: usize = 32;
/// Bytes of all signals that wait for one receiver. When they are more, the sender that has most of them loses its oldest.
const SIGNAL_BYTES: usize = 512 * 1024;
/// Changes of one party that wait for one receiver. When there are more, only the newest is kept: the receiver sees the
/// gap in the revisions and asks for the whole party.
const CHANGES: usize = 64;
/// Bytes of answers that wait for one receiver. A client that takes none of what it asked for is disconnected at more.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What a frame to a client is, as far as it matters when the client is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// An answer to what the client has asked for itself.
    Answer,
    /// A change of a party.
    Change(PartyId),
    /// A signal of another member.
    Signal(PeerId),
}

impl FrameKind {
    /// The kind of a message.
    pub const fn of(message: &ServerMessage) -> Self {
        match message {
            ServerMessage::Signal { from, .. } => Self::Signal(*from),
            ServerMessage::Delta { party, .. } => Self::Change(*party),
            _ => Self::Answer,
        }
    }
}

/// One text frame to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// Its text, shared by everybody who gets it.
    pub text: Arc<str>,
}

impl Frame {
    /// The frame of a message.
    pub fn of(message: &ServerMessage) -> Self {
        Self { kind: FrameKind::of(message), text: message.encode().into() }
    }

    /// What it counts in an [`Outbox`]: its text, and what is kept beside it.
    fn bytes(&self) -> usize {
        self.text.len() + 64
    }
}

/// Text frames that wait for a client that may be slow, bounded in number and in bytes.
///
/// What others send never disconnects a client: of their signals the oldest go, and changes of a party shrink to the
/// newest, after whose revision the client asks for the whole party. Only answers that it does not take are its own
/// doing ([`Outbox::push`]).
#[derive(Debug, Default)]
pub struct Outbox {
    frames: VecDeque<Frame>,
    signals: BTreeMap<PeerId, usize>,
    changes: BTreeMap<PartyId, usize>,
    signal_bytes: usize,
    answer_bytes: usize,
}

/// What [`Outbox::push`] did with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It waits.
    Room,
    /// It waits in the place of this many signals and changes.
    Instead(usize),
    /// The client takes none of its answers, and is to be disconnected.
    TooSlow,
}

impl Outbox {
    /// Queues one frame.
    pub fn push(&mut self, frame: Frame) -> Queued {
        let (mut lost, bytes) = (0, frame.bytes());
        match frame.kind {
            FrameKind::Answer => {
                if self.answer_bytes > 0 && self.answer_bytes + bytes > ANSWER_BYTES {
                    return Queued::TooSlow;
                }
                self.answer_bytes += bytes;
            }
            FrameKind::Change(party) => {
                if self.changes.get(&party).is_some_and(|count| *count >= CHANGES) {
                    self.frames.retain(|frame| frame.kind != FrameKind::Change(party));
                    lost += self.changes.remove(&party).unwrap_or(0);
                }
                *self.changes.entry(party).or_default() += 1;
            }
            FrameKind::Signal(from) => {
                if self.signals.get(&from).is_some_and(|count| *count >= SIGNALS) {
                    lost += usize::from(self.drop_signal(from));
                }
                while self.signal_bytes + bytes > SIGNAL_BYTES {
                    let heaviest =
                        self.signals.iter().max_by_key(|(_, count)| **count).map(|(peer, _)| *peer);
                    if !heaviest.is_some_and(|heaviest| self.drop_signal(heaviest)) {
                        break;
                    }
                    lost += 1;
                }
                *self.signals.entry(from).or_default() += 1;
                self.signal_bytes += bytes;
            }
        }
        self.frames.push_back(frame);
        if lost == 0 { Queued::Room } else { Queued::Instead(lost) }
    }

    /// The frame that is to be sent next.
    pub fn pop(&mut self) -> Option<Arc<str>> {
        let frame = self.frames.pop_front()?;
        self.forget(&frame);
        Some(frame.text)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    fn drop_signal(&mut self, from: PeerId) -> bool {
        let oldest = self.frames.iter().position(|frame| frame.kind == FrameKind::Signal(from));
        let Some(frame) = oldest.and_then(|oldest| self.frames.remove(oldest)) else { return false };
        self.forget(&frame);
        true
    }

    fn forget(&mut self, frame: &Frame) {
        match frame.kind {
            FrameKind::Answer => self.answer_bytes -= frame.bytes(),
            FrameKind::Change(party) => uncount(&mut self.changes, party),
            FrameKind::Signal(from) => {
                self.signal_bytes -= frame.bytes();
                uncount(&mut self.signals, from);
            }
        }
    }
}

fn uncount<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> PeerId {
        lanrage_party::DeviceIdentity::from_seed(&[n; 32]).peer_id()
    }

    fn push(outbox: &mut Outbox, kind: FrameKind, text: &str) -> Queued {
        outbox.push(Frame { kind, text: text.into() })
    }

    fn texts(outbox: &mut Outbox) -> Vec<Arc<str>> {
        std::iter::from_fn(|| outbox.pop()).collect()
    }

    #[test]
    fn a_sender_of_many_signals_loses_its_own_and_nobody_elses() {
        let mut outbox = Outbox::default();
        push(&mut outbox, FrameKind::Answer, "welcome");
        push(&mut outbox, FrameKind::Signal(peer(2)), "of another");
        for n in 0..1_000 {
            assert_ne!(push(&mut outbox, FrameKind::Signal(peer(1)), &n.to_string()), Queued::TooSlow);
        }
        let texts = texts(&mut outbox);
        assert_eq!(texts.len(), 2 + SIGNALS);
        assert_eq!((&*texts[0], &*texts[1]), ("welcome", "of another"));
        assert_eq!((&*texts[2], &**texts.last().unwrap()), ("968", "999"));
        assert_eq!((outbox.signal_bytes, outbox.answer_bytes), (0, 0));
        assert!(outbox.signals.is_empty());
    }

    #[test]
    fn many_senders_of_large_signals_are_bounded_together() {
        let mut outbox = Outbox::default();
        push(&mut outbox, FrameKind::Signal(peer(200)), "the one of a friend");
        let large = "x".repeat(8_192);
        for round in 0..4_000 {
            push(&mut outbox, FrameKind::Signal(peer(round as u8 % 60)), &large);
            assert!(outbox.signal_bytes <= SIGNAL_BYTES);
        }
        assert_eq!(outbox.pop().as_deref(), Some("the one of a friend"));
    }

    #[test]
    fn changes_that_nobody_takes_shrink_to_the_newest() {
        let mut outbox = Outbox::default();
        let party = PartyId::from_random([1; 16]);
        let other = PartyId::from_random([2; 16]);
        push(&mut outbox, FrameKind::Change(other), "elsewhere");
        for revision in 0..=10 * CHANGES {
            assert_ne!(push(&mut outbox, FrameKind::Change(party), &revision.to_string()), Queued::TooSlow);
        }
        let texts = texts(&mut outbox);
        assert_eq!(&*texts[0], "elsewhere");
        assert!(texts.len() <= CHANGES + 1);
        assert_eq!(&**texts.last().unwrap(), (10 * CHANGES).to_string());
    }

    #[test]
    fn a_client_that_takes_no_answers_is_too_slow_but_one_answer_always_fits() {
        let mut outbox = Outbox::default();
        let large = "x".repeat(300_000);
        assert_eq!(push(&mut outbox, FrameKind::Answer, &large), Queued::Room);
        assert_eq!(push(&mut outbox, FrameKind::Answer, &large), Queued::Room);
        assert_eq!(push(&mut outbox, FrameKind::Answer, &large), Queued::Room);
        assert_eq!(push(&mut outbox, FrameKind::Answer, &large), Queued::TooSlow);
        outbox.pop();
        assert_eq!(push(&mut outbox, FrameKind::Answer, &large), Queued::Room);
    }
}
