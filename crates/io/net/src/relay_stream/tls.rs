use std::{io, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Whom we believe to be a relay: the web's root certificates, as for the control server, and those of self-hosters
/// if there are any. Cheap to clone.
#[derive(Clone)]
pub struct RelayTls(Arc<ClientConfig>);

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RelayTlsError {
    /// The text holds no certificate, or a broken one.
    #[error("not a certificate in PEM form: {0}")]
    Pem(String),
    /// A certificate that cannot be a root.
    #[error("not a root certificate: {0}")]
    Root(String),
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

    /// The web's roots and these: one or more certificates in PEM form, the contents of a CA file.
    ///
    /// # Errors
    /// [`RelayTlsError`].
    pub fn with_extra_roots(pem: &[u8]) -> Result<Self, RelayTlsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| RelayTlsError::Pem(error.to_string()))?;
            roots.add(certificate).map_err(|error| RelayTlsError::Root(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(RelayTlsError::Pem("there is none".to_owned()));
        }
        Self::of(roots)
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
