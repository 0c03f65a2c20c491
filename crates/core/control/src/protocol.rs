//! The control protocol: one WebSocket at [`SESSION_PATH`], text frames, one JSON object per frame with its
//! kind in `type`.
//!
//! ```text
//! client                                server
//!   hello{protocol, identity, session?}  →
//!                                        ←  challenge{nonce, server} (not if the session is still good)
//!   prove{authority, signature}          →
//!                                        ←  welcome{session, …}
//!   create_party | join_party            →
//!                                        ←  party{snapshot}
//!                                        ←  delta{revision, change} (to every other member)
//!   heartbeat                            →
//!                                        ←  alive
//!   get_relays                           →
//!                                        ←  relays{relays}          (also by itself)
//! ```
//!
//! Unknown fields are ignored, so fields can be added. An unknown `type` is answered with
//! [`ErrorCode::UnknownMessage`] by a server and ignored by a client; the connection stays. Frames on one
//! connection are answered in their order.
//!
//! Both sides speak the older one of their versions, if the other one still understands it ([`negotiate`]): a
//! server refuses a client that is too old with [`ErrorCode::ProtocolVersion`], whatever else its hello holds;
//! a client gives up a server that is too old for the same reason.

mod client;
mod error;
mod frame;
mod relay;
mod roster;
mod secret;
mod server;

pub use client::{ClientMessage, Request, RequestKind, SessionMessage};
pub use error::{ErrorCode, Refusal};
pub use frame::FrameError;
pub use relay::{RelayProof, RelayRegistration, relay_secret};
pub use roster::{Change, PartySnapshot, PeerEntry};
pub use secret::{Nonce, SessionToken, prove_message};
pub use server::{ServerMessage, ServerProof, StunEndpoint};

/// Version of the messages in this module, said in the first frame of either side.
pub const PROTOCOL_VERSION: u16 = 1;
/// The oldest version that is still understood.
pub const OLDEST_PROTOCOL_VERSION: u16 = 1;
/// Path of the WebSocket below a control endpoint.
pub const SESSION_PATH: &str = "/v1/session";
/// Largest frame that a client may send, in bytes: the largest sealed signal fits twice. Frames of a server
/// may be as large as [`lanrage_party::limits::CONTROL_FRAME_BYTES`], because they hold whole parties.
pub const CLIENT_FRAME_BYTES: usize = 12 * 1024;
/// Most bytes that wait to be written to one connection, on either side: two of the largest frames. The answers to
/// pings of a side that reads nothing would be kept without end otherwise.
pub const WRITE_BUFFER_BYTES: usize = 2 * lanrage_party::limits::CONTROL_FRAME_BYTES;
/// Longest program version in a `hello`, and longest authority in a `prove`, in bytes.
pub const TEXT_BYTES: usize = 256;
/// Most STUN servers in a `welcome`.
pub const STUN_ENDPOINTS: usize = 8;

/// The version that is spoken with a side of version `theirs`; `None` if that one is too old. One that is newer
/// decides for itself whether it still speaks ours.
pub const fn negotiate(theirs: u16) -> Option<u16> {
    if theirs < OLDEST_PROTOCOL_VERSION {
        None
    } else if theirs < PROTOCOL_VERSION {
        Some(theirs)
    } else {
        Some(PROTOCOL_VERSION)
    }
}
