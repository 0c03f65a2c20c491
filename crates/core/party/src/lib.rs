//! The words that every part of LANrage says: identities, parties, peers, leases, invitations.
//!
//! Pure values and rules. Nothing in this crate reads a clock, a socket, a file or a source of randomness:
//! time comes in as [`UnixMillis`], randomness as bytes.

mod candidate;
mod error;
pub mod facts;
mod id;
mod identity;
mod invitation;
mod ipam;
mod key;
mod lane;
pub mod limits;
mod name;
mod nat_type;
mod party;
mod peer;
mod quality;
mod record;
mod relay;
mod remote;
mod seal;
mod stored;
mod text;
mod tunnel;

pub use lanrage_base::clock::UnixMillis;

pub use candidate::{Candidate, CandidateType};
pub use error::PartyError;
pub use id::{PartyId, PeerId};
pub use identity::{DeviceIdentity, IdentityKey, Signature};
pub use invitation::{ControlEndpoint, Glance, Invitation, InvitationError};
pub use ipam::{Ipam, IpamError, Subnet, VirtualIp};
pub use key::{PartySecret, PresharedKey, WireGuardKey, WireGuardPrivateKey};
pub use lane::{EXPRESS_DSCP, EXPRESS_PACKET_BYTES, Lane};
pub use name::Name;
pub use nat_type::{Compatibility, NatType};
pub use party::Party;
pub use peer::{ConnectionType, Peer};
pub use quality::{Quality, QualityThresholds};
pub use record::{PeerRecord, RecordError, SignedRecord};
pub use relay::{RelayCredentials, RelayOffer, RelayPassword, RelayTransport, RelayUri, RelayUriError};
pub use remote::{AllocationId, Remote};
pub use seal::{SealError, SealedSignal, SignalKey};
pub use stored::{NatResult, StoredPeer};
pub use tunnel::{LocalEnd, PeerConfig, TunnelEvent, initiates};
