use std::time::Instant;

use lanrage_base::{
    bucket::Rate,
    sources::{Source, SourceBuckets},
};

use super::{ConnectionId, Hub};
use crate::protocol::{ErrorCode, Refusal, Request};

/// Units of the bucket of new parties that one costs: with one unit a second, 20 of them an hour.
const PARTY_UNITS: u64 = 3_600 / 20;
/// How much more a source may have that is near, behind which a whole LAN party may be.
const NEAR: u64 = 4;
/// Sources that are remembered.
const SOURCES: usize = 8_192;

/// How much one source, an IPv4 address or a /64 of IPv6, may take of a server, however many identities and connections
/// it has. A source that is near (private, loopback) has four times as much of what is per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimits {
    /// Connections at once: 64, a full party behind one router.
    pub connections: usize,
    /// The same of a source that is near: 256.
    pub near_connections: usize,
    /// Connections at once that have not logged in: 16. One more takes the place of the oldest of them.
    pub unproven: usize,
    /// Connections that may be made: 256 at once, 16 per second.
    pub connects: Rate,
    /// Frames and pings of all its connections: 4,096 at once, 800 per second.
    pub frames: Rate,
    /// Logins: 256 at once, 4 per second.
    pub logins: Rate,
    /// New parties at once: 10. In the long run 20 an hour. The same for a source that is near.
    pub parties: u64,
    /// New memberships: 256 at once, 1 per second.
    pub joins: Rate,
    /// Whole parties asked for again: 128 at once, 32 per second.
    pub snapshots: Rate,
}

impl Default for SourceLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            near_connections: 256,
            unproven: 16,
            connects: Rate { burst: 256, per_second: 16 },
            frames: Rate { burst: 4_096, per_second: 800 },
            logins: Rate { burst: 256, per_second: 4 },
            parties: 10,
            joins: Rate { burst: 256, per_second: 1 },
            snapshots: Rate { burst: 128, per_second: 32 },
        }
    }
}

impl SourceLimits {
    /// The same with so many connections at once, and four times as many of a source that is near.
    #[must_use]
    pub const fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self.near_connections = connections.saturating_mul(NEAR as usize);
        self
    }

    /// A bucket of this measure for each source.
    pub fn buckets(&self, rate: Rate) -> SourceBuckets {
        SourceBuckets::new(rate, SOURCES).near(NEAR)
    }
}

/// What each source has taken of a server. Constant memory.
#[derive(Debug)]
pub struct Quotas {
    logins: SourceBuckets,
    parties: SourceBuckets,
    joins: SourceBuckets,
    snapshots: SourceBuckets,
}

/// What a request asks for that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A party that the registry does not know.
    NewParty,
    /// A membership that the registry does not know.
    NewMember,
    /// A whole party again.
    Snapshot,
    /// Nothing of this kind.
    Nothing,
}

impl Quotas {
    /// Nobody has taken anything.
    pub fn new(limits: &SourceLimits) -> Self {
        let parties = Rate { burst: limits.parties * PARTY_UNITS, per_second: 1 };
        Self {
            logins: limits.buckets(limits.logins),
            parties: SourceBuckets::new(parties, SOURCES),
            joins: limits.buckets(limits.joins),
            snapshots: limits.buckets(limits.snapshots),
        }
    }

    /// Somebody has proven who it is.
    ///
    /// # Errors
    /// [`ErrorCode::RateLimited`]: too many identities of one source.
    pub fn login(&mut self, now: Instant, source: Source) -> Result<(), Refusal> {
        admit(self.logins.take(now, source, 1), 5_000)
    }

    /// A connection asks for something.
    ///
    /// # Errors
    /// [`ErrorCode::AddressParties`], [`ErrorCode::RateLimited`], about the request.
    pub fn request(
        &mut self,
        now: Instant,
        source: Source,
        asked: Asked,
        request: &Request,
    ) -> Result<(), Refusal> {
        let admitted = match asked {
            Asked::NewParty => {
                admit(self.parties.take(now, source, PARTY_UNITS), 60_000).map_err(|refusal| Refusal {
                    retry_after_ms: refusal.retry_after_ms,
                    ..Refusal::new(ErrorCode::AddressParties)
                })
            }
            Asked::NewMember => admit(self.joins.take(now, source, 1), 5_000),
            Asked::Snapshot => admit(self.snapshots.take(now, source, 1), 1_000),
            Asked::Nothing => Ok(()),
        };
        admitted.map_err(|refusal| refusal.about(request.kind(), request.party()))
    }
}

impl Hub {
    /// Whether the operator lets a connection make the party that it asks for.
    ///
    /// # Errors
    /// What the registry would refuse it with, about the request.
    pub fn may_make(&self, connection: ConnectionId, request: &Request) -> Result<(), Refusal> {
        let (Some(caller), Request::CreateParty { party, access, .. }) = (self.caller(connection), request)
        else {
            return Ok(());
        };
        let checked = self.registry().access().check(caller, *party, *access);
        checked.map_err(|code| Refusal::new(code).about(request.kind(), *party))
    }

    /// What of a request is counted.
    pub fn asked(&self, connection: ConnectionId, request: &Request) -> Asked {
        let party = request.party();
        let known = self.registry().knows(&party);
        let member = self.peer_of(connection).is_some_and(|peer| self.registry().is_member(&party, &peer));
        match request {
            Request::CreateParty { .. } if !known => Asked::NewParty,
            Request::CreateParty { .. } | Request::JoinParty { .. } if !member => Asked::NewMember,
            Request::GetParty { .. } => Asked::Snapshot,
            _ => Asked::Nothing,
        }
    }
}

fn admit(admitted: bool, retry_after_ms: u64) -> Result<(), Refusal> {
    if admitted { Ok(()) } else { Err(Refusal::new(ErrorCode::RateLimited).retry_after(retry_after_ms)) }
}
