use std::time::Instant;

use crate::protocol::{Change, Request};

/// What the client remembers of a party that it is in, or wants to be in.
#[derive(Debug)]
pub(super) struct Membership {
    /// [`Request::CreateParty`] or [`Request::JoinParty`], with the newest record: what is repeated.
    pub(super) register: Request,
    /// The revision last seen in this connection; `None` until the party arrives.
    pub(super) revision: Option<u64>,
    /// A snapshot was asked for because of a gap.
    pub(super) resyncing: bool,
    /// When the registration is repeated.
    pub(super) retry_at: Option<Instant>,
    /// Registrations that were refused in a row.
    pub(super) refusals: u32,
}

/// What a delta means, given what was seen before.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is the next one.
    Next,
    /// It was seen, or comes before the party itself.
    Ignore,
    /// Something is missing: the whole party is needed.
    Gap,
}

impl Membership {
    pub(super) const fn new(register: Request) -> Self {
        Self { register, revision: None, resyncing: false, retry_at: None, refusals: 0 }
    }

    /// Takes over what an [`Request::UpdatePeer`] changes.
    pub(super) fn update(&mut self, update: &Request) {
        let Request::UpdatePeer { record: newer, nat_type: measured, .. } = update else { return };
        if let Request::CreateParty { record, nat_type, .. } | Request::JoinParty { record, nat_type, .. } =
            &mut self.register
        {
            if let Some(newer) = newer {
                record.clone_from(newer);
            }
            if let Some(measured) = measured {
                *nat_type = *measured;
            }
        }
    }

    /// Forgets what belongs to a connection.
    pub(super) const fn disconnected(&mut self) {
        self.revision = None;
        self.resyncing = false;
        self.retry_at = None;
    }

    pub(super) fn step(&mut self, revision: u64, change: &Change) -> Step {
        let Some(seen) = self.revision else { return Step::Ignore };
        if self.resyncing || revision <= seen {
            return Step::Ignore;
        }
        if revision == seen.saturating_add(1) && *change != Change::Unknown {
            self.revision = Some(revision);
            return Step::Next;
        }
        self.resyncing = true;
        Step::Gap
    }
}
