use std::{fmt, net::SocketAddr};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use lanrage_base::wire::{Reader, address_bytes, put_address};

use crate::{
    Candidate, CandidateType, Leave, LinkFault, PartyId, PartySecret, SignedRecord, UnixMillis, VirtualIp,
    limits::{KNOCK_BYTES, PREDICTED},
};

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Begins with a bit that no other datagram at the port has: not WireGuard's, STUN's or ChannelData's (RFC 7983).
const MARK: u8 = 0x80;
const PLAIN_BYTES: usize = KNOCK_BYTES - 1 - NONCE_BYTES - TAG_BYTES;
const FORM: u8 = 1;
const ASK: u8 = 1;
const ANSWER: u8 = 2;
const REFUSAL: u8 = 3;
const CALL: u8 = 4;
const LEAVE: u8 = 5;
const NOWHERE: u8 = 0;
const ADDRESS_TAKEN: u8 = 1;
const FULL: u8 = 2;
const NOT_LET_IN: u8 = 3;
const REMOVED: u8 = 4;
const LINK_EXPIRED: u8 = 5;
const LINK_USED_UP: u8 = 6;
const LINK_REVOKED: u8 = 7;
const LINK_NOT_VALID: u8 = 8;

/// Seals and opens the knocks of one party and epoch: from the party's secret, so that whoever was given a link can knock,
/// and nobody else can make or read one.
#[derive(Clone)]
pub struct KnockKey {
    cipher: XChaCha20Poly1305,
    party: PartyId,
}

/// The first datagram between two holders of a link: who the sender is, and where it may be reached. Always of
/// [`KNOCK_BYTES`], whatever it says, so that an answer is no longer than what it answers and its length tells nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    /// What it says.
    pub word: KnockWord,
    /// When it was sealed, by the sender's clock.
    pub at: UnixMillis,
    /// Chosen at random by who asks; an answer repeats it.
    pub token: [u8; 8],
    /// Answers only: where the ask came from, as its receiver saw it.
    pub seen: Option<SocketAddr>,
    /// What the sender says of itself.
    pub record: SignedRecord,
    /// Where the sender may be reached, best first: as many as fit.
    pub candidates: Vec<Candidate>,
}

/// What a [`Knock`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnockWord {
    /// Let me in, and tell me who you are.
    Ask,
    /// The same of somebody who is in already: who looks for a way in may take it for one.
    Call,
    /// You are let in; or, to who has left, that is known.
    Answer,
    /// You are not.
    Refusal(KnockRefusal),
    /// I have left the party.
    Leave(Leave),
}

/// Why who knocks is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnockRefusal {
    /// Somebody else has the lease that the record claims. These are taken, of those that the asker would take next.
    AddressTaken(Vec<VirtualIp>),
    /// The party has as many members as it can have.
    Full,
    /// The owner or a moderator has to let the asker in first, and is asked.
    NotLetIn,
    /// They have removed the asker.
    Removed,
    /// The limited link that the asker comes by lets nobody in, or not the asker. Older programs cannot read that, and wait in vain.
    Link(LinkFault),
}

/// Why a datagram is no knock of this party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KnockError {
    /// Not of the length of a knock, or not marked as one.
    #[error("not a knock")]
    NotAKnock,
    /// Not made with this party's secret, or changed on its way.
    #[error("the knock was not made by a holder of the party's link")]
    NotAuthentic,
    /// Made by somebody who has the secret, and not readable: of a later program.
    #[error("the knock says nothing that this program understands")]
    Unreadable,
}

/// Whether a datagram claims to be a knock: by its length and its first bit, before anything is computed.
pub const fn is_knock(datagram: &[u8]) -> bool {
    datagram.len() == KNOCK_BYTES && datagram[0] & MARK != 0
}

impl KnockKey {
    /// The key of a party's epoch.
    pub fn new(secret: &PartySecret, party: PartyId, epoch: u32) -> Self {
        let mut key = [0; 32];
        secret.derive(&[b"lanrage knock v1", party.as_bytes(), &epoch.to_be_bytes()], b"", &mut key);
        Self { cipher: XChaCha20Poly1305::new(&key.into()), party }
    }

    /// Seals a knock. `random` is never used twice.
    pub fn seal(&self, knock: &Knock, random: [u8; 1 + NONCE_BYTES]) -> Vec<u8> {
        let (mark, nonce) = (random[0] | MARK, &random[1..]);
        let payload = Payload { msg: &knock.to_plain(), aad: &self.associated() };
        let sealed = self.cipher.encrypt(XNonce::from_slice(nonce), payload);
        let mut bytes = Vec::with_capacity(KNOCK_BYTES);
        bytes.push(mark);
        bytes.extend(nonce);
        bytes.extend(sealed.expect("a message of 439 bytes is not too long"));
        bytes
    }

    /// Opens a datagram. The record in it is not verified yet. Total: any bytes give a knock or an error.
    ///
    /// # Errors
    /// [`KnockError`].
    pub fn open(&self, datagram: &[u8]) -> Result<Knock, KnockError> {
        if !is_knock(datagram) {
            return Err(KnockError::NotAKnock);
        }
        let (nonce, sealed) = datagram[1..].split_at(NONCE_BYTES);
        let payload = Payload { msg: sealed, aad: &self.associated() };
        let plain = self.cipher.decrypt(XNonce::from_slice(nonce), payload);
        let plain = plain.map_err(|_| KnockError::NotAuthentic)?;
        Knock::from_plain(&plain, self.party).ok_or(KnockError::Unreadable)
    }

    fn associated(&self) -> Vec<u8> {
        [b"lanrage knock v1\0".as_slice(), self.party.as_bytes()].concat()
    }
}

impl fmt::Debug for KnockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnockKey(..)")
    }
}

impl Knock {
    /// What is sealed, always of one length: a form, the word, the time, the token, where it was seen from, the record, and
    /// the candidates, what is taken or the word of leaving; then zeros.
    pub fn to_plain(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PLAIN_BYTES);
        bytes.push(FORM);
        bytes.push(match self.word {
            KnockWord::Ask => ASK,
            KnockWord::Call => CALL,
            KnockWord::Answer => ANSWER,
            KnockWord::Refusal(_) => REFUSAL,
            KnockWord::Leave(_) => LEAVE,
        });
        bytes.extend(self.at.0.to_be_bytes());
        bytes.extend(self.token);
        match self.seen {
            Some(seen) => put_address(&mut bytes, seen),
            None => bytes.push(NOWHERE),
        }
        self.record.put(&mut bytes);
        match &self.word {
            KnockWord::Refusal(KnockRefusal::AddressTaken(taken)) => {
                bytes.push(ADDRESS_TAKEN);
                let room = (PLAIN_BYTES - bytes.len() - 1) / 4;
                let taken = &taken[..taken.len().min(room)];
                bytes.push(taken.len() as u8);
                taken.iter().for_each(|ip| bytes.extend(ip.0.octets()));
            }
            KnockWord::Refusal(KnockRefusal::Full) => bytes.push(FULL),
            KnockWord::Leave(leave) => bytes.extend(leave.to_bytes()),
            KnockWord::Refusal(KnockRefusal::NotLetIn) => bytes.push(NOT_LET_IN),
            KnockWord::Refusal(KnockRefusal::Removed) => bytes.push(REMOVED),
            KnockWord::Refusal(KnockRefusal::Link(fault)) => bytes.push(match fault {
                LinkFault::Expired => LINK_EXPIRED,
                LinkFault::UsedUp => LINK_USED_UP,
                LinkFault::Revoked => LINK_REVOKED,
                LinkFault::NotValid => LINK_NOT_VALID,
            }),
            KnockWord::Ask | KnockWord::Call | KnockWord::Answer => {
                let count_at = bytes.len();
                bytes.push(0);
                for candidate in self.candidates.iter().take(u8::MAX.into()) {
                    let Some(kind) = kind_byte(candidate.kind) else { continue };
                    if bytes.len() + 1 + address_bytes(&candidate.address) > PLAIN_BYTES {
                        continue;
                    }
                    bytes.push(kind);
                    put_address(&mut bytes, candidate.address);
                    bytes[count_at] += 1;
                }
                self.put_predicted(&mut bytes);
            }
        }
        bytes.resize(PLAIN_BYTES, 0);
        bytes
    }

    /// Guesses stand behind the candidates, where older programs look at nothing.
    fn put_predicted(&self, bytes: &mut Vec<u8>) {
        if bytes.len() == PLAIN_BYTES {
            return;
        }
        let count_at = bytes.len();
        bytes.push(0);
        let predicted = self.candidates.iter().filter(|candidate| candidate.kind == CandidateType::Predicted);
        for candidate in predicted.take(PREDICTED) {
            if bytes.len() + address_bytes(&candidate.address) <= PLAIN_BYTES {
                put_address(bytes, candidate.address);
                bytes[count_at] += 1;
            }
        }
    }

    /// Reads what [`Self::to_plain`] gave. Total: any bytes give a knock or `None`.
    pub fn from_plain(plain: &[u8], party: PartyId) -> Option<Self> {
        let reader = &mut Reader::new(plain);
        if reader.byte()? != FORM {
            return None;
        }
        let word = reader.byte()?;
        let at = UnixMillis(reader.u64()?);
        let token = reader.array()?;
        let seen = match reader.rest().first()? {
            &NOWHERE => reader.byte().and(None),
            _ => Some(reader.address()?),
        };
        let record = SignedRecord::read(reader, party)?;
        let mut candidates = Vec::new();
        let word = match word {
            ASK | CALL | ANSWER => {
                for _ in 0..reader.byte()? {
                    let kind = kind_of(reader.byte()?)?;
                    candidates.push(Candidate { kind, address: reader.address()? });
                }
                // Of an older program there are zeros.
                for _ in 0..reader.byte().unwrap_or(0) {
                    candidates.push(Candidate { kind: CandidateType::Predicted, address: reader.address()? });
                }
                match word {
                    ASK => KnockWord::Ask,
                    CALL => KnockWord::Call,
                    _ => KnockWord::Answer,
                }
            }
            REFUSAL => KnockWord::Refusal(match reader.byte()? {
                ADDRESS_TAKEN => {
                    let count = reader.byte()?;
                    let taken = (0..count).map(|_| reader.array::<4>().map(|ip| VirtualIp(ip.into())));
                    KnockRefusal::AddressTaken(taken.collect::<Option<_>>()?)
                }
                FULL => KnockRefusal::Full,
                NOT_LET_IN => KnockRefusal::NotLetIn,
                REMOVED => KnockRefusal::Removed,
                LINK_EXPIRED => KnockRefusal::Link(LinkFault::Expired),
                LINK_USED_UP => KnockRefusal::Link(LinkFault::UsedUp),
                LINK_REVOKED => KnockRefusal::Link(LinkFault::Revoked),
                LINK_NOT_VALID => KnockRefusal::Link(LinkFault::NotValid),
                _ => return None,
            }),
            LEAVE => KnockWord::Leave(Leave::read(reader)?),
            _ => return None,
        };
        Some(Self { word, at, token, seen, record, candidates })
    }
}

const fn kind_byte(kind: CandidateType) -> Option<u8> {
    match kind {
        CandidateType::Host => Some(0),
        CandidateType::ServerReflexive => Some(1),
        CandidateType::PeerReflexive => Some(2),
        CandidateType::Relayed => Some(3),
        CandidateType::Predicted => None,
    }
}

const fn kind_of(byte: u8) -> Option<CandidateType> {
    match byte {
        0 => Some(CandidateType::Host),
        1 => Some(CandidateType::ServerReflexive),
        2 => Some(CandidateType::PeerReflexive),
        3 => Some(CandidateType::Relayed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DeviceIdentity, Name, PEER_PROTOCOL, Pass, PeerRecord, Serial, WireGuardPrivateKey, limits};

    const PARTY: [u8; 16] = [1; 16];

    fn key(secret: u8, epoch: u32) -> KnockKey {
        KnockKey::new(&PartySecret::from_random([secret; 32]), PartyId::from_random(PARTY), epoch)
    }

    fn knock(word: KnockWord, candidates: Vec<Candidate>) -> Knock {
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        let record = PeerRecord {
            party: PartyId::from_random(PARTY),
            identity: ann.public(),
            wireguard_key: WireGuardPrivateKey::from_random([4; 32]).public(),
            virtual_ip: VirtualIp([10, 66, 1, 2].into()),
            name: Name::new(&"n".repeat(limits::NAME_BYTES)).unwrap(),
            protocol: PEER_PROTOCOL,
            epoch: 1,
            sequence: 7,
        };
        Knock {
            word,
            at: UnixMillis(1_795_372_304_123),
            token: [9; 8],
            seen: Some("[2001:db8::9]:9".parse().unwrap()),
            record: record.sign(&ann, &PartySecret::from_random([2; 32])),
            candidates,
        }
    }

    fn candidate(address: &str) -> Candidate {
        Candidate { kind: CandidateType::ServerReflexive, address: address.parse().unwrap() }
    }

    #[test]
    fn every_knock_has_one_length_and_comes_back() {
        let eight = vec![candidate("[2001:db8::7]:5000"); 8];
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        let leave = Leave::sign(&ann, &PartyId::from_random(PARTY), 8);
        let taken = (0..16).map(|n| VirtualIp([10, 66, 0, n].into())).collect();
        let faults = [LinkFault::Expired, LinkFault::UsedUp, LinkFault::Revoked, LinkFault::NotValid];
        let faults = faults.map(|fault| knock(KnockWord::Refusal(KnockRefusal::Link(fault)), Vec::new()));
        let party = PartyId::from_random(PARTY);
        let approval = Pass::of(&ann, &party, Serial::from_bytes([7; 4])).approve(&party, &ann.peer_id());
        let mut invited = knock(KnockWord::Ask, vec![candidate("[2001:db8::7]:5000"); 5]);
        invited.record = invited.record.with_approval(Some(approval));
        let mut leaving = knock(KnockWord::Leave(leave), Vec::new());
        leaving.record = invited.record.clone();
        for knock in [
            knock(KnockWord::Ask, eight),
            knock(KnockWord::Answer, Vec::new()),
            knock(KnockWord::Call, Vec::new()),
            knock(KnockWord::Refusal(KnockRefusal::AddressTaken(taken)), Vec::new()),
            knock(KnockWord::Refusal(KnockRefusal::Full), Vec::new()),
            knock(KnockWord::Leave(leave), Vec::new()),
            knock(KnockWord::Refusal(KnockRefusal::NotLetIn), Vec::new()),
            knock(KnockWord::Refusal(KnockRefusal::Removed), Vec::new()),
            invited,
            leaving,
        ]
        .into_iter()
        .chain(faults)
        {
            let bytes = key(2, 1).seal(&knock, [0; 25]);
            assert!(bytes.len() == KNOCK_BYTES && is_knock(&bytes));
            assert_eq!(key(2, 1).open(&bytes), Ok(knock));
        }
    }

    #[test]
    fn candidates_that_do_not_fit_are_left_out_and_shorter_ones_behind_them_are_not() {
        let mut candidates = vec![candidate("[2001:db8::7]:5000"); limits::CANDIDATES];
        candidates.push(candidate("192.0.2.7:5000"));
        let opened = key(2, 1).open(&key(2, 1).seal(&knock(KnockWord::Ask, candidates), [0; 25])).unwrap();
        assert!(opened.candidates.len() >= 8 && opened.candidates.last().unwrap().address.is_ipv4());
    }

    #[test]
    fn guesses_stand_where_older_programs_look_at_nothing() {
        let guess =
            |port| Candidate { kind: CandidateType::Predicted, ..candidate(&format!("192.0.2.7:{port}")) };
        let mut candidates = vec![candidate("192.0.2.7:5000")];
        candidates.extend((5_001..=5_009).map(guess));
        let mut plain = knock(KnockWord::Ask, candidates.clone()).to_plain();
        let party = PartyId::from_random(PARTY);
        candidates.truncate(1 + limits::PREDICTED);
        assert_eq!(Knock::from_plain(&plain, party).unwrap().candidates, candidates);
        // What an older program wrote ends with its candidates.
        let older = knock(KnockWord::Ask, vec![candidate("192.0.2.7:5000")]).to_plain();
        let ends = older.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(plain[..=ends], older[..=ends]);
        plain.truncate(ends + 1);
        assert_eq!(Knock::from_plain(&plain, party).unwrap().candidates, candidates[..1]);
    }

    #[test]
    fn nobody_without_the_partys_secret_of_this_epoch_opens_or_makes_one() {
        let bytes = key(2, 1).seal(&knock(KnockWord::Ask, Vec::new()), [0; 25]);
        assert_eq!(key(3, 1).open(&bytes), Err(KnockError::NotAuthentic));
        assert_eq!(key(2, 2).open(&bytes), Err(KnockError::NotAuthentic));
        for at in 1..KNOCK_BYTES {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(key(2, 1).open(&changed), Err(KnockError::NotAuthentic), "{at}");
        }
        assert_eq!(key(2, 1).open(&bytes[1..]), Err(KnockError::NotAKnock));
    }

    #[test]
    fn a_word_of_a_newer_program_is_no_knock() {
        let mut plain = knock(KnockWord::Ask, Vec::new()).to_plain();
        assert!(Knock::from_plain(&plain, PartyId::from_random(PARTY)).is_some());
        plain[1] = LEAVE + 1;
        assert_eq!(Knock::from_plain(&plain, PartyId::from_random(PARTY)), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(
            plain in prop::collection::vec(any::<u8>(), 0..PLAIN_BYTES), word in 0_u8..6
        ) {
            let mut bytes = plain.clone();
            bytes.resize(KNOCK_BYTES, 0xFF);
            prop_assert!(key(2, 1).open(&bytes).is_err());
            // What only a holder of the secret can send, too.
            Knock::from_plain(&plain, PartyId::from_random(PARTY));
            let mut whole = knock(KnockWord::Ask, Vec::new()).to_plain();
            whole[1] = word;
            whole.truncate(PLAIN_BYTES - plain.len());
            Knock::from_plain(&whole, PartyId::from_random(PARTY));
        }
    }
}
