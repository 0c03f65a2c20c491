//! What friends reach of this computer, as the user decides it.

use lanrage_party::{Name, PeerId, Transport, UnixMillis, is_never_opened};
use lanrage_shield::{Grant, Trust};
use lanrage_store::{FriendTrust, PortGrant, SettingsDatabase};
use serde::{Deserialize, Serialize};

use super::{
    AskStored, DecidePorts, ForgetPorts, MuteBroadcasts, ShieldRules, Stored, StoredError, TrustFriend, parse,
};
use crate::CommandError;

/// Most ports of one decision.
const PORTS: u16 = 1_024;

/// What the user has decided of who reaches what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ShieldRulesView {
    /// Who is trusted otherwise than friends are, by name.
    pub trusted: Vec<TrustedView>,
    /// Ports that are opened or closed, in the order in which it was decided.
    pub ports: Vec<PortDecisionView>,
}

/// Somebody who is trusted otherwise than friends are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct TrustedView {
    /// The peer id.
    pub peer: String,
    /// What they were called when it was decided.
    pub name: String,
    /// How they are trusted.
    pub trust: Trust,
}

/// A decision on ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PortDecisionView {
    /// The protocol.
    pub transport: Transport,
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
    /// The peer id of the friend for whom it is; `None` for all.
    pub peer: Option<String>,
    /// What that friend was called then.
    pub name: Option<String>,
    /// Whether they are open, or closed though one of the user's programs listens.
    pub is_open: bool,
}

impl From<PortGrant> for PortDecisionView {
    fn from(PortGrant { grant, name }: PortGrant) -> Self {
        Self {
            transport: grant.transport,
            first: grant.first,
            last: grant.last,
            peer: grant.peer.map(|peer| peer.to_string()),
            name: name.map(Into::into),
            is_open: grant.is_open,
        }
    }
}

/// What a friend is called, by what was given or else by the id.
fn name(given: &str, peer: &PeerId) -> Name {
    let given = if given.trim().is_empty() { peer.short() } else { given.to_owned() };
    Name::lossy(&given, "Player")
}

/// The ports of a decision; opened they may be as few only as a decision has, and none that is never opened.
fn grant(
    transport: Transport,
    (first, last): (u16, u16),
    peer: Option<&str>,
    is_open: bool,
) -> Result<Grant, CommandError> {
    let is_range = first != 0 && first <= last && last - first < PORTS;
    if !is_range {
        return Err(CommandError::BadPorts { most: PORTS.into() });
    }
    match (first..=last).find(|port| is_open && is_never_opened(*port)) {
        Some(port) => Err(CommandError::PortNeverOpened { port }),
        None => Ok(Grant { transport, first, last, peer: peer.map(parse::peer).transpose()?, is_open }),
    }
}

impl AskStored for ShieldRules {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<ShieldRulesView, StoredError> {
        let trusted = database.trust().await?.into_iter().map(|friend| TrustedView {
            peer: friend.peer.to_string(),
            name: friend.name.into(),
            trust: friend.trust,
        });
        let ports = database.grants().await?.into_iter().map(Into::into).collect();
        Ok(ShieldRulesView { trusted: trusted.collect(), ports })
    }
}

impl AskStored for TrustFriend {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        let peer = parse::peer(&self.peer)?;
        let friend = FriendTrust { peer, name: name(&self.name, &peer), trust: self.trust };
        Ok(database.save_trust(&friend, now).await?)
    }
}

impl AskStored for MuteBroadcasts {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        Ok(database.save_muted(&parse::peer(&self.peer)?, self.muted, now).await?)
    }
}

impl AskStored for DecidePorts {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        let grant = grant(self.transport, (self.first, self.last), self.peer.as_deref(), self.is_open)?;
        let name = grant.peer.map(|peer| name(&self.name, &peer));
        Ok(database.save_grant(&PortGrant { grant, name }, now).await?)
    }
}

impl AskStored for ForgetPorts {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, _: UnixMillis) -> Result<(), StoredError> {
        let grant = grant(self.transport, (self.first, self.last), self.peer.as_deref(), false)?;
        forget(database, &grant).await
    }
}

async fn forget(database: &SettingsDatabase, grant: &Grant) -> Result<(), StoredError> {
    if database.forget_grant(grant).await? {
        return Ok(());
    }
    let transport: &str = grant.transport.into();
    let ports = if grant.first == grant.last {
        format!("{transport} {}", grant.first)
    } else {
        format!("{transport} {}-{}", grant.first, grant.last)
    };
    Err(CommandError::NotFound { name: ports }.into())
}
