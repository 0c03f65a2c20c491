use lanrage_base::wire::Reader;

use crate::{
    DeviceIdentity, IdentityKey, PartyId, PeerId, Signature, UnixMillis, limits::CHAT_BYTES, visible,
};

/// Tells one line from another of a party's chat.
pub type ChatMark = [u8; 6];

/// Something that a member says to all of a party, signed by the member: whoever comes later may be told it by anybody. That it
/// is the member's word is for [`Self::is_of`] to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatLine {
    /// Who says it.
    pub author: PeerId,
    /// When, by the author's clock; of one author's lines no two have the same.
    pub at: UnixMillis,
    text: String,
    signature: Signature,
}

impl ChatLine {
    /// What surrounds the text among others: author, time, length and signature.
    const AROUND: usize = 16 + 8 + 2 + 64;
    /// The most bytes that one has among others.
    pub const MAX_BYTES: usize = Self::AROUND + CHAT_BYTES;

    /// The member's word; `None` if nothing of the text can be shown. What cannot is left out, and what is too long is cut.
    pub fn sign(identity: &DeviceIdentity, party: &PartyId, at: UnixMillis, text: &str) -> Option<Self> {
        let text = visible(text, CHAT_BYTES);
        let author = identity.peer_id();
        let signature = identity.sign(&message(party, &author, at, &text));
        (!text.is_empty()).then_some(Self { author, at, text, signature })
    }

    /// What is said: one line of visible text, at most [`CHAT_BYTES`] long.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the member of this key has said it in this party.
    pub fn is_of(&self, member: &IdentityKey, party: &PartyId) -> bool {
        self.author == PeerId::of(member)
            && member.verifies(&message(party, &self.author, self.at, &self.text), &self.signature)
    }

    /// The line in short.
    pub fn mark(&self) -> ChatMark {
        let [a, b, c, d, e, f, ..] = *self.signature.as_bytes();
        [a, b, c, d, e, f]
    }

    /// How many bytes [`Self::put`] writes.
    pub const fn wire_bytes(&self) -> usize {
        Self::AROUND + self.text.len()
    }

    /// Appends it to others.
    pub fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.author.as_bytes());
        bytes.extend(self.at.0.to_be_bytes());
        bytes.extend((self.text.len() as u16).to_be_bytes());
        bytes.extend(self.text.as_bytes());
        bytes.extend(self.signature.as_bytes());
    }

    /// Reads what [`Self::put`] wrote. Total: any bytes give one that can be shown, or `None`.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (author, at) = (PeerId::from_bytes(reader.array()?), UnixMillis(reader.u64()?));
        let length = usize::from(reader.u16()?);
        let text = std::str::from_utf8(reader.take(length)?).ok()?;
        let signature = Signature::from_bytes(reader.array()?);
        let is_shown = !text.is_empty() && visible(text, CHAT_BYTES) == text;
        is_shown.then(|| Self { author, at, text: text.to_owned(), signature })
    }
}

fn message(party: &PartyId, author: &PeerId, at: UnixMillis, text: &str) -> Vec<u8> {
    let at = at.0.to_be_bytes();
    [b"lanrage chat v1\0".as_slice(), party.as_bytes(), author.as_bytes(), &at, text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Option<ChatLine> {
        let ann = DeviceIdentity::from_seed(&[1; 32]);
        ChatLine::sign(&ann, &PartyId::from_random([1; 16]), UnixMillis(7), text)
    }

    fn read(line: &ChatLine) -> Option<ChatLine> {
        let mut bytes = Vec::new();
        line.put(&mut bytes);
        assert!(bytes.len() == line.wire_bytes() && bytes.len() <= ChatLine::MAX_BYTES);
        let mut reader = Reader::new(&bytes);
        ChatLine::read(&mut reader).filter(|_| reader.rest().is_empty())
    }

    #[test]
    fn a_line_is_its_authors_own_of_one_party() {
        let [ann, eve] = [1, 2].map(|n| DeviceIdentity::from_seed(&[n; 32]));
        let [party, other] = [1, 2].map(|n| PartyId::from_random([n; 16]));
        let line = said("  who hosts?\n").unwrap();
        assert_eq!((line.text(), read(&line)), ("who hosts?", Some(line.clone())));
        assert!(line.is_of(&ann.public(), &party));
        assert!(!line.is_of(&eve.public(), &party), "another member");
        assert!(!line.is_of(&ann.public(), &other), "another party");
        assert!(!ChatLine { at: UnixMillis(8), ..line.clone() }.is_of(&ann.public(), &party), "another time");
        let changed = ChatLine { text: "I host".to_owned(), ..line.clone() };
        assert!(!changed.is_of(&ann.public(), &party), "another text");
        assert!(!ChatLine { author: eve.peer_id(), ..line }.is_of(&eve.public(), &party), "another's word");
    }

    #[test]
    fn what_cannot_be_shown_is_no_part_of_it() {
        assert_eq!(said(" \u{202E}\u{200B}\n"), None);
        assert_eq!(said("a\u{202E}b\nc").unwrap().text(), "abc");
        let long = said(&"ä".repeat(CHAT_BYTES)).unwrap();
        assert_eq!((long.text().len(), read(&long)), (CHAT_BYTES, Some(long.clone())));
        let hidden = ChatLine { text: "a\u{202E}b".to_owned(), ..long.clone() };
        let longer = ChatLine { text: "b".repeat(CHAT_BYTES + 1), ..long.clone() };
        for bad in [hidden, longer, ChatLine { text: String::new(), ..long }] {
            let mut bytes = Vec::new();
            bad.put(&mut bytes);
            assert_eq!(ChatLine::read(&mut Reader::new(&bytes)), None, "{:?}", bad.text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_line_that_reads_back_or_nothing(text in any::<String>()) {
            if let Some(line) = said(&text) {
                prop_assert_eq!(read(&line), Some(line));
            }
        }

        #[test]
        fn any_bytes_are_a_line_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ChatLine::read(&mut Reader::new(&bytes));
        }
    }
}
