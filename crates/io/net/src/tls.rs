//! TLS as a client: whom this computer believes, and what a failure means.

use std::{io, sync::Arc};

use lanrage_base::system_roots;
use lanrage_party::facts::Cause;
use rustls::{
    CertificateError, ClientConfig, InvalidMessage, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// A client that believes the web's root certificates and the system's own.
///
/// # Errors
/// The cryptography lacks what TLS needs.
pub fn client() -> Result<Arc<ClientConfig>, rustls::Error> {
    client_of(roots(&system_roots::pem()))
}

pub(crate) fn client_of(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    // This provider whatever else the process uses.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The web's roots, and those of a file of the system's. One of these that cannot be read is left out.
fn roots(system: &[u8]) -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(system).filter_map(Result::ok));
    roots
}

/// Why a TLS connection could not be made, or broke.
pub fn cause(error: &io::Error) -> Cause {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => refusal(error),
        // The library's own end of file, which no system has said.
        None if error.kind() == io::ErrorKind::UnexpectedEof => Cause::TlsClosed,
        None => error.into(),
    }
}

/// What a failure of TLS itself means.
pub fn refusal(error: &rustls::Error) -> Cause {
    match error {
        // What came is no record of TLS (RFC 8446 §5.1): somebody answers in clear text.
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => Cause::NoTls,
        rustls::Error::InvalidCertificate(refused) => match refused {
            CertificateError::UnknownIssuer => Cause::CertificateUnknown,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Cause::CertificateExpired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Cause::CertificateEarly
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Cause::CertificateOfOther
            }
            _ => Cause::CertificateBad,
        },
        _ => Cause::TlsFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_certificates_count_beside_the_webs_and_one_that_cannot_be_read_spoils_none() {
        let web = roots(b"").len();
        let ours = rcgen::generate_simple_self_signed(["relay.example".to_owned()]).unwrap().cert.pem();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(roots(format!("# a comment\n{broken}{ours}").as_bytes()).len(), web + 1);
    }

    #[test]
    fn a_certificate_that_is_refused_says_why() {
        for (refused, cause) in [
            (CertificateError::UnknownIssuer, Cause::CertificateUnknown),
            (CertificateError::Expired, Cause::CertificateExpired),
            (CertificateError::NotValidYet, Cause::CertificateEarly),
            (CertificateError::NotValidForName, Cause::CertificateOfOther),
        ] {
            let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::from(refused));
            assert_eq!(super::cause(&error), cause);
        }
        let revoked = rustls::Error::from(CertificateError::Revoked);
        assert!(matches!(refusal(&revoked), Cause::CertificateBad));
    }
}
