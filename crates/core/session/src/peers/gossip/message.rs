//! What members tell each other inside their sessions, each in one datagram.

use std::net::SocketAddr;

use lanrage_base::wire::{Reader, put_address};
use lanrage_games::{Side, Slug, Statement, read_side, read_statements, write_side, write_statements};
use lanrage_nat::Probe;
use lanrage_party::{
    ChatLine, ChatMark, Departure, IdentityKey, Leave, PartyId, PeerId, Place, ReadyCheck, Ruling,
    SealedSignal, Share, ShareMark, SignedRecord, Transport, VoiceLink,
    limits::{self, KNOCK_BYTES, PEERS_PER_PARTY},
};

use super::{chat::KEPT, ready::CheckWord};
use crate::facts::Readiness;

/// The version that every [`Probe`] begins with; who does not know a kind drops it.
const VERSION: u8 = 1;
const DIGEST: u8 = 16;
const SUMMARY: u8 = 17;
const RECORDS: u8 = 18;
const DEPARTURES: u8 = 19;
const SIGNAL: u8 = 20;
const KNOCK: u8 = 21;
const RELAY_ASK: u8 = 22;
const RELAY_CHANNELS: u8 = 23;
const RULED: u8 = 24;
const RULINGS: u8 = 25;
const GAMES: u8 = 26;
const SHARES: u8 = 27;
const SHARES_ASK: u8 = 28;
const GAME_ASK: u8 = 29;
const GAME_TELL: u8 = 30;
const CHAT: u8 = 31;
const CHAT_DIGEST: u8 = 32;
const CHAT_HAVE: u8 = 33;
const READY: u8 = 34;
const VOICE: u8 = 35;

/// Longest message, in bytes.
const MAX_BYTES: usize = Probe::MAX_BYTES;
/// Most lines of a [`Message::Summary`]: every member, and departures.
pub(crate) const LINES: usize = (MAX_BYTES - 2) / LINE_BYTES;
const LINE_BYTES: usize = 16;
/// Rulings that surely fit one message.
pub(crate) const RULINGS_PER_MESSAGE: usize = (MAX_BYTES - 2) / Ruling::MAX_BYTES;

/// The most bytes that lines of the chat have in one message, of which any one surely fits, and the most lines.
pub(crate) const BYTES_OF_LINES: usize = MAX_BYTES - 2;
const _: () = assert!(ChatLine::MAX_BYTES <= BYTES_OF_LINES);
pub(crate) const LINES_PER_MESSAGE: usize = 12;

/// The newest that is known of one peer, in short: the first half of its id, and a number that grows with every word of
/// the peer's, records and departures alike.
pub(crate) type Line = ([u8; 8], u64);

/// What one member tells another inside their session.
///
/// Wire format behind version and kind, numbers big-endian: *digest* 8 bytes and a count of 2; *summary* lines of 8 bytes of
/// id and 8 of sequence; *records* and *departures* one behind the other; *signal* hops 1, from 16, to 16, the sealed bytes;
/// *knock* the address it came from, and its 480 bytes; *relay ask* ids of 16 bytes; *relay channels* ids of 16 bytes with
/// numbers of 2; *ruled* 8 bytes; *rulings* one behind the other; *games* a number of 8, and what [`write_statements`] writes; *shares* of 32
/// bytes; *shares ask* marks of 16; *game ask* a number of 8, 0 for UDP or 1 for TCP, a port of 2 or none, which is 0, and the slug; *game tell* a number
/// of 8, and what [`write_side`] writes; *chat* lines one behind the other; *chat digest* 8 bytes; *chat have* marks of 6;
/// *ready* the check, its age of 4 bytes (milliseconds), the answer (0 none, 1 not yet, 2 ready), and 0 or, if it is over, 1; *voice* the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// What I know of the party is this, in short: of two who say the same, neither has news for the other.
    Digest { hash: u64, count: u16 },
    /// What I know of each, in short.
    Summary(Vec<Line>),
    /// What others say of themselves.
    Records(Vec<SignedRecord>),
    /// Who has left for good, by its own word.
    Departures(Vec<Departure>),
    /// A sealed signal for `to`; whoever it is not for passes it on, once.
    Signal { hops: u8, from: PeerId, to: PeerId, sealed: SealedSignal },
    /// Somebody knocks at me from there.
    Knock { from: SocketAddr, bytes: Vec<u8> },
    /// Pass on what these and I send each other.
    RelayAsk(Vec<PeerId>),
    /// I pass on what you and these send each other, in these channels, and nothing else any more.
    RelayChannels(Vec<(PeerId, u16)>),
    /// All rulings of the party that I know, in short.
    Ruled(u64),
    /// What was ruled in the party.
    Rulings(Vec<Ruling>),
    /// What I play and host. The number grows with every word.
    Games { number: u64, statements: Vec<Statement> },
    /// What has come to the party's secret.
    Shares(Vec<Share>),
    /// Tell me these.
    SharesAsk(Vec<ShareMark>),
    /// Tell me what of this game is seen on your computer, and try it at this place of mine. The number is mine.
    GameAsk { number: u64, try_at: Option<Place>, slug: Slug },
    /// What was asked by that number.
    GameTell { number: u64, side: Box<Side> },
    /// What was said to the party.
    Chat(Vec<ChatLine>),
    /// All lines of the chat that I have, in short.
    ChatDigest(u64),
    /// The lines of the chat that I have.
    ChatHave(Vec<ChatMark>),
    /// Somebody asks whether everybody is ready, and this is my answer.
    Ready(CheckWord),
    /// Where the party talks, as was pinned last.
    Voice(VoiceLink),
}

/// Whether a payload is one of these rather than the path agent's, or of a program that knows more.
pub(crate) fn is_gossip(payload: &[u8]) -> bool {
    matches!(payload, [VERSION, DIGEST..=VOICE, ..])
}

impl Message {
    /// The bytes to send. What is more than a datagram holds is left out, from the end: it is told the next time.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        match self {
            Self::Digest { hash, count } => {
                bytes.push(DIGEST);
                bytes.extend(hash.to_be_bytes());
                bytes.extend(count.to_be_bytes());
            }
            Self::Summary(lines) => {
                bytes.push(SUMMARY);
                for (id, sequence) in lines.iter().take(LINES) {
                    bytes.extend(id);
                    bytes.extend(sequence.to_be_bytes());
                }
            }
            Self::Records(records) => {
                bytes.push(RECORDS);
                for record in records {
                    let before = bytes.len();
                    record.put(&mut bytes);
                    if bytes.len() > MAX_BYTES {
                        bytes.truncate(before);
                        break;
                    }
                }
            }
            Self::Departures(departures) => {
                bytes.push(DEPARTURES);
                for departure in departures.iter().take((MAX_BYTES - 2) / Departure::BYTES) {
                    bytes.extend(departure.identity.as_bytes());
                    bytes.extend(departure.leave.to_bytes());
                }
            }
            Self::Signal { hops, from, to, sealed } => {
                bytes.extend([SIGNAL, *hops]);
                bytes.extend(from.as_bytes());
                bytes.extend(to.as_bytes());
                bytes.extend(sealed.to_bytes());
            }
            Self::Knock { from, bytes: knock } => {
                bytes.push(KNOCK);
                put_address(&mut bytes, *from);
                bytes.extend(knock);
            }
            Self::RelayAsk(peers) => {
                bytes.push(RELAY_ASK);
                peers.iter().take(PEERS_PER_PARTY).for_each(|peer| bytes.extend(peer.as_bytes()));
            }
            Self::RelayChannels(channels) => {
                bytes.push(RELAY_CHANNELS);
                for (peer, channel) in channels.iter().take(PEERS_PER_PARTY) {
                    bytes.extend(peer.as_bytes());
                    bytes.extend(channel.to_be_bytes());
                }
            }
            Self::Ruled(digest) => {
                bytes.push(RULED);
                bytes.extend(digest.to_be_bytes());
            }
            Self::Rulings(rulings) => {
                bytes.push(RULINGS);
                for ruling in rulings {
                    let before = bytes.len();
                    ruling.put(&mut bytes);
                    if bytes.len() > MAX_BYTES {
                        bytes.truncate(before);
                        break;
                    }
                }
            }
            Self::Games { number, statements } => {
                bytes.push(GAMES);
                bytes.extend(number.to_be_bytes());
                bytes.extend(write_statements(statements, MAX_BYTES - bytes.len()));
            }
            Self::Shares(shares) => {
                bytes.push(SHARES);
                shares.iter().take(limits::SHARES).for_each(|share| bytes.extend(share.expose()));
            }
            Self::SharesAsk(marks) => {
                bytes.push(SHARES_ASK);
                marks.iter().take(limits::SHARES).for_each(|mark| bytes.extend(mark.as_bytes()));
            }
            Self::GameAsk { number, try_at, slug } => {
                bytes.push(GAME_ASK);
                bytes.extend(number.to_be_bytes());
                let is_tcp = try_at.is_some_and(|place| place.transport == Transport::Tcp);
                bytes.push(is_tcp.into());
                bytes.extend(try_at.map_or(0, |place| place.port).to_be_bytes());
                bytes.extend(slug.as_str().as_bytes());
            }
            Self::GameTell { number, side } => {
                bytes.push(GAME_TELL);
                bytes.extend(number.to_be_bytes());
                bytes.extend(write_side(side));
            }
            Self::Chat(lines) => {
                bytes.push(CHAT);
                for line in lines.iter().take(LINES_PER_MESSAGE) {
                    line.put(&mut bytes);
                }
            }
            Self::ChatDigest(digest) => {
                bytes.push(CHAT_DIGEST);
                bytes.extend(digest.to_be_bytes());
            }
            Self::ChatHave(marks) => {
                bytes.push(CHAT_HAVE);
                marks.iter().take(KEPT).for_each(|mark| bytes.extend(mark));
            }
            Self::Voice(link) => {
                bytes.push(VOICE);
                link.put(&mut bytes);
            }
            Self::Ready(CheckWord { check, age_ms, answer, is_over }) => {
                bytes.push(READY);
                check.put(&mut bytes);
                bytes.extend(age_ms.to_be_bytes());
                bytes.extend([*answer as u8, (*is_over).into()]);
            }
        }
        bytes
    }

    /// Whether it fits one datagram.
    pub(crate) fn fits(&self) -> bool {
        self.to_bytes().len() <= MAX_BYTES
    }

    /// Reads a message about this party. Total: any bytes give one or `None`.
    pub(crate) fn parse(bytes: &[u8], party: PartyId) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let kind = reader.byte()?;
        let message = match kind {
            DIGEST => Self::Digest { hash: reader.u64()?, count: reader.u16()? },
            SUMMARY => {
                let mut lines = Vec::new();
                while !reader.rest().is_empty() && lines.len() < LINES {
                    lines.push((reader.array()?, reader.u64()?));
                }
                Self::Summary(lines)
            }
            RECORDS => {
                let mut records = Vec::new();
                while !reader.rest().is_empty() && records.len() < PEERS_PER_PARTY {
                    records.push(SignedRecord::read(&mut reader, party)?);
                }
                Self::Records(records)
            }
            DEPARTURES => {
                let mut departures = Vec::new();
                while !reader.rest().is_empty() && departures.len() < PEERS_PER_PARTY {
                    let identity = IdentityKey::from_bytes(reader.array()?);
                    departures.push(Departure { identity, leave: Leave::read(&mut reader)? });
                }
                Self::Departures(departures)
            }
            SIGNAL => {
                let hops = reader.byte()?;
                let (from, to) = (PeerId::from_bytes(reader.array()?), PeerId::from_bytes(reader.array()?));
                let sealed = SealedSignal::from_bytes(reader.rest());
                return Some(Self::Signal { hops, from, to, sealed });
            }
            KNOCK => {
                let from = reader.address()?;
                Self::Knock { from, bytes: reader.take(KNOCK_BYTES)?.to_vec() }
            }
            RELAY_ASK => {
                let mut peers = Vec::new();
                while !reader.rest().is_empty() && peers.len() < PEERS_PER_PARTY {
                    peers.push(PeerId::from_bytes(reader.array()?));
                }
                Self::RelayAsk(peers)
            }
            RELAY_CHANNELS => {
                let mut channels = Vec::new();
                while !reader.rest().is_empty() && channels.len() < PEERS_PER_PARTY {
                    channels.push((PeerId::from_bytes(reader.array()?), reader.u16()?));
                }
                Self::RelayChannels(channels)
            }
            RULED => Self::Ruled(reader.u64()?),
            RULINGS => {
                let mut rulings = Vec::new();
                while !reader.rest().is_empty() && rulings.len() < PEERS_PER_PARTY {
                    rulings.push(Ruling::read(&mut reader)?);
                }
                Self::Rulings(rulings)
            }
            GAMES => {
                let number = reader.u64()?;
                return Some(Self::Games { number, statements: read_statements(reader.rest())? });
            }
            GAME_ASK => {
                let number = reader.u64()?;
                let transport = match reader.byte()? {
                    0 => Transport::Udp,
                    1 => Transport::Tcp,
                    _ => return None,
                };
                let port = reader.u16()?;
                let slug = Slug::new(std::str::from_utf8(reader.rest()).ok()?)?;
                let try_at = (port != 0).then_some(Place { transport, port });
                return Some(Self::GameAsk { number, try_at, slug });
            }
            GAME_TELL => {
                let number = reader.u64()?;
                return Some(Self::GameTell { number, side: Box::new(read_side(reader.rest())?) });
            }
            CHAT => {
                let mut lines = Vec::new();
                while !reader.rest().is_empty() && lines.len() < LINES_PER_MESSAGE {
                    lines.push(ChatLine::read(&mut reader)?);
                }
                Self::Chat(lines)
            }
            CHAT_DIGEST => Self::ChatDigest(reader.u64()?),
            CHAT_HAVE => {
                let mut marks = Vec::new();
                while !reader.rest().is_empty() && marks.len() < KEPT {
                    marks.push(reader.array()?);
                }
                Self::ChatHave(marks)
            }
            VOICE => Self::Voice(VoiceLink::read(&mut reader)?),
            READY => Self::Ready(CheckWord {
                check: ReadyCheck::read(&mut reader)?,
                age_ms: u32::from_be_bytes(reader.array()?),
                answer: match reader.byte()? {
                    0 => Readiness::Waiting,
                    1 => Readiness::NotYet,
                    2 => Readiness::Ready,
                    _ => return None,
                },
                is_over: match reader.byte()? {
                    0 => false,
                    1 => true,
                    _ => return None,
                },
            }),
            SHARES => {
                let mut shares = Vec::new();
                while !reader.rest().is_empty() && shares.len() < limits::SHARES {
                    shares.push(Share::from_bytes(reader.array()?));
                }
                Self::Shares(shares)
            }
            SHARES_ASK => {
                let mut marks = Vec::new();
                while !reader.rest().is_empty() && marks.len() < limits::SHARES {
                    marks.push(ShareMark::from_bytes(reader.array()?));
                }
                Self::SharesAsk(marks)
            }
            _ => return None,
        };
        reader.rest().is_empty().then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use lanrage_games::Slug;
    use lanrage_party::{
        DeviceIdentity, Matter, Name, PEER_PROTOCOL, PartySecret, PeerRecord, Standing, UnixMillis,
        VirtualIp, WireGuardPrivateKey, limits,
    };
    use proptest::prelude::*;

    use super::*;

    fn party() -> PartyId {
        PartyId::from_random([1; 16])
    }

    fn record(seed: u8) -> SignedRecord {
        let identity = DeviceIdentity::from_seed(&[seed; 32]);
        let record = PeerRecord {
            party: party(),
            identity: identity.public(),
            wireguard_key: WireGuardPrivateKey::from_random([seed; 32]).public(),
            virtual_ip: VirtualIp([10, 66, 1, seed].into()),
            name: Name::new(&"n".repeat(limits::NAME_BYTES)).unwrap(),
            protocol: PEER_PROTOCOL,
            epoch: 1,
            sequence: 7,
        };
        record.sign(&identity, &PartySecret::from_random([2; 32]))
    }

    fn ruling(author: &DeviceIdentity) -> Ruling {
        let name = Some(Name::new(&"n".repeat(limits::NAME_BYTES)).unwrap());
        let matter = Matter::Peer { peer: author.peer_id(), standing: Standing::Banned, name, share: None };
        Ruling::sign(author, &party(), 9, matter)
    }

    fn messages() -> Vec<Message> {
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        let departure = Departure { identity: ann.public(), leave: Leave::sign(&ann, &party(), 8) };
        vec![
            Message::Digest { hash: u64::MAX, count: 64 },
            Message::Summary(vec![([7; 8], 9); LINES]),
            Message::Records((1..=5).map(record).collect()),
            Message::Departures(vec![departure; 13]),
            Message::Signal {
                hops: 1,
                from: ann.peer_id(),
                to: DeviceIdentity::from_seed(&[4; 32]).peer_id(),
                sealed: SealedSignal::from_bytes(&[9; 500]),
            },
            Message::Knock { from: "192.0.2.7:5000".parse().unwrap(), bytes: vec![0x80; KNOCK_BYTES] },
            Message::RelayAsk(vec![ann.peer_id(); PEERS_PER_PARTY]),
            Message::RelayChannels(vec![(ann.peer_id(), 0x4FFF); PEERS_PER_PARTY]),
            Message::Ruled(u64::MAX),
            Message::Rulings(vec![ruling(&ann); RULINGS_PER_MESSAGE]),
            Message::Shares(vec![Share::from_bytes([8; 32]); limits::SHARES]),
            Message::SharesAsk(vec![ShareMark::from_bytes([9; 16]); limits::SHARES]),
            Message::GameAsk {
                number: u64::MAX,
                try_at: Some(Place { transport: Transport::Tcp, port: 65_535 }),
                slug: Slug::new(&"s".repeat(Slug::BYTES)).unwrap(),
            },
            Message::GameAsk { number: 0, try_at: None, slug: Slug::new("a").unwrap() },
            Message::GameTell { number: u64::MAX, side: Box::new(Side::not_shared()) },
            Message::Chat(vec![ChatLine::sign(&ann, &party(), UnixMillis(7), &"é".repeat(512)).unwrap()]),
            Message::ChatDigest(u64::MAX),
            Message::ChatHave(vec![[7; 6]; KEPT]),
            Message::Voice(VoiceLink::sign(&ann, &party(), UnixMillis(7), &"é".repeat(100)).unwrap()),
            Message::Ready(CheckWord {
                check: ReadyCheck::sign(&ann, &party(), UnixMillis(7)),
                age_ms: u32::MAX,
                answer: Readiness::Ready,
                is_over: true,
            }),
            Message::Games {
                number: u64::MAX,
                statements: vec![
                    Statement {
                        slug: Slug::new(&"s".repeat(Slug::BYTES)).unwrap(),
                        name: Name::new(&"n".repeat(limits::NAME_BYTES)).unwrap(),
                        hosted: None,
                    };
                    8
                ],
            },
        ]
    }

    #[test]
    fn every_message_fits_a_datagram_and_comes_back() {
        for message in messages() {
            let bytes = message.to_bytes();
            assert!(bytes.len() <= MAX_BYTES && is_gossip(&bytes));
            assert_eq!(Message::parse(&bytes, party()), Some(message));
            assert!(Probe::parse(&bytes).is_err(), "no probe is one of these");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_whole() {
        let many = Message::Records((1..=20).map(record).collect());
        let Some(Message::Records(read)) = Message::parse(&many.to_bytes(), party()) else { panic!() };
        assert!((5..=6).contains(&read.len()) && read[0] == record(1));
        let Some(Message::Summary(lines)) =
            Message::parse(&Message::Summary(vec![([7; 8], 9); 500]).to_bytes(), party())
        else {
            panic!()
        };
        assert!(lines.len() == LINES && LINES >= PEERS_PER_PARTY);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(mut bytes: Vec<u8>, kind in 15_u8..VOICE + 2, which: prop::sample::Index, cut: usize) {
            if bytes.len() > 1 {
                (bytes[0], bytes[1]) = (VERSION, kind);
            }
            Message::parse(&bytes, party());
            let mut all = messages();
            let whole = all.swap_remove(which.index(all.len())).to_bytes();
            Message::parse(&whole[..cut % whole.len()], party());
        }
    }
}
