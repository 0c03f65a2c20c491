use std::{io, sync::Arc};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Whom we believe to be a relay: the web's root certificates, as for the control server. Cheap to clone.
#[derive(Clone)]
pub struct RelayTls(Arc<ClientConfig>);

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RelayTlsError {
    /// The cryptography lacks what TLS needs.
    #[error("TLS cannot be used: {0}")]
    Setup(String),
}

impl RelayTls {
    /// The web's roots.
    ///
    /// # Errors
    /// [`RelayTlsError::Setup`].
    pub fn new() -> Result<Self, RelayTlsError> {
        Self::of(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// The root of a test, and no other.
    #[cfg(test)]
    pub(super) fn trusting(pem: &[u8]) -> Self {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
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
