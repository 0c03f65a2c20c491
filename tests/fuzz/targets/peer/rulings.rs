use std::num::NonZeroU16;

use lanrage_party::{
    Admission, DeviceIdentity, LinkTerms, Matter, PartyId, Pass, PeerId, Rulings, Serial, Standing,
    UnixMillis,
};

use crate::input::Input;

const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
/// Later than anything that is ruled here.
const LATER: UnixMillis = UnixMillis(NOW.0 + 3_600_000);
/// So many rulings are made at most, which is less than anybody forgets any.
const STEPS: usize = 60;
const ROUNDS: usize = 8;

fn party() -> PartyId {
    PartyId::from_random([1; 16])
}

fn device(n: usize) -> DeviceIdentity {
    DeviceIdentity::from_seed(&[n as u8 + 1; 32])
}

fn id(n: usize) -> PeerId {
    device(n).peer_id()
}

/// Two halves of a party rule in any order and hear each other now and then. When both have heard everything they conclude the
/// same, no link has let in more than it is good for, and the owner is in.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut halves = [Rulings::new(party(), id(0)), Rulings::new(party(), id(0))];
    for _ in 0..STEPS {
        if input.is_empty() {
            break;
        }
        let at = input.below(2);
        if input.below(4) == 0 {
            hear(&mut halves, at);
            continue;
        }
        // A device is in one half, and knows what it has ruled itself.
        let author = device(2 * input.below(2) + at);
        if input.below(4) == 0 {
            halves[at].take_over(&author);
            continue;
        }
        let matter = matter(&mut input);
        let wall = NOW.plus(u64::from(input.u16()));
        // Whoever has not the right changes nothing.
        let mut tried = halves[at].clone();
        if tried.rule(&author, matter, wall).is_ok() {
            halves[at] = tried;
        }
    }
    for at in (0..2).cycle().take(ROUNDS) {
        hear(&mut halves, at);
    }
    let [one, other] = halves;
    assert_eq!(one, other);
    assert_eq!(one.digest(), other.digest());
    assert!(one.admits(&one.owner()));
    for link in one.links() {
        assert!(link.terms.uses.is_none_or(|uses| link.came.len() <= usize::from(uses.get())));
    }
}

/// One half hears all that the other knows.
fn hear(halves: &mut [Rulings; 2], at: usize) {
    let told: Vec<_> = halves[1 - at].all().cloned().collect();
    for ruling in told {
        halves[at].take(ruling, LATER);
    }
}

fn matter(input: &mut Input<'_>) -> Matter {
    let peer = id(input.below(6));
    let serial = Serial::from_bytes([input.below(3) as u8; 4]);
    match input.below(6) {
        0 => Matter::Admission(input.pick(&[Admission::Open, Admission::Ask, Admission::Closed])),
        1 => Matter::Owner(peer),
        2 => {
            let key = Pass::of(&device(0), &party(), serial).key();
            let uses = NonZeroU16::new(input.below(4) as u16);
            let ends = input.flag().then(|| NOW.plus(u64::from(input.u16()).max(1)));
            let terms =
                LinkTerms { serial, key, uses, ends, needs_approval: input.flag(), for_guests: input.flag() };
            Matter::Link { terms, is_revoked: input.flag() }
        }
        3 => Matter::Redeemed { peer, serial, at: NOW.plus(u64::from(input.u16())), name: None },
        _ => {
            let standings = [Standing::Member, Standing::Moderator, Standing::Kicked, Standing::Banned];
            Matter::Peer { peer, standing: input.pick(&standings), name: None, share: None }
        }
    }
}
