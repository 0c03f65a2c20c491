//! Limited links: which of them lets somebody in, and who has come by each.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Rulings, latest};
use crate::{Approval, LinkTerms, Matter, Name, PeerId, Ruling, Serial, Subject, UnixMillis};

/// Why a limited link does not let somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LinkFault {
    /// Its time is over.
    Expired,
    /// As many have come by it as it is good for.
    UsedUp,
    /// The owner or a moderator has revoked it.
    Revoked,
    /// What shows that somebody comes by it is forged, or another's.
    NotValid,
}

/// What becomes of somebody who comes by a limited link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByLink {
    /// Whoever may let in does so at once.
    Free,
    /// The owner or a moderator is asked.
    ByApproval,
    /// Nothing is known of the link: they are asked as well.
    Unknown,
}

/// A limited link, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is good for.
    pub terms: LinkTerms,
    /// Who has made it.
    pub maker: PeerId,
    /// When, by the clock of whoever did; the latest word on it where that one is forgotten.
    pub made_at: UnixMillis,
    /// Whether it lets nobody in any more.
    pub is_revoked: bool,
    /// Who has come by it, in the order in which they did.
    pub came: Vec<(PeerId, Option<Name>)>,
}

impl Link {
    /// Why it lets nobody in at this time; `None` if it does.
    pub fn fault(&self, wall: UnixMillis) -> Option<LinkFault> {
        if self.is_revoked {
            Some(LinkFault::Revoked)
        } else if self.terms.ends.is_some_and(|ends| ends <= wall) {
            Some(LinkFault::Expired)
        } else if self.is_used_up() {
            Some(LinkFault::UsedUp)
        } else {
            None
        }
    }

    fn is_used_up(&self) -> bool {
        self.terms.uses.is_some_and(|uses| self.came.len() >= usize::from(uses.get()))
    }
}

impl Rulings {
    /// A limited link of the party's; `None` if none of this serial is known.
    pub fn link(&self, serial: Serial) -> Option<Link> {
        let Matter::Link { terms, is_revoked } = self.link_ruling(serial)?.matter() else { return None };
        let first =
            self.on(Subject::Link(serial)).min_by_key(|ruling| (ruling.version(), ruling.author()))?;
        let (maker, made_at) = (first.author(), first.at());
        let came = self.came(serial).into_iter().map(|(_, peer)| (peer, self.name_of_newcomer(peer)));
        Some(Link { terms: *terms, maker, made_at, is_revoked: *is_revoked, came: came.collect() })
    }

    /// All limited links of the party, the newest first.
    pub fn links(&self) -> Vec<Link> {
        let serials = self.rest.keys().filter_map(|(subject, _)| match subject {
            Subject::Link(serial) => Some(*serial),
            _ => None,
        });
        let serials: BTreeSet<Serial> = serials.collect();
        let mut links: Vec<Link> = serials.into_iter().filter_map(|serial| self.link(serial)).collect();
        links.sort_by_key(|link| (std::cmp::Reverse(link.made_at), link.terms.serial));
        links
    }

    /// How many limited links let somebody in at this time.
    pub fn live_links(&self, wall: UnixMillis) -> usize {
        self.links().iter().filter(|link| link.fault(wall).is_none()).count()
    }

    /// What becomes of somebody who shows that they come by a limited link, where the bare link does not do.
    ///
    /// # Errors
    /// [`LinkFault`].
    pub fn judge(&self, approval: &Approval, peer: &PeerId, wall: UnixMillis) -> Result<ByLink, LinkFault> {
        let Some(link) = self.link(approval.serial()) else { return Ok(ByLink::Unknown) };
        if !approval.is_of(&link.terms.key, &self.party, peer) {
            return Err(LinkFault::NotValid);
        }
        match link.fault(wall) {
            Some(fault) => Err(fault),
            None if link.terms.needs_approval => Ok(ByLink::ByApproval),
            None => Ok(ByLink::Free),
        }
    }

    /// By which limited links somebody has come.
    pub fn came_by(&self, peer: &PeerId) -> BTreeSet<Serial> {
        let redeemed = self.on(Subject::Redeemed(*peer)).filter_map(redemption);
        redeemed.map(|(serial, ..)| serial).collect()
    }

    /// Whether somebody has come by a limited link.
    pub fn has_come_by_link(&self, peer: &PeerId) -> bool {
        self.on(Subject::Redeemed(*peer)).next().is_some()
    }

    /// Whether somebody is in by links for guests alone: until they leave, and without a say in whose the party is.
    pub fn is_guest(&self, peer: &PeerId) -> bool {
        let came_by = self.came_by(peer);
        let is_for_guests = |serial: &Serial| {
            let ruling = self.link_ruling(*serial).map(Ruling::matter);
            matches!(ruling, Some(Matter::Link { terms: LinkTerms { for_guests: true, .. }, .. }))
        };
        self.standing(peer).is_none() && !came_by.is_empty() && came_by.iter().all(is_for_guests)
    }

    /// The ruling on a link that counts: the latest; but what an owner has revoked, only an owner brings back.
    pub(super) fn link_ruling(&self, serial: Serial) -> Option<&Ruling> {
        let of_owner = self.owners_ruling_on_link(serial).filter(|ruling| is_revocation(ruling));
        of_owner.or_else(|| latest(self.on(Subject::Link(serial))))
    }

    /// Whether a ruling on a link is of no effect, as an owner has revoked it and its author is none.
    pub(super) fn is_overruled(&self, ruling: &Ruling) -> bool {
        let Matter::Link { terms, is_revoked: false } = ruling.matter() else { return false };
        !self.owned(&ruling.author(), ruling.version())
            && self.owners_ruling_on_link(terms.serial).is_some_and(is_revocation)
    }

    fn owners_ruling_on_link(&self, serial: Serial) -> Option<&Ruling> {
        let of_owner = |ruling: &&Ruling| self.owned(&ruling.author(), ruling.version());
        latest(self.on(Subject::Link(serial)).filter(of_owner))
    }

    /// Whether somebody who has come by a link did so before it ended or was revoked, by the clocks of those who say so.
    /// Where nothing is known of the link, whoever let them in had the right to.
    pub(super) fn is_timely(&self, ruling: &Ruling) -> bool {
        let Some((serial, _, at)) = redemption(ruling) else { return true };
        let Some(last) = self.link_ruling(serial) else { return true };
        let Matter::Link { terms, is_revoked } = last.matter() else { return true };
        terms.ends.is_none_or(|ends| at < ends) && (!is_revoked || at < last.at())
    }

    /// Whether somebody is among as many as the link is good for, in the order in which they came. Of two who came at the
    /// same time, the smaller id was first: so all conclude the same where two let somebody in by the last use at once.
    pub(super) fn is_within_uses(&self, ruling: &Ruling) -> bool {
        let Some((serial, peer, at)) = redemption(ruling) else { return true };
        let Some(uses) = self.uses_of(serial) else { return true };
        let came = self.came(serial);
        let first = came.iter().find(|(_, other)| *other == peer).map_or(at, |(first, _)| at.min(*first));
        came.range(..(first, peer)).count() < uses
    }

    /// What says that somebody has come by a link which was used up by then.
    pub(super) fn beyond_uses(&self) -> Vec<(Subject, PeerId)> {
        let mut came: BTreeMap<Serial, BTreeMap<PeerId, UnixMillis>> = BTreeMap::new();
        for (serial, peer, at) in self.rest.values().filter_map(redemption) {
            let first = came.entry(serial).or_default().entry(peer).or_insert(at);
            *first = at.min(*first);
        }
        let mut beyond: BTreeSet<(Serial, PeerId)> = BTreeSet::new();
        for (serial, peers) in came {
            let Some(uses) = self.uses_of(serial) else { continue };
            let order: BTreeSet<(UnixMillis, PeerId)> =
                peers.into_iter().map(|(peer, at)| (at, peer)).collect();
            beyond.extend(order.into_iter().skip(uses).map(|(_, peer)| (serial, peer)));
        }
        let is_beyond = |ruling: &Ruling| {
            redemption(ruling).is_some_and(|(serial, peer, _)| beyond.contains(&(serial, peer)))
        };
        self.rest.iter().filter(|(_, ruling)| is_beyond(ruling)).map(|(key, _)| *key).collect()
    }

    /// What is kept longest of one author's rulings on links.
    pub(super) fn gravity_of_link(&self, ruling: &Ruling, terms: LinkTerms, is_revoked: bool) -> u8 {
        let author = ruling.author();
        if is_revoked {
            let mut others = self.on(Subject::Link(terms.serial)).filter(|other| other.author() != author);
            return if others.any(|other| !is_revocation(other)) { 2 } else { 0 };
        }
        // Its author's clock stands for the time, so that all conclude the same.
        let newest =
            self.rest.iter().filter(|((_, by), _)| *by == author).map(|(_, ruling)| ruling.at()).max();
        let link = self.link(terms.serial);
        u8::from(link.is_some_and(|link| link.fault(newest.unwrap_or(UnixMillis(0))).is_none()))
    }

    fn uses_of(&self, serial: Serial) -> Option<usize> {
        let Matter::Link { terms, .. } = self.link_ruling(serial)?.matter() else { return None };
        terms.uses.map(|uses| uses.get().into())
    }

    /// Who has come by a link, and when they were let in first.
    fn came(&self, serial: Serial) -> BTreeSet<(UnixMillis, PeerId)> {
        let mut first: BTreeMap<PeerId, UnixMillis> = BTreeMap::new();
        for (_, peer, at) in self.rest.values().filter_map(redemption).filter(|(by, ..)| *by == serial) {
            let known = first.entry(peer).or_insert(at);
            *known = at.min(*known);
        }
        first.into_iter().map(|(peer, at)| (at, peer)).collect()
    }

    fn name_of_newcomer(&self, peer: PeerId) -> Option<Name> {
        let last = latest(self.on(Subject::Redeemed(peer)))?;
        let Matter::Redeemed { name, .. } = last.matter() else { return None };
        name.clone()
    }
}

/// By which link who has come, and when.
fn redemption(ruling: &Ruling) -> Option<(Serial, PeerId, UnixMillis)> {
    match ruling.matter() {
        Matter::Redeemed { peer, serial, at, .. } => Some((*serial, *peer, *at)),
        _ => None,
    }
}

fn is_revocation(ruling: &Ruling) -> bool {
    matches!(ruling.matter(), Matter::Link { is_revoked: true, .. })
}

#[cfg(test)]
mod tests;
