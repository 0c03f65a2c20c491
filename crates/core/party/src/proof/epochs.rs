//! The party's secret as it changes: of each removal it takes up a share that whoever is removed is not told.
//!
//! The secret in force is mixed from the first one and from the shares of the removals that stand, in whatever order they
//! were heard: two halves of a party remove without knowing of each other, and when they meet both shares are in it. A
//! removal that is taken back takes its share out again, and everything is as before.

pub(crate) mod kept;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use zeroize::Zeroizing;

use super::record::MIXED;
use crate::{
    PartyId, PartySecret, PeerRecord, RecordError, Share, ShareMark, SignedRecord,
    limits::{FORMER_EPOCHS, SHARES, SHARES_KEPT},
};

/// One secret of the party's, and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Tells the party's secrets apart; says nothing of their order.
    pub number: u32,
    /// The secret.
    pub secret: PartySecret,
}

/// All secrets of a party that a member knows: the first, the one in force, and some of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epochs {
    party: PartyId,
    /// As the party's maker made it: what every link carries.
    first: Epoch,
    /// Known shares, those in force among them; at most [`SHARES_KEPT`].
    shares: BTreeMap<ShareMark, Share>,
    /// Those whose shares are in the secret in force.
    in_force: BTreeSet<ShareMark>,
    /// Those that rulings name; more or others than in force while some are not known.
    wanted: BTreeSet<ShareMark>,
    present: Epoch,
    /// What was in force before, the newest first; at most [`FORMER_EPOCHS`], without the first and the present one.
    former: VecDeque<Epoch>,
}

impl Epochs {
    /// Of a link: the first secret, its number, and the shares that were in force when the link was made. Of too many shares
    /// the rest is left out.
    pub fn new(party: PartyId, first: Epoch, shares: &[Share]) -> Self {
        let shares: BTreeMap<ShareMark, Share> =
            shares.iter().take(SHARES).map(|share| (share.mark(&party), share.clone())).collect();
        let in_force: BTreeSet<ShareMark> = shares.keys().copied().collect();
        let present = mixed(&first, shares.values());
        Self { party, first, shares, wanted: in_force.clone(), in_force, present, former: VecDeque::new() }
    }

    /// The same with what is kept beside a membership: more shares, and secrets of before, the newest first.
    #[must_use]
    pub fn with_kept(mut self, shares: Vec<Share>, former: Vec<Epoch>) -> Self {
        for share in shares {
            if self.shares.len() < SHARES_KEPT {
                self.shares.insert(share.mark(&self.party), share);
            }
        }
        self.former = former.into_iter().take(FORMER_EPOCHS).collect();
        self.tidy();
        self
    }

    /// The secret in force.
    pub const fn present(&self) -> &Epoch {
        &self.present
    }

    /// The first one, which every link carries.
    pub const fn first(&self) -> &Epoch {
        &self.first
    }

    /// All that are known, the one in force first.
    pub fn all(&self) -> impl Iterator<Item = &Epoch> {
        let first = (self.first.number != self.present.number).then_some(&self.first);
        std::iter::once(&self.present).chain(&self.former).chain(first)
    }

    /// The one of this number, if it is known.
    pub fn get(&self, number: u32) -> Option<&Epoch> {
        self.all().find(|epoch| epoch.number == number)
    }

    /// Whether this is the number of the secret in force.
    pub const fn is_present(&self, number: u32) -> bool {
        self.present.number == number
    }

    /// Whether shares have come to the secret in force.
    pub fn has_shares(&self) -> bool {
        !self.in_force.is_empty()
    }

    /// The shares in force, for a link.
    pub fn shares_in_force(&self) -> Vec<Share> {
        self.in_force.iter().filter_map(|mark| self.shares.get(mark)).cloned().collect()
    }

    /// What has to be kept beside the link's content for [`Self::with_kept`]: shares that are not in force, and secrets of before.
    pub fn to_kept(&self) -> (Vec<Share>, Vec<Epoch>) {
        let others = self.shares.iter().filter(|(mark, _)| !self.in_force.contains(mark));
        (others.map(|(_, share)| share.clone()).collect(), self.former.iter().cloned().collect())
    }

    /// A record, if the peer that it names signed it and knows a secret of the party's that is known here.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn verify<'a>(&self, signed: &'a SignedRecord) -> Result<&'a PeerRecord, RecordError> {
        let epoch = self.get(signed.claimed().epoch).ok_or(RecordError::OtherEpoch)?;
        signed.verify(&self.party, epoch.number, &epoch.secret)
    }

    /// A share of one's own, for a ruling that is about to be made.
    pub fn add(&mut self, share: Share) -> ShareMark {
        let mark = share.mark(&self.party);
        self.tidy();
        self.shares.insert(mark, share);
        mark
    }

    /// A share that a member tells. True if it is one that rulings name and was not known.
    pub fn take(&mut self, share: Share, named: &[ShareMark]) -> bool {
        let mark = share.mark(&self.party);
        let is_news = named.contains(&mark) && !self.shares.contains_key(&mark);
        if is_news {
            self.shares.insert(mark, share);
            self.tidy();
        }
        self.shares.contains_key(&mark) && is_news
    }

    /// The share of this mark.
    pub fn share(&self, mark: &ShareMark) -> Option<&Share> {
        self.shares.get(mark)
    }

    /// Those that rulings name and that are not known.
    pub fn lacking(&self) -> Vec<ShareMark> {
        self.wanted.iter().filter(|mark| !self.shares.contains_key(*mark)).copied().collect()
    }

    /// What rulings name, all of them known as far as anybody says: from now on that is to be in force, which it is as soon
    /// as all shares are known.
    pub fn want(&mut self, marks: impl IntoIterator<Item = ShareMark>) {
        self.wanted = marks.into_iter().take(SHARES).collect();
    }

    /// Puts what is wanted in force, if all of it is known. True if the secret is another one now.
    pub fn settle(&mut self) -> bool {
        if self.wanted == self.in_force || !self.lacking().is_empty() {
            return false;
        }
        self.in_force.clone_from(&self.wanted);
        let next = mixed(&self.first, self.in_force.iter().filter_map(|mark| self.shares.get(mark)));
        let before = std::mem::replace(&mut self.present, next);
        self.former.push_front(before);
        self.tidy();
        true
    }

    /// A newer link of the same party, while nobody of it is reached: its shares are in force. True if the secret is another
    /// one now.
    pub fn take_link(&mut self, shares: &[Share]) -> bool {
        let is_newer = |share: &Share| !self.shares.contains_key(&share.mark(&self.party));
        if !shares.iter().take(SHARES).any(is_newer) {
            return false;
        }
        let marks: Vec<ShareMark> = shares.iter().take(SHARES).map(|share| self.add(share.clone())).collect();
        self.want(marks);
        self.settle()
    }

    /// Keeps to the bounds: of shares those in force or wanted stay, of former secrets the newest.
    fn tidy(&mut self) {
        let Self { first, present, former, shares, in_force, wanted, .. } = self;
        let mut numbers = BTreeSet::from([first.number, present.number]);
        former.retain(|epoch| numbers.insert(epoch.number));
        former.truncate(FORMER_EPOCHS);
        let spare: Vec<ShareMark> = shares
            .keys()
            .filter(|mark| !in_force.contains(mark) && !wanted.contains(mark))
            .copied()
            .collect();
        // One more is about to be made.
        let excess = (shares.len() + 1).saturating_sub(SHARES_KEPT);
        spare.iter().take(excess).for_each(|mark| drop(shares.remove(mark)));
    }
}

fn mixed<'a>(first: &Epoch, shares: impl Iterator<Item = &'a Share>) -> Epoch {
    let mut input = Zeroizing::new(Vec::new());
    shares.for_each(|share| input.extend(share.expose()));
    if input.is_empty() {
        return first.clone();
    }
    let (mut secret, mut number) = ([0; 32], [0; 32]);
    first.secret.derive(&[b"lanrage mixed secret v1"], &input, &mut secret);
    let secret = PartySecret::from_random(secret);
    secret.derive(&[b"lanrage epoch number v1"], b"", &mut number);
    let number = u32::from_be_bytes([number[0], number[1], number[2], number[3]]) | MIXED;
    Epoch { number, secret }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTY: [u8; 16] = [1; 16];

    fn epochs() -> Epochs {
        let first = Epoch { number: 1, secret: PartySecret::from_random([7; 32]) };
        Epochs::new(PartyId::from_random(PARTY), first, &[])
    }

    fn share(n: u8) -> Share {
        Share::from_bytes([n; 32])
    }

    fn mark(n: u8) -> ShareMark {
        share(n).mark(&PartyId::from_random(PARTY))
    }

    fn removing(epochs: &mut Epochs, all: &[u8]) {
        let marks: Vec<ShareMark> = all.iter().map(|n| epochs.add(share(*n))).collect();
        epochs.want(marks);
        epochs.settle();
    }

    #[test]
    fn whoever_hears_of_the_same_removals_in_any_order_has_the_same_secret_and_whoever_lacks_a_share_another()
    {
        let (mut ann, mut bob, mut eve) = (epochs(), epochs(), epochs());
        removing(&mut ann, &[1]);
        removing(&mut ann, &[1, 2]);
        removing(&mut bob, &[2]);
        removing(&mut bob, &[2, 1]);
        assert_eq!(ann.present(), bob.present());
        eve.want([mark(1), mark(2)]);
        let named = [mark(1), mark(2)];
        assert!(!eve.take(share(3), &named), "one that nothing names");
        assert!(eve.take(share(2), &named) && !eve.take(share(2), &named));
        assert!(!eve.settle() && eve.lacking() == [mark(1)]);
        assert_eq!(eve.present(), eve.first());
        assert!(ann.present().secret != eve.present().secret && !eve.is_present(ann.present().number));
        // The secrets of before are known for those who are behind, the first one for ever.
        assert_eq!(ann.all().count(), 3);
        assert!(ann.get(1).is_some());
    }

    #[test]
    fn a_removal_that_is_taken_back_leaves_everything_as_before() {
        let mut ann = epochs();
        removing(&mut ann, &[1]);
        let (one, former) = (ann.present().clone(), 1);
        removing(&mut ann, &[1, 2]);
        removing(&mut ann, &[1]);
        assert_eq!((ann.present(), ann.former.len()), (&one, former), "{ann:?}");
        removing(&mut ann, &[]);
        assert_eq!(ann.present(), ann.first());
        assert!(ann.get(one.number).is_some(), "whoever has not heard it yet is still understood");
    }

    #[test]
    fn a_link_and_what_is_kept_give_the_same_again() {
        let mut ann = epochs();
        removing(&mut ann, &[1]);
        removing(&mut ann, &[1, 2]);
        removing(&mut ann, &[2]);
        let link = Epochs::new(ann.party, ann.first.clone(), &ann.shares_in_force());
        assert_eq!(link.present(), ann.present());
        let (shares, former) = ann.to_kept();
        assert_eq!(link.with_kept(shares, former), ann);
        let mut old = epochs();
        assert!(old.take_link(&ann.shares_in_force()) && old.present() == ann.present());
        assert!(!old.take_link(&ann.shares_in_force()) && !old.take_link(&[]));
    }

    #[test]
    fn nothing_grows_without_end() {
        let mut ann = epochs();
        for n in 1..200 {
            removing(&mut ann, &[n]);
        }
        assert!(ann.shares.len() <= SHARES_KEPT && ann.former.len() == FORMER_EPOCHS);
        ann.want((0..200).map(mark));
        assert_eq!(ann.wanted.len(), SHARES);
        let many: Vec<Share> = (0..200).map(share).collect();
        assert!(Epochs::new(ann.party, ann.first.clone(), &many).shares.len() == SHARES);
        assert!(epochs().with_kept(many, vec![ann.first.clone(); 99]).shares.len() <= SHARES_KEPT);
    }
}
