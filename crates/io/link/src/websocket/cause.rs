use lanrage_net::tls;
use lanrage_party::facts::Cause;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError, TlsError};
use tracing::info;

/// Why a WebSocket could not be made, or broke. The library's own words go to the log.
pub(super) fn cause(error: Error) -> Cause {
    info!(%error, "a connection to a server broke");
    match error {
        Error::Io(error) => tls::cause(&error),
        Error::Tls(TlsError::Rustls(error)) => tls::refusal(&error),
        // The certificate can be of nobody.
        Error::Tls(TlsError::InvalidDnsName) => Cause::CertificateOfOther,
        Error::ConnectionClosed | Error::AlreadyClosed => Cause::ConnectionClosed,
        Error::Protocol(
            ProtocolError::HandshakeIncomplete
            | ProtocolError::HttparseError(_)
            | ProtocolError::JunkAfterRequest
            | ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::SecWebSocketAcceptKeyMismatch
            | ProtocolError::SecWebSocketSubProtocolError(_),
        ) => Cause::NoWebSocket,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Cause::ConnectionClosed,
        Error::Capacity(_) | Error::WriteBufferFull(_) => Cause::TooLarge,
        Error::Protocol(_) | Error::Utf8(_) | Error::AttackAttempt => Cause::BadMessage,
        _ => Cause::Other,
    }
}
