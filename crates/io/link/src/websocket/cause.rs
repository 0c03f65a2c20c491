use lanrage_net::tls;
use lanrage_party::facts::Cause;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError, TlsError};

/// Why a WebSocket could not be made, or broke.
pub(super) fn cause(error: Error) -> Cause {
    match error {
        Error::Io(error) => tls::cause(&error),
        Error::Tls(TlsError::Rustls(error)) => tls::refusal(&error),
        // The certificate can be of nobody.
        Error::Tls(TlsError::InvalidDnsName) => Cause::CertificateOfOther,
        Error::ConnectionClosed | Error::AlreadyClosed => Cause::ConnectionClosed,
        Error::Protocol(
            error @ (ProtocolError::HandshakeIncomplete
            | ProtocolError::HttparseError(_)
            | ProtocolError::JunkAfterRequest
            | ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::SecWebSocketAcceptKeyMismatch
            | ProtocolError::SecWebSocketSubProtocolError(_)),
        ) => Cause::NoWebSocket { detail: error.to_string() },
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Cause::ConnectionClosed,
        Error::Capacity(_) | Error::WriteBufferFull(_) => Cause::TooLarge,
        error @ (Error::Protocol(_) | Error::Utf8(_) | Error::AttackAttempt) => {
            Cause::BadMessage { detail: error.to_string() }
        }
        error => Cause::other(&error),
    }
}
