//! Being found, and finding friends, where no address of a link answers: by sealed items in a public store.

mod codes;

use lanrage_party::{
    NatType, PeerId,
    facts::{NatObstacle, Unanswered},
};
use lanrage_rendezvous::{Addresses, Call, Event, Finder, FinderOutput, Keys, Member, Order};
use tracing::info;

use super::State;
use crate::{
    output::{Output, StoreAction, Turn},
    party::{active::ActiveParty, found::Found},
};

impl State {
    /// Looks for friends in the public store, and is found there, from now on; or not, as the settings say. A party with a
    /// server has no need of it.
    pub(super) fn choose_finder(&mut self, turn: &mut Turn<'_>) {
        let me = self.as_found();
        let uses_rendezvous = self.uses_rendezvous && !self.relay_only;
        let Some(party) = &mut self.party else { return };
        let is_wanted = uses_rendezvous && party.membership.is_serverless();
        if is_wanted == party.finder.is_some() {
            return;
        }
        if !is_wanted {
            party.finder = None;
            return turn.push(Output::Rendezvous(Order::Rest));
        }
        let epoch = party.membership.epochs.present();
        let keys = Keys::new(&epoch.secret, epoch.number);
        let mut finder = Finder::new(turn.now, keys, me, turn.entropy.bytes());
        if !party.is_being_joined() {
            finder.handle_up(turn.now);
        }
        finder.handle_search(turn.now);
        party.finder = Some(finder);
    }

    /// What the public store says.
    pub(super) fn handle_rendezvous(&mut self, turn: &mut Turn<'_>, event: Event) {
        match event {
            // Said also when the last party was left.
            Event::Nodes(nodes) => turn.store(StoreAction::SaveDhtNodes(nodes)),
            event => {
                self.handle_code_event(turn, &event);
                if let Some(finder) = self.finder() {
                    finder.handle_event(turn.now, event);
                }
            }
        }
    }

    /// The party's link is on its way to somebody, who is looked for more often for a while.
    pub(super) fn expect_friends(&mut self, turn: &Turn<'_>) {
        if let Some(finder) = self.finder() {
            finder.handle_link_copied(turn.now);
        }
    }

    /// The network may be another.
    pub(super) fn find_anew(&mut self, turn: &Turn<'_>) {
        let Some(finder) = self.finder() else { return };
        finder.handle_network_change(turn.now);
        finder.handle_search(turn.now);
    }

    /// This device has come into the party, or met somebody of it.
    pub(super) fn note_met(&mut self, turn: &Turn<'_>) {
        let own = self.identity.peer_id();
        let Some(party) = &mut self.party else { return };
        let (is_in, is_lonely) = (!party.is_being_joined(), party.is_lonely(&own));
        if let Some(finder) = party.finder.as_mut().filter(|_| is_in) {
            // Whoever answers a knock is no friend yet that is reached.
            if !is_lonely {
                finder.handle_found(turn.now);
            }
            if !finder.is_up() {
                finder.handle_up(turn.now);
            }
        }
    }

    /// Lets the finder do what is due.
    pub(super) fn let_finder_work(&mut self, turn: &Turn<'_>) {
        if let Some(finder) = self.finder() {
            finder.handle_timeout(turn.now);
        }
    }

    /// The finder hears where this device is and whom it reaches, and what it wants is done. True if it wanted something.
    pub(super) fn follow_finder(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.finder().is_none() {
            return false;
        }
        let me = self.as_found();
        let is_lonely = self.party.as_ref().is_some_and(|party| party.is_lonely(&me.peer));
        let Some(ActiveParty { finder: Some(finder), connections, host, .. }) = &mut self.party else {
            return false;
        };
        let member = |peer: &PeerId| {
            let known = connections.connections().get(peer)?;
            let path = known.path()?;
            let addresses = Addresses::new((!path.is_relayed).then_some(path.remote.address));
            let nat_type = known.info.nat_type;
            Some(Member { peer: *peer, addresses, reachable: false, relays: false, nat_type })
        };
        let members: Vec<Member> = connections.reached().iter().filter_map(member).collect();
        // Two who have lost each other are both in, and neither would look for who wants in.
        if is_lonely && !finder.view().searching {
            finder.handle_search(turn.now);
        }
        finder.set_me(turn.now, me);
        finder.set_members(turn.now, Some(*host), &members);
        let mut calls: Vec<Call> = Vec::new();
        let mut news = false;
        while let Some(output) = finder.poll_output() {
            news = true;
            match output {
                FinderOutput::Order(order) => turn.push(Output::Rendezvous(order)),
                FinderOutput::Knock(call) => calls.push(call),
                FinderOutput::Health(health) => info!(?health, "public store"),
            }
        }
        for call in calls {
            if let Some(party) = &mut self.party {
                party.found.note(&call);
            }
            self.knock_at(turn, &call.addresses);
        }
        news
    }

    fn finder(&mut self) -> Option<&mut Finder> {
        self.party.as_mut().and_then(|party| party.finder.as_mut())
    }

    /// Where friends find this device, as its entry says it.
    fn as_found(&self) -> Member {
        Member {
            peer: self.identity.peer_id(),
            addresses: Addresses::new(self.lasting_addresses()),
            reachable: self.nat.is_reachable(),
            relays: false,
            nat_type: self.nat.nat_type(),
        }
    }

    /// Waits no longer than is of use for a party whose members are all known to be out of reach.
    pub(super) fn lose_hope(&mut self) {
        let own = self.nat.nat_type();
        let Some(party) = self.party.as_mut().filter(|party| party.membership.is_serverless()) else {
            return;
        };
        let is_hopeless = party.is_being_joined() && party.found.obstacle(own).is_some();
        if let Some(pending) = party.pending.as_mut().filter(|_| is_hopeless) {
            pending.lose_hope();
        }
    }

    /// Why nobody of a party answers that this device wants to join.
    pub(super) fn unanswered(&self) -> Unanswered {
        let own = self.nat.nat_type();
        if self.nat.udp_is_blocked() {
            return Unanswered::UdpBlocked;
        }
        let found = self.party.as_ref().map(|party| &party.found);
        match found.and_then(|found| found.obstacle(own)) {
            Some(NatObstacle::BothSymmetric) => Unanswered::BothSymmetric,
            Some(NatObstacle::SymmetricAndStrict) => Unanswered::SymmetricAndStrict,
            _ if own == NatType::Symmetric || found.is_some_and(Found::has_symmetric) => {
                Unanswered::OneSymmetric
            }
            _ => Unanswered::NotKnown,
        }
    }
}
