//! Whose a party is, who helps, who is out, and who may come in: what follows from all that was ruled.
//!
//! Members tell each other signed rulings in any order and as often as they like, and two halves of a party rule without
//! knowing of each other. So this is no list to which somebody appends, but a set from which everybody who has the same
//! rulings concludes the same: of each author's rulings on one subject the latest is kept, and only of authors who have the right.

pub(crate) mod links;
mod ownership;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Admission, DeviceIdentity, Matter, Name, PartyId, PeerId, Ruling, ShareMark, Standing, Subject,
    UnixMillis, VoiceLink,
    limits::{LINKS, MODERATOR_RULINGS, OWNER_RULINGS, SHARES},
};

/// How far in the future a ruling may be by one's own clock: else whoever rules with the greatest number could never be
/// overruled. A clock that is wrong by a day does no harm.
const AHEAD_MS: u64 = 26 * 3_600_000;
/// For how long an owner must have been silent before a member may act in their place.
const ABSENCE_MS: u64 = 14 * 24 * 3_600_000;
/// How much later each further member may: so that not all do at once.
const TURN_MS: u64 = 3_600_000;
/// How often a party may be handed over.
const HAND_OVERS: usize = 32;

/// What somebody may do in a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Play, until they leave.
    Guest,
    /// Play.
    #[default]
    Member,
    /// Also let in, kick and ban members, make and revoke limited links, and say who may come in.
    Moderator,
    /// Everything, for as long as the owner is silent.
    ActingOwner,
    /// Everything, for good: the party is theirs.
    Owner,
}

/// Somebody who is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedPeer {
    /// Who.
    pub peer: PeerId,
    /// Kicked or banned.
    pub standing: Standing,
    /// What they were called then.
    pub name: Option<Name>,
    /// When that was ruled, by the clock of whoever did.
    pub at: UnixMillis,
}

/// Why a ruling was not made: whoever wanted it has not the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only the party's owner may do that, or a moderator where it is about a member")]
pub struct NotYours;

/// What came of a ruling that somebody has passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was not known, and counts now.
    News,
    /// It changes nothing: it is known, older than what is known, or of somebody without the right.
    Nothing,
    /// Nobody but whoever passed it on can have made it: its author has not signed it.
    Forged,
}

/// Everything that was ruled in a party, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulings {
    party: PartyId,
    /// Who made the party: its first owner.
    founder: PeerId,
    /// By which owner after owner gave it away, and when.
    hand_overs: BTreeMap<(PeerId, u64), Ruling>,
    /// That the heirs of those hand-overs have taken over, by the same keys.
    taken_over: BTreeMap<(PeerId, u64), Ruling>,
    /// That somebody acts in the silent owner's place.
    claim: Option<Ruling>,
    rest: BTreeMap<(Subject, PeerId), Ruling>,
    /// The newest word of the owner's that is known (sequence of a record).
    owner_word: u64,
}

impl Rulings {
    /// Of a party in which nothing was ruled yet: it is its founder's, and open.
    pub const fn new(party: PartyId, founder: PeerId) -> Self {
        Self {
            party,
            founder,
            hand_overs: BTreeMap::new(),
            taken_over: BTreeMap::new(),
            claim: None,
            rest: BTreeMap::new(),
            owner_word: 0,
        }
    }

    /// All of them, in an order in which one after the other can be [taken](Self::take).
    pub fn all(&self) -> impl Iterator<Item = &Ruling> {
        let of_owner = |ruling: &&Ruling| self.owned(&ruling.author(), ruling.version());
        let first = self.rest.values().filter(of_owner);
        let others = self.rest.values().filter(move |ruling| !of_owner(ruling));
        // What is taken over is known before nothing else counts.
        let rest = first.chain(others).chain(self.taken_over.values());
        self.hand_overs.values().chain(&self.claim).chain(rest)
    }

    /// Stands for all of them: the same of whoever knows the same.
    pub fn digest(&self) -> u64 {
        let mut hasher = Sha256::new();
        let owners = self.hand_overs.values().chain(self.taken_over.values()).chain(&self.claim);
        owners.chain(self.rest.values()).for_each(|ruling| hasher.update(ruling.mark()));
        first_of(hasher)
    }

    /// Whether nothing was ruled.
    pub fn is_empty(&self) -> bool {
        self.hand_overs.is_empty() && self.claim.is_none() && self.rest.is_empty()
    }

    /// Whose the party is, the owner's silence apart.
    pub fn owner(&self) -> PeerId {
        self.reigns().last().map_or(self.founder, |(owner, ..)| *owner)
    }

    /// Who acts in the silent owner's place.
    pub fn acting_owner(&self) -> Option<PeerId> {
        self.claim.as_ref().map(Ruling::author)
    }

    /// What somebody may do.
    pub fn role(&self, peer: &PeerId) -> Role {
        if *peer == self.owner() {
            Role::Owner
        } else if self.acting_owner() == Some(*peer) {
            Role::ActingOwner
        } else if self.is_moderator(peer) {
            Role::Moderator
        } else if self.is_guest(peer) {
            Role::Guest
        } else {
            Role::Member
        }
    }

    /// Whether this word on where the party talks counts: of its owner and moderators, and of who owned it when they said so.
    pub fn may_pin(&self, link: &VoiceLink) -> bool {
        self.role(&link.author()) >= Role::Moderator || self.reigned(&link.author(), link.version().0)
    }

    /// What was ruled of somebody, if anything.
    pub fn standing(&self, peer: &PeerId) -> Option<Standing> {
        self.ruling_on(peer).map(|(standing, _)| standing)
    }

    /// Who may come in by the link.
    pub fn admission(&self) -> Admission {
        let about = self.rest.values().filter_map(|ruling| match ruling.matter() {
            Matter::Admission(admission) => Some((ruling, *admission)),
            _ => None,
        });
        let last = about.reduce(|one, other| if other.0.is_later_than(one.0) { other } else { one });
        last.map_or(Admission::Open, |(_, admission)| admission)
    }

    /// Whether somebody may be a member: it is not out, and was let in where the link alone does not do.
    pub fn admits(&self, peer: &PeerId) -> bool {
        match self.standing(peer) {
            _ if *peer == self.owner() => true,
            Some(Standing::Member | Standing::Moderator) => true,
            Some(Standing::Kicked | Standing::Banned) => false,
            // Nobody has let in who had the party before.
            None => {
                self.admission() == Admission::Open
                    || self.has_come_by_link(peer)
                    || self.reigns().iter().any(|(owner, ..)| owner == peer)
            }
        }
    }

    /// Everybody who is out.
    pub fn removed(&self) -> Vec<RemovedPeer> {
        let subject = |(subject, _): &(Subject, PeerId)| match subject {
            Subject::Peer(peer) => Some(*peer),
            _ => None,
        };
        let subjects: BTreeSet<PeerId> = self.rest.keys().filter_map(subject).collect();
        let out = subjects.into_iter().filter_map(|peer| {
            let (standing, ruling) = self.ruling_on(&peer)?;
            let Matter::Peer { name, .. } = ruling.matter() else { return None };
            let out = RemovedPeer { peer, standing, name: name.clone(), at: ruling.at() };
            (!self.admits(&peer)).then_some(out)
        });
        out.collect()
    }

    /// Whether a ruling says that somebody is a member: whoever shows a secret of before is let in by that alone.
    pub fn vouches_for(&self, peer: &PeerId) -> bool {
        match self.standing(peer) {
            Some(standing) => standing <= Standing::Moderator,
            None => self.has_come_by_link(peer) || self.reigns().iter().any(|(owner, ..)| owner == peer),
        }
    }

    /// The share that a removal which stands has added to the party's secret.
    pub fn share_of(&self, peer: &PeerId) -> Option<ShareMark> {
        let (_, ruling) = self.ruling_on(peer).filter(|_| !self.admits(peer))?;
        let Matter::Peer { share, .. } = ruling.matter() else { return None };
        *share
    }

    /// The shares of the removals that stand; of many, of the latest. Whoever was removed before lacks these too.
    pub fn shares(&self) -> Vec<ShareMark> {
        let removed = self.removed().into_iter();
        let mut shares: Vec<(UnixMillis, ShareMark)> =
            removed.filter_map(|out| Some((out.at, self.share_of(&out.peer)?))).collect();
        shares.sort_unstable();
        shares.into_iter().rev().take(SHARES).map(|(_, share)| share).collect()
    }

    /// As [`Self::hear`]. True if the ruling is news.
    pub fn take(&mut self, ruling: Ruling, wall: UnixMillis) -> bool {
        self.hear(ruling, wall) == Heard::News
    }

    /// Takes a ruling that somebody has passed on.
    pub fn hear(&mut self, ruling: Ruling, wall: UnixMillis) -> Heard {
        match self.weigh(&ruling, wall) {
            Heard::News => {
                let known = self.rest.len();
                self.insert(ruling.clone());
                if self.knows(&ruling) || self.rest.len() != known { Heard::News } else { Heard::Nothing }
            }
            other => other,
        }
    }

    /// What would come of a ruling. Its signature is looked at last, as that costs most.
    pub fn weigh(&self, ruling: &Ruling, wall: UnixMillis) -> Heard {
        let is_ahead = ruling.version() > wall.0.saturating_add(AHEAD_MS);
        let is_late = self.knows(ruling) || self.is_dated_back(ruling, wall);
        // What takes the place of another may free a use that is needed by what comes next.
        let replaces = self.rest.contains_key(&(ruling.matter().subject(), ruling.author()));
        if is_ahead || is_late || self.is_void(ruling) || !replaces && !self.is_within_uses(ruling) {
            Heard::Nothing
        } else if ruling.is_signed(&self.party) {
            Heard::News
        } else {
            Heard::Forged
        }
    }

    /// The owner has said something of this sequence: whoever acts in their place does so no more.
    pub fn hear_owner(&mut self, sequence: u64) {
        if sequence > self.owner_word {
            self.owner_word = sequence;
            self.prune();
        }
    }

    /// Rules. The new rulings, to be told to everybody.
    ///
    /// # Errors
    /// [`NotYours`].
    pub fn rule(
        &mut self,
        identity: &DeviceIdentity,
        matter: Matter,
        wall: UnixMillis,
    ) -> Result<Vec<Ruling>, NotYours> {
        let matter = match matter.heir(&identity.peer_id()) {
            Some(heir) => Matter::HandOver { heir, estate: self.estate_of(&identity.peer_id()) },
            None => matter,
        };
        let mut matters = match &matter {
            // Whoever takes the right away takes over what was done with it.
            Matter::Peer { peer, standing, .. }
                if *standing != Standing::Moderator && self.is_moderator(peer) =>
            {
                self.in_force_by(peer)
            }
            _ => Vec::new(),
        };
        matters.push((None, matter));
        let mut made = Vec::new();
        for (taken_over, matter) in matters {
            let version = match taken_over {
                Some(version) => self.begin_of_rule(identity).max(version),
                None => self.next_version(identity, &matter, wall),
            };
            let ruling = Ruling::sign(identity, &self.party, version, matter);
            if !self.may(&ruling) || self.is_overruled(&ruling) {
                return Err(NotYours);
            }
            self.insert(ruling.clone());
            made.push(ruling);
        }
        Ok(made)
    }

    /// Acts in the owner's place, if it is time to: the owner is silent for two weeks, nobody acts yet, and those before
    /// this device had their turn. Moderators come first, those who are it for longest before others, then members by their ids: how
    /// long somebody is a member not all devices know alike.
    pub fn claim(
        &mut self,
        identity: &DeviceIdentity,
        members: impl Iterator<Item = PeerId>,
        wall: UnixMillis,
    ) -> Option<Ruling> {
        let own = identity.peer_id();
        if self.claim.is_some() || self.owner() == own || self.owner_word == 0 {
            return None;
        }
        let since = |peer: &PeerId| match self.owners_ruling_on(peer) {
            Some((Standing::Moderator, ruling)) => ruling.version(),
            _ => u64::MAX,
        };
        let order: BTreeSet<(u64, PeerId)> = members
            .filter(|peer| !self.is_guest(peer))
            .chain([own])
            .map(|peer| (since(&peer), peer))
            .collect();
        if self.is_guest(&own) {
            return None;
        }
        let place = order.iter().position(|(_, peer)| *peer == own)?;
        let due = self.owner_word.saturating_add(ABSENCE_MS + place as u64 * TURN_MS);
        if wall.0 < due {
            return None;
        }
        self.rule(identity, Matter::Owner(own), wall).ok()?.pop()
    }

    /// The version of what is ruled now. Whoever lets in overrules what they know of that one and nothing else: a removal of
    /// which they have not heard, or which their device has forgotten with its state, is the later one.
    fn next_version(&self, identity: &DeviceIdentity, matter: &Matter, wall: UnixMillis) -> u64 {
        match matter {
            Matter::Peer { standing: Standing::Member, .. } => {
                let known = self.on(matter.subject()).map(Ruling::version).max();
                self.begin_of_rule(identity).max(known.map_or(1, |known| known + 1))
            }
            _ => wall.0.max(self.all().map(Ruling::version).max().unwrap_or_default() + 1),
        }
    }

    /// From which version on somebody's rulings are of the party as it is: since it is its owner's, or since they act.
    fn begin_of_rule(&self, identity: &DeviceIdentity) -> u64 {
        let since = self.reigns().last().map_or(0, |(_, since, _)| *since);
        let acts = self.claim.as_ref().filter(|claim| claim.author() == identity.peer_id());
        since.max(acts.map_or(0, Ruling::version))
    }

    /// The latest ruling of an owner's on somebody.
    fn owners_ruling_on(&self, peer: &PeerId) -> Option<(Standing, &Ruling)> {
        self.latest_on(peer, |ruling| self.owned(&ruling.author(), ruling.version()))
    }

    fn is_moderator(&self, peer: &PeerId) -> bool {
        matches!(self.owners_ruling_on(peer), Some((Standing::Moderator, _)))
    }

    /// The ruling on somebody that counts: the latest; but whom an owner has banned or made moderator, only an owner
    /// makes anything else.
    fn ruling_on(&self, peer: &PeerId) -> Option<(Standing, &Ruling)> {
        match self.owners_ruling_on(peer) {
            Some((standing @ (Standing::Banned | Standing::Moderator), ruling)) => Some((standing, ruling)),
            _ => self.latest_on(peer, |_| true),
        }
    }

    fn latest_on(&self, peer: &PeerId, counts: impl Fn(&Ruling) -> bool) -> Option<(Standing, &Ruling)> {
        let last = latest(self.on(Subject::Peer(*peer)).filter(|ruling| counts(ruling)))?;
        let Matter::Peer { standing, .. } = last.matter() else { return None };
        Some((*standing, last))
    }

    /// What was ruled on a subject, by whomever.
    fn on(&self, subject: Subject) -> impl Iterator<Item = &Ruling> {
        let [first, last] = [[0; 16], [u8::MAX; 16]].map(PeerId::from_bytes);
        self.rest.range((subject, first)..=(subject, last)).map(|(_, ruling)| ruling)
    }

    /// What somebody has ruled and is in force, for whoever takes that right away, with the version that it keeps. The links
    /// that they made are revoked, and that is new.
    fn in_force_by(&self, author: &PeerId) -> Vec<(Option<u64>, Matter)> {
        let by = self.rest.values().filter(|ruling| ruling.author() == *author);
        let in_force = by.filter(|ruling| self.is_in_force(ruling));
        let taken_over = in_force.map(|ruling| match ruling.matter() {
            Matter::Link { terms, .. } => (None, Matter::Link { terms: *terms, is_revoked: true }),
            matter => (Some(ruling.version()), matter.clone()),
        });
        taken_over.collect()
    }

    /// Whether this ruling is the one on its subject that counts.
    fn is_in_force(&self, ruling: &Ruling) -> bool {
        match ruling.matter() {
            Matter::Peer { peer, .. } => self.ruling_on(peer).is_some_and(|(_, last)| last == ruling),
            Matter::Admission(admission) => self.admission() == *admission,
            Matter::Link { terms, .. } => self.link_ruling(terms.serial) == Some(ruling),
            Matter::Redeemed { .. } => true,
            Matter::Owner(_) | Matter::HandOver { .. } | Matter::TakenOver { .. } => false,
        }
    }

    /// Whether its author has the right to this ruling, and it is within what else is known.
    fn may(&self, ruling: &Ruling) -> bool {
        !self.is_void(ruling) && self.is_within_uses(ruling)
    }

    /// Whether nobody has to know this ruling.
    fn is_void(&self, ruling: &Ruling) -> bool {
        !self.has_right(ruling) || !self.is_timely(ruling)
    }

    /// Whether its author has the right to this ruling, as far as is known.
    fn has_right(&self, ruling: &Ruling) -> bool {
        let (author, version) = (ruling.author(), ruling.version());
        let owns = self.owned(&author, version);
        match ruling.matter() {
            Matter::Owner(heir) if *heir == author => {
                let is_out = self.standing(&author).is_some_and(|standing| standing >= Standing::Kicked);
                author != self.owner()
                    && !is_out
                    && !self.is_guest(&author)
                    && self.owner_word > 0
                    && version >= self.owner_word.saturating_add(ABSENCE_MS)
                    && self.claim.as_ref().is_none_or(|claim| is_earlier(ruling, claim))
            }
            Matter::Owner(heir) | Matter::HandOver { heir, .. } => {
                let reigns = self.reigns();
                self.reigned(&author, version)
                    && (reigns.len() < HAND_OVERS || version < reigns[reigns.len() - 1].1)
                    && *heir != author
            }
            Matter::TakenOver { from } => self.heir_of(from, version) == Some(author),
            Matter::Admission(_) => owns || self.is_moderator(&author),
            // What an owner has revoked stays revoked, whatever moderators say, and is known as theirs nevertheless.
            Matter::Link { .. } => owns || self.is_moderator(&author),
            // Of an owner that goes on from whoever had the party before.
            Matter::Redeemed { peer, .. } if *peer == author => {
                let began_later =
                    |(owner, since, _): &(PeerId, u64, u64)| *owner == author && version < *since;
                owns && self.reigns().iter().any(began_later)
            }
            Matter::Redeemed { .. } => owns || self.is_moderator(&author),
            // What was ruled on an owner before the party was theirs holds: a moderator's own rulings rest on it.
            Matter::Peer { peer, .. } if *peer == author || self.reigned(peer, version) => false,
            Matter::Peer { .. } if owns => true,
            Matter::Peer { peer, standing, .. } => {
                let set = self.owners_ruling_on(peer).map(|(standing, _)| standing);
                self.is_moderator(&author)
                    && *standing != Standing::Moderator
                    && !matches!(set, Some(Standing::Moderator | Standing::Banned))
            }
        }
    }

    /// Whether this ruling, or one by the same author that counts in its place, is known.
    fn knows(&self, ruling: &Ruling) -> bool {
        match ruling.matter() {
            Matter::Owner(heir) if *heir == ruling.author() => self.claim.as_ref() == Some(ruling),
            Matter::Owner(_) | Matter::HandOver { .. } => {
                let known = self.hand_overs.get(&(ruling.author(), ruling.version()));
                known.is_some_and(|known| known == ruling || ruling.is_later_than(known))
            }
            Matter::TakenOver { from } => {
                let known = self.taken_over.get(&(*from, ruling.version().saturating_sub(1)));
                known.is_some_and(|known| known == ruling || ruling.is_later_than(known))
            }
            matter => {
                let known = self.rest.get(&(matter.subject(), ruling.author()));
                known.is_some_and(|known| known == ruling || known.is_later_than(ruling))
            }
        }
    }

    fn insert(&mut self, ruling: Ruling) {
        let author = ruling.author();
        match ruling.matter() {
            Matter::Owner(heir) if *heir == author => self.claim = Some(ruling),
            Matter::Owner(_) | Matter::HandOver { .. } => {
                self.hand_overs.insert((author, ruling.version()), ruling);
            }
            Matter::TakenOver { from } => {
                self.taken_over.insert((*from, ruling.version().saturating_sub(1)), ruling);
            }
            matter => {
                self.rest.insert((matter.subject(), author), ruling);
            }
        }
        self.prune();
    }

    /// Lets go of what nobody had the right to, after something has changed, and of what is too much.
    fn prune(&mut self) {
        if let Some(claim) = self.claim.take() {
            self.claim = self.may(&claim).then_some(claim);
        }
        let reigns = self.reigns();
        self.hand_overs
            .retain(|(owner, at), _| reigns.iter().any(|(of, _, until)| of == owner && until == at));
        let hand_overs = &self.hand_overs;
        self.taken_over.retain(|at, taken_over| {
            let hand_over = hand_overs.get(at).and_then(|hand_over| hand_over.matter().heir(&at.0));
            hand_over == Some(taken_over.author())
        });
        loop {
            let mut void: Vec<(Subject, PeerId)> =
                self.rest.iter().filter(|(_, ruling)| self.is_void(ruling)).map(|(key, _)| *key).collect();
            if void.is_empty() {
                void = self.beyond_uses();
            }
            if void.is_empty() {
                break;
            }
            void.iter().for_each(|key| drop(self.rest.remove(key)));
        }
        let authors: BTreeSet<PeerId> = self.rest.keys().map(|(_, author)| *author).collect();
        for author in authors {
            let most = if self.is_moderator(&author) { MODERATOR_RULINGS } else { OWNER_RULINGS };
            let own = self.rest.iter().filter(|((_, by), _)| *by == author);
            let (links, others): (Vec<_>, Vec<_>) = own
                .map(|(key, ruling)| (self.gravity(ruling), ruling.version(), *key))
                .partition(|(.., (subject, _))| matches!(subject, Subject::Link(_)));
            for (mut own, most) in [(links, LINKS), (others, most)] {
                own.sort_unstable();
                let excess = own.len().saturating_sub(most);
                own[..excess].iter().for_each(|(.., key)| drop(self.rest.remove(key)));
            }
        }
    }

    /// What is kept longest where there is too much: among links those that let somebody in, and first of all what revokes
    /// another's.
    fn gravity(&self, ruling: &Ruling) -> u8 {
        match ruling.matter() {
            Matter::Peer { standing: Standing::Member, .. } => 0,
            Matter::Peer { standing: Standing::Kicked, .. } | Matter::Redeemed { .. } => 1,
            Matter::Peer { standing: Standing::Banned, .. } => 2,
            Matter::Peer { standing: Standing::Moderator, .. } => 3,
            Matter::Admission(_) | Matter::Owner(_) | Matter::HandOver { .. } | Matter::TakenOver { .. } => 4,
            Matter::Link { terms, is_revoked } => self.gravity_of_link(ruling, *terms, *is_revoked),
        }
    }
}

fn first_of(hasher: Sha256) -> u64 {
    hasher.finalize().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// The latest of several.
fn latest<'a>(rulings: impl Iterator<Item = &'a Ruling>) -> Option<&'a Ruling> {
    rulings.reduce(|one, other| if other.is_later_than(one) { other } else { one })
}

/// Of two who act in the owner's place, whoever did so first.
fn is_earlier(one: &Ruling, other: &Ruling) -> bool {
    (one.version(), one.author()) < (other.version(), other.author())
}

#[cfg(test)]
mod tests;
