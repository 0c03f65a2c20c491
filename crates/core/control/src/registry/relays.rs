use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use data_encoding::HEXLOWER;
use lanrage_party::{PartyId, PeerId, RelayCredentials, RelayOffer, RelayUri, UnixMillis, limits};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{StoredChange, StoredRelay};
use crate::protocol::{ErrorCode, Refusal, RelayRegistration, relay_secret};

/// Makes credentials of a relay's secret: for this user in this group of users, good until this unix time in seconds.
/// Handed in, because how it is done is TURN's affair.
pub type IssueCredentials = fn(secret: &str, user: &str, group: &str, expires_at: u64) -> RelayCredentials;

/// Times and keys of a [`RelayRegistry`].
#[derive(Clone)]
pub struct RelaySettings {
    /// How long credentials are good: 12 h. Fresh ones are sent after half of it.
    pub credential_lifetime: Duration,
    /// A registered relay that was not heard of for this long is offered last: 75 s, two of its signs of life.
    pub unhealthy_after: Duration,
    /// And after this long not at all: 10 min.
    pub stale_after: Duration,
    /// Shared with relays that register themselves; without one, none can.
    pub registration_key: Option<Zeroizing<Vec<u8>>>,
    /// How credentials are made.
    pub issue: IssueCredentials,
}

impl RelaySettings {
    /// The usual times, and no registrations.
    pub const fn new(issue: IssueCredentials) -> Self {
        Self {
            credential_lifetime: Duration::from_secs(12 * 60 * 60),
            unhealthy_after: Duration::from_secs(75),
            stale_after: Duration::from_secs(10 * 60),
            registration_key: None,
            issue,
        }
    }
}

impl fmt::Debug for RelaySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelaySettings").field("stale_after", &self.stale_after).finish_non_exhaustive()
    }
}

/// A relay that the operator names: the server's own, or a TURN server with a static secret, as coturn's
/// `--use-auth-secret`.
#[derive(Clone)]
pub struct ConfiguredRelay {
    /// Its name; 1 to [`limits::RELAY_NAME_BYTES`] bytes.
    pub name: String,
    /// Where it stands.
    pub region: String,
    /// How to reach it; an empty host is the control server's.
    pub uris: Vec<RelayUri>,
    /// Shared with the relay.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for ConfiguredRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredRelay")
            .field("name", &self.name)
            .field("uris", &self.uris)
            .finish_non_exhaustive()
    }
}

/// What an input changed about the offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OffersChange {
    /// Nothing that clients would act on.
    Nothing,
    /// A relay's load, by [`RelayRegistry::LOAD_STEP`] or more.
    Load,
    /// Which relays there are, where, or whether they are healthy.
    Set,
}

/// Which relays there are, how they are, and what clients are offered: a pure state machine.
///
/// Relays that the operator names are always offered; those that register themselves for as long as they are heard
/// of. A relay that falls silent is offered last, as if it were full, before it is offered no more: its
/// control connection may be what is broken, and clients measure for themselves.
#[derive(Debug)]
pub struct RelayRegistry {
    /// `None`: there are no relays here, ever.
    settings: Option<RelaySettings>,
    relays: BTreeMap<String, Relay>,
    dirty: BTreeSet<String>,
}

struct Relay {
    region: String,
    uris: Vec<RelayUri>,
    secret: Zeroizing<String>,
    load_percent: u8,
    /// The load that clients know.
    told_percent: u8,
    /// `None` if the operator named it.
    registered: Option<Registered>,
}

#[derive(Debug, Clone, Copy)]
struct Registered {
    by: PeerId,
    since: UnixMillis,
    seen: UnixMillis,
    saved_seen: UnixMillis,
    healthy: bool,
}

impl RelayRegistry {
    /// A load that differs by this many percent is worth telling.
    pub const LOAD_STEP: u8 = 10;
    /// Registered relays at most, those that the operator named included. One more is refused.
    pub const MOST: usize = 64;
    /// Between two writes of the time that a relay was last heard of.
    const SEEN_PRECISION: Duration = Duration::from_secs(120);

    /// For a control plane without relays.
    pub const fn none() -> Self {
        Self { settings: None, relays: BTreeMap::new(), dirty: BTreeSet::new() }
    }

    /// No relay yet.
    pub const fn new(settings: RelaySettings) -> Self {
        Self { settings: Some(settings), relays: BTreeMap::new(), dirty: BTreeSet::new() }
    }

    /// Adds a relay that the operator names, or changes it.
    pub fn configure(&mut self, relay: ConfiguredRelay) {
        let ConfiguredRelay { name, region, uris, secret } = relay;
        let relay = Relay { region, uris, secret, load_percent: 0, told_percent: 0, registered: None };
        self.relays.insert(name, relay);
    }

    /// Takes up what was stored. Those relays had no chance to report meanwhile, so each has until it is stale again to
    /// show that it is there.
    pub fn restore(&mut self, stored: Vec<StoredRelay>, now: UnixMillis) {
        let Some(settings) = &self.settings else { return };
        let Some(key) = &settings.registration_key else { return };
        let seen = UnixMillis(now.0.saturating_sub(millis(settings.unhealthy_after) + 1));
        for relay in stored.into_iter().take(Self::MOST) {
            let secret = relay_secret(key, &relay.name);
            self.relays.entry(relay.name).or_insert_with(|| Relay {
                region: relay.region,
                uris: relay.uris,
                secret,
                load_percent: relay.load_percent.min(100),
                told_percent: relay.load_percent.min(100),
                registered: Some(Registered {
                    by: relay.peer,
                    since: relay.registered_at,
                    seen,
                    saved_seen: relay.last_seen,
                    healthy: false,
                }),
            });
        }
    }

    /// A relay of which no session is needed says how full it is.
    pub fn set_load(&mut self, name: &str, load_percent: u8) -> OffersChange {
        self.relays.get_mut(name).map_or(OffersChange::Nothing, |relay| relay.set_load(load_percent.min(100)))
    }

    /// A relay registers in the session of `from`, or gives a sign of life.
    ///
    /// # Errors
    /// A refusal, if relays cannot register here or this one does not know the key.
    pub fn register(
        &mut self,
        from: PeerId,
        registration: RelayRegistration,
        now: UnixMillis,
    ) -> Result<OffersChange, Refusal> {
        let RelayRegistration { name, region, uris, load_percent, proof } = registration;
        let key = self.settings.as_ref().and_then(|settings| settings.registration_key.as_ref());
        let key = key.ok_or_else(|| {
            Refusal::new(ErrorCode::UnknownMessage)
                .detail("no relay can register here: there is no relay key")
        })?;
        if !proof.is_of(key, &from, &name) {
            return Err(Refusal::new(ErrorCode::BadSignature).detail("the relay has another relay key"));
        }
        let known = self.relays.get(&name);
        if known.is_some_and(|relay| relay.registered.is_none()) {
            return Err(Refusal::new(ErrorCode::BadSignature).detail("the operator named another relay so"));
        }
        let by = known.and_then(|relay| relay.registered).map(|registered| registered.by);
        if by.is_some_and(|by| by != from) {
            let detail = "another relay has this name; choose another one, or remove that one first";
            return Err(Refusal::new(ErrorCode::BadSignature).detail(detail));
        }
        if known.is_none() && self.relays.len() >= Self::MOST {
            return Err(Refusal::new(ErrorCode::ServerFull).detail("too many relays"));
        }
        let secret = relay_secret(key, &name);
        let mut change = OffersChange::Nothing;
        let relay = self.relays.entry(name.clone()).or_insert_with(|| {
            change = OffersChange::Set;
            Relay {
                region: String::new(),
                uris: Vec::new(),
                secret,
                load_percent,
                told_percent: load_percent,
                registered: None,
            }
        });
        let before = relay.registered;
        if (&relay.region, &relay.uris) != (&region, &uris) || before.is_none_or(|before| !before.healthy) {
            change = OffersChange::Set;
            (relay.region, relay.uris) = (region, uris);
        }
        change = change.max(relay.set_load(load_percent));
        let since = before.map_or(now, |before| before.since);
        let mut saved_seen = before.map_or(UnixMillis(0), |before| before.saved_seen);
        if change == OffersChange::Set || now.since(saved_seen) > millis(Self::SEEN_PRECISION) {
            saved_seen = now;
            self.dirty.insert(name);
        }
        relay.registered = Some(Registered { by: from, since, seen: now, saved_seen, healthy: true });
        Ok(change)
    }

    /// Notices relays that have fallen silent. To be called every minute or so.
    pub fn sweep(&mut self, now: UnixMillis) -> OffersChange {
        let Some(settings) = &self.settings else { return OffersChange::Nothing };
        let (unhealthy, stale) = (millis(settings.unhealthy_after), millis(settings.stale_after));
        let mut change = OffersChange::Nothing;
        self.relays.retain(|name, relay| {
            let Some(registered) = &mut relay.registered else { return true };
            // A clock that was set back makes nobody silent.
            registered.seen = registered.seen.min(now);
            let silent = now.since(registered.seen);
            if registered.healthy && silent > unhealthy {
                registered.healthy = false;
                change = OffersChange::Set;
            }
            if silent > stale {
                self.dirty.insert(name.clone());
                change = OffersChange::Set;
            }
            silent <= stale
        });
        let moved = self
            .relays
            .values()
            .any(|relay| relay.load_percent.abs_diff(relay.told_percent) >= Self::LOAD_STEP);
        if moved { change.max(OffersChange::Load) } else { change }
    }

    /// What `peer` is offered as a member of `party`, whose members share a quota at each relay: the healthy first, then the
    /// emptiest; at most [`limits::RELAYS`].
    pub fn offers(&self, peer: PeerId, party: PartyId, now: UnixMillis) -> Vec<RelayOffer> {
        let Some(settings) = &self.settings else { return Vec::new() };
        let expires_at = (now.0 + millis(settings.credential_lifetime)) / 1_000;
        let group = group_of(&party);
        let mut relays: Vec<_> = self.relays.iter().collect();
        relays.sort_by_key(|(_, relay)| (!relay.is_healthy(), relay.load_percent));
        let offer = |(name, relay): (&String, &Relay)| RelayOffer {
            name: name.clone(),
            region: relay.region.clone(),
            uris: relay.uris.clone(),
            load_percent: if relay.is_healthy() { relay.load_percent } else { 100 },
            credentials: (settings.issue)(&relay.secret, &peer.to_string(), &group, expires_at),
        };
        relays.into_iter().take(limits::RELAYS).map(offer).collect()
    }

    /// Clients are about to be told what [`Self::offers`] gives.
    pub fn told(&mut self) {
        self.relays.values_mut().for_each(|relay| relay.told_percent = relay.load_percent);
    }

    /// After how long, in milliseconds, a client needs fresh credentials; `None` if there are never any.
    pub fn renewal_ms(&self) -> Option<u64> {
        self.settings.as_ref().map(|settings| millis(settings.credential_lifetime) / 2)
    }

    /// What has to be stored: relays that have registered or gone.
    pub fn take_changes(&mut self) -> Vec<StoredChange> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty
            .into_iter()
            .map(|name| self.stored(&name).map_or(StoredChange::RemoveRelay(name), StoredChange::PutRelay))
            .collect()
    }

    /// The relays that have registered themselves.
    pub fn registered(&self) -> impl Iterator<Item = StoredRelay> {
        self.relays.keys().filter_map(|name| self.stored(name))
    }

    /// Forgets a relay that has registered itself, and whose its name is. Says whether there was one.
    pub fn forget(&mut self, name: &str) -> bool {
        let registered = self.relays.get(name).is_some_and(|relay| relay.registered.is_some());
        if registered {
            self.relays.remove(name);
            self.dirty.insert(name.to_owned());
        }
        registered
    }

    fn stored(&self, name: &str) -> Option<StoredRelay> {
        let relay = self.relays.get(name)?;
        let registered = relay.registered?;
        Some(StoredRelay {
            name: name.to_owned(),
            region: relay.region.clone(),
            uris: relay.uris.clone(),
            peer: registered.by,
            load_percent: relay.load_percent,
            registered_at: registered.since,
            last_seen: registered.seen,
        })
    }
}

impl Relay {
    fn is_healthy(&self) -> bool {
        self.registered.is_none_or(|registered| registered.healthy)
    }

    fn set_load(&mut self, load_percent: u8) -> OffersChange {
        self.load_percent = load_percent;
        let moved = load_percent.abs_diff(self.told_percent) >= RelayRegistry::LOAD_STEP;
        if moved { OffersChange::Load } else { OffersChange::Nothing }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("uris", &self.uris)
            .field("load_percent", &self.load_percent)
            .field("registered", &self.registered)
            .finish_non_exhaustive()
    }
}

/// What stands for a party at relays. User names are sent in plain text, and a party's id is nobody's business there.
fn group_of(party: &PartyId) -> String {
    let mut hash = Sha256::new_with_prefix(b"lanrage relay group v1");
    hash.update(party.as_bytes());
    HEXLOWER.encode(&hash.finalize()[..8])
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
