//! Limited links: who comes by one, and who makes and revokes them.

use lanrage_party::{
    Admission, Approval, ByLink, LinkTerms, Matter, Name, PeerId, PeerRecord, Role, Serial, SignedRecord,
    UnixMillis, limits,
};
use tracing::{debug, info};

use super::State;
use crate::{
    facts::CommandError,
    output::Turn,
    party::{active::ActiveParty, roster::Refusal},
};

impl State {
    /// Lets a peer be a member if its record proves that it may. Whoever comes by a limited link that is good is let in by
    /// it, at once and with no question, where this device's player may do that.
    pub(super) fn admit(
        &mut self,
        turn: &mut Turn<'_>,
        signed: &SignedRecord,
    ) -> Result<PeerRecord, Refusal> {
        match self.party.as_mut().ok_or(Refusal::Full)?.admit(signed) {
            Err(Refusal::NotLetIn) => self.redeem(turn, signed)?,
            done => return done,
        }
        self.party.as_mut().ok_or(Refusal::Full)?.admit(signed)
    }

    /// Rules that somebody has come by their link, whose record is verified.
    fn redeem(&mut self, turn: &mut Turn<'_>, signed: &SignedRecord) -> Result<(), Refusal> {
        let own = self.identity.peer_id();
        let rulings = &self.party.as_ref().ok_or(Refusal::Full)?.membership.rulings;
        let approval = signed.approval().filter(|_| rulings.admission() == Admission::Ask);
        let approval = approval.ok_or(Refusal::NotLetIn)?;
        let peer = signed.claimed().peer_id();
        let way = rulings.judge(approval, &peer, turn.now.wall).map_err(Refusal::Link)?;
        if way != ByLink::Free || rulings.role(&own) < Role::Moderator {
            return Err(Refusal::NotLetIn);
        }
        info!(peer = %peer.short(), link = %approval.serial(), "let in by a limited link");
        let redeemed = redeemed(approval, peer, Some(signed.claimed().name.clone()), turn.now.wall);
        self.decide(turn, vec![redeemed]).map_err(|error| {
            debug!(%error, "a limited link is not redeemed");
            Refusal::NotLetIn
        })
    }
}

impl ActiveParty {
    /// A new limited link. In an open party it would limit nothing, so newcomers have to ask from then on, and all who are
    /// members stay so.
    pub(super) fn new_link(&self, terms: LinkTerms, wall: UnixMillis) -> Result<Vec<Matter>, CommandError> {
        let rulings = &self.membership.rulings;
        if rulings.live_links(wall) >= limits::LINKS {
            return Err(CommandError::TooManyLinks { most: limits::LINKS as u64 });
        }
        let mut matters = Vec::new();
        if rulings.admission() == Admission::Open {
            matters = self.let_in_all(None);
            matters.push(Matter::Admission(Admission::Ask));
        }
        matters.push(Matter::Link { terms, is_revoked: false });
        Ok(matters)
    }

    /// That a link lets nobody in any more, or does again.
    pub(super) fn revocation(&self, serial: Serial, is_revoked: bool) -> Result<Matter, CommandError> {
        let link = self.membership.rulings.link(serial).ok_or(CommandError::UnknownLink)?;
        Ok(Matter::Link { terms: link.terms, is_revoked })
    }

    /// That the links are revoked by which somebody has come who is banned: they may have passed them on.
    pub(super) fn revocations_of(&self, peer: &PeerId) -> impl Iterator<Item = Matter> {
        let rulings = &self.membership.rulings;
        let links = rulings.came_by(peer).into_iter().filter_map(|serial| rulings.link(serial));
        let live = links.filter(|link| !link.is_revoked);
        live.map(|link| Matter::Link { terms: link.terms, is_revoked: true })
    }

    /// That somebody who waits has come by the link that they show, as they are let in now.
    pub(super) fn coming_by_link(&self, peer: PeerId, wall: UnixMillis) -> Option<Matter> {
        let approval = self.requests.approval_of(&peer)?;
        let way = self.membership.rulings.judge(approval, &peer, wall).ok()?;
        let name = self.requests.name_of(&peer).cloned();
        (way != ByLink::Unknown).then(|| redeemed(approval, peer, name, wall))
    }
}

fn redeemed(approval: &Approval, peer: PeerId, name: Option<Name>, at: UnixMillis) -> Matter {
    Matter::Redeemed { peer, serial: approval.serial(), at, name }
}
