//! The words that every part of LANrage says: identities, parties, peers, leases, invitations.
//!
//! Pure values and rules. Nothing in this crate reads a clock, a socket, a file or a source of randomness:
//! time comes in as [`UnixMillis`], randomness as bytes.

mod control_endpoint;
pub mod copied;
mod error;
pub mod facts;
mod id;
mod invitation;
pub mod limits;
mod name;
mod network;
mod party;
mod peer;
mod proof;
mod stored;
mod text;

pub use lanrage_base::clock::UnixMillis;

pub use control_endpoint::{ControlEndpoint, NotAControlEndpoint};
pub use error::PartyError;
pub use id::{PartyId, PeerId};
pub use invitation::{Glance, Invitation, InvitationError, web_form};
pub use name::{Name, visible};
pub use network::adapter_look::{AdapterLook, AdapterPart, Detour, Passage};
pub use network::adapter_name::AdapterName;
pub use network::candidate::{Candidate, CandidateType};
pub use network::flow_lanes::FlowLanes;
pub use network::forwarding::{ForwardLimits, ForwardedEnd, ForwardedPair};
pub use network::ipam::{Ipam, IpamError, Subnet, VirtualIp};
pub use network::lane::{EXPRESS_DSCP, Lane};
pub use network::nat_type::NatType;
pub use network::pace::Pace;
pub use network::quality::{Quality, QualityThresholds};
pub use network::relay::{
    RelayCredentials, RelayOffer, RelayPassword, RelayTransport, RelayUri, RelayUriError,
};
pub use network::remote::{AllocationId, Remote};
pub use network::search_ways::{Rank, SEARCHES, SearchRule, SearchWays};
pub use network::searches::{
    COPIES_QUEUE, COPY_HEADER_BYTES, HOUSEHOLD_GROUP, HOUSEHOLD_PORTS, is_link_group,
};
pub use network::tunnel::place::{
    ANNOUNCED_PORTS, NEVER_OPENED, Place, SearchRedirect, Transport, is_never_opened,
};
pub use network::tunnel::{LocalEnd, PeerConfig, TunnelEvent, initiates};
pub use party::Party;
pub use peer::{ConnectionType, Peer};
pub use proof::access::{AccessKey, AccessProof};
pub use proof::door::{DoorKey, DoorPrivateKey};
pub use proof::epochs::{Epoch, Epochs, kept::KeptShares};
pub use proof::identity::{DeviceIdentity, IdentityKey, Signature};
pub use proof::key::{PartySecret, PresharedKey, WireGuardKey, WireGuardPrivateKey};
pub use proof::knock::{Knock, KnockError, KnockKey, KnockRefusal, KnockWord, is_knock};
pub use proof::leave::{Departure, Leave};
pub use proof::pass::{Approval, Pass, Serial};
pub use proof::record::{PEER_PROTOCOL, PeerRecord, RecordError, SignedRecord};
pub use proof::ruling::{Admission, LinkTerms, Matter, Ruling, Standing, Subject};
pub use proof::rulings::links::{ByLink, Link, LinkFault};
pub use proof::rulings::{Heard, NotYours, RemovedPeer, Role, Rulings};
pub use proof::said::announcement::Announcement;
pub use proof::said::chat_line::{ChatLine, ChatMark};
pub use proof::said::ready_check::ReadyCheck;
pub use proof::said::voice_link::{VoiceLink, is_voice_address};
pub use proof::seal::{SealError, SealedSignal, SignalKey};
pub use proof::server::{ServerId, challenge_message, login_message};
pub use proof::share::{Share, ShareMark};
pub use stored::{NatResult, StoredPeer};
