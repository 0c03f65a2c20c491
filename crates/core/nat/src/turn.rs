//! TURN (RFC 8656) over UDP, and over TCP and TLS where UDP is blocked: a relay's client and its server, both pure.
//!
//! [`TurnClient`] keeps one allocation on one server; [`TurnServer`] is that server's core. Control messages
//! (a few per minute) go through `stun_codec`. Relayed datagrams go through neither an allocation nor a copy:
//! [`Framing`] writes the header in front of a payload that is in place already, and receiving gives a range.
//!
//! The credentials are the long-term ones of RFC 8489 §9.2 with passwords that expire ("TURN REST",
//! [`RestSecret`]), as coturn has them. MESSAGE-INTEGRITY-SHA256, password algorithms and USERHASH are not
//! offered: what they protect against, somebody who guesses a human's password, is not there.

mod attributes;
mod channel_data;
mod client;
mod credentials;
mod framing;
mod indication;
mod integrity;
mod message;
mod reading;
mod server;
mod stream;
mod transport;

pub use channel_data::ChannelNumber;
pub use client::{
    AddPeerError, Alternate, Received, TURN_PEERS, TurnClient, TurnClientConfig, TurnEvent, TurnFailure,
    TurnPhase,
};
pub use credentials::{RestError, RestSecret, TurnCredentials};
pub use framing::{Framing, FramingError};
pub use integrity::LongTermKey;
pub use lanrage_base::channel_data::claims_to_be as is_channel_data;
pub use message::IpFamily;
pub use server::{
    AllocationId, DropReason, FiveTuple, PeerFilter, PortWish, RelayFailed, RelayFamilies, ToClient, ToPeer,
    TurnLimits, TurnServer, TurnServerConfig, TurnServerOutput, TurnServerStats,
};
pub use stream::{STREAM_MESSAGE_BYTES, StreamDecoder, StreamError, pad_for_stream};
pub use transport::Transport;

#[cfg(test)]
mod tests;
