use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::LongTermKey;

/// Specification: longest USERNAME, in bytes (RFC 8489 §14.3).
const USERNAME_BYTES: usize = 508;

/// A name and a password for a TURN server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TurnCredentials {
    /// USERNAME, at most 508 bytes.
    pub username: String,
    /// Never sent.
    pub password: String,
}

impl TurnCredentials {
    /// The key for messages in `realm`.
    pub fn key(&self, realm: &str) -> LongTermKey {
        LongTermKey::new(&self.username, realm, &self.password)
    }
}

impl std::fmt::Debug for TurnCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnCredentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Why a user name is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// Not of the form `{unix seconds}:{id}`, or too long.
    #[error("a user name must be an expiry time, a colon and an id")]
    Malformed,
    /// The time in it has passed.
    #[error("the credentials have expired")]
    Expired,
}

/// The secret that an issuer of credentials (the control server) shares with a TURN server, so that neither has
/// to tell the other about users: "A REST API for Access to TURN Services" (draft-uberti-behave-turn-rest-00),
/// coturn's `--use-auth-secret`.
///
/// The user name is `{expiry in unix seconds}:{id}`, the password `base64(HMAC-SHA1(secret, user name))`.
#[derive(Clone)]
pub struct RestSecret(Zeroizing<Vec<u8>>);

impl RestSecret {
    /// From the shared bytes. They should be at least 16 random ones.
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        Self(Zeroizing::new(secret.as_ref().to_vec()))
    }

    /// Credentials for `id` that are accepted until `expires_at` (unix time in seconds). The `id` is what quotas
    /// are counted by; at most 480 bytes.
    pub fn issue(&self, id: &str, expires_at: u64) -> TurnCredentials {
        let username = format!("{expires_at}:{id}");
        let password = self.password(&username);
        TurnCredentials { username, password }
    }

    /// Reads a user name at unix time `now` (seconds): the id and the password that whoever uses it must prove
    /// to know. That they do is not checked here.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn read<'a>(&self, username: &'a str, now: u64) -> Result<(&'a str, String), RestError> {
        let (expires_at, id) = username.split_once(':').ok_or(RestError::Malformed)?;
        let digits = !expires_at.is_empty() && expires_at.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || id.is_empty() || username.len() > USERNAME_BYTES {
            return Err(RestError::Malformed);
        }
        let expires_at: u64 = expires_at.parse().map_err(|_| RestError::Malformed)?;
        if now >= expires_at {
            return Err(RestError::Expired);
        }
        Ok((id, self.password(username)))
    }

    /// The id of a member of a group of users, who have a quota together. Neither has an `@` in it.
    pub fn id_in_group(user: &str, group: &str) -> String {
        format!("{user}@{group}")
    }

    /// The user, and the group if there is one, of an id.
    pub fn user_and_group(id: &str) -> (&str, Option<&str>) {
        id.split_once('@').map_or((id, None), |(user, group)| (user, Some(group)))
    }

    fn password(&self, username: &str) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(username.as_bytes());
        BASE64.encode(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for RestSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RestSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issued_credentials_are_read_back_until_they_expire() {
        let secret = RestSecret::new("north");
        let issued = secret.issue("peer:7", 1_000);
        assert_eq!(issued.username, "1000:peer:7");
        assert_eq!(secret.read(&issued.username, 999), Ok(("peer:7", issued.password.clone())));
        assert_eq!(secret.read(&issued.username, 1_000), Err(RestError::Expired));
        assert_ne!(RestSecret::new("south").issue("peer:7", 1_000).password, issued.password);
    }

    /// Computed with `openssl dgst -sha1 -hmac north -binary | base64`.
    #[test]
    fn the_password_is_the_one_that_other_programs_compute() {
        assert_eq!(RestSecret::new("north").issue("user", 1_433_895_918).password, OPENSSL);
    }
    const OPENSSL: &str = "/gk4t5tUc08OpM3NjrVjHSFVNmY=";

    #[test]
    fn user_names_of_another_form_are_refused() {
        let secret = RestSecret::new("north");
        let long = format!("2000:{}", "x".repeat(600));
        for name in
            ["", ":", "2000", "2000:", ":x", "+2000:x", "2e3:x", "-1:x", "99999999999999999999:x", &long]
        {
            assert_eq!(secret.read(name, 0), Err(RestError::Malformed), "{name}");
        }
    }

    #[test]
    fn secrets_and_passwords_are_not_printed() {
        let secret = RestSecret::new("north");
        let credentials = secret.issue("x", 1);
        let text = format!("{secret:?} {credentials:?} {:?}", credentials.key("realm"));
        assert!(!text.contains("north") && !text.contains(&credentials.password), "{text}");
    }
}
