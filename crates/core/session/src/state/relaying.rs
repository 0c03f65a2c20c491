//! Friends as relays: being passed on by them, and passing on for them.

use std::collections::BTreeMap;

use lanrage_party::{ForwardLimits, PeerId};

use super::State;
use crate::{
    output::{Output, Turn},
    party::active::ActiveParty,
    peers::{
        gossip::message::Message,
        relaying::{
            carried::Action,
            carrier::{Carrier, News},
        },
    },
};

impl State {
    /// Somebody is reached otherwise than before: friends may be needed, or pass on, who did not.
    pub(super) fn follow_ways(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let Some(mut ways) = party.connections.take_ways() else { return };
        if self.relay_only {
            // A friend who passes on sees this device's address.
            ways.clear();
        }
        let straight = ways.iter().filter_map(|way| Some((way.peer, way.straight?.0)));
        let news = party.carrier.set_straight(straight.collect());
        let is_other = party.carried.follow(turn.now.instant, &ways);
        pass_on(turn, party, news);
        use_friends(turn, party, is_other);
    }

    /// This device is passed on by nobody, and passes on for nobody, until it is looked at anew how friends are reached. The
    /// connections have yet to hear of it: until then the data plane drops what they send by friends.
    pub(super) fn stop_relaying(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let news = party.carrier.set_straight(BTreeMap::new());
        pass_on(turn, party, news);
        party.carried.follow(turn.now.instant, &[]);
        perform(turn, party);
    }

    /// Asks friends, and ends what nobody asks for any more.
    pub(super) fn relay_among_friends(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let now = turn.now.instant;
        if party.carrier.poll_timeout().is_some_and(|due| due <= now) {
            let news = party.carrier.handle_timeout(now);
            pass_on(turn, party, news);
        }
        let is_other = party.carried.handle_timeout(now);
        use_friends(turn, party, is_other);
        for (friend, wanted) in party.carried.take_due(now) {
            party.connections.tell(turn, &friend, Message::RelayAsk(wanted).to_bytes());
        }
    }

    /// A friend asks to be passed on to others.
    pub(super) fn handle_relay_ask(&mut self, turn: &mut Turn<'_>, from: PeerId, wanted: &[PeerId]) {
        // With a server there are its relays.
        let gossips = self.gossips();
        let Some(party) = &mut self.party else { return };
        if gossips && party.gossip.passes(turn.now.instant, &from) {
            let news = party.carrier.handle_ask(turn.now.instant, from, wanted);
            pass_on(turn, party, news);
        }
    }

    /// A friend says for whom it passes on.
    pub(super) fn handle_relay_channels(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        channels: &[(PeerId, u16)],
    ) {
        let Some(party) = &mut self.party else { return };
        let is_other = party.carried.handle_channels(turn.now.instant, &from, channels);
        use_friends(turn, party, is_other);
    }

    /// This device passes on so much for friends from now on.
    pub(super) fn set_forward_limits(&mut self, turn: &mut Turn<'_>, limits: ForwardLimits) {
        self.forward_limits = limits;
        self.follow_forward_limits(turn);
    }

    /// The player pays for what passes the connection from now on, or no longer: friends' packets are not worth it.
    pub(super) fn handle_metered(&mut self, turn: &mut Turn<'_>, is_metered: bool) {
        self.is_metered = is_metered;
        self.follow_forward_limits(turn);
        self.follow_sends_twice(turn);
    }

    /// A second copy of what games send is for whoever does not pay for it.
    pub(super) fn may_send_twice(&self) -> bool {
        self.sends_twice && !self.is_metered
    }

    pub(super) fn follow_sends_twice(&mut self, turn: &mut Turn<'_>) {
        let may = self.may_send_twice();
        if let Some(party) = &mut self.party {
            party.connections.set_sends_twice(turn, may);
        }
    }

    fn follow_forward_limits(&mut self, turn: &mut Turn<'_>) {
        let limits = self.may_forward();
        if let Some(party) = &mut self.party {
            let news = party.carrier.set_limits(limits);
            pass_on(turn, party, news);
        }
    }

    /// How much this device passes on for friends as things are.
    fn may_forward(&self) -> ForwardLimits {
        if self.is_metered { ForwardLimits::NOTHING } else { self.forward_limits }
    }

    /// Whether friends are passed on but for what the connection costs.
    pub(super) fn spares_connection(&self) -> bool {
        self.is_metered && self.forward_limits != ForwardLimits::NOTHING
    }

    /// What this device passes on for the friends of a party that it enters.
    pub(super) fn new_carrier(&self) -> Carrier {
        Carrier::new(self.identity.peer_id(), self.may_forward())
    }
}

fn pass_on(turn: &mut Turn<'_>, party: &ActiveParty, News { table, tell }: News) {
    if let Some((pairs, limits)) = table {
        turn.push(Output::Forward { pairs, limits });
    }
    for (friend, channels) in tell {
        party.connections.tell(turn, &friend, Message::RelayChannels(channels).to_bytes());
    }
}

/// The data plane hears of the ways by friends before anything is sent by them.
fn use_friends(turn: &mut Turn<'_>, party: &mut ActiveParty, is_other: bool) {
    perform(turn, party);
    if is_other {
        let ways = party.carried.allocations();
        party.connections.set_friends(turn, ways);
    }
}

fn perform(turn: &mut Turn<'_>, party: &mut ActiveParty) {
    for action in party.carried.take_actions() {
        turn.push(match action {
            Action::Open { id, friend } => Output::OpenAllocation { id, server: friend },
            Action::Close(id) => Output::CloseAllocation(id),
            Action::Channel { id, peer, channel } => Output::SetChannel { allocation: id, peer, channel },
        });
    }
}
