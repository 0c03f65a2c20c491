use std::num::NonZeroU16;

use lanrage_base::wire::Reader;
use serde::{Deserialize, Serialize};

use crate::{
    DeviceIdentity, IdentityKey, Name, PartyId, PeerId, Serial, ShareMark, Signature, UnixMillis, limits,
};

const PEER: u8 = 1;
const ADMISSION: u8 = 2;
const OWNER: u8 = 3;
const LINK: u8 = 4;
const REDEEMED: u8 = 5;
/// As [`PEER`], with the mark of a share.
const REMOVED: u8 = 6;
const HANDED_OVER: u8 = 7;
const TAKEN_OVER: u8 = 8;
/// Bits of a link's last byte.
const NEEDS_APPROVAL: u8 = 1;
const REVOKED: u8 = 2;
const FOR_GUESTS: u8 = 4;

/// What somebody is to a party by a ruling. Whom no ruling is about is a member wherever the party is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Let in, also where the party is not open.
    Member,
    /// A member that may rule on members and on who comes in.
    Moderator,
    /// Out, until somebody who may rules otherwise.
    Kicked,
    /// The same for good: what the owner has banned, no moderator lets in.
    Banned,
}

/// Who may become a member by the link alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Whoever has it: any member lets a newcomer in.
    #[default]
    Open,
    /// Whoever comes by a limited link, and whom the owner or a moderator lets in when they ask.
    Ask,
    /// Nobody.
    Closed,
}

/// What a limited link is good for. The link itself carries the private half of its key and is known to whoever was given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkTerms {
    /// Its number.
    pub serial: Serial,
    /// With whose private half whoever comes by it signs.
    pub key: IdentityKey,
    /// How many players it lets in; `None` for as many as follow it.
    pub uses: Option<NonZeroU16>,
    /// From when on it lets in nobody, by the clock of whoever would let them in; `None` for never.
    pub ends: Option<UnixMillis>,
    /// Whether the owner or a moderator is asked each time.
    pub needs_approval: bool,
    /// Whether whoever comes by it is a guest: until they leave.
    pub for_guests: bool,
}

/// What a ruling is about, and what it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// What somebody is to the party.
    Peer {
        /// Who.
        peer: PeerId,
        /// What from now on.
        standing: Standing,
        /// What they were called then: for lists of those who are not there any more.
        name: Option<Name>,
        /// Of removals: the share that the party's secret takes up, and that the peer is not told.
        share: Option<ShareMark>,
    },
    /// Who may come in by the link.
    Admission(Admission),
    /// Whose the party is from now on. By its owner: for good, as [`Self::HandOver`] of before there was that. By anybody else: of
    /// themselves, and only for as long as the owner is silent.
    Owner(PeerId),
    /// Whose the party is from now on, by its owner, for good.
    HandOver {
        /// Its next owner.
        heir: PeerId,
        /// Stands for all that the owner has ruled and that counts: who knows the same lacks nothing of it.
        estate: u64,
    },
    /// By an owner whom the party was handed over to: they go on with what was ruled before in their own name, and nothing
    /// else by the owners before counts any more. Its version is that of the hand-over and one more.
    TakenOver {
        /// Who has handed it over.
        from: PeerId,
    },
    /// That there is a limited link, or that it is revoked.
    Link {
        /// What it is good for.
        terms: LinkTerms,
        /// Whether it lets nobody in any more.
        is_revoked: bool,
    },
    /// That somebody has come in by a limited link.
    Redeemed {
        /// Who.
        peer: PeerId,
        /// By which.
        serial: Serial,
        /// When, by the clock of whoever let them in: where more have come than the link is good for, the first ones count.
        at: UnixMillis,
        /// What they were called then.
        name: Option<Name>,
    },
}

/// What a ruling is about: of two by one author on one subject, the newer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Whose the party is.
    Owner,
    /// Who may come in.
    Admission,
    /// What this peer is to the party.
    Peer(PeerId),
    /// Whether this link lets somebody in.
    Link(Serial),
    /// By which link this peer has come.
    Redeemed(PeerId),
}

/// A decision about a party, signed by whoever made it. Whether they had the right to is for
/// [`Rulings`](crate::Rulings) to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    author: IdentityKey,
    version: u64,
    matter: Matter,
    signature: Signature,
}

impl Matter {
    /// What it is about.
    pub const fn subject(&self) -> Subject {
        match self {
            Self::Peer { peer, .. } => Subject::Peer(*peer),
            Self::Admission(_) => Subject::Admission,
            Self::Owner(_) | Self::HandOver { .. } | Self::TakenOver { .. } => Subject::Owner,
            Self::Link { terms, .. } => Subject::Link(terms.serial),
            Self::Redeemed { peer, .. } => Subject::Redeemed(*peer),
        }
    }

    /// Whom somebody else than `author` makes the party's owner by it.
    pub fn heir(&self, author: &PeerId) -> Option<PeerId> {
        match self {
            Self::Owner(heir) | Self::HandOver { heir, .. } => Some(*heir).filter(|heir| heir != author),
            _ => None,
        }
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Peer { peer, standing, name, share } => {
                bytes.push(if share.is_some() { REMOVED } else { PEER });
                bytes.extend(peer.as_bytes());
                bytes.push(*standing as u8);
                put_name(bytes, name.as_ref());
                bytes.extend(share.iter().flat_map(ShareMark::as_bytes));
            }
            Self::Admission(admission) => bytes.extend([ADMISSION, *admission as u8]),
            Self::Owner(peer) => {
                bytes.push(OWNER);
                bytes.extend(peer.as_bytes());
            }
            Self::HandOver { heir, estate } => {
                bytes.push(HANDED_OVER);
                bytes.extend(heir.as_bytes());
                bytes.extend(estate.to_be_bytes());
            }
            Self::TakenOver { from } => {
                bytes.push(TAKEN_OVER);
                bytes.extend(from.as_bytes());
            }
            Self::Link {
                terms: LinkTerms { serial, key, uses, ends, needs_approval, for_guests },
                is_revoked,
            } => {
                bytes.push(LINK);
                bytes.extend(serial.as_bytes());
                bytes.extend(key.as_bytes());
                bytes.extend(uses.map_or(0, NonZeroU16::get).to_be_bytes());
                bytes.extend(ends.map_or(0, |ends| ends.0).to_be_bytes());
                let flags =
                    [(*needs_approval, NEEDS_APPROVAL), (*is_revoked, REVOKED), (*for_guests, FOR_GUESTS)];
                bytes.push(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
            }
            Self::Redeemed { peer, serial, at, name } => {
                bytes.push(REDEEMED);
                bytes.extend(peer.as_bytes());
                bytes.extend(serial.as_bytes());
                bytes.extend(at.0.to_be_bytes());
                put_name(bytes, name.as_ref());
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match reader.byte()? {
            kind @ (PEER | REMOVED) => {
                let peer = PeerId::from_bytes(reader.array()?);
                let standing = match reader.byte()? {
                    0 => Standing::Member,
                    1 => Standing::Moderator,
                    2 => Standing::Kicked,
                    3 => Standing::Banned,
                    _ => return None,
                };
                let name = read_name(reader)?;
                let share = match kind {
                    REMOVED => Some(ShareMark::from_bytes(reader.array()?)),
                    _ => None,
                };
                Self::Peer { peer, standing, name, share }
            }
            ADMISSION => Self::Admission(match reader.byte()? {
                0 => Admission::Open,
                1 => Admission::Ask,
                2 => Admission::Closed,
                _ => return None,
            }),
            OWNER => Self::Owner(PeerId::from_bytes(reader.array()?)),
            HANDED_OVER => {
                Self::HandOver { heir: PeerId::from_bytes(reader.array()?), estate: reader.u64()? }
            }
            TAKEN_OVER => Self::TakenOver { from: PeerId::from_bytes(reader.array()?) },
            LINK => {
                let serial = Serial::from_bytes(reader.array()?);
                let key = IdentityKey::from_bytes(reader.array()?);
                let uses = NonZeroU16::new(reader.u16()?);
                let ends = Some(reader.u64()?).filter(|ends| *ends > 0).map(UnixMillis);
                let flags = reader.byte().filter(|flags| *flags <= NEEDS_APPROVAL | REVOKED | FOR_GUESTS)?;
                let (needs_approval, is_revoked) = (flags & NEEDS_APPROVAL != 0, flags & REVOKED != 0);
                let for_guests = flags & FOR_GUESTS != 0;
                let terms = LinkTerms { serial, key, uses, ends, needs_approval, for_guests };
                Self::Link { terms, is_revoked }
            }
            REDEEMED => Self::Redeemed {
                peer: PeerId::from_bytes(reader.array()?),
                serial: Serial::from_bytes(reader.array()?),
                at: UnixMillis(reader.u64()?),
                name: read_name(reader)?,
            },
            _ => return None,
        })
    }
}

/// A name with its length, which is zero where there is none.
fn put_name(bytes: &mut Vec<u8>, name: Option<&Name>) {
    let name = name.map_or("", Name::as_str);
    bytes.push(name.len() as u8);
    bytes.extend(name.as_bytes());
}

/// Reads what [`put_name`] wrote; `None` for anything else.
fn read_name(reader: &mut Reader<'_>) -> Option<Option<Name>> {
    Some(match reader.byte()? {
        0 => None,
        len => Some(Name::new(std::str::from_utf8(reader.take(len.into())?).ok()?).ok()?),
    })
}

impl Ruling {
    /// The most bytes that [`Self::put`] writes: key, version, the longest matter (that somebody is removed: kind, peer,
    /// standing, name, share), and the signature.
    pub const MAX_BYTES: usize = 32 + 8 + (1 + 16 + 1 + 1 + limits::NAME_BYTES + ShareMark::BYTES) + 64;

    /// Rules. `version` is greater than of all that the author knows; it is by the author's clock (Unix milliseconds)
    /// where that is.
    pub fn sign(identity: &DeviceIdentity, party: &PartyId, version: u64, matter: Matter) -> Self {
        let author = identity.public();
        let signature = identity.sign(&message(party, &author, version, &matter));
        Self { author, version, matter, signature }
    }

    /// Whether its author has signed it, about this party.
    pub fn is_signed(&self, party: &PartyId) -> bool {
        self.author.verifies(&message(party, &self.author, self.version, &self.matter), &self.signature)
    }

    /// Who has made it.
    pub fn author(&self) -> PeerId {
        PeerId::of(&self.author)
    }

    /// Of two rulings, the higher is the later.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// When it was made, by the author's clock.
    pub const fn at(&self) -> UnixMillis {
        UnixMillis(self.version)
    }

    /// What it decides.
    pub const fn matter(&self) -> &Matter {
        &self.matter
    }

    /// The later of two; of two that are as late a removal, or else the same one for everybody.
    pub(crate) fn is_later_than(&self, other: &Self) -> bool {
        let place = |ruling: &Self| (ruling.version, ruling.removes());
        (place(self), self.signature.as_bytes()) > (place(other), other.signature.as_bytes())
    }

    fn removes(&self) -> bool {
        matches!(self.matter, Matter::Peer { standing, .. } if standing >= Standing::Kicked)
    }

    /// Its bytes for a digest of many.
    pub(crate) const fn mark(&self) -> &[u8; 64] {
        self.signature.as_bytes()
    }

    /// Writes the ruling; its party is not among the bytes, as both ends know it.
    pub fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.author.as_bytes());
        bytes.extend(self.version.to_be_bytes());
        self.matter.put(bytes);
        bytes.extend(self.signature.as_bytes());
    }

    /// Reads what [`Self::put`] wrote. Nothing in it may be used before [`Self::is_signed`]. Total: any bytes give a ruling
    /// or `None`.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let author = IdentityKey::from_bytes(reader.array()?);
        let version = reader.u64()?;
        let matter = Matter::read(reader)?;
        Some(Self { author, version, matter, signature: Signature::from_bytes(reader.array()?) })
    }
}

/// One unambiguous byte string per ruling.
fn message(party: &PartyId, author: &IdentityKey, version: u64, matter: &Matter) -> Vec<u8> {
    let mut bytes = b"lanrage ruling v1\0".to_vec();
    bytes.extend(party.as_bytes());
    bytes.extend(author.as_bytes());
    bytes.extend(version.to_be_bytes());
    matter.put(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn party() -> PartyId {
        PartyId::from_random([1; 16])
    }

    fn matters() -> Vec<Matter> {
        let peer = DeviceIdentity::from_seed(&[4; 32]).peer_id();
        let name = Some(Name::new(&"n".repeat(limits::NAME_BYTES)).unwrap());
        let standings =
            [Standing::Member, Standing::Moderator, Standing::Kicked, Standing::Banned].into_iter();
        let share = |standing| (standing >= Standing::Kicked).then(|| ShareMark::from_bytes([8; 16]));
        let peers = standings.map(|standing| {
            let share = share(standing);
            Matter::Peer { peer, standing, name: name.clone(), share }
        });
        let admissions = [Admission::Open, Admission::Ask, Admission::Closed].map(Matter::Admission);
        let serial = Serial::from_bytes([6; 4]);
        let key = DeviceIdentity::from_seed(&[7; 32]).public();
        let least =
            LinkTerms { serial, key, uses: None, ends: None, needs_approval: false, for_guests: false };
        let (uses, ends) = (NonZeroU16::new(u16::MAX), Some(UnixMillis(u64::MAX)));
        let most = LinkTerms { uses, ends, needs_approval: true, for_guests: true, ..least };
        let links = [(least, false), (least, true), (most, false), (most, true)];
        let links = links.map(|(terms, is_revoked)| Matter::Link { terms, is_revoked });
        let redeemed = Matter::Redeemed { peer, serial, at: UnixMillis(9), name: name.clone() };
        let peers: Vec<Matter> = peers.collect();
        let ownership = [
            Matter::Owner(peer),
            Matter::HandOver { heir: peer, estate: 5 },
            Matter::TakenOver { from: peer },
        ];
        peers.into_iter().chain(admissions).chain(ownership).chain([redeemed]).chain(links).collect()
    }

    #[test]
    fn every_ruling_comes_back_from_its_bytes_and_any_changed_bit_is_noticed() {
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        for matter in matters() {
            let ruling = Ruling::sign(&ann, &party(), 7, matter);
            let mut bytes = Vec::new();
            ruling.put(&mut bytes);
            assert!(bytes.len() <= Ruling::MAX_BYTES);
            assert_eq!(Ruling::read(&mut Reader::new(&bytes)), Some(ruling.clone()));
            assert!(ruling.is_signed(&party()) && !ruling.is_signed(&PartyId::from_random([2; 16])));
            for at in 0..bytes.len() * 8 {
                bytes[at / 8] ^= 1 << (at % 8);
                let read = Ruling::read(&mut Reader::new(&bytes));
                assert!(read.is_none_or(|changed| !changed.is_signed(&party())), "bit {at}");
                bytes[at / 8] ^= 1 << (at % 8);
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, kind in 0_u8..10) {
            Ruling::read(&mut Reader::new(&bytes));
            let mut longer = vec![0; 40];
            longer.push(kind);
            longer.extend(&bytes);
            Ruling::read(&mut Reader::new(&longer));
        }
    }
}
