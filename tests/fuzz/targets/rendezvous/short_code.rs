use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use lanrage_party::UnixMillis;
use lanrage_rendezvous::{
    LookId, Now, Order, PLAIN_BYTES, PutFault, PutId,
    code::{CodeKeys, CodeNote, CodeOffer, CodeSearch, ShortCode},
};

use crate::input::{Clock, Input};

const WALL: UnixMillis = UnixMillis(1_800_000_000_000);

static KEYS: LazyLock<CodeKeys> = LazyLock::new(|| CodeKeys::of(&ShortCode::from_random([1; 10])));

/// What somebody pastes or types; what whoever has a code leaves behind it; and engines that answer whoever looks a code up, and whoever
/// offers one, as they like.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(Ok(code)) = ShortCode::find(&text) {
        assert_eq!(ShortCode::find(&code.to_string()), Some(Ok(code)));
    }
    let mut plain = [0; PLAIN_BYTES];
    let length = data.len().min(PLAIN_BYTES);
    plain[..length].copy_from_slice(&data[..length]);
    if let Ok(CodeNote::Invitation(invitation)) = CodeNote::parse(&plain) {
        let _ = CodeNote::of(*invitation);
    }
    search(&mut Input::new(data));
    offer(&mut Input::new(data));
}

fn search(input: &mut Input<'_>) {
    let mut clock = Clock::start();
    let start = clock.now;
    let at = |clock: &Clock| at(start, clock);
    let mut search = CodeSearch::new(at(&clock), KEYS.clone(), 1);
    let mut looks = Vec::new();
    while !input.is_empty() {
        let now = at(&clock);
        while let Some(order) = search.poll_order() {
            let Order::Look { id, key, .. } = order else { panic!("it looks, and does nothing else") };
            assert_eq!(key, KEYS.item_key());
            looks.push(id);
        }
        let id = looks.pop().unwrap_or(LookId(7));
        match input.below(4) {
            0 => {
                let seq = i64::from_be_bytes(input.array());
                let mut plain = [0; PLAIN_BYTES];
                let text = input.bytes();
                let length = text.len().min(PLAIN_BYTES);
                plain[..length].copy_from_slice(&text[..length]);
                search.handle_replica(id, &KEYS.seal(seq, &plain, [9; 24]));
                looks.push(id);
            }
            1 => search.handle_look_ended(now, id),
            2 => search.handle_network_change(now),
            _ => {
                clock.advance(input);
                search.handle_timeout(at(&clock));
            }
        }
        let due = search.poll_timeout();
        assert_eq!(due.is_none(), search.end().is_some(), "it is over, or something is due");
        assert!(due.is_none_or(|due| due <= clock.now + Duration::from_secs(25)));
    }
}

fn offer(input: &mut Input<'_>) {
    let mut clock = Clock::start();
    let start = clock.now;
    let at = |clock: &Clock| at(start, clock);
    let ends = WALL.plus(900_000);
    let mut offer = CodeOffer::new(at(&clock), &KEYS, &CodeNote::Gone, ends, [[1; 24], [2; 24]], 1);
    let mut puts = Vec::new();
    while !input.is_empty() {
        let now = at(&clock);
        while let Some(order) = offer.poll_order() {
            let Order::Put { id, item, .. } = order else { panic!("it stores, and does nothing else") };
            assert!(item.is_signed());
            puts.push(id);
        }
        match input.below(4) {
            0 => {
                let faults = [PutFault::NoNodes, PutFault::NoAnswer, PutFault::Older, PutFault::Gone];
                let outcome = if input.flag() { Ok(()) } else { Err(input.pick(&faults)) };
                offer.handle_put_ended(now, puts.pop().unwrap_or(PutId(7)), outcome);
            }
            1 => offer.handle_network_change(now),
            2 => offer.take_back(now),
            _ => {
                clock.advance(input);
                offer.handle_timeout(at(&clock));
                assert!(offer.poll_timeout().is_none_or(|due| due > clock.now), "the caller would spin");
            }
        }
        assert!(offer.poll_timeout().is_none_or(|due| due <= clock.now + Duration::from_secs(900)));
    }
}

fn at(start: Instant, clock: &Clock) -> Now {
    let passed = clock.now.saturating_duration_since(start);
    Now { instant: clock.now, wall: WALL.plus(passed.as_millis() as u64) }
}
