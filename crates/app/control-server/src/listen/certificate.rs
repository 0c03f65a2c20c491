//! The certificate by which TLS clients know this server. Its files are read again, so that whoever renews it restarts nothing.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::ServerError;

/// Between two looks at the files, which a handshake makes that comes when one is due.
const LOOK: Duration = Duration::from_secs(60);
/// The same while there is none.
const LOOK_FOR_FIRST: Duration = Duration::from_secs(1);

/// Where a certificate is kept, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and those that vouch for it.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Whether somebody puts it there later. Until then every handshake fails, and nothing else does.
    pub is_awaited: bool,
}

/// Where TLS is spoken.
#[derive(Debug, Clone)]
pub struct TlsListen {
    /// The address (TCP).
    pub listen: SocketAddr,
    /// By which clients know whom they reach.
    pub certificate: CertificateFiles,
}

/// Gives each handshake the newest certificate.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: CertificateFiles,
    current: RwLock<Option<Arc<CertifiedKey>>>,
    looked: Mutex<Looked>,
}

#[derive(Debug)]
struct Looked {
    at: Instant,
    /// Somebody has said since that they are others.
    expired: bool,
    /// Why the files could not be used then: said once.
    failure: Option<String>,
}

impl Certificate {
    /// Reads it.
    ///
    /// # Errors
    /// [`ServerError::Tls`] if a file cannot be read or holds something else, or the key is not the certificate's, unless
    /// another is awaited.
    pub(crate) fn load(files: CertificateFiles, now: Instant) -> Result<Arc<Self>, ServerError> {
        let current = match read(&files) {
            Ok(current) => Some(Arc::new(current)),
            Err(_) if files.is_awaited => None,
            Err(error) => return Err(error),
        };
        let current = RwLock::new(current);
        Ok(Arc::new(Self {
            files,
            current,
            looked: Mutex::new(Looked { at: now, expired: false, failure: None }),
        }))
    }

    /// For connections that are to be known by it.
    pub(crate) fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, ServerError> {
        ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_no_client_auth().with_cert_resolver(self.clone()))
            .map(Arc::new)
            .map_err(|error| failed(&self.files.certificate, error.to_string()))
    }

    /// The next handshake reads the files again.
    pub(crate) fn expire(&self) {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).expired = true;
    }

    /// Reads the files again if that is due. What cannot be used changes nothing: they may be half written.
    fn look(&self, now: Instant) {
        let pause = if self.current().is_some() { LOOK } else { LOOK_FOR_FIRST };
        let mut looked = match self.looked.try_lock() {
            Ok(looked) if looked.expired || now.saturating_duration_since(looked.at) >= pause => looked,
            // Somebody else looks, or has just looked.
            _ => return,
        };
        (looked.at, looked.expired) = (now, false);
        match read(&self.files) {
            Ok(new) => {
                looked.failure = None;
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                if current.as_ref().is_none_or(|current| current.cert != new.cert) {
                    tracing::info!(certificate = %self.files.certificate.display(), "the certificate is another");
                    *current = Some(Arc::new(new));
                }
            }
            Err(error) => {
                let failure = error.to_string();
                if looked.failure.as_ref() != Some(&failure) && self.current().is_some() {
                    tracing::warn!(%error, "the certificate of before stays in use");
                }
                looked.failure = Some(failure);
            }
        }
    }

    fn current(&self) -> Option<Arc<CertifiedKey>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.look(Instant::now());
        self.current()
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read(CertificateFiles { certificate, key, .. }: &CertificateFiles) -> Result<CertifiedKey, ServerError> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(failed(certificate, "there is no certificate in it".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error.to_string()))?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|error| failed(key, error.to_string()))
}

fn failed(path: &Path, reason: String) -> ServerError {
    ServerError::Tls { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn files(folder: &Path, is_awaited: bool) -> CertificateFiles {
        let [certificate, key] = ["chain.pem", "key.pem"].map(|name| folder.join(name));
        CertificateFiles { certificate, key, is_awaited }
    }

    fn write(files: &CertificateFiles, name: &str) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        fs::write(&files.certificate, made.cert.pem()).unwrap();
        fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        made.cert.der().to_vec()
    }

    fn shown(certificate: &Certificate) -> Vec<u8> {
        certificate.current().unwrap().cert[0].to_vec()
    }

    #[test]
    fn a_renewed_certificate_is_shown_and_one_that_is_half_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path(), false);
        let start = Instant::now();
        assert!(
            matches!(Certificate::load(files.clone(), start), Err(ServerError::Tls { .. })),
            "there is none"
        );
        let first = write(&files, "one.example");
        let loaded = Certificate::load(files.clone(), start).unwrap();

        let second = write(&files, "two.example");
        loaded.look(start + LOOK / 2);
        assert_eq!(shown(&loaded), first, "it is not time to look");
        loaded.expire();
        loaded.look(start + LOOK / 2);
        assert_eq!(shown(&loaded), second, "somebody said that it is another");
        let first = second;
        let old_key = fs::read(&files.key).unwrap();
        let second = write(&files, "three.example");
        let new_key = fs::read(&files.key).unwrap();
        fs::write(&files.key, old_key).unwrap();
        loaded.look(start + LOOK);
        assert_eq!(shown(&loaded), first, "the key is not yet that of the certificate");
        fs::write(&files.key, new_key).unwrap();
        loaded.look(start + 2 * LOOK);
        assert_eq!(shown(&loaded), second);
        fs::remove_file(&files.certificate).unwrap();
        loaded.look(start + 3 * LOOK);
        assert_eq!(shown(&loaded), second);
        assert!(loaded.config().is_ok());
    }

    #[test]
    fn one_that_is_awaited_is_shown_as_soon_as_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path(), true);
        let start = Instant::now();
        let loaded = Certificate::load(files.clone(), start).unwrap();
        loaded.look(start + LOOK_FOR_FIRST);
        assert!(loaded.current().is_none());
        let first = write(&files, "one.example");
        loaded.look(start + 2 * LOOK_FOR_FIRST);
        assert_eq!(shown(&loaded), first);
    }
}
