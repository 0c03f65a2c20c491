//! What game servers are asked on their own computer, and what they answer.
//!
//! Every reader is total: any bytes give an answer or none. Texts are of other people: colours are taken out, characters
//! that are not shown or turn the direction too, and what is too long is cut.

mod armagetron;
mod bzflag;
mod luanti;
mod mindustry;
mod minecraft;
mod quake3;
mod raknet;
mod source;
mod teeworlds;
mod teeworlds6;

pub(crate) use minecraft::plain;

use std::time::Duration;

use lanrage_party::{Transport, visible};
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

/// Longest title and longest name of a map or a version, in bytes.
pub(crate) const TITLE_BYTES: usize = 64;
pub(crate) const WORD_BYTES: usize = 32;
/// Longest answer by UDP that is read, in bytes.
const DATAGRAM_BYTES: usize = 2_048;

/// What a server speaks.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    EnumString,
    IntoStaticStr,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Protocol {
    /// Teeworlds from 0.7 on.
    Teeworlds,
    /// Teeworlds before 0.7, and DDNet.
    Teeworlds6,
    /// Luanti, which was Minetest.
    Luanti,
    /// Armagetron Advanced.
    Armagetron,
    /// BZFlag.
    Bzflag,
    /// Quake III Arena and what was made of it.
    Quake3,
    /// Valve's A2S.
    Source,
    /// Minecraft: Java Edition, a server or a world that is open to the LAN.
    // By the former word games were known whose own search is heard.
    #[strum(to_string = "minecraft", serialize = "minecraft_beacon")]
    #[serde(alias = "minecraft_beacon")]
    Minecraft,
    /// RakNet as Minecraft: Bedrock Edition has it.
    Raknet,
    /// Mindustry.
    Mindustry,
}

/// What a server says of its game.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// What its host calls it; empty where it says nothing.
    pub title: String,
    /// The map; may be empty.
    pub map: String,
    /// The version of the game; may be empty.
    pub version: String,
    /// How many play.
    pub players: Option<u16>,
    /// How many can.
    pub max_players: Option<u16>,
    /// Whether it asks for a password.
    pub is_locked: bool,
    /// The low half of its number at Steam, where it says that.
    pub app: Option<u16>,
}

impl Answer {
    /// Takes texts as they came.
    pub(crate) fn of(title: &str, map: &str, version: &str) -> Self {
        Self {
            title: visible(title, TITLE_BYTES),
            map: visible(map, WORD_BYTES),
            version: visible(version, WORD_BYTES),
            ..Self::default()
        }
    }
}

/// What follows from a datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is no answer to this question.
    Nothing,
    /// The server wants to hear this first.
    Send(Vec<u8>),
    /// It has answered; whatever is named here is sent as a last word.
    Done(Answer, Option<Vec<u8>>),
}

/// One question to one server. `token` tells its answers from those to others; it is to be random.
#[derive(Debug, Clone)]
pub struct Asking {
    protocol: Protocol,
    token: [u8; 4],
}

impl Protocol {
    /// By what servers are asked.
    pub const fn transport(self) -> Transport {
        match self {
            Self::Minecraft => Transport::Tcp,
            _ => Transport::Udp,
        }
    }

    /// Whether a game that hosts takes another port each time.
    pub const fn is_at_any_port(self) -> bool {
        matches!(self, Self::Minecraft)
    }

    /// Longest answer that is read, in bytes.
    pub const fn answer_bytes(self) -> usize {
        match self {
            // And the lengths before the text.
            Self::Minecraft => minecraft::TEXT_BYTES + 16,
            _ => DATAGRAM_BYTES,
        }
    }

    /// How long an answer may take on one computer.
    pub const fn patience(self) -> Duration {
        Duration::from_millis(400)
    }

    /// Whether an answer can be another one later.
    pub const fn tells_more_later(self) -> bool {
        !matches!(self, Self::Luanti)
    }
}

impl Asking {
    /// A question.
    pub const fn new(protocol: Protocol, token: [u8; 4]) -> Self {
        Self { protocol, token }
    }

    /// What is sent first.
    pub fn question(&self) -> Vec<u8> {
        match self.protocol {
            Protocol::Teeworlds => teeworlds::token_request(self.token),
            Protocol::Teeworlds6 => teeworlds6::question(self.token),
            Protocol::Luanti => luanti::question(),
            Protocol::Armagetron => armagetron::question(),
            Protocol::Bzflag => bzflag::question(),
            Protocol::Quake3 => quake3::question(self.token),
            Protocol::Source => source::question(None),
            Protocol::Minecraft => minecraft::question(),
            Protocol::Raknet => raknet::question(self.token),
            Protocol::Mindustry => mindustry::question(),
        }
    }

    /// Takes a datagram that came from the server, or all that came so far where it is asked by TCP.
    pub fn handle(&self, bytes: &[u8]) -> Step {
        let bytes = bytes.get(..self.protocol.answer_bytes()).unwrap_or(bytes);
        let done = |answer: Option<Answer>| answer.map_or(Step::Nothing, |answer| Step::Done(answer, None));
        match self.protocol {
            Protocol::Teeworlds => match teeworlds::token(bytes, self.token) {
                Some(token) => Step::Send(teeworlds::info_request(token, self.token)),
                None => done(teeworlds::info(bytes, self.token)),
            },
            Protocol::Teeworlds6 => done(teeworlds6::info(bytes, self.token)),
            Protocol::Luanti => match luanti::peer(bytes) {
                Some(peer) => Step::Done(Answer::default(), Some(luanti::farewell(peer))),
                None => Step::Nothing,
            },
            Protocol::Armagetron => match armagetron::is_awake(bytes) {
                true => Step::Send(armagetron::question_for_all()),
                false => done(armagetron::info(bytes)),
            },
            Protocol::Bzflag => done(bzflag::info(bytes)),
            Protocol::Quake3 => done(quake3::info(bytes, self.token)),
            Protocol::Source => match source::challenge(bytes) {
                Some(challenge) => Step::Send(source::question(Some(challenge))),
                None => done(source::info(bytes)),
            },
            Protocol::Minecraft => done(minecraft::info(bytes)),
            Protocol::Raknet => done(raknet::info(bytes, self.token)),
            Protocol::Mindustry => done(mindustry::info(bytes)),
        }
    }
}

/// What is left of a text that ends at a zero byte; the rest follows. `None` where none ends it.
fn until_zero<'a>(bytes: &mut &'a [u8]) -> Option<std::borrow::Cow<'a, str>> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let text = String::from_utf8_lossy(&bytes[..end]);
    *bytes = &bytes[end + 1..];
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn texts_of_others_are_cut_and_can_turn_nothing_around() {
        let answer = Answer::of("  a\u{202E}b\n\u{200B}", &"m".repeat(200), "1.0\0");
        assert_eq!((answer.title.as_str(), answer.map.len(), answer.version.as_str()), ("ab", 32, "1.0"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, token: [u8; 4], cut in 0_usize..40) {
            for protocol in Protocol::iter() {
                let asking = Asking::new(protocol, token);
                asking.handle(&bytes);
                // The beginning of an answer, and then anything.
                for begin in [&b"\xff\xff\xff\xffI"[..], b"\xff\xff\xff\xffinfoResponse\n\\", b"\x80\x80\x00\0\x20{\"", b"\0\x38\x03\x03BZFS"] {
                    asking.handle(&[begin, &bytes].concat());
                }
                let question = asking.question();
                asking.handle(&question[cut.min(question.len())..]);
                prop_assert!(question.len() <= 600);
            }
        }
    }
}
