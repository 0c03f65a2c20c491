//! What one computer says of a game, as bytes.

use lanrage_base::wire::Reader;
use lanrage_party::{Place, Transport, visible};

use super::side::{Bound, Device, Reach, Server, Side, Sight, SystemFirewall};
use crate::query::WORD_BYTES;

/// The version of the format. A newer one may say more behind what this one says.
const VERSION: u8 = 1;

const RUNNING: u8 = 1;
const OLDER: u8 = 2;
const FULL: u8 = 4;
const MUTING: u8 = 8;
const TAKEN: u8 = 16;
const TRIED: u8 = 32;
const REACHED: u8 = 64;
const BRINGS: u8 = 128;

const TCP: u8 = 1;
const HOSTING: u8 = 2;
const OPEN: u8 = 4;
/// Where [`Reach`] stands in a socket's byte.
const REACH_AT: u8 = 3;

/// A side as bytes, at most some 120.
///
/// Version, flags, sight, server, firewall and adapter have a byte each; then sockets behind a byte that counts them, each a byte
/// of flags and a port of two; the port that is taken, if one is, in the same form; refusals like sockets; the version, a byte
/// that says how long it is and the text.
pub fn write_side(side: &Side) -> Vec<u8> {
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag(side.is_running, RUNNING)
        | flag(side.is_older, OLDER)
        | flag(side.is_full, FULL)
        | flag(side.is_muting, MUTING)
        | flag(side.taken.is_some(), TAKEN)
        | flag(side.reached.is_some(), TRIED)
        | flag(side.reached == Some(true), REACHED)
        | flag(side.brings_searches, BRINGS);
    let mut bytes = vec![
        VERSION,
        flags,
        side.sight as u8,
        side.server as u8,
        side.firewall as u8,
        side.adapter as u8,
        side.sockets.len().min(Side::PLACES) as u8,
    ];
    for Bound { place, reach, is_hosting, is_open } in side.sockets.iter().take(Side::PLACES) {
        let more = flag(*is_hosting, HOSTING) | flag(*is_open, OPEN) | (*reach as u8) << REACH_AT;
        put_place(&mut bytes, *place, more);
    }
    side.taken.iter().for_each(|place| put_place(&mut bytes, *place, 0));
    bytes.push(side.refused.len().min(Side::PLACES) as u8);
    side.refused.iter().take(Side::PLACES).for_each(|place| put_place(&mut bytes, *place, 0));
    let version = visible(&side.version, WORD_BYTES);
    bytes.push(version.len() as u8);
    bytes.extend(version.as_bytes());
    bytes
}

/// What was written so. Total: any bytes give a side or `None`; what a newer program says behind it is left alone, and what it
/// says with other words is as little as can be said.
pub fn read_side(bytes: &[u8]) -> Option<Side> {
    let mut reader = Reader::new(bytes);
    if reader.byte()? == 0 {
        return None;
    }
    let flags = reader.byte()?;
    let mut side = Side {
        is_running: flags & RUNNING != 0,
        is_older: flags & OLDER != 0,
        is_full: flags & FULL != 0,
        is_muting: flags & MUTING != 0,
        brings_searches: flags & BRINGS != 0,
        reached: (flags & TRIED != 0).then_some(flags & REACHED != 0),
        sight: Sight::from_repr(reader.byte()?).unwrap_or_default(),
        server: Server::from_repr(reader.byte()?).unwrap_or_default(),
        firewall: SystemFirewall::from_repr(reader.byte()?).unwrap_or_default(),
        adapter: Device::from_repr(reader.byte()?).unwrap_or_default(),
        ..Side::default()
    };
    for _ in 0..counted(&mut reader)? {
        let (place, more) = read_place(&mut reader)?;
        side.sockets.push(Bound {
            place,
            reach: Reach::from_repr(more >> REACH_AT).unwrap_or_default(),
            is_hosting: more & HOSTING != 0,
            is_open: more & OPEN != 0,
        });
    }
    if flags & TAKEN != 0 {
        side.taken = Some(read_place(&mut reader)?.0);
    }
    for _ in 0..counted(&mut reader)? {
        side.refused.push(read_place(&mut reader)?.0);
    }
    let len = reader.byte()?;
    let version = std::str::from_utf8(reader.take(len.into())?).ok()?;
    side.version = visible(version, WORD_BYTES);
    Some(side)
}

fn counted(reader: &mut Reader<'_>) -> Option<u8> {
    reader.byte().filter(|count| usize::from(*count) <= Side::PLACES)
}

/// A place, and what else its byte of flags says.
fn put_place(bytes: &mut Vec<u8>, place: Place, more: u8) {
    bytes.push(more | if place.transport == Transport::Tcp { TCP } else { 0 });
    bytes.extend(place.port.to_be_bytes());
}

fn read_place(reader: &mut Reader<'_>) -> Option<(Place, u8)> {
    let flags = reader.byte()?;
    let transport = if flags & TCP == 0 { Transport::Udp } else { Transport::Tcp };
    let port = reader.u16().filter(|port| *port != 0)?;
    Some((Place { transport, port }, flags))
}
