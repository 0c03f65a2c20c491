//! Where the party talks: the text that its owner or a moderator has pinned, as members tell it each other.

use std::{collections::BTreeMap, time::Instant};

use lanrage_base::{
    bucket::{Rate, TokenBucket},
    clock::{Now, UnixMillis},
};
use lanrage_party::{PeerId, VoiceLink};

use super::schedule::{Schedule, keep_reached};

/// Links that one member may bring: each costs a signature to verify.
const BROUGHT: Rate = Rate { burst: 10, per_second: 1 };
/// What this device's player may pin.
const OWN: Rate = Rate { burst: 5, per_second: 1 };
/// How far ahead of this device's clock one may be (milliseconds): further, and nobody could pin another.
const AHEAD_MS: u64 = 26 * 3_600_000;

/// The link that counts, if there is one.
#[derive(Debug)]
pub(crate) struct Voice {
    link: Option<VoiceLink>,
    schedule: Schedule<Option<VoiceLink>>,
    brought: BTreeMap<PeerId, TokenBucket>,
    own: TokenBucket,
    revision: u64,
}

impl Voice {
    /// As it was kept, if it was.
    pub(crate) fn new(link: Option<VoiceLink>) -> Self {
        Self {
            link,
            schedule: Schedule::default(),
            brought: BTreeMap::new(),
            own: TokenBucket::new(OWN),
            revision: 0,
        }
    }

    /// There is a path to these members, and to no others.
    pub(crate) fn set_reached(&mut self, now: Instant, reached: &[PeerId]) {
        self.schedule.set_reached(now, reached);
        keep_reached(&mut self.brought, reached, || TokenBucket::new(BROUGHT));
    }

    /// Whether this device's player may pin something now.
    pub(crate) fn may_pin(&mut self, now: Instant) -> bool {
        self.own.take(now, 1)
    }

    /// The version of the next one: later than all that is known.
    pub(crate) fn next_version(&self, wall: UnixMillis) -> UnixMillis {
        self.link.as_ref().map_or(wall, |link| wall.max(link.version().plus(1)))
    }

    /// This device's player has pinned it.
    pub(crate) fn pin(&mut self, now: Instant, link: VoiceLink) {
        self.link = Some(link);
        self.revision += 1;
        self.schedule.note_change(now);
    }

    /// A member brings one. `may` says whose count, by what was ruled; `is_signed` whether it is its author's. One of somebody
    /// who may not pin any more gives way to any that counts. True if it is another one now.
    pub(crate) fn handle(
        &mut self,
        now: Now,
        from: PeerId,
        link: VoiceLink,
        may: impl Fn(&VoiceLink) -> bool,
        is_signed: impl FnOnce(&VoiceLink) -> bool,
    ) -> bool {
        let Some(brought) = self.brought.get_mut(&from) else { return false };
        if self.link.as_ref() == Some(&link) {
            self.schedule.note_heard(&from, Some(link));
            return false;
        }
        let known = self.link.as_ref().filter(|known| may(known));
        let is_news = known.is_none_or(|known| link.is_later_than(known));
        let is_ahead = link.version() > now.wall.plus(AHEAD_MS);
        if !is_news || is_ahead || !may(&link) {
            return false;
        }
        if !brought.take(now.instant, 1) || !is_signed(&link) {
            return false;
        }
        self.schedule.note_heard(&from, Some(link.clone()));
        self.pin(now.instant, link);
        true
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.link.as_ref().and_then(|_| self.schedule.poll_timeout())
    }

    /// Who is to be told, and what.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(Vec<PeerId>, VoiceLink)> {
        let link = self.link.clone()?;
        let (told, _) = self.schedule.take_due(now, || Some(link.clone()))?;
        Some((told, link))
    }

    /// What is kept.
    pub(crate) const fn kept(&self) -> Option<&VoiceLink> {
        self.link.as_ref()
    }

    /// What is shown: one of whoever may pin, and not that there is none any more.
    pub(crate) fn shown(&self, may: impl Fn(&VoiceLink) -> bool) -> Option<&VoiceLink> {
        self.link.as_ref().filter(|link| !link.text().is_empty() && may(link))
    }

    /// Grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lanrage_party::{DeviceIdentity, PartyId};

    use super::*;

    fn now(ms: u64) -> Now {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let start = *START.get_or_init(Instant::now);
        Now { instant: start + Duration::from_millis(ms), wall: UnixMillis(1_000_000_000 + ms) }
    }

    fn party() -> PartyId {
        PartyId::from_random([1; 16])
    }

    fn someone(seed: u8) -> DeviceIdentity {
        DeviceIdentity::from_seed(&[seed; 32])
    }

    fn link(of: &DeviceIdentity, version: u64, text: &str) -> VoiceLink {
        VoiceLink::sign(of, &party(), UnixMillis(version), text).unwrap()
    }

    fn heard(voice: &mut Voice, from: &DeviceIdentity, link: VoiceLink, may: &[&DeviceIdentity]) -> bool {
        let may = |link: &VoiceLink| may.iter().any(|one| one.peer_id() == link.author());
        voice.handle(now(0), from.peer_id(), link, may, |link| link.is_signed(&party()))
    }

    #[test]
    fn the_latest_of_whoever_may_counts_whoever_brings_it() {
        let [ann, bo, eve] = [1, 2, 3].map(someone);
        let mut voice = Voice::new(None);
        voice.set_reached(now(0).instant, &[ann.peer_id(), bo.peer_id(), eve.peer_id()]);
        let may = [&ann, &bo];
        assert!(heard(&mut voice, &eve, link(&ann, 5, "first"), &may), "anybody brings it");
        assert!(!heard(&mut voice, &ann, link(&ann, 5, "first"), &may), "once");
        assert!(!heard(&mut voice, &eve, link(&eve, 9, "mine"), &may), "she may not");
        assert!(!heard(&mut voice, &bo, link(&bo, 4, "older"), &may), "a replay");
        assert!(heard(&mut voice, &bo, link(&bo, 6, "second"), &may));
        let forged = VoiceLink::sign(&ann, &PartyId::from_random([2; 16]), UnixMillis(7), "other party");
        assert!(!heard(&mut voice, &ann, forged.unwrap(), &may));
        assert!(!heard(&mut voice, &ann, link(&ann, u64::MAX, "for ever"), &may), "from too far ahead");
        let shown = |voice: &Voice, may: &[&DeviceIdentity]| {
            let may = |link: &VoiceLink| may.iter().any(|one| one.peer_id() == link.author());
            voice.shown(may).map(|link| link.text().to_owned())
        };
        assert_eq!(shown(&voice, &may).as_deref(), Some("second"));
        // Bo is no moderator any more: his counts no more, and gives way to what came before.
        assert_eq!(shown(&voice, &[&ann]), None);
        assert!(heard(&mut voice, &eve, link(&ann, 5, "first"), &[&ann]));
        assert!(heard(&mut voice, &ann, link(&ann, 8, ""), &[&ann]), "there is none any more");
        assert_eq!((shown(&voice, &may), voice.next_version(UnixMillis(0))), (None, UnixMillis(9)));
    }

    #[test]
    fn it_is_told_until_it_is_said_back_and_a_flood_is_not_heard() {
        let [ann, bo] = [1, 2].map(someone);
        let mut voice = Voice::new(None);
        voice.set_reached(now(0).instant, &[bo.peer_id()]);
        assert_eq!((voice.poll_timeout(), voice.take_due(now(0).instant)), (None, None));
        let pinned = link(&ann, 5, "x");
        voice.pin(now(0).instant, pinned.clone());
        let mut times = Vec::new();
        while let Some(due) = voice.poll_timeout().filter(|due| *due < now(20_000).instant) {
            assert_eq!(voice.take_due(due), Some((vec![bo.peer_id()], pinned.clone())));
            times.push((due - now(0).instant).as_millis());
        }
        assert_eq!(times, [0, 200, 1_200, 6_200]);
        voice.pin(now(20_000).instant, pinned.clone());
        assert!(!heard(&mut voice, &bo, pinned, &[&ann]));
        voice.take_due(now(20_000).instant);
        assert!(voice.poll_timeout() > Some(now(40_000).instant), "he knows it");
        let taken = (6..1_000).filter(|n| heard(&mut voice, &bo, link(&ann, *n, "flood"), &[&ann])).count();
        assert_eq!(taken as u64, BROUGHT.burst);
    }
}
