//! The party's secret, which changes when somebody is removed: who is told what has come to it, and what follows.

use lanrage_control::protocol::Request;
use lanrage_party::{PeerId, Role, Share, ShareMark, Standing};
use lanrage_rendezvous::Order;
use tracing::{debug, info};

use crate::{
    output::{Output, Turn},
    party::active::ActiveParty,
    peers::gossip::message::Message,
    state::State,
};

impl State {
    /// All that was ruled is known: what it names is in the party's secret from now on, as soon as it is known as well.
    pub(in crate::state) fn follow_shares(&mut self, turn: &mut Turn<'_>) {
        if let Some(party) = &mut self.party {
            let named = party.membership.rulings.shares();
            party.membership.epochs.want(named);
            self.settle_epoch(turn);
        }
    }

    /// Puts in force what is known of it. Sessions go on: their keys are not made of what changes.
    pub(in crate::state) fn settle_epoch(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let is_another = party.membership.settle_epoch();
        party.asking.set_lacking(turn.now.instant, !party.membership.epochs.lacking().is_empty());
        if is_another {
            self.follow_epoch(turn);
        }
    }

    /// The party's secret is another one.
    pub(in crate::state) fn follow_epoch(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        info!(number = party.membership.epochs.present().number, "the party's secret has changed");
        party.knocking.set_epochs(&party.membership.epochs, party.membership.invitation.party);
        let id = party.membership.invitation.party;
        if party.finder.take().is_some() {
            turn.push(Output::Rendezvous(Order::Rest));
        }
        if party.is_being_joined() {
            return self.choose_finder(turn);
        }
        // Whoever has the new secret sees by the record that this device has it too.
        self.announce_record(turn);
        self.choose_finder(turn);
        self.note_met(turn);
        // What it has listed meanwhile was not understood.
        self.control.request(turn.now, Request::GetParty { party: id, proof: None });
    }

    /// Asks for what is lacking, if it is time. Whom nobody can tell the share of, whoever may removes anew.
    pub(in crate::state) fn ask_for_shares(&mut self, turn: &mut Turn<'_>) {
        let own = self.identity.peer_id();
        let Some(party) = &mut self.party else { return };
        let reached = party.connections.reached();
        let asked = party.asking.take_due(turn.now.instant, &reached);
        let lacking = party.membership.epochs.lacking();
        for peer in asked {
            party.connections.tell(turn, &peer, Message::SharesAsk(lacking.clone()).to_bytes());
        }
        let rulings = &party.membership.rulings;
        if rulings.role(&own) < Role::Moderator || !party.asking.take_hopeless(turn.now.instant) {
            return;
        }
        let removed = rulings.removed().into_iter().map(|out| (out.peer, out.standing));
        let lost: Vec<(PeerId, Standing)> = removed
            .filter(|(peer, _)| rulings.share_of(peer).is_some_and(|share| lacking.contains(&share)))
            .collect();
        for (peer, standing) in lost {
            let Some(party) = &mut self.party else { return };
            let share = party.membership.epochs.add(Share::from_bytes(turn.entropy.bytes()));
            let matter = party.removal(peer, standing, share);
            if let Err(error) = self.decide(turn, vec![matter]) {
                debug!(%error, "whose share is lost is not removed anew");
            }
        }
    }

    /// A member asks for shares: whoever may be in is told, once it is sure that it may.
    pub(in crate::state) fn tell_shares(&mut self, turn: &mut Turn<'_>, to: PeerId, wanted: &[ShareMark]) {
        let Some(party) = &mut self.party else { return };
        let reached = party.connections.reached();
        let may = party.membership.rulings.admits(&to) && !party.ruled.is_partial();
        if !may || !party.asking.may_answer(turn.now.instant, to, &reached) {
            return;
        }
        let known = wanted.iter().filter_map(|mark| party.membership.epochs.share(mark));
        let known: Vec<Share> = known.cloned().collect();
        if !known.is_empty() {
            party.connections.tell(turn, &to, Message::Shares(known).to_bytes());
        }
    }

    /// A member tells shares. Each counts that a ruling names, as only whoever has made it can have made the two.
    pub(in crate::state) fn take_shares(&mut self, turn: &mut Turn<'_>, shares: Vec<Share>) {
        let Some(party) = &mut self.party else { return };
        let named = party.membership.rulings.shares();
        let epochs = &mut party.membership.epochs;
        let news = shares.into_iter().filter(|share| epochs.take(share.clone(), &named)).count();
        if news > 0 {
            party.keep_membership(turn, true);
            self.settle_epoch(turn);
        }
    }
}

impl ActiveParty {
    /// Tells everybody who is in what has come to the party's secret.
    pub(in crate::state) fn tell_everybody_shares(&self, turn: &mut Turn<'_>) {
        let shares = self.membership.epochs.shares_in_force();
        if !shares.is_empty() {
            let told = Message::Shares(shares).to_bytes();
            self.connections
                .reached()
                .iter()
                .for_each(|peer| self.connections.tell(turn, peer, told.clone()));
        }
    }
}
