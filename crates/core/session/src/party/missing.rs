//! Who is missing, and so where and how often it is knocked.

use std::{net::SocketAddr, time::Instant};

use lanrage_party::{Candidate, CandidateType, NatType, PeerId};

use crate::{
    party::active::ActiveParty,
    peers::knocking::{AWAITING, MISSED, PATIENT, Pace},
};

impl ActiveParty {
    /// Whether this device, `own`, is without everybody whom it should reach: each path was lost or not found in a whole round, or
    /// nobody of a party is known that somebody else has made.
    pub(crate) fn is_lonely(&self, own: &PeerId) -> bool {
        let is_a_guest = self.membership.invitation.host != *own;
        self.connections.is_lonely() || is_a_guest && self.connections.connections().is_empty()
    }

    /// How it is knocked after the first knocks. With a server (`is_signalled`) only people bring somebody to knock at.
    pub(crate) fn knocking_pace(&self, is_signalled: bool) -> Pace {
        let is_replied = self.pending.as_ref().is_some_and(|pending| pending.is_replied);
        let is_awaited = is_replied || !self.awaited.is_empty();
        let is_met = !self.connections.reached().is_empty();
        let then = match (is_awaited, is_signalled, is_met) {
            (true, ..) => Some(AWAITING),
            (_, true, _) => None,
            (_, _, false) => Some(PATIENT),
            (_, _, true) => {
                let connections = &self.connections;
                let is_missed = connections.misses_somebody() || connections.misses_somebody_nowhere();
                is_missed.then_some(MISSED)
            }
        };
        let is_called = !is_signalled && !self.called.is_empty();
        Pace { is_keen: !is_met || is_awaited || is_called, then }
    }

    /// Where it is knocked now, the likeliest first: at whoever was named by people or the public store, and while nobody is
    /// reached where the link says and where members were. Whoever is reached tells the others, so they are left alone after
    /// the first knocks, but for those who are missed; where it is not known where one of them is, where nobody has answered
    /// yet. `ours` is what this device's router does.
    pub(crate) fn knocking_targets(
        &self,
        now: Instant,
        is_signalled: bool,
        ours: NatType,
    ) -> Vec<SocketAddr> {
        let mut wanted: Vec<SocketAddr> = self.awaited.addresses().collect();
        let unanswered = self.unanswered.iter().copied();
        if is_signalled {
            if self.is_waiting_with_pass() {
                wanted.extend(unanswered);
            }
        } else {
            wanted.extend(self.called.due(now));
            let is_met = !self.connections.reached().is_empty();
            if is_met && !self.knocking.is_beginning() {
                wanted.extend(self.connections.missed_addresses());
                if self.connections.misses_somebody_nowhere() {
                    // Those who have told of them may be out, and not have heard of it.
                    wanted.extend(unanswered);
                }
            } else {
                wanted.extend(unanswered.chain(self.connections.lost_addresses(ours)));
            }
            if !is_met {
                // Whoever has answered there once may be the only one who knows the others.
                wanted.extend(self.membership.invitation.addresses.iter().copied());
            }
        }
        let network = self.membership.invitation.subnet;
        let mut targets: Vec<SocketAddr> = Vec::new();
        for address in wanted {
            let is_usable = Candidate { kind: CandidateType::Host, address }.is_usable();
            if is_usable && !network.covers(address.ip()) && !targets.contains(&address) {
                targets.push(address);
            }
        }
        targets
    }
}
