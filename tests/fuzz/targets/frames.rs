use lanrage_control::protocol::{
    CLIENT_FRAME_BYTES, Change, ClientMessage, PeerEntry, ServerMessage, TEXT_BYTES,
};
use lanrage_party::{RelayOffer, limits};

/// A server's reader: whatever is a message is the same after another journey.
pub(crate) fn client(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match ClientMessage::parse(text) {
        Ok(message) => {
            assert!(text.len() <= CLIENT_FRAME_BYTES);
            assert_eq!(ClientMessage::parse(&message.encode()).as_ref(), Ok(&message));
        }
        Err(error) => assert!(error.to_string().len() <= 2 * TEXT_BYTES, "an error quotes little"),
    }
}

/// A client's reader, of servers that may be anybody's.
pub(crate) fn server(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        read(text);
    }
}

/// One offer of a relay among good ones: broken or beyond the limits, it costs no more than itself.
pub(crate) fn relay_offer(data: &[u8]) {
    const GOOD: &str =
        r#"{"name":"a","uris":["turn:a:1"],"credentials":{"username":"u","password":"p","expires_at":1}}"#;
    let Ok(text) = str::from_utf8(data) else { return };
    // What is no JSON by itself could end the frame around it.
    if serde_json::from_str::<serde_json::Value>(text).is_err()
        || text.len() > limits::CONTROL_FRAME_BYTES / 2
    {
        return;
    }
    let message = read(&format!(r#"{{"type":"relays","relays":[{GOOD},{text},{GOOD}]}}"#));
    let Some(ServerMessage::Relays { relays }) = message else { panic!("the good ones are lost") };
    assert!((2..=3).contains(&relays.len()), "{relays:?}");
}

fn read(text: &str) -> Option<ServerMessage> {
    let message = ServerMessage::parse(text).ok()?;
    match &message {
        ServerMessage::Welcome { relays, .. } | ServerMessage::Relays { relays } => {
            assert!(relays.len() <= limits::RELAYS && relays.iter().all(RelayOffer::is_within_limits));
        }
        ServerMessage::Party { snapshot } => {
            assert!(snapshot.peers.len() <= limits::PEERS_PER_PARTY);
            snapshot.peers.iter().for_each(verify);
        }
        ServerMessage::Delta {
            change: Change::PeerJoined { entry } | Change::PeerUpdated { entry }, ..
        } => verify(entry),
        ServerMessage::Error(refusal) => {
            assert!(refusal.detail.len() <= TEXT_BYTES && refusal.taken.len() <= limits::PEERS_PER_PARTY);
        }
        _ => {}
    }
    // A change of a newer protocol is read, and cannot be written.
    if !matches!(message, ServerMessage::Delta { change: Change::Unknown, .. }) {
        assert_eq!(ServerMessage::parse(&message.encode()).as_ref(), Ok(&message));
    }
    Some(message)
}

/// Weak keys and points that are none are for the verifier to refuse.
fn verify(entry: &PeerEntry) {
    _ = entry.record.verify_signature();
}
