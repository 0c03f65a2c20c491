//! What games that host announce by themselves, to everybody on the LAN.
//!
//! Every reader is total. What a packet says of an address is not believed: a game is where the packet came from.

use lanrage_base::wire::Reader;
use lanrage_party::{ANNOUNCED_PORTS, Place, Transport};

use crate::{
    catalogue::Catalogue,
    profile::Slug,
    query::{Answer, TITLE_BYTES, plain},
    statement::{Hosted, Statement},
};

/// Longest announcement that is read, in bytes: one packet.
const BYTES: usize = 1_472;

/// Reads what came to a port of everybody's. `None` if it is no game's announcement.
pub fn read_beacon(port: u16, bytes: &[u8]) -> Option<Statement> {
    let bytes = bytes.get(..BYTES).unwrap_or(bytes);
    let [minecraft, warcraft, terraria] = ANNOUNCED_PORTS;
    let (slug, hosted) = match port {
        _ if port == minecraft => ("minecraft-java", minecraft_beacon(bytes)?),
        _ if port == warcraft => ("warcraft3", warcraft3_beacon(bytes)?),
        _ if port == terraria => ("terraria", terraria_beacon(bytes)?),
        _ => return None,
    };
    let game = Catalogue::builtin().game(&Slug::new(slug)?)?;
    Some(Statement { slug: game.slug.clone(), name: game.name.clone(), hosted: Some(hosted) })
}

/// Minecraft: Java Edition, a world that is open to the LAN: `[MOTD]title[/MOTD][AD]port[/AD]`.
fn minecraft_beacon(bytes: &[u8]) -> Option<Hosted> {
    let text = String::from_utf8_lossy(bytes);
    let between = |begin: &str, end: &str| Some(text.split_once(begin)?.1.split_once(end)?.0);
    // An address may stand before the port.
    let port = between("[AD]", "[/AD]")?.rsplit(':').next()?.parse().ok().filter(|port| *port != 0)?;
    let title = between("[MOTD]", "[/MOTD]").unwrap_or_default();
    Some(hosted(port, Answer::of(&plain(title), "", "")))
}

/// Warcraft III before Reforged, W3GS_REFRESHGAME: head, length, the game's number, players, slots.
fn warcraft3_beacon(bytes: &[u8]) -> Option<Hosted> {
    const HEAD: [u8; 4] = [0xf7, 0x32, 16, 0];
    let mut reader = Reader::new(bytes);
    let is_refresh = bytes.len() == 16 && reader.array()? == HEAD;
    let _game = reader.take(4)?;
    let (players, slots) = (u32::from_le_bytes(reader.array()?), u32::from_le_bytes(reader.array()?));
    let count = |count: u32| u16::try_from(count).ok();
    let answer = Answer { players: count(players), max_players: count(slots), ..Answer::default() };
    is_refresh.then(|| hosted(6_112, answer))
}

/// Terraria: a number of its own, the port, world and host, size, mode, most players and players.
fn terraria_beacon(bytes: &[u8]) -> Option<Hosted> {
    const OWN: i32 = 1_010;
    let mut reader = Reader::new(bytes);
    let number = |reader: &mut Reader<'_>| reader.array().map(i32::from_le_bytes);
    let (own, port) = (number(&mut reader)?, number(&mut reader)?);
    let port = u16::try_from(port).ok().filter(|port| *port != 0 && own == OWN)?;
    let (world, _host) = (short_text(&mut reader)?, short_text(&mut reader)?);
    let (_width, _crimson, _mode) = (reader.take(2)?, reader.byte()?, reader.take(4)?);
    let (most, players) = (reader.byte()?, reader.byte()?);
    let answer = Answer {
        players: Some(players.into()),
        max_players: Some(most.into()),
        ..Answer::of(&world, "", "")
    };
    Some(hosted(port, answer))
}

/// A text behind its length, as .NET writes it; none is as long as two bytes of length say.
fn short_text(reader: &mut Reader<'_>) -> Option<String> {
    let length = reader.byte().filter(|length| usize::from(*length) < 2 * TITLE_BYTES)?;
    Some(String::from_utf8_lossy(reader.take(length.into())?).into_owned())
}

/// Of all games that announce themselves here, others join by TCP.
fn hosted(port: u16, answer: Answer) -> Hosted {
    Hosted::new(Place { transport: Transport::Tcp, port }, answer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::DiscoveryKind;

    fn of(port: u16, bytes: &[u8]) -> Option<Hosted> {
        read_beacon(port, bytes)?.hosted
    }

    #[test]
    fn a_world_is_at_the_port_that_it_announces_and_at_no_other_address() {
        let world = of(4_445, "[MOTD]§aÖykü - Castle[/MOTD][AD]51234[/AD]".as_bytes()).unwrap();
        assert_eq!((world.title.as_str(), world.place.to_string().as_str()), ("Öykü - Castle", "tcp 51234"));
        let elsewhere = of(4_445, b"[MOTD]a[/MOTD][AD]192.168.1.5:25565[/AD]").unwrap();
        assert_eq!(elsewhere.place.to_string(), "tcp 25565");
        for bad in ["", "[AD]0[/AD]", "[AD]70000[/AD]", "[AD]x[/AD]", "[MOTD]a[/MOTD]"] {
            assert_eq!(of(4_445, bad.as_bytes()), None, "{bad}");
        }
        let turned = of(4_445, "[MOTD]a\u{202e}\nb<b>[/MOTD][AD]1[/AD]".as_bytes()).unwrap();
        assert_eq!(turned.title, "a b<b>", "as text, without what turns it around");
    }

    #[test]
    fn warcraft_and_terraria_say_how_many_play() {
        let refresh = [0xf7, 0x32, 16, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0];
        let game = of(6_112, &refresh).unwrap();
        assert_eq!((game.players, game.max_players, game.place.port), (Some(2), Some(4), 6_112));
        assert_eq!(of(6_112, &refresh[..15]), None);
        let mut world = 1_010_i32.to_le_bytes().to_vec();
        world.extend(7_777_i32.to_le_bytes());
        world.extend(b"\x06Castle\x04Anna\x00\x01\x00\x00\x00\x00\x00\x08\x03");
        let game = of(8_888, &world).unwrap();
        assert_eq!((game.title.as_str(), game.players, game.max_players), ("Castle", Some(3), Some(8)));
        assert!((0..world.len()).all(|cut| of(8_888, &world[..cut]).is_none()), "a part is nothing");
        assert_eq!(read_beacon(7_777, &world), None, "nobody announces there");
    }

    #[test]
    fn each_port_is_one_at_which_a_known_game_announces_itself() {
        for port in ANNOUNCED_PORTS {
            let announces = Catalogue::builtin().games().any(|game| {
                game.discovery.iter().any(|way| {
                    way.kind == DiscoveryKind::Announce
                        && way.ports.is_some_and(|ports| ports.contains(Transport::Udp, port))
                })
            });
            assert!(announces, "{port}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_statement_that_can_be_told_or_none(bytes: Vec<u8>, at in 0_usize..3) {
            for begin in [&b""[..], b"[MOTD]", b"[AD]1[/AD][MOTD]", b"\xf7\x32\x10\0", b"\xf2\x03\0\0\x61\x1e\0\0"] {
                if let Some(said) = read_beacon(ANNOUNCED_PORTS[at], &[begin, &bytes].concat()) {
                    let written = crate::write_statements(std::slice::from_ref(&said), 1_200);
                    prop_assert_eq!(crate::read_statements(&written), Some(vec![said]));
                }
            }
        }
    }
}
