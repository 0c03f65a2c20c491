use lanrage_base::wire::Reader;

use crate::{
    DeviceIdentity, IdentityKey, PartyId, PeerId, Signature, UnixMillis, limits::VOICE_LINK_BYTES, visible,
};

/// Where a party talks: a text that its owner or a moderator has pinned, signed by whoever did. Whether they had the right to is
/// for [`Rulings`](crate::Rulings) to say. An empty one says that there is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceLink {
    author: IdentityKey,
    version: UnixMillis,
    text: String,
    signature: Signature,
}

impl VoiceLink {
    /// What surrounds the text among others: key, version, length and signature.
    const AROUND: usize = 32 + 8 + 1 + 64;
    /// The most bytes that [`Self::put`] writes.
    pub const MAX_BYTES: usize = Self::AROUND + VOICE_LINK_BYTES;

    /// Pins it. What of the text cannot be shown is left out. `version` is greater than of all that the author knows; it is by
    /// the author's clock where that is. `None` if the text is longer than [`VOICE_LINK_BYTES`]: half a link leads nowhere.
    pub fn sign(identity: &DeviceIdentity, party: &PartyId, version: UnixMillis, text: &str) -> Option<Self> {
        let text = visible(text, usize::MAX);
        let author = identity.public();
        let signature = identity.sign(&message(party, &author, version, &text));
        (text.len() <= VOICE_LINK_BYTES).then_some(Self { author, version, text, signature })
    }

    /// Whether its author has signed it, about this party.
    pub fn is_signed(&self, party: &PartyId) -> bool {
        self.author.verifies(&message(party, &self.author, self.version, &self.text), &self.signature)
    }

    /// Who has pinned it.
    pub fn author(&self) -> PeerId {
        PeerId::of(&self.author)
    }

    /// Of two, the higher is the later.
    pub const fn version(&self) -> UnixMillis {
        self.version
    }

    /// What is shown: one line of visible text, at most [`VOICE_LINK_BYTES`] long.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The later of two; of two that are as late the same one for everybody.
    pub fn is_later_than(&self, other: &Self) -> bool {
        (self.version, self.signature.as_bytes()) > (other.version, other.signature.as_bytes())
    }

    /// Appends it to others.
    pub fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.author.as_bytes());
        bytes.extend(self.version.0.to_be_bytes());
        bytes.push(self.text.len() as u8);
        bytes.extend(self.text.as_bytes());
        bytes.extend(self.signature.as_bytes());
    }

    /// Reads what [`Self::put`] wrote. Nothing in it may be used before [`Self::is_signed`]. Total: any bytes give one that can
    /// be shown, or `None`.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (author, version) = (IdentityKey::from_bytes(reader.array()?), UnixMillis(reader.u64()?));
        let length = usize::from(reader.byte()?);
        let text = std::str::from_utf8(reader.take(length)?).ok()?;
        let signature = Signature::from_bytes(reader.array()?);
        let is_shown = visible(text, VOICE_LINK_BYTES) == text;
        is_shown.then(|| Self { author, version, text: text.to_owned(), signature })
    }
}

fn message(party: &PartyId, author: &IdentityKey, version: UnixMillis, text: &str) -> Vec<u8> {
    let version = version.0.to_be_bytes();
    let parts = [b"lanrage voice link v1\0".as_slice(), party.as_bytes(), author.as_bytes(), &version];
    [parts.concat().as_slice(), text.as_bytes()].concat()
}

/// What a player may open of a pinned text.
const SCHEMES: [&str; 4] = ["https://", "mumble://", "ts3server://", "discord://"];

/// Whether the whole text is an address of a voice program that may be opened. Only letters, digits and signs of ASCII: others
/// look like them. No user before the host, which would be taken for the host.
pub fn is_voice_address(text: &str) -> bool {
    let Some(rest) = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    text.len() <= VOICE_LINK_BYTES && !host.is_empty() && !host.contains('@') && rest.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pinned(text: &str) -> Option<VoiceLink> {
        let ann = DeviceIdentity::from_seed(&[1; 32]);
        VoiceLink::sign(&ann, &PartyId::from_random([1; 16]), UnixMillis(7), text)
    }

    fn read(link: &VoiceLink) -> Option<VoiceLink> {
        let mut bytes = Vec::new();
        link.put(&mut bytes);
        assert!(bytes.len() <= VoiceLink::MAX_BYTES);
        let mut reader = Reader::new(&bytes);
        VoiceLink::read(&mut reader).filter(|_| reader.rest().is_empty())
    }

    #[test]
    fn a_link_is_its_authors_of_one_party_and_reads_back() {
        let party = [1, 2].map(|n| PartyId::from_random([n; 16]));
        let link = pinned(" https://discord.gg/abc\n").unwrap();
        assert_eq!((link.text(), read(&link)), ("https://discord.gg/abc", Some(link.clone())));
        assert!(link.is_signed(&party[0]) && !link.is_signed(&party[1]));
        let eve = DeviceIdentity::from_seed(&[2; 32]).public();
        for changed in [
            VoiceLink { text: "https://evil.example".to_owned(), ..link.clone() },
            VoiceLink { version: UnixMillis(8), ..link.clone() },
            VoiceLink { author: eve, ..link.clone() },
        ] {
            assert!(!changed.is_signed(&party[0]), "{changed:?}");
        }
        assert_eq!(pinned("").unwrap().text(), "", "there is none any more");
    }

    #[test]
    fn a_link_is_whole_or_none_and_what_cannot_be_shown_is_no_part_of_it() {
        assert_eq!(pinned("a\u{202E}b\nc").unwrap().text(), "abc");
        assert_eq!(pinned(&"a".repeat(VOICE_LINK_BYTES)).unwrap().text().len(), VOICE_LINK_BYTES);
        assert_eq!(pinned(&"a".repeat(VOICE_LINK_BYTES + 1)), None);
        let link = pinned("a").unwrap();
        for text in ["a\u{202E}b".to_owned(), "b".repeat(VOICE_LINK_BYTES + 1), " a".to_owned()] {
            let mut bytes = Vec::new();
            VoiceLink { text, ..link.clone() }.put(&mut bytes);
            assert_eq!(VoiceLink::read(&mut Reader::new(&bytes)), None);
        }
    }

    #[test]
    fn only_whole_addresses_of_voice_programs_are_opened() {
        for good in [
            "https://discord.gg/abc?x=1#y",
            "mumble://voice.example.org:64738/LAN",
            "ts3server://ts.example.org?port=9987",
            "discord://-/channels/1/2",
        ] {
            assert!(is_voice_address(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///abc",
            "http://example.org",
            "HTTPS://example.org",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "lanrage://join/abc",
            "steam://run/1",
            "talk: https://example.org",
            "https://example.org and more",
            "https://discord.com@evil.example/",
            "https://dіscord.com/",
            "https://example.org/\u{202E}gpj",
            "https://example.org/\"onclick=\"",
            "mumble://<b>",
        ] {
            assert!(!is_voice_address(bad), "{bad}");
        }
        assert!(!is_voice_address(&format!("https://a/{}", "a".repeat(VOICE_LINK_BYTES))));
    }

    proptest! {
        #[test]
        fn any_text_is_a_link_that_reads_back_or_too_long(text in any::<String>()) {
            if let Some(link) = pinned(&text) {
                prop_assert_eq!(read(&link), Some(link));
            }
        }

        #[test]
        fn any_bytes_are_a_link_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = VoiceLink::read(&mut Reader::new(&bytes));
        }
    }
}
