use lanrage_party::{PeerId, UnixMillis};

use super::{Registry, StoredToken};
use crate::protocol::SessionToken;

impl StoredToken {
    /// Whether it resumes a session of `peer` now.
    pub fn is_good(&self, peer: PeerId, now: UnixMillis) -> bool {
        self.peer == peer && self.expires_at > now
    }
}

impl Registry {
    /// Makes a new session's token one to be stored, if sessions can be resumed here.
    pub fn issue_token(&mut self, token: SessionToken, peer: PeerId, now: UnixMillis) {
        let lifetime = u64::try_from(self.settings.token_lifetime.as_millis()).unwrap_or(u64::MAX);
        if lifetime > 0 {
            let expires_at = now.plus(lifetime);
            self.dirty.tokens.push(StoredToken { token, peer, created_at: now, expires_at });
        }
    }

    /// Marks silent peers away, and removes members that were away beyond the retention and parties that have
    /// none left. To be called every [`super::RegistrySettings::sweep_interval`].
    pub fn sweep(&mut self, now: UnixMillis) {
        let missed = u128::from(now.since(self.last_sweep)) > 10 * self.settings.sweep_interval.as_millis();
        if missed || now < self.last_sweep {
            self.was_away(self.last_sweep, now);
        }
        self.last_sweep = now;
        let patient = u128::from(now.since(self.patient_since)) <= self.settings.grace.as_millis();
        let deserted_since = UnixMillis(
            now.0.saturating_sub(u64::try_from(self.settings.alone.as_millis()).unwrap_or(u64::MAX)),
        );
        let (mut stale, mut expired) = (Vec::new(), Vec::new());
        for (id, party) in &self.parties {
            stale.extend(party.silent(true, self.settings.stale_after, now).into_iter().map(|p| (*id, p)));
            if !patient {
                expired
                    .extend(party.silent(false, self.settings.retention, now).into_iter().map(|p| (*id, p)));
                expired.extend(party.deserted(deserted_since).map(|peer| (*id, peer)));
            }
        }
        for (id, peer) in stale {
            self.mark_away(id, peer, now);
            self.silent.push(peer);
        }
        for (id, peer) in expired {
            self.remove(id, peer, None);
        }
    }

    /// The registry itself was away since `last`, or the clock has jumped: which of the two, and who else was
    /// away, cannot be told. After a long time everybody's absence counts from now on; and nobody's absence
    /// counts from a time that has not come yet.
    pub(super) fn was_away(&mut self, last: UnixMillis, now: UnixMillis) {
        self.patient_since = now;
        let anew = u128::from(now.since(last)) > self.settings.retention.as_millis() / 2;
        for (id, party) in &mut self.parties {
            for (peer, member) in &mut party.members {
                if !member.online && (member.last_seen > now || anew) {
                    member.last_seen = now;
                    self.dirty.peers.insert((*id, *peer));
                }
            }
        }
    }

    /// When the registry last heard of anybody, as far as is stored.
    pub(super) fn last_sign_of_life(&self) -> Option<UnixMillis> {
        self.parties.values().flat_map(|party| party.members.values()).map(|member| member.last_seen).max()
    }
}
