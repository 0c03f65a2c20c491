//! What the owner and moderators decide, and what follows from it for whoever is here.

mod epochs;

use lanrage_party::{
    Admission, Heard, Matter, PeerId, Role, Ruling, Share, ShareMark, SignedRecord, Standing, facts::News,
};
use tracing::{debug, info};

use super::State;
use crate::{
    facts::CommandError,
    input::Wish,
    output::Turn,
    party::{active::ActiveParty, requests::Asked, undo::Former},
    peers::gossip::{
        message::{Message, RULINGS_PER_MESSAGE},
        ruled::Effect,
    },
};

/// How much is known of what was ruled.
#[derive(Clone, Copy)]
enum Known {
    /// As much as whoever has ruled knows.
    All,
    /// As much as whoever has told of it knows, who may not have heard all.
    Told,
    /// More may be under way.
    Some,
}

/// After how long without a new word (milliseconds) an owner says again that it is there, for those who would act in its place.
const OWNER_WORD_MS: u64 = 24 * 3_600_000;

impl State {
    /// Decides, if this device's player may, and tells everybody.
    pub(super) fn rule(&mut self, turn: &mut Turn<'_>, wish: Wish) -> Result<(), CommandError> {
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        let is_reached = !party.connections.reached().is_empty();
        let is_alone = party.connections.connections().is_empty();
        if !is_alone && !party.ruled.may_rule(turn.now.instant, is_reached, effect_of(&wish)) {
            return Err(CommandError::RulingsUnheard);
        }
        self.rule_as_known(turn, wish)
    }

    /// The same by what this device knows, be that all or not.
    fn rule_as_known(&mut self, turn: &mut Turn<'_>, wish: Wish) -> Result<(), CommandError> {
        let own = self.identity.peer_id();
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        let mut matters = Vec::new();
        let undo = party.undo_of(&wish);
        match wish {
            Wish::Standing(peer, standing) => {
                let is_known =
                    party.name_of(&peer).is_some() || party.membership.rulings.standing(&peer).is_some();
                if !is_known || peer == own {
                    return Err(CommandError::UnknownPeer);
                }
                // Whoever is that already needs no new word, which might overrule one that is not known here.
                if standing < Standing::Kicked && party.membership.rulings.standing(&peer) == Some(standing) {
                    return Ok(());
                }
                if standing == Standing::Member {
                    matters.extend(party.coming_by_link(peer, turn.now.wall));
                }
                // Whoever is removed is not told what comes to the party's secret.
                if standing >= Standing::Kicked && party.knows_secret(&peer) {
                    let share = party.membership.epochs.add(Share::from_bytes(turn.entropy.bytes()));
                    matters.push(party.removal(peer, standing, share));
                } else {
                    matters.push(party.matter(peer, standing));
                }
                // All others are members by a ruling: that lets them in while they do not know the new secret.
                if standing >= Standing::Kicked && party.membership.rulings.admission() == Admission::Open {
                    matters.extend(party.let_in_all(Some(peer)));
                }
                if standing == Standing::Banned {
                    matters.extend(party.revocations_of(&peer));
                }
                // Whoever is banned may be given a new link, and come by another name.
                if standing == Standing::Banned && party.membership.rulings.admission() == Admission::Open {
                    matters.push(Matter::Admission(Admission::Ask));
                }
            }
            Wish::Undo => matters = party.undo.take(turn.now.instant).ok_or(CommandError::NothingToUndo)?,
            Wish::Admission(admission) => {
                if admission != Admission::Open {
                    matters.extend(party.let_in_all(None));
                }
                matters.push(Matter::Admission(admission));
            }
            Wish::HandOver(heir) => {
                if !party.connections.connections().contains_key(&heir) {
                    return Err(CommandError::UnknownPeer);
                }
                matters.push(Matter::Owner(heir));
            }
            Wish::Link(terms) => matters = party.new_link(terms, turn.now.wall)?,
            Wish::Revoke { serial, is_revoked } => matters.push(party.revocation(serial, is_revoked)?),
        }
        self.decide(turn, matters)?;
        if let (Some(party), Some(former)) = (&mut self.party, undo) {
            party.undo.note(turn.now, former);
        }
        Ok(())
    }

    /// Makes rulings, all or none, and tells everybody.
    pub(super) fn decide(&mut self, turn: &mut Turn<'_>, matters: Vec<Matter>) -> Result<(), CommandError> {
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        let mut rulings = party.membership.rulings.clone();
        let mut made = Vec::new();
        for matter in matters {
            made.extend(rulings.rule(&self.identity, matter, turn.now.wall)?);
        }
        party.membership.rulings = rulings;
        made.iter().filter_map(let_in_by).for_each(|guest| party.departures.forget(&guest));
        // Whoever is removed hears it too, before it is deaf.
        party.tell_everybody_rulings(turn, &made);
        self.follow_rulings(turn, Known::All);
        if let Some(party) = &self.party {
            party.tell_everybody_shares(turn);
        }
        Ok(())
    }

    /// Gives the party to whoever has been with it longest, as its owner leaves it for good: to a moderator, or else a member.
    pub(super) fn hand_over_before_leaving(&mut self, turn: &mut Turn<'_>) {
        let own = self.identity.peer_id();
        let Some(party) = &self.party else { return };
        let rulings = &party.membership.rulings;
        if rulings.owner() != own {
            return;
        }
        let order = |peer: &PeerId| {
            let friend = &party.connections.connections()[peer];
            let is_away = friend.path().is_none();
            (std::cmp::Reverse(rulings.role(peer)), is_away, friend.info.joined_at, *peer)
        };
        let heir = party.connections.connections().keys().min_by_key(|peer| order(peer)).copied();
        // Of two hand-overs by one owner the first counts: one that this device has forgotten is not undone.
        if let Some(heir) = heir
            && let Err(error) = self.rule_as_known(turn, Wish::HandOver(heir))
        {
            debug!(%error, "the party is not handed over");
        }
    }

    /// Goes on with what was ruled in a party that somebody else has handed over, once all of that is known.
    fn take_over(&mut self, turn: &mut Turn<'_>) {
        let own = self.identity.peer_id();
        let Some(party) = self.party.as_mut().filter(|party| !party.is_being_joined()) else { return };
        let Some(is_complete) = party.membership.rulings.has_to_take_over(&own) else {
            return party.ruled.has_taken_over();
        };
        if !party.ruled.may_take_over(turn.now.instant, is_complete) {
            return;
        }
        let made = party.membership.rulings.take_over(&self.identity);
        if made.is_empty() {
            return;
        }
        info!(rulings = made.len(), is_complete, "took over what was ruled before");
        party.tell_everybody_rulings(turn, &made);
        let known = if party.ruled.is_partial() { Known::Some } else { Known::All };
        self.follow_rulings(turn, known);
    }

    /// Somebody has taken over, and what they go on with is known, as a member says by this digest, or was waited for.
    fn follow_taken_over(&mut self, turn: &mut Turn<'_>, digest: Option<u64>) {
        let Some(party) = &mut self.party else { return };
        let Some(ruling) = party.ruled.taken_over() else { return };
        let mut with = party.membership.rulings.clone();
        let counts = with.take(ruling.clone(), turn.now.wall);
        let is_complete = !counts || digest == Some(with.digest());
        if party.ruled.take_taken_over(turn.now.instant, is_complete).is_some() && counts {
            party.membership.rulings = with;
            party.ruled.note_partial();
            self.follow_rulings(turn, Known::Some);
        }
    }

    /// Says what is due, and does what is due by time.
    pub(super) fn tell_rulings(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let overdue = party.ruled.take_overdue(turn.now.instant);
        self.hear_rulings(turn, overdue);
        self.follow_taken_over(turn, None);
        self.take_over(turn);
        if self.party.as_ref().is_some_and(|party| party.ruled.is_sure(turn.now.instant)) {
            self.follow_rulings(turn, Known::Told);
        }
        let Some(party) = &mut self.party else { return };
        let rulings = &party.membership.rulings;
        let due = party.ruled.take_due(turn.now.instant, || rulings.digest());
        let Some((told, digest)) = due else { return };
        if !rulings.is_empty() {
            let digest = Message::Ruled(digest).to_bytes();
            told.iter().for_each(|peer| party.connections.tell(turn, peer, digest.clone()));
        }
        let members: Vec<PeerId> = party.connections.connections().keys().copied().collect();
        let is_owner = rulings.owner() == self.identity.peer_id();
        let silent_for = turn.now.wall.0.saturating_sub(party.membership.sequence());
        if is_owner && silent_for > OWNER_WORD_MS {
            return self.announce_record(turn);
        }
        let claim = party.membership.rulings.claim(&self.identity, members.into_iter(), turn.now.wall);
        if claim.is_some() {
            info!("acting for an owner who has been silent for long");
            self.follow_rulings(turn, Known::All);
        }
    }

    /// A member says in short what it knows of rulings.
    pub(super) fn handle_ruled(&mut self, turn: &mut Turn<'_>, from: PeerId, digest: u64) {
        let Some(party) = &mut self.party else { return };
        let held = party.ruled.take_held();
        self.hear_rulings(turn, held);
        self.follow_taken_over(turn, Some(digest));
        let Some(party) = &mut self.party else { return };
        let rulings = &party.membership.rulings;
        if digest == rulings.digest() {
            party.ruled.note_same();
            if party.ruled.take_partial() {
                return self.follow_rulings(turn, Known::Told);
            }
        }
        if !party.ruled.handle_digest(turn.now.instant, &from, digest, rulings.digest()) {
            return;
        }
        party.tell_all_rulings(turn, &from);
    }

    /// A member passes rulings on. Where a message is full, more are under way: whoever was kicked, and let in again by what
    /// comes in the next one, must not be out in between, as it would go.
    pub(super) fn take_rulings(&mut self, turn: &mut Turn<'_>, from: PeerId, rulings: Vec<Ruling>) {
        let Some(party) = &mut self.party else { return };
        if rulings.len() >= RULINGS_PER_MESSAGE {
            return party.ruled.hold(turn.now.instant, from, rulings);
        }
        let mut all = party.ruled.take_held();
        all.push((from, rulings));
        self.hear_rulings(turn, all);
    }

    /// Rulings that are signed by who may rule count, whoever brings them. Whoever brings forged ones is listened to no more
    /// for a while, as each costs as much as a good one.
    fn hear_rulings(&mut self, turn: &mut Turn<'_>, brought: Vec<(PeerId, Vec<Ruling>)>) {
        let own = self.identity.peer_id();
        let Some(party) = &mut self.party else { return };
        let before = party.membership.rulings.role(&own);
        let known = &mut party.membership.rulings;
        let mut is_news = false;
        for (from, ruling) in
            brought.into_iter().flat_map(|(from, some)| some.into_iter().map(move |ruling| (from, ruling)))
        {
            if !party.ruled.listens_to(turn.now.instant, &from) {
                debug!(peer = %from.short(), "a member that brings forged rulings is not listened to");
                continue;
            }
            let comes_back = let_in_by(&ruling).filter(|_| !known.goes_on(&ruling));
            if matches!(ruling.matter(), Matter::TakenOver { .. }) {
                match known.weigh(&ruling, turn.now.wall) {
                    Heard::News => party.ruled.hold_taken_over(turn.now.instant, ruling),
                    Heard::Nothing => {}
                    Heard::Forged => party.ruled.note_forged(turn.now.instant, &from),
                }
                continue;
            }
            match known.hear(ruling, turn.now.wall) {
                Heard::News => {
                    is_news = true;
                    comes_back.iter().for_each(|guest| party.departures.forget(guest));
                }
                Heard::Nothing => {}
                Heard::Forged => party.ruled.note_forged(turn.now.instant, &from),
            }
        }
        if !is_news {
            return;
        }
        match (before, known.role(&own)) {
            (Role::Guest | Role::Member, Role::Moderator) => turn.notice(News::NowModerator),
            (Role::Guest | Role::Member | Role::Moderator, Role::Owner) => turn.notice(News::NowHost),
            _ => {}
        }
        party.ruled.note_partial();
        self.follow_rulings(turn, Known::Some);
    }

    /// Somebody has the link, and nobody has let them in yet.
    pub(super) fn note_request(&mut self, turn: &mut Turn<'_>, record: &SignedRecord, asked: Option<Asked>) {
        let own = self.identity.peer_id();
        let Some(party) = &mut self.party else { return };
        let is_news = party.requests.note(record, asked, turn.now.wall);
        let decides = party.membership.rulings.role(&own) >= Role::Moderator;
        if is_news && decides && party.membership.rulings.admission() != Admission::Closed {
            turn.notice(News::WantsIn { peer: record.claimed().name.to_string() });
        }
    }

    /// Something was ruled: whoever is out is disconnected, and whoever was let in is. Rulings come in several parts, so while
    /// only some are known, nobody is out of whom nothing was ruled yet: that they were let in may be in the next one.
    fn follow_rulings(&mut self, turn: &mut Turn<'_>, known: Known) {
        let own = self.identity.peer_id();
        let Some(party) = &mut self.party else { return };
        party.ruled.note_change(turn.now.instant);
        let rulings = &party.membership.rulings;
        let is_put_out = |peer: &PeerId| rulings.standing(peer).is_some() && !rulings.admits(peer);
        if is_put_out(&own) && !party.is_being_joined() {
            let name = party.membership.invitation.name.to_string();
            info!("removed from the party");
            turn.notice(News::YouWereRemoved { party: name });
            return self.pause(turn);
        }
        let rulings = &party.membership.rulings;
        party.undo.follow(|peer| !rulings.admits(peer));
        let (now, digest, ruled) = (turn.now.instant, rulings.digest(), &mut party.ruled);
        let mut doubted = Vec::new();
        let mut is_out = |peer: &PeerId| match known {
            Known::All => !rulings.admits(peer),
            Known::Some => is_put_out(peer),
            Known::Told if rulings.admits(peer) || is_put_out(peer) => is_put_out(peer),
            Known::Told => {
                let gives_up = ruled.gives_up(now, peer, digest);
                doubted.extend((!gives_up).then_some(*peer));
                gives_up
            }
        };
        let members = party.connections.connections().keys().copied();
        let out: Vec<PeerId> = members.filter(|peer| is_out(peer)).collect();
        if !matches!(known, Known::Some) {
            party.ruled.doubt_only(&doubted);
        }
        for peer in out {
            // It may be out of reach of whoever has ruled that.
            party.tell_all_rulings(turn, &peer);
            let record = party.connections.connections().get(&peer).map(|member| member.signed.clone());
            party.connections.remove_peer(turn, &peer);
            if matches!(known, Known::Some) {
                record.into_iter().for_each(|record| party.ruled.set_aside(record));
            }
        }
        if !matches!(known, Known::Some) {
            self.follow_shares(turn);
            self.take_back(turn);
        }
        let Some(party) = &mut self.party else { return };
        let membership = &party.membership;
        let decided = party.requests.take_decided(|waiting| {
            let peer = waiting.peer_id();
            membership.lets_in(&peer, waiting.epoch) || membership.rulings.standing(&peer).is_some()
        });
        party.gossip.note_change(turn.now.instant);
        party.keep_membership(turn, true);
        for (record, asked) in decided {
            match self.let_in(turn, &record) {
                Ok(()) => self.answer_asked(turn, &record.claimed().peer_id(), asked),
                Err(refusal) => debug!(%refusal, "who waited is not let in"),
            }
        }
        self.take_over(turn);
    }

    /// All that was ruled is known: whoever was removed by a part of it, and is in by the whole, is a member as before. Nobody else
    /// would say their record while a server keeps the list.
    fn take_back(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        for record in party.ruled.take_set_aside() {
            let peer = record.claimed().peer_id();
            let is_in = self.party.as_ref().is_some_and(|party| party.membership.rulings.admits(&peer));
            if is_in && let Err(refusal) = self.let_in(turn, &record) {
                debug!(peer = %peer.short(), %refusal, "who was removed by a part of what was ruled does not come back");
            }
        }
    }
}

/// Whom a ruling lets in, though they have left: a guest comes back only so.
const fn let_in_by(ruling: &Ruling) -> Option<PeerId> {
    match ruling.matter() {
        Matter::Redeemed { peer, .. } | Matter::Peer { peer, standing: Standing::Member, .. } => Some(*peer),
        _ => None,
    }
}

/// What a wish to rule does where this device may not know what was ruled last.
const fn effect_of(wish: &Wish) -> Effect {
    match wish {
        Wish::Standing(_, Standing::Moderator)
        | Wish::Admission(Admission::Open | Admission::Ask)
        | Wish::HandOver(_)
        | Wish::Link(_)
        | Wish::Revoke { is_revoked: false, .. } => Effect::Wide,
        Wish::Standing(..)
        | Wish::Admission(Admission::Closed)
        | Wish::Revoke { is_revoked: true, .. }
        | Wish::Undo => Effect::Narrow,
    }
}

impl ActiveParty {
    /// Tells somebody all that was ruled, and that this is all.
    fn tell_all_rulings(&self, turn: &mut Turn<'_>, to: &PeerId) {
        let rulings = &self.membership.rulings;
        let all: Vec<Ruling> = rulings.all().cloned().collect();
        for some in all.chunks(RULINGS_PER_MESSAGE) {
            self.connections.tell(turn, to, Message::Rulings(some.to_vec()).to_bytes());
        }
        self.connections.tell(turn, to, Message::Ruled(rulings.digest()).to_bytes());
    }

    /// Tells everybody who is reached what was just ruled.
    fn tell_everybody_rulings(&self, turn: &mut Turn<'_>, made: &[Ruling]) {
        for some in made.chunks(RULINGS_PER_MESSAGE) {
            let told = Message::Rulings(some.to_vec()).to_bytes();
            for peer in self.connections.reached() {
                self.connections.tell(turn, &peer, told.clone());
            }
        }
    }

    /// What somebody is called who is a member, or wants to be.
    fn name_of(&self, peer: &PeerId) -> Option<&lanrage_party::Name> {
        let member = self.connections.connections().get(peer).map(|member| &member.record.name);
        member.or_else(|| self.requests.name_of(peer))
    }

    /// That somebody is this to the party, with the name by which others know them.
    pub(super) fn matter(&self, peer: PeerId, standing: Standing) -> Matter {
        // Whoever is out already stays so by the same share.
        let rulings = &self.membership.rulings;
        let share = rulings.share_of(&peer).filter(|_| standing >= Standing::Kicked);
        self.matter_with(peer, standing, share)
    }

    /// What takes a removal of a member back, before it is ruled: what they were called, whether it is a ban, and what is ruled
    /// then. `None` where it is none, or about somebody who only waits: nothing was ruled of them, and that cannot be ruled.
    fn undo_of(&self, wish: &Wish) -> Option<Former> {
        let Wish::Standing(peer, standing @ (Standing::Kicked | Standing::Banned)) = wish else {
            return None;
        };
        let name = self.connections.connections().get(peer)?.record.name.to_string();
        let is_banned = *standing == Standing::Banned;
        let rulings = &self.membership.rulings;
        let mut before = vec![self.matter(*peer, rulings.standing(peer).unwrap_or(Standing::Member))];
        if is_banned {
            let revoked = self.revocations_of(peer).filter_map(|matter| match matter {
                Matter::Link { terms, .. } => Some(Matter::Link { terms, is_revoked: false }),
                _ => None,
            });
            before.extend(revoked);
            if rulings.admission() == Admission::Open {
                before.push(Matter::Admission(Admission::Open));
            }
        }
        Some(Former { peer: *peer, name, is_banned, before })
    }

    /// Whether somebody who is not out may know the secret in force: not who waits with one of before.
    fn knows_secret(&self, peer: &PeerId) -> bool {
        let epochs = &self.membership.epochs;
        let waits_with_former = self.requests.epoch_of(peer).is_some_and(|epoch| !epochs.is_present(epoch));
        self.membership.rulings.share_of(peer).is_none() && !waits_with_former
    }

    /// The same of somebody who is removed, with what comes to the party's secret.
    pub(super) fn removal(&self, peer: PeerId, standing: Standing, share: ShareMark) -> Matter {
        self.matter_with(peer, standing, Some(share))
    }

    fn matter_with(&self, peer: PeerId, standing: Standing, share: Option<ShareMark>) -> Matter {
        let removed = self.membership.rulings.removed();
        let former = || removed.iter().find(|out| out.peer == peer).and_then(|out| out.name.clone());
        Matter::Peer { peer, standing, name: self.name_of(&peer).cloned().or_else(former), share }
    }

    /// That all who are members stay so where the link alone lets nobody in, but for one.
    pub(crate) fn let_in_all(&self, but: Option<PeerId>) -> Vec<Matter> {
        let rulings = &self.membership.rulings;
        let owner = rulings.owner();
        let members = self.connections.connections().keys();
        let is_settled = |peer: &PeerId| rulings.standing(peer).is_some() || rulings.has_come_by_link(peer);
        let unruled = members.filter(|peer| !is_settled(peer) && **peer != owner && Some(**peer) != but);
        unruled.map(|peer| self.matter(*peer, Standing::Member)).collect()
    }
}
