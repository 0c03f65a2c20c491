use std::{collections::BTreeMap, net::SocketAddr};

use lanrage_party::{Approval, Candidate, PeerId, PeerRecord, SignedRecord, UnixMillis};

/// Most who wait at a time: whoever asks last is not heard while so many do.
const MOST: usize = 16;
/// Whoever has not asked for so long (milliseconds) does not wait any more.
const PATIENCE_MS: u64 = 60_000;

/// Who has the link and waits to be let in.
#[derive(Debug, Default)]
pub(crate) struct Requests(BTreeMap<PeerId, Waiting>);

/// How somebody asked by knocking, to be answered when that is decided.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) from: SocketAddr,
    pub(crate) token: [u8; 8],
    /// The number of the secret by which it asked.
    pub(crate) epoch: u32,
    /// Where it may be reached.
    pub(crate) candidates: Vec<Candidate>,
}

#[derive(Debug)]
struct Waiting {
    /// What it says of itself; the party's secret was proven with it.
    record: SignedRecord,
    /// `None` where a server has told of it.
    asked: Option<Asked>,
    since: UnixMillis,
    /// When it asked last.
    at: UnixMillis,
}

impl Requests {
    /// Somebody asks, or still does. True if that is news.
    pub(crate) fn note(&mut self, record: &SignedRecord, asked: Option<Asked>, wall: UnixMillis) -> bool {
        self.0.retain(|_, waiting| wall.since(waiting.at) <= PATIENCE_MS);
        let id = record.claimed().peer_id();
        if let Some(waiting) = self.0.get_mut(&id) {
            (waiting.record, waiting.at) = (record.clone(), wall);
            waiting.asked = asked.or(waiting.asked.take());
            return false;
        }
        let is_heard = self.0.len() < MOST;
        if is_heard {
            self.0.insert(id, Waiting { record: record.clone(), asked, since: wall, at: wall });
        }
        is_heard
    }

    /// Those who wait no more, as they were let in or refused: what they say of themselves, and how they asked.
    pub(crate) fn take_decided(
        &mut self,
        is_decided: impl Fn(&PeerRecord) -> bool,
    ) -> Vec<(SignedRecord, Option<Asked>)> {
        let decided = self.0.iter().filter(|(_, waiting)| is_decided(waiting.record.claimed()));
        let decided: Vec<PeerId> = decided.map(|(peer, _)| *peer).collect();
        let decided = decided.iter().filter_map(|peer| self.0.remove(peer));
        decided.map(|waiting| (waiting.record, waiting.asked)).collect()
    }

    /// Who waits at that time, and since when.
    pub(crate) fn waiting(&self, wall: UnixMillis) -> impl Iterator<Item = (&SignedRecord, UnixMillis)> {
        let waits = move |waiting: &&Waiting| wall.since(waiting.at) <= PATIENCE_MS;
        self.0.values().filter(waits).map(|waiting| (&waiting.record, waiting.since))
    }

    /// By which limited link somebody who waits claims to come.
    pub(crate) fn approval_of(&self, peer: &PeerId) -> Option<&Approval> {
        self.0.get(peer)?.record.approval()
    }

    /// The number of the secret that somebody who waits has shown.
    pub(crate) fn epoch_of(&self, peer: &PeerId) -> Option<u32> {
        self.0.get(peer).map(|waiting| waiting.record.claimed().epoch)
    }

    /// The name of somebody who waits.
    pub(crate) fn name_of(&self, peer: &PeerId) -> Option<&lanrage_party::Name> {
        self.0.get(peer).map(|waiting| &waiting.record.claimed().name)
    }
}
