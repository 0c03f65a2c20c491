use std::collections::{BTreeMap, VecDeque};

use lanrage_party::PartyId;

use crate::protocol::{Request, RequestKind};

/// Which requests of a connection are unanswered. A server answers in order, so each answer is about the
/// oldest one of its party; if a later one is under way that changes the membership itself, the answer is out
/// of date already, and the later one's decides.
#[derive(Debug, Default)]
pub(super) struct Answers {
    expected: BTreeMap<PartyId, VecDeque<RequestKind>>,
}

impl Answers {
    /// A request is sent.
    pub(super) fn expect(&mut self, request: &Request) {
        // The others are answered only when they are refused, or to everybody.
        if is_answered(request.kind()) {
            self.expected.entry(request.party()).or_default().push_back(request.kind());
        }
    }

    /// An answer has come to the oldest request of one of these kinds. Says whether it is out of date.
    pub(super) fn arrived(&mut self, party: PartyId, kinds: &[RequestKind]) -> bool {
        let Some(expected) = self.expected.get_mut(&party) else { return false };
        if expected.front().is_some_and(|front| kinds.contains(front)) {
            expected.pop_front();
        }
        let outdated = expected.iter().any(|kind| *kind != RequestKind::GetParty);
        if expected.is_empty() {
            self.expected.remove(&party);
        }
        outdated
    }

    /// The connection is over, or an answer came that does not say what it is about.
    pub(super) fn clear(&mut self) {
        self.expected.clear();
    }
}

fn is_answered(kind: RequestKind) -> bool {
    matches!(
        kind,
        RequestKind::CreateParty | RequestKind::JoinParty | RequestKind::LeaveParty | RequestKind::GetParty
    )
}
