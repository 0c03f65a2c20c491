//! The proof that a name leads here: a certificate that nobody but the authority asks for (TLS-ALPN-01, RFC 8737 §3).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::AcmeError;
use crate::listen::certificate::provider;

/// What the authority asks for by (RFC 8737 §6.2).
pub(crate) const PROTOCOL: &[u8] = b"acme-tls/1";

/// The proofs of the order that is under way.
#[derive(Debug, Default)]
pub(crate) struct Challenges(Mutex<HashMap<String, Arc<CertifiedKey>>>);

impl Challenges {
    /// For the connections by which the authority looks.
    pub(crate) fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Arc::new(config))
    }

    /// Proves from now on that this name leads here, by the digest that the authority expects.
    pub(super) fn prove(&self, name: &str, digest: &[u8]) -> Result<(), AcmeError> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // Unchecked: what makes it a proof is a critical extension that no client of the web knows.
        let shown = CertifiedKey::new(
            vec![certificate.der().clone()],
            provider().key_provider.load_private_key(key)?,
        );
        self.proofs().insert(name.to_owned(), Arc::new(shown));
        Ok(())
    }

    /// Proves nothing any more.
    pub(super) fn clear(&self) {
        self.proofs().clear();
    }

    fn proofs(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<CertifiedKey>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Challenges {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.proofs().get(hello.server_name()?).cloned()
    }
}
