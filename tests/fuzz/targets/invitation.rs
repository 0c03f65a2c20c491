use data_encoding::BASE64URL_NOPAD;
use lanrage_party::{ControlEndpoint, Invitation, limits};
use sha2::{Digest, Sha256};

/// A link as somebody pasted it, and one whose damage does not show in its checksum. Whatever is an invitation makes a
/// link that is the same invitation.
pub(crate) fn run(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        check(text);
        if let Ok(endpoint) = text.parse::<ControlEndpoint>() {
            assert!(matches!(endpoint.url().scheme(), "ws" | "wss"));
            assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
        }
    }
    let mut body = vec![1];
    body.extend(data);
    let digest = Sha256::digest(&body);
    body.extend(&digest[..4]);
    let body = BASE64URL_NOPAD.encode(&body);
    check(&format!("lanrage://join/{body}"));
    check(&format!("https://play.example/join#{body}"));
}

fn check(text: &str) {
    let Ok(invitation) = text.parse::<Invitation>() else { return };
    assert!(invitation.control.len() <= limits::CONTROL_ENDPOINTS);
    assert_eq!(invitation.link().parse(), Ok(invitation));
}
