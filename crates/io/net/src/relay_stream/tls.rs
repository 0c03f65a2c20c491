use std::{io, sync::Arc};

use lanrage_base::system_roots;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Whom we believe to be a relay: the web's root certificates and the system's, as for the control server. Cheap to clone.
#[derive(Clone)]
pub struct RelayTls(Arc<ClientConfig>);

/// The web's roots, and those of a file of the system's. One of these that cannot be read is left out.
fn roots(system: &[u8]) -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(system).filter_map(Result::ok));
    roots
}

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RelayTlsError {
    /// The cryptography lacks what TLS needs.
    #[error("TLS cannot be used: {0}")]
    Setup(String),
}

impl RelayTls {
    /// The web's roots, and the system's own.
    ///
    /// # Errors
    /// [`RelayTlsError::Setup`].
    pub fn new() -> Result<Self, RelayTlsError> {
        Self::of(roots(&system_roots::pem()))
    }

    /// The root of a test, and no other.
    #[cfg(test)]
    pub(super) fn trusting(pem: &[u8]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
        Self::of(roots).unwrap()
    }

    fn of(roots: RootCertStore) -> Result<Self, RelayTlsError> {
        // This provider whatever else the process uses.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| RelayTlsError::Setup(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(super) async fn connect(&self, stream: TcpStream, name: &str) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "the relay's host is no name of a server")
        })?;
        TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await
    }
}

impl std::fmt::Debug for RelayTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RelayTls(..)")
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
}
