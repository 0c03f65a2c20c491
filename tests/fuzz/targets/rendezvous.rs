pub(crate) mod short_code;

use std::{sync::LazyLock, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use lanrage_party::{DeviceIdentity, NatType, PartyId, PartySecret, UnixMillis, copied};
use lanrage_rendezvous::{
    Beacon, Door, Event, Finder, FinderOutput, Keys, Kind, KrpcFilter, LookId, Member, Now, Order,
    PLAIN_BYTES, Place, PutFault, PutId, ReplyKey, SEALED_BYTES, SignedItem, VALUE_BYTES, Window,
};

use crate::input::{Clock, Input};

const WALL: UnixMillis = UnixMillis(1_800_000_000_000);
const PLACE: Place = Place { kind: Kind::Beacon, window: Window(20_000), slot: 0 };

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(&PartySecret::from_random([1; 32]), 1));

/// What comes at the socket of a DHT client: what goes on is read to its end by a decoder that follows every level.
pub(crate) fn filter(data: &[u8]) {
    if KrpcFilter::default().lets_in(Clock::start().now, data) {
        assert!(data.len() <= 2_048 && data.starts_with(b"d"));
        assert!(decoded(data, 1).is_some(), "it is not whole");
    }
}

/// What follows the first bencoded value (BEP 3).
fn decoded(bytes: &[u8], level: usize) -> Option<&[u8]> {
    assert!(level <= 9, "too deep, with the texts in the eighth level");
    match bytes.first()? {
        b'd' | b'l' => {
            let mut rest = &bytes[1..];
            while rest.first()? != &b'e' {
                rest = decoded(rest, level + 1)?;
            }
            Some(&rest[1..])
        }
        b'i' => {
            let end = bytes.iter().position(|byte| *byte == b'e')?;
            Some(&bytes[end + 1..])
        }
        _ => {
            let colon = bytes.iter().position(|byte| *byte == b':')?;
            let length: usize = str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
            bytes.get(colon + 1 + length..)
        }
    }
}

/// A reply as somebody pasted it, and one whose damage does not show in its checksum. Nobody without the secret makes one.
pub(crate) fn reply(data: &[u8]) {
    let key = ReplyKey::new(&PartySecret::from_random([1; 32]), PartyId::from_random([2; 16]), 1);
    if let Ok(text) = str::from_utf8(data) {
        assert!(key.open(text).is_err());
    }
    let mut body = vec![1];
    body.extend(data);
    copied::put_checksum(&mut body);
    assert!(key.open(&format!("lanrage://reply/{}", BASE64URL_NOPAD.encode(&body))).is_err());
}

/// What a node says lies under a key, and what somebody with the secret has sealed there.
pub(crate) fn item(data: &[u8]) {
    let key = KEYS.item_key(PLACE);
    let signature = [7; 64];
    let forged = SignedItem { key, seq: data.len() as i64, value: data.to_vec(), signature };
    assert_eq!(KEYS.open(PLACE, &forged), None);

    let mut plain = [0; PLAIN_BYTES];
    let length = data.len().min(PLAIN_BYTES);
    plain[..length].copy_from_slice(&data[..length]);
    let sealed = KEYS.seal(PLACE, 1, &plain, [9; 24]);
    assert!(sealed.value.len() == VALUE_BYTES && VALUE_BYTES > SEALED_BYTES);
    assert_eq!(KEYS.open(PLACE, &sealed), Some(plain));
    if let Some(beacon) = Beacon::parse(&plain) {
        assert!(beacon.entries.len() <= 12);
        assert_eq!(Beacon::parse(&beacon.to_plain()), Some(beacon));
    }
    if let Some(door) = Door::parse(&plain) {
        assert!(door.entries.len() <= 12);
        assert_eq!(Door::parse(&door.to_plain()), Some(door));
    }
}

/// A finder, a party around it that changes, a hostile member who writes what it likes, and engines that answer as they
/// like.
pub(crate) fn finder(data: &[u8]) {
    let mut input = Input::new(data);
    let mut clock = Clock::start();
    let mut wall = WALL;
    let start = Now { instant: clock.now, wall };
    let mut finder = Finder::new(start, KEYS.clone(), member(&mut Input::new(&[1])), [1; 32]);
    let (mut looks, mut puts) = (Vec::new(), Vec::new());
    while !input.is_empty() {
        let now = Now { instant: clock.now, wall };
        match input.below(12) {
            0 => finder.handle_search(now),
            1 => finder.handle_found(now),
            2 => finder.handle_up(now),
            3 => finder.handle_link_copied(now),
            4 => finder.handle_network_change(now),
            5 => finder.handle_leave(now),
            6 => {
                let members: Vec<Member> = (0..input.below(20)).map(|_| member(&mut input)).collect();
                finder.set_members(now, members.first().map(|member| member.peer), &members);
            }
            7 => {
                let me = member(&mut input);
                finder.set_me(now, me);
            }
            8 => {
                let (id, key) = looks.pop().unwrap_or((LookId(7), KEYS.item_key(PLACE)));
                // Of the few places around now, the one that was asked for.
                let places = [Kind::Beacon, Kind::Door].into_iter().flat_map(|kind| {
                    let window = KEYS.window(wall);
                    (0..4).flat_map(move |slot| {
                        [0, 1, 2].map(|day| Place {
                            kind,
                            slot,
                            window: Window((window.0 + day).saturating_sub(1)),
                        })
                    })
                });
                let place = places.into_iter().find(|place| KEYS.item_key(*place) == key).unwrap_or(PLACE);
                let seq = i64::from_be_bytes(input.array());
                let mut plain = [0; PLAIN_BYTES];
                let text = input.bytes();
                let length = text.len().min(PLAIN_BYTES);
                plain[..length].copy_from_slice(&text[..length]);
                let item = KEYS.seal(place, seq, &plain, [9; 24]);
                finder.handle_event(now, Event::Replica(id, item));
                if input.flag() {
                    looks.push((id, key));
                } else {
                    finder.handle_event(now, Event::LookEnded(id));
                }
            }
            9 => {
                let id = puts.pop().unwrap_or(PutId(7));
                let faults = [PutFault::NoNodes, PutFault::NoAnswer, PutFault::Older, PutFault::Gone];
                let outcome = if input.flag() { Ok(()) } else { Err(input.pick(&faults)) };
                finder.handle_event(now, Event::PutEnded(id, outcome));
            }
            10 => wall = UnixMillis(u64::from(input.u16()) << input.below(48)),
            _ => {
                let before = clock.now;
                clock.advance(&mut input);
                wall = wall.plus((clock.now - before).as_millis() as u64);
                finder.handle_timeout(Now { instant: clock.now, wall });
            }
        }
        while let Some(output) = finder.poll_output() {
            match output {
                FinderOutput::Order(Order::Look { id, key, .. }) => looks.push((id, key)),
                FinderOutput::Order(Order::Put { id, item, .. }) => {
                    assert!(item.is_signed() && item.value.len() == VALUE_BYTES);
                    puts.push(id);
                }
                FinderOutput::Knock(call) => assert!((1..=5).contains(&call.addresses.len())),
                FinderOutput::Health(_) | FinderOutput::Order(Order::Reopen | Order::Rest) => {}
            }
        }
        let due = finder.poll_timeout();
        assert!(due.is_none_or(|due| due > clock.now), "the caller would spin");
        assert!(due.is_none_or(|due| due <= clock.now + Duration::from_secs(2 * 86_400)));
    }
}

fn member(input: &mut Input<'_>) -> Member {
    let seed = input.u8();
    let peer = DeviceIdentity::from_seed(&[seed; 32]).peer_id();
    let nat_type = NatType::ALL[usize::from(seed) % NatType::ALL.len()];
    let (reachable, relays) = (input.flag(), input.flag());
    let count = input.below(6);
    let addresses = (0..count).map(|_| input.address()).collect();
    Member { peer, addresses, reachable, relays, nat_type }
}
