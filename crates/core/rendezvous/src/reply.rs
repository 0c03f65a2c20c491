//! A door entry that comes by chat: [`ReplyKey`].

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::BASE64URL_NOPAD;
use lanrage_party::{
    PartyId, PartySecret,
    copied::{self, REPLY_PREFIX},
    facts::CommandError,
    limits::PASTED_BYTES,
};

use crate::{DoorEntry, entries::door::ENTRY_BYTES};

/// First byte of every reply: the format's version.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const LABEL: &[u8] = b"lanrage reply v1";

/// Makes and reads replies: where a newcomer waits whom nobody answers, as a text that it sends to a member by whatever way the
/// link came. The member's program knocks there as if the entry stood at the party's door.
///
/// Of one length, sealed under the party's secret of this epoch: nobody else reads from it who waits where, or makes one. The text is
/// `lanrage://reply/` and in base64url: the version 1; a nonce of 24 bytes; the entry, sealed with XChaCha20-Poly1305; and the first four
/// bytes of the SHA-256 of all that, by which a text that was cut is told from one of another party.
#[derive(Clone)]
pub struct ReplyKey(XChaCha20Poly1305);

/// Why a text is no reply to this party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// Nothing in it begins as a reply does, or it is longer than a person copies.
    #[error("not a reply")]
    NotAReply,
    /// Cut short, or mistyped.
    #[error("the reply is damaged")]
    Damaged,
    /// Made by a program of another generation.
    #[error("the reply has format {0}")]
    Version(u8),
    /// Whole, and not sealed with this party's secret of this epoch: to another party, or forged.
    #[error("the reply is to another party")]
    OtherParty,
}

impl ReplyKey {
    /// The key of a party's epoch.
    pub fn new(secret: &PartySecret, party: PartyId, epoch: u32) -> Self {
        let mut key = [0; 32];
        secret.derive(&[LABEL, party.as_bytes(), &epoch.to_be_bytes()], b"", &mut key);
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    /// The text that says this. `nonce` is random and never used twice.
    pub fn seal(&self, entry: &DoorEntry, nonce: [u8; NONCE_BYTES]) -> String {
        let payload = Payload { msg: &entry.write(), aad: LABEL };
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload);
        let mut bytes = vec![VERSION];
        bytes.extend(nonce);
        bytes.extend(sealed.expect("an entry is not too long to be sealed"));
        copied::put_checksum(&mut bytes);
        format!("{REPLY_PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// What a text says. When that was written is the caller's to judge. Total: any text gives an entry or an error.
    ///
    /// # Errors
    /// [`ReplyError`].
    pub fn open(&self, text: &str) -> Result<DoorEntry, ReplyError> {
        if text.len() > PASTED_BYTES {
            return Err(ReplyError::NotAReply);
        }
        let read = copied::read(
            text,
            |text| copied::behind(text, REPLY_PREFIX),
            ReplyError::Damaged,
            |body| self.decode(body),
        );
        read.unwrap_or(Err(ReplyError::NotAReply))
    }

    fn decode(&self, body: &str) -> Result<DoorEntry, ReplyError> {
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|_| ReplyError::Damaged)?;
        match bytes.first() {
            None => return Err(ReplyError::Damaged),
            Some(&VERSION) => {}
            Some(&version) => return Err(ReplyError::Version(version)),
        }
        let bytes = copied::without_checksum(&bytes).ok_or(ReplyError::Damaged)?;
        let (nonce, sealed) = bytes[1..].split_at_checked(NONCE_BYTES).ok_or(ReplyError::Damaged)?;
        if sealed.len() != ENTRY_BYTES + TAG_BYTES {
            return Err(ReplyError::Damaged);
        }
        let payload = Payload { msg: sealed, aad: LABEL };
        let plain = self.0.decrypt(XNonce::from_slice(nonce), payload);
        DoorEntry::read(&plain.map_err(|_| ReplyError::OtherParty)?).ok_or(ReplyError::Damaged)
    }
}

impl fmt::Debug for ReplyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyKey(..)")
    }
}

impl From<ReplyError> for CommandError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::NotAReply => Self::ReplyNotALink,
            ReplyError::Damaged => Self::ReplyDamaged,
            ReplyError::Version(version) => Self::ReplyVersion { version: version.into() },
            ReplyError::OtherParty => Self::ReplyToAnother,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Addresses, Token};

    fn key(secret: u8, party: u8, epoch: u32) -> ReplyKey {
        ReplyKey::new(&PartySecret::from_random([secret; 32]), PartyId::from_random([party; 16]), epoch)
    }

    fn entry(addresses: usize) -> DoorEntry {
        let all = ["198.51.100.7:41641", "192.168.1.9:41641", "[2001:db8::7]:41641"];
        let addresses: Addresses = all[..addresses].iter().map(|text| text.parse().unwrap()).collect();
        DoorEntry { token: Token([7; 8]), at_s: 1_795_372_304, member: false, addresses }
    }

    #[test]
    fn a_reply_is_one_line_of_one_length_and_comes_back_however_it_was_copied() {
        let text = key(1, 1, 1).seal(&entry(3), [5; 24]);
        assert_eq!(text.len(), key(1, 1, 1).seal(&entry(0), [6; 24]).len());
        assert_eq!(text.len(), 166, "half a line of chat");
        let (head, tail) = text.split_at(90);
        for copied in [
            text.clone(),
            format!("  {text}\n"),
            format!("here: <{text}>, hurry"),
            format!("{head}\n  {tail}"),
            format!("{text} see you"),
        ] {
            assert_eq!(key(1, 1, 1).open(&copied), Ok(entry(3)), "{copied}");
        }
    }

    #[test]
    fn whose_it_is_not_and_what_was_changed_is_told_apart() {
        let text = key(1, 1, 1).seal(&entry(2), [5; 24]);
        for other in [key(2, 1, 1), key(1, 2, 1), key(1, 1, 2)] {
            assert_eq!(other.open(&text), Err(ReplyError::OtherParty));
        }
        let open = |text: &str| key(1, 1, 1).open(text).unwrap_err();
        assert_eq!(open(&text[..text.len() - 1]), ReplyError::Damaged);
        assert_eq!(open(REPLY_PREFIX), ReplyError::Damaged);
        assert_eq!(open("lanrage://reply/AgAA"), ReplyError::Version(2));
        assert_eq!(open("lanrage://join/AQAA"), ReplyError::NotAReply);
        assert_eq!(open(&format!("{}{text}", " ".repeat(PASTED_BYTES))), ReplyError::NotAReply);
        // Whoever makes the checksum anew has not the key.
        let mut bytes = BASE64URL_NOPAD.decode(&text.as_bytes()[REPLY_PREFIX.len()..]).unwrap();
        bytes[30] ^= 1;
        bytes.truncate(bytes.len() - 4);
        copied::put_checksum(&mut bytes);
        assert_eq!(
            open(&format!("{REPLY_PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))),
            ReplyError::OtherParty
        );
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_a_panic_and_one_changed_letter_is_noticed(
            bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..150, is_text: bool
        ) {
            let body = BASE64URL_NOPAD.encode(&bytes);
            let text = if is_text { String::from_utf8_lossy(&bytes).into_owned() } else { format!("{REPLY_PREFIX}{body}") };
            prop_assert!(key(1, 1, 1).open(&text).is_err());
            let mut good = key(1, 1, 1).seal(&entry(3), [5; 24]).into_bytes();
            let at = REPLY_PREFIX.len() + at;
            good[at] = if good[at] == b'A' { b'B' } else { b'A' };
            prop_assert!(key(1, 1, 1).open(std::str::from_utf8(&good).unwrap()).is_err());
        }
    }
}
