use minisign_verify::{PublicKey, Signature};
use semver::Version;
use serde::Deserialize;
use url::Url;

/// What the signed file says: `{"version":"1.2.3","page":"https://example.org/download"}`. What else it says is for later
/// programs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Release {
    /// The newest version.
    pub version: Version,
    /// Where people get it.
    pub page: Url,
}

/// Why a file says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseFault {
    /// It is signed by nobody, or by somebody else.
    Signature,
    /// It is signed, and cannot be understood.
    Content,
}

/// The version of this program.
#[must_use]
pub fn own_version() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).expect("cargo takes no other")
}

impl Release {
    /// Reads a file, if `signature` (minisign's format) is its own by this key.
    ///
    /// # Errors
    /// [`ReleaseFault`].
    pub fn read(file: &[u8], signature: &[u8], key: &PublicKey) -> Result<Self, ReleaseFault> {
        let signature = std::str::from_utf8(signature).map_err(|_| ReleaseFault::Signature)?;
        let signature = Signature::decode(signature).map_err(|_| ReleaseFault::Signature)?;
        // Only signatures of a digest: those of the whole file are minisign's former kind.
        key.verify(file, &signature, false).map_err(|_| ReleaseFault::Signature)?;
        let release: Self = serde_json::from_slice(file).map_err(|_| ReleaseFault::Content)?;
        // A click opens it.
        (release.page.scheme() == "https").then_some(release).ok_or(ReleaseFault::Content)
    }

    /// Whether it is newer than that one. An old file that is shown again is no news.
    #[must_use]
    pub fn is_newer_than(&self, own: &Version) -> bool {
        self.version > *own
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use blake2::{Blake2b512, Digest};
    use data_encoding::BASE64;
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const NUMBER: [u8; 8] = *b"lanrage1";

    /// A key, as minisign writes it.
    pub(crate) fn key(seed: u8) -> (SigningKey, String) {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let public = [b"Ed".as_slice(), &NUMBER, secret.verifying_key().as_bytes()].concat();
        (secret, BASE64.encode(&public))
    }

    /// The signature of a file, as minisign writes it.
    pub(crate) fn sign(secret: &SigningKey, file: &[u8]) -> String {
        let comment = "timestamp:1795000000";
        let own = secret.sign(&Blake2b512::digest(file)).to_bytes();
        let whole = secret.sign(&[&own, comment.as_bytes()].concat()).to_bytes();
        let line = BASE64.encode(&[b"ED".as_slice(), &NUMBER, &own].concat());
        format!("untrusted comment: x\n{line}\ntrusted comment: {comment}\n{}\n", BASE64.encode(&whole))
    }

    fn read(file: &str) -> Result<Release, ReleaseFault> {
        let (secret, public) = key(1);
        let public = PublicKey::from_base64(&public).unwrap();
        Release::read(file.as_bytes(), sign(&secret, file.as_bytes()).as_bytes(), &public)
    }

    #[test]
    fn a_signed_file_names_the_newest_version_and_its_page() {
        let release = read(r#"{"version":"1.10.0","page":"https://example.org/get","later":[1]}"#).unwrap();
        assert_eq!(
            (release.version.to_string().as_str(), release.page.as_str()),
            ("1.10.0", "https://example.org/get")
        );
        let newer = |own: &str| release.is_newer_than(&Version::parse(own).unwrap());
        assert!(newer("1.9.9") && newer("1.10.0-rc.1"));
        assert!(!newer("1.10.0") && !newer("2.0.0-rc.1"));
    }

    #[test]
    fn what_is_not_understood_is_no_release() {
        for file in [
            "",
            "{}",
            r#"{"version":"1","page":"https://example.org"}"#,
            r#"{"version":"1.0.0","page":"javascript:alert(1)"}"#,
            r#"{"version":"1.0.0","page":"http://example.org"}"#,
            r#"{"version":"1.0.0","page":"file:///etc/passwd"}"#,
        ] {
            assert_eq!(read(file), Err(ReleaseFault::Content), "{file}");
        }
    }

    #[test]
    fn a_file_that_somebody_else_signed_or_changed_says_nothing() {
        let file = br#"{"version":"9.0.0","page":"https://example.org"}"#;
        let (own, public) = key(1);
        let public = PublicKey::from_base64(&public).unwrap();
        let signature = sign(&own, file);
        assert!(Release::read(file, signature.as_bytes(), &public).is_ok());
        let fault = |file: &[u8], signature: &[u8]| Release::read(file, signature, &public);
        assert_eq!(fault(file, sign(&key(2).0, file).as_bytes()), Err(ReleaseFault::Signature));
        let changed = [&file[..], b" "].concat();
        assert_eq!(fault(&changed, signature.as_bytes()), Err(ReleaseFault::Signature));
        for cut in 0..signature.len() - 1 {
            assert_eq!(fault(file, &signature.as_bytes()[..cut]), Err(ReleaseFault::Signature), "{cut}");
        }
        assert_eq!(fault(file, &[0xFF; 200]), Err(ReleaseFault::Signature));
    }
}
