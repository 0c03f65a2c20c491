//! Telling by knocks that this device has left: a session may just be renewed, or lost.

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use lanrage_party::{Knock, KnockKey, KnockWord, PeerId, Remote};

use crate::{
    output::{Output, Turn},
    peers::{connections::Connections, knocking::FIRST},
};

/// Most addresses at which one friend is told.
const ADDRESSES: usize = 4;
/// Most datagrams of one round: a whole party at one address each.
const ROUND: usize = 64;

/// Who has yet to say that it knows. Each is told at the times of [`FIRST`], so for three seconds at most; who is not reached in
/// that time hears of it from the others.
#[derive(Debug)]
pub(crate) struct LastKnocks {
    key: KnockKey,
    knock: Knock,
    untold: BTreeMap<PeerId, Vec<SocketAddr>>,
    began: Instant,
    round: usize,
}

impl LastKnocks {
    /// Tells all that are known of in the party what `knock` says.
    pub(crate) fn new(key: KnockKey, knock: Knock, connections: &Connections, now: Instant) -> Self {
        let untold = connections.whereabouts(ADDRESSES).collect();
        Self { key, knock, untold, began: now, round: 0 }
    }

    /// When it is told again; `None` if everybody knows, or that was the last time.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let offset = FIRST.get(self.round).filter(|_| !self.untold.is_empty())?;
        Some(self.began + *offset)
    }

    /// Tells those who have not answered, if it is time.
    pub(crate) fn handle_timeout(&mut self, turn: &mut Turn<'_>, connections: &mut Connections) {
        if self.poll_timeout().is_none_or(|due| turn.now.instant < due) {
            return;
        }
        self.round += 1;
        self.knock.at = turn.now.wall;
        for address in self.untold.values().flatten().take(ROUND) {
            if connections.may_check(turn.now.instant, address.ip()) {
                let bytes = self.key.seal(&self.knock, turn.entropy.bytes());
                turn.push(Output::Datagram { to: Remote::from(*address), bytes });
            }
        }
    }

    /// A datagram that claims to be a knock: it may be the answer.
    pub(crate) fn handle_knock(&mut self, bytes: &[u8]) {
        if let Ok(Knock { word: KnockWord::Answer, token, record, .. }) = self.key.open(bytes)
            && token == self.knock.token
        {
            self.untold.remove(&record.claimed().peer_id());
        }
    }
}
