use std::time::Duration;

use http::Method;
use lanrage_net::exchange::exchange;
use lanrage_party::facts::Cause;
use minisign_verify::PublicKey;
use tokio::time::timeout;
use tracing::warn;
use url::Url;

use crate::{Release, ReleaseFault};

/// Longest file and longest signature that are read, in bytes.
const FILE_BYTES: usize = 4_096;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What minisign adds to the name of what it signs.
const ENDING: &str = ".minisig";

/// Where the file is, and whose signature counts.
#[derive(Debug, Clone)]
pub struct Source {
    address: Url,
    key: PublicKey,
}

/// Why nothing was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookFault {
    /// The file cannot be had.
    Unreachable(Cause),
    /// It is there, and says nothing.
    Release(ReleaseFault),
}

impl Source {
    /// Of an address (`https`, or `http` on this computer or in a network of one's own, as the signature is what counts) and
    /// a public key as minisign writes it; `None` if one of them is no such thing.
    #[must_use]
    pub fn new(address: &str, key: &str) -> Option<Self> {
        let address = Url::parse(address).ok()?;
        let is_web = matches!(address.scheme(), "http" | "https") && address.query().is_none();
        Some(Self { address: is_web.then_some(address)?, key: PublicKey::from_base64(key).ok()? })
    }

    /// The one that this program was built with, by `LANRAGE_UPDATES` (the address) and `LANRAGE_UPDATES_KEY` in the build's
    /// environment; `None` without them.
    #[must_use]
    pub fn built_in() -> Option<Self> {
        // Where builds are made by a machine, what nobody has set is there and empty.
        let address = option_env!("LANRAGE_UPDATES").filter(|address| !address.is_empty())?;
        let key = option_env!("LANRAGE_UPDATES_KEY")?;
        let source = Self::new(address, key);
        if source.is_none() {
            warn!(address, "the address of updates, or its key, is none");
        }
        source
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`LookFault`].
    pub async fn look(&self) -> Result<Release, LookFault> {
        let mut signature = self.address.clone();
        signature.set_path(&format!("{}{ENDING}", self.address.path()));
        let (file, signature) = tokio::try_join!(fetch(&self.address), fetch(&signature))?;
        Release::read(&file, &signature, &self.key).map_err(LookFault::Release)
    }
}

async fn fetch(address: &Url) -> Result<Vec<u8>, LookFault> {
    let answer = Box::pin(exchange(address, Method::GET, Vec::new(), FILE_BYTES));
    match timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) if answer.status == 200 => Ok(answer.body),
        Ok(Ok(_)) => Err(LookFault::Unreachable(Cause::Missing)),
        Ok(Err(cause)) => Err(LookFault::Unreachable(cause)),
        Err(_) => Err(LookFault::Unreachable(Cause::TooSlow)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::release::tests::{key, sign};

    /// What is found at a server that has these files.
    async fn found(files: &[(&str, &[u8])], key: &str) -> Result<Release, LookFault> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/newest.json", listener.local_addr().unwrap());
        let source = Source::new(&address, key).unwrap();
        let serve = async {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
                }
                let asked = String::from_utf8(asked).unwrap();
                let path = asked.split(' ').nth(1).unwrap();
                let file = files.iter().find(|(name, _)| *name == path).map(|(_, file)| *file);
                let status = if file.is_some() { "200 OK" } else { "404 Not Found" };
                let body = file.unwrap_or_default();
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
                // Whoever refuses an answer may hang up.
                let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
            }
        };
        tokio::select! {
            () = serve => unreachable!(),
            found = source.look() => found,
        }
    }

    #[tokio::test]
    async fn the_file_and_its_signature_are_fetched_and_nothing_else_counts() {
        let (secret, public) = key(1);
        let file = br#"{"version":"9.0.0","page":"https://example.org"}"#;
        let signature = sign(&secret, file);
        let both = [("/newest.json", file.as_slice()), ("/newest.json.minisig", signature.as_bytes())];
        assert_eq!(found(&both, &public).await.unwrap().version.major, 9);
        assert_eq!(found(&both[..1], &public).await, Err(LookFault::Unreachable(Cause::Missing)));
        assert_eq!(found(&both, &key(2).1).await, Err(LookFault::Release(ReleaseFault::Signature)));
        let endless = [both[1], ("/newest.json", &[b' '; 1_000_000])];
        assert_eq!(found(&endless, &public).await, Err(LookFault::Release(ReleaseFault::Signature)));
    }

    #[test]
    fn what_is_no_address_or_no_key_is_no_source() {
        let public = key(1).1;
        assert!(Source::new("https://example.org/newest.json", &public).is_some());
        for address in ["", "example.org", "ftp://example.org/x", "https://example.org/x?y"] {
            assert!(Source::new(address, &public).is_none(), "{address}");
        }
        assert!(Source::new("https://example.org/newest.json", "none").is_none());
    }
}
