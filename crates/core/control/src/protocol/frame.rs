use std::borrow::Cow;

use lanrage_party::{
    PartyId,
    limits::{CONTROL_FRAME_BYTES, PEERS_PER_PARTY},
};
use serde::{Deserialize, Serialize};

use super::{
    CLIENT_FRAME_BYTES, ClientMessage, ErrorCode, Refusal, RequestKind, STUN_ENDPOINTS, ServerMessage,
    SessionMessage, TEXT_BYTES,
};

/// Why a frame is not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Larger than its direction allows.
    #[error("the frame is too large")]
    TooLarge,
    /// Of a type that this version does not know.
    #[error("unknown message type {0:?}")]
    UnknownType(String),
    /// Not JSON, not an object with a `type`, or not what this type holds.
    #[error("malformed message: {0}")]
    Malformed(String),
}

impl From<FrameError> for Refusal {
    fn from(error: FrameError) -> Self {
        let code = match error {
            FrameError::TooLarge => ErrorCode::TooLarge,
            FrameError::UnknownType(_) => ErrorCode::UnknownMessage,
            FrameError::Malformed(_) => ErrorCode::BadFrame,
        };
        Self::new(code).detail(error.to_string())
    }
}

impl ClientMessage {
    /// Reads a frame of a client. Total: any text is a message or an error.
    ///
    /// # Errors
    /// [`FrameError`]; larger than [`CLIENT_FRAME_BYTES`] is too large.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        if text.len() > CLIENT_FRAME_BYTES {
            return Err(FrameError::TooLarge);
        }
        let message = match tag(text)?.as_ref() {
            "hello" | "prove" | "heartbeat" | "get_relays" | "register_relay" => Self::Session(body(text)?),
            "create_party" | "join_party" | "leave_party" | "update_peer" | "signal" | "get_party" => {
                Self::Request(body(text)?)
            }
            other => return Err(unknown(other)),
        };
        match &message {
            Self::Session(
                SessionMessage::Hello { client_version: text, .. }
                | SessionMessage::Prove { authority: text, .. },
            ) if text.len() > TEXT_BYTES => Err(FrameError::Malformed("a text is too long".into())),
            Self::Session(SessionMessage::RegisterRelay(relay)) if !relay.is_within_limits() => {
                Err(FrameError::Malformed("a relay is not within the limits".into()))
            }
            _ => Ok(message),
        }
    }

    /// What a request is, and about which party, by the beginning of its text alone: for frames that are not read because
    /// there are too many. `None` where these two are not what the frame begins with, as a client of ours writes them.
    pub(crate) fn glance(text: &str) -> Option<(RequestKind, PartyId)> {
        const TYPE: &str = r#"{"type":""#;
        const PARTY: &str = r#"","party":""#;
        let (kind, rest) = text.strip_prefix(TYPE)?.split_once(PARTY)?;
        let kind = match kind {
            "create_party" => RequestKind::CreateParty,
            "join_party" => RequestKind::JoinParty,
            "leave_party" => RequestKind::LeaveParty,
            "update_peer" => RequestKind::UpdatePeer,
            "signal" => RequestKind::Signal,
            "get_party" => RequestKind::GetParty,
            _ => return None,
        };
        let party = rest.get(..2 * size_of::<PartyId>())?;
        Some((kind, party.parse().ok()?))
    }

    /// The protocol version in a hello that cannot be read otherwise.
    pub(crate) fn claimed_protocol(text: &str) -> Option<u16> {
        #[derive(Deserialize)]
        struct Hello {
            protocol: u16,
        }
        let hello = text.len() <= CLIENT_FRAME_BYTES && tag(text).ok()? == "hello";
        hello.then(|| body::<Hello>(text).ok()).flatten().map(|hello| hello.protocol)
    }

    /// The frame.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

impl ServerMessage {
    /// Reads a frame of a server, which may be anybody's. Total: any text is a message within the limits or an
    /// error.
    ///
    /// # Errors
    /// [`FrameError`]; larger than [`CONTROL_FRAME_BYTES`] is too large.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        if text.len() > CONTROL_FRAME_BYTES {
            return Err(FrameError::TooLarge);
        }
        match tag(text)?.as_ref() {
            "challenge" | "welcome" | "party" | "delta" | "signal" | "left" | "alive" | "relays"
            | "announcement" | "error" => {}
            other => return Err(unknown(other)),
        }
        let mut message = body(text)?;
        let fits = match &mut message {
            Self::Party { snapshot } => snapshot.peers.len() <= PEERS_PER_PARTY,
            Self::Welcome { stun, .. } => {
                stun.len() <= STUN_ENDPOINTS && stun.iter().all(|s| s.host.len() <= TEXT_BYTES && s.port != 0)
            }
            Self::Error(refusal) => {
                refusal.detail = shorten(&refusal.detail).to_owned();
                refusal.taken.len() <= PEERS_PER_PARTY
            }
            _ => true,
        };
        if fits { Ok(message) } else { Err(FrameError::Malformed("a list is too long".into())) }
    }

    /// The frame.
    pub fn encode(&self) -> String {
        encode(self)
    }
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

fn tag(text: &str) -> Result<Cow<'_, str>, FrameError> {
    body::<Tag<'_>>(text).map(|tag| tag.kind)
}

fn body<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, FrameError> {
    // The error may quote the frame, so it is cut.
    serde_json::from_str(text).map_err(|error| FrameError::Malformed(shorten(&error.to_string()).to_owned()))
}

fn unknown(kind: &str) -> FrameError {
    FrameError::UnknownType(shorten(kind).to_owned())
}

fn encode(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("the protocol's types have string keys and no failing serializer")
}

/// At most [`TEXT_BYTES`] of a text.
fn shorten(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
