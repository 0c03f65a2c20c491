//! Certificates that an authority gives by itself (ACME, RFC 8555). That this machine has the name is proven on the port that
//! the certificate is for; what is given is put into files, which [`super::certificate`] reads like anybody's.

mod challenge;
mod schedule;

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType, HttpClient,
    Identifier, NewAccount, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use lanrage_backup::blocking;
use lanrage_base::atomic_file;
use lanrage_net::exchange::send;
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

pub(crate) use challenge::{Challenges, PROTOCOL};
use schedule::{Failures, Validity};

use super::certificate::CertificateFiles;
use crate::shutdown::Shutdown;

/// The authority that asks for no more than the proof, and charges nothing.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// In the data directory.
const FOLDER: &str = "tls";
const ACCOUNT_FILE: &str = "account.json";
/// How much of an authority's answer is read: the longest is a chain of certificates.
const ANSWER_BYTES: usize = 1 << 20;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a whole order may take. The authority looks from several places.
const ORDER: Duration = Duration::from_secs(5 * 60);
const RETRIES: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(90));
/// What an authority calls it when it was asked too often (RFC 8555 §6.7).
const RATE_LIMITED: &str = "urn:ietf:params:acme:error:rateLimited";
/// The longest that nothing is looked at: the clock may be put right, or the machine sleep.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// Where certificates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The address of the authority's directory (RFC 8555 §7.1.1).
    pub directory: String,
    /// To whom it writes when something is wrong, an address of e-mail; some tell nobody of anything.
    pub contact: Option<String>,
    /// The names that the certificate is to be for.
    pub names: Vec<String>,
}

impl AcmeSettings {
    /// Where the certificate is going to be.
    pub fn files(data_dir: &Path) -> CertificateFiles {
        let [certificate, key] = ["chain.pem", "key.pem"].map(|name| data_dir.join(FOLDER).join(name));
        CertificateFiles { certificate, key, is_awaited: true }
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcmeError {
    #[error(transparent)]
    Authority(#[from] instant_acme::Error),
    #[error("the authority did not find this server at {name}: {reason}")]
    Refused { name: String, reason: String },
    #[error("the authority takes no proof on the port of TLS (TLS-ALPN-01)")]
    NoChallenge,
    #[error("the authority did not answer in time")]
    TooLong,
    #[error("cannot use {}: {reason}", .path.display())]
    File { path: PathBuf, reason: String },
    #[error("cannot make a certificate: {0}")]
    Made(#[from] rcgen::Error),
    #[error("cannot make a certificate: {0}")]
    Tls(#[from] rustls::Error),
}

impl AcmeError {
    fn refused(name: String, told: &Problem) -> Self {
        Self::Refused { name, reason: told.detail.clone().unwrap_or_else(|| told.to_string()) }
    }

    /// How long to wait after a first one of its kind.
    fn first_pause(&self) -> Duration {
        let is_limit = |told: &Problem| told.r#type.as_deref() == Some(RATE_LIMITED);
        match self {
            Self::Refused { .. } => schedule::REFUSED,
            Self::Authority(instant_acme::Error::Api(told)) if is_limit(told) => schedule::REFUSED,
            _ => schedule::PASSING,
        }
    }
}

/// Who this server is at an authority.
#[derive(Serialize, Deserialize)]
struct KeptAccount {
    directory: String,
    credentials: AccountCredentials,
}

/// Asks for a certificate, and for another in time.
pub(crate) struct Acme {
    settings: AcmeSettings,
    files: CertificateFiles,
    account_file: PathBuf,
    challenges: Arc<Challenges>,
}

impl Acme {
    pub(crate) fn new(settings: AcmeSettings, data_dir: &Path) -> Self {
        Self {
            settings,
            files: AcmeSettings::files(data_dir),
            account_file: data_dir.join(FOLDER).join(ACCOUNT_FILE),
            challenges: Arc::default(),
        }
    }

    pub(crate) fn challenges(&self) -> Arc<Challenges> {
        self.challenges.clone()
    }

    pub(crate) async fn run(self, mut stopping: Shutdown) {
        let mut failures = None;
        loop {
            let (files, names) = (self.files.clone(), self.settings.names.clone());
            let current = blocking::run(move || validity(&files, &names)).await;
            let wait = schedule::wait(current, failures, SystemTime::now());
            if !wait.is_zero() {
                tokio::select! {
                    () = stopping.requested() => return,
                    () = tokio::time::sleep(wait.min(LOOK)) => continue,
                }
            }
            let tried = SystemTime::now();
            let ordered = tokio::select! {
                () = stopping.requested() => return,
                ordered = timeout(ORDER, self.order()) => ordered.unwrap_or(Err(AcmeError::TooLong)),
            };
            self.challenges.clear();
            match ordered {
                Ok(()) => {
                    failures = None;
                    tracing::info!(names = ?self.settings.names, "the authority has given a certificate");
                }
                Err(error) => {
                    failures = Some(Failures::another(failures, error.first_pause(), tried));
                    tracing::warn!(
                        %error,
                        names = ?self.settings.names,
                        "there is no new certificate; each name must lead to this machine, and port 443 of it to this server"
                    );
                }
            }
        }
    }

    async fn order(&self) -> Result<(), AcmeError> {
        let account = self.account().await?;
        let identifiers: Vec<_> = self.settings.names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let mut challenge =
                authorization.challenge(ChallengeType::TlsAlpn01).ok_or(AcmeError::NoChallenge)?;
            let name = challenge.identifier().to_string();
            self.challenges.prove(&name, challenge.key_authorization().digest().as_ref())?;
            challenge.set_ready().await?;
        }
        match order.poll_ready(&RETRIES).await {
            Ok(OrderStatus::Ready) => {}
            Ok(_) | Err(instant_acme::Error::Api(_)) => return Err(refusal(&mut order).await),
            Err(error) => return Err(error.into()),
        }
        let mut params = CertificateParams::new(self.settings.names.clone())?;
        params.distinguished_name = DistinguishedName::new();
        let key = KeyPair::generate()?;
        order.finalize_csr(params.serialize_request(&key)?.der()).await?;
        let chain = order.poll_certificate(&RETRIES).await?;
        // Between both, what is read is a key of another certificate, and the former one stays in use.
        self.keep(&self.files.key, key.serialize_pem().into_bytes()).await?;
        self.keep(&self.files.certificate, chain.into_bytes()).await
    }

    /// The account of before, or a new one.
    async fn account(&self) -> Result<Account, AcmeError> {
        let builder = || Account::builder_with_http(Box::new(Exchange));
        let file = self.account_file.clone();
        let kept = blocking::run(move || std::fs::read(file)).await.ok();
        let kept: Option<KeptAccount> = kept.and_then(|json| serde_json::from_slice(&json).ok());
        if let Some(kept) = kept.filter(|kept| kept.directory == self.settings.directory) {
            return Ok(builder().from_credentials(kept.credentials).await?);
        }
        let contact = self.settings.contact.as_ref().map(|address| format!("mailto:{address}"));
        let contact: Vec<_> = contact.as_deref().into_iter().collect();
        let account =
            NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) =
            builder().create(&account, self.settings.directory.clone(), None).await?;
        let kept = KeptAccount { directory: self.settings.directory.clone(), credentials };
        let json = serde_json::to_vec(&kept).map_err(|error| self.unusable(&self.account_file, &error))?;
        self.keep(&self.account_file, json).await?;
        Ok(account)
    }

    /// Writes a file that is nobody else's.
    async fn keep(&self, path: &Path, bytes: Vec<u8>) -> Result<(), AcmeError> {
        let file = path.to_owned();
        let written = blocking::run(move || {
            if let Some(folder) = file.parent() {
                atomic_file::create_private_folder(folder)?;
            }
            atomic_file::write_private(&file, &bytes)
        });
        written.await.map_err(|error| self.unusable(path, &error))
    }

    fn unusable(&self, path: &Path, error: &dyn std::error::Error) -> AcmeError {
        AcmeError::File { path: path.to_owned(), reason: error.to_string() }
    }
}

/// Why an order came to nothing, as the authority tells it.
async fn refusal(order: &mut Order) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { continue };
        let told = state.challenges.iter().find_map(|challenge| challenge.error.as_ref());
        if let Some(told) = told {
            return AcmeError::refused(state.identifier().to_string(), told);
        }
    }
    AcmeError::Refused { name: "its names".to_owned(), reason: "it does not say why".to_owned() }
}

/// How long the certificate counts that is there, if it is for all of these names.
fn validity(files: &CertificateFiles, names: &[String]) -> Option<Validity> {
    let leaf = CertificateDer::pem_file_iter(&files.certificate).ok()?.next()?.ok()?;
    let (_, parsed) = X509Certificate::from_der(&leaf).ok()?;
    let alternatives = parsed.subject_alternative_name().ok()??;
    let is_for = |name: &String| {
        alternatives
            .value
            .general_names
            .iter()
            .any(|general| matches!(general, GeneralName::DNSName(dns) if dns.eq_ignore_ascii_case(name)))
    };
    let at = |time: x509_parser::time::ASN1Time| {
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(time.timestamp()).unwrap_or(0))
    };
    let validity = parsed.validity();
    names
        .iter()
        .all(is_for)
        .then(|| Validity { from: at(validity.not_before), until: at(validity.not_after) })
}

/// Single requests, through the proxy where one is set, to whom this system trusts.
struct Exchange;

impl HttpClient for Exchange {
    fn request(
        &self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let other = |error: Box<dyn std::error::Error + Send + Sync>| instant_acme::Error::Other(error);
            let body = body.collect().await.map_err(|error| other(error.into()))?.to_bytes();
            let request = http::Request::from_parts(parts, body.to_vec());
            let answer = timeout(PATIENCE, send(request, ANSWER_BYTES)).await;
            let answer = answer
                .map_err(|_| other("no answer".into()))?
                .map_err(|cause| other(format!("no connection: {cause}").into()))?;
            Ok(answer.map(Full::<Bytes>::from).into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_a_proof_is_tried_again_later_than_what_passes() {
        let told = |kind: &str| Problem {
            r#type: Some(kind.to_owned()),
            detail: None,
            status: Some(400),
            subproblems: Vec::new(),
        };
        let api = |kind: &str| AcmeError::from(instant_acme::Error::Api(told(kind)));
        assert_eq!(api("urn:ietf:params:acme:error:badNonce").first_pause(), schedule::PASSING);
        assert_eq!(api(RATE_LIMITED).first_pause(), schedule::REFUSED);
        assert_eq!(AcmeError::TooLong.first_pause(), schedule::PASSING);
        let refused = AcmeError::refused("one.example".to_owned(), &told("urn:ietf:params:acme:error:tls"));
        assert_eq!(refused.first_pause(), schedule::REFUSED);
    }

    #[test]
    fn a_certificate_counts_for_the_names_that_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let files = AcmeSettings::files(folder.path());
        let names = ["one.example".to_owned(), "two.example".to_owned()];
        assert_eq!(validity(&files, &names), None, "there is none");
        std::fs::create_dir(folder.path().join(FOLDER)).unwrap();
        let made = rcgen::generate_simple_self_signed(names.clone()).unwrap();
        std::fs::write(&files.certificate, made.cert.pem()).unwrap();
        let of_both = validity(&files, &names).unwrap();
        assert!(of_both.from < of_both.until, "{of_both:?}");
        assert_eq!(validity(&files, &["ONE.example".to_owned()]), Some(of_both));
        assert_eq!(validity(&files, &["three.example".to_owned()]), None);
        std::fs::write(&files.certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            .unwrap();
        assert_eq!(validity(&files, &names), None, "it is none");
    }
}
