//! Which relays there are, and what clients are offered.

use lanrage_control::{
    protocol::{ErrorCode, Nonce, PROTOCOL_VERSION, RelayProof, ServerMessage, SessionToken, relay_secret},
    registry::{
        ConfiguredRelay, OffersChange, Registry, RegistrySettings, RelayRegistry, RelaySettings, StoredChange,
    },
    session::{ConnectionId, Hub, HubOutput, Proven},
};
use lanrage_party::{RelayOffer, UnixMillis, VirtualIp, limits};

use crate::support::*;

const SECOND: u64 = 1_000;
const HOUR: u64 = 60 * MINUTE;

fn relays() -> RelayRegistry {
    let mut settings = RelaySettings::new(relay_credentials);
    settings.registration_key = Some(RELAY_KEY.to_vec().into());
    let mut relays = RelayRegistry::new(settings);
    relays.configure(ConfiguredRelay {
        name: "own".into(),
        region: String::new(),
        uris: vec!["turn::3478".parse().unwrap()],
        secret: "own secret".to_owned().into(),
    });
    relays
}

fn names(offers: &[RelayOffer]) -> Vec<&str> {
    offers.iter().map(|offer| offer.name.as_str()).collect()
}

#[test]
fn credentials_are_for_one_peer_and_half_a_day() {
    let offers = relays().offers(id(1), party(1), START);
    assert_eq!(names(&offers), ["own"]);
    let expires_at = START.0 / 1_000 + 12 * 3_600;
    assert_eq!(
        offers[0].credentials,
        relay_credentials("own secret", &id(1).to_string(), &group(&offers), expires_at)
    );
    assert!(offers.iter().all(RelayOffer::is_within_limits));
}

/// What of its credentials stands for the party.
fn group(offers: &[RelayOffer]) -> String {
    offers[0].credentials.username.rsplit('@').next().unwrap().to_owned()
}

#[test]
fn members_of_one_party_have_a_quota_together_and_a_relay_does_not_learn_which_party() {
    let relays = relays();
    let of = |peer, party| group(&relays.offers(peer, party, START));
    assert_eq!(of(id(1), party(1)), of(id(2), party(1)));
    assert_ne!(of(id(1), party(1)), of(id(1), party(2)));
    let (shown, hidden) = (of(id(1), party(1)), party(1).to_string());
    assert_eq!(shown.len(), 16);
    assert!(!hidden.contains(&shown) && !hidden.contains(&shown[..8]), "{shown} of {hidden}");
}

#[test]
fn a_relay_registers_is_offered_last_when_it_is_silent_and_not_at_all_when_it_stays_so() {
    let mut relays = relays();
    let at = |seconds: u64| START.plus(seconds * SECOND);
    assert_eq!(relays.set_load("own", 50), OffersChange::Load);
    assert_eq!(relays.register(id(7), relay_registration(7, "north", 20), at(0)), Ok(OffersChange::Set));
    let offers = relays.offers(id(1), party(1), at(0));
    assert_eq!(names(&offers), ["north", "own"], "the emptier one first");
    let secret = relay_secret(RELAY_KEY, "north");
    assert!(offers[0].credentials.password.reveal().starts_with(secret.as_str()));

    assert_eq!(relays.register(id(7), relay_registration(7, "north", 20), at(30)), Ok(OffersChange::Nothing));
    relays.told();
    assert_eq!(relays.sweep(at(105)), OffersChange::Nothing, "heard of 75 s ago");
    assert_eq!(relays.sweep(at(106)), OffersChange::Set);
    let offers = relays.offers(id(1), party(1), at(106));
    assert_eq!((names(&offers), offers[1].load_percent), (vec!["own", "north"], 100));
    assert_eq!(relays.register(id(7), relay_registration(7, "north", 20), at(120)), Ok(OffersChange::Set));
    assert_eq!(names(&relays.offers(id(1), party(1), at(120))), ["north", "own"], "it is back");
    assert_eq!(relays.sweep(at(720)), OffersChange::Set, "silent again");
    assert_eq!(relays.sweep(at(721)), OffersChange::Set);
    assert_eq!(
        names(&relays.offers(id(1), party(1), at(721))),
        ["own"],
        "what the operator named never goes"
    );
}

#[test]
fn who_does_not_know_the_key_or_takes_anothers_name_registers_nothing() {
    let mut relays = relays();
    let mut refused = |from, relay| relays.register(id(from), relay, START).unwrap_err().code;
    let mut other_key = relay_registration(7, "north", 0);
    other_key.proof = RelayProof::new(b"another key", &id(7), "north");
    assert_eq!(refused(7, other_key), ErrorCode::BadSignature);
    assert_eq!(refused(8, relay_registration(7, "north", 0)), ErrorCode::BadSignature, "overheard");
    let mut renamed = relay_registration(7, "north", 0);
    renamed.name = "south".into();
    assert_eq!(refused(7, renamed), ErrorCode::BadSignature);
    assert_eq!(refused(7, relay_registration(7, "own", 0)), ErrorCode::BadSignature);
    relays.register(id(7), relay_registration(7, "north", 0), START).unwrap();
    let refusal = relays.register(id(8), relay_registration(8, "north", 0), START).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::BadSignature, "a name is its first peer's");
    relays.sweep(START.plus(11 * MINUTE));
    assert_eq!(names(&relays.offers(id(1), party(1), START)), ["own"]);

    let keyless = &mut RelayRegistry::new(RelaySettings::new(relay_credentials));
    for closed in [keyless, &mut RelayRegistry::none()] {
        let refusal = closed.register(id(7), relay_registration(7, "north", 0), START).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::UnknownMessage);
    }
}

#[test]
fn there_are_only_so_many_relays_and_offers() {
    let mut relays = relays();
    let mut accepted = 0;
    for n in 0..100 {
        let load = u8::try_from(n).unwrap();
        match relays.register(id(7), relay_registration(7, &format!("r{n}"), load), START) {
            Ok(_) => accepted += 1,
            Err(refusal) => assert_eq!(refusal.code, ErrorCode::ServerFull),
        }
    }
    assert_eq!(accepted + 1, RelayRegistry::MOST);
    let offers = relays.offers(id(1), party(1), START);
    assert_eq!(offers.len(), limits::RELAYS);
    assert!(offers.is_sorted_by_key(|offer| offer.load_percent));
}

#[test]
fn a_server_that_was_restarted_offers_its_relays_until_they_are_stale() {
    let mut before = relays();
    before.register(id(7), relay_registration(7, "north", 20), START).unwrap();
    let changes = before.take_changes();
    let [StoredChange::PutRelay(stored)] = changes.as_slice() else { panic!("{changes:?}") };
    before.register(id(7), relay_registration(7, "north", 25), START.plus(30 * SECOND)).unwrap();
    assert_eq!(before.take_changes(), [], "not every sign of life is written");

    let mut after = relays();
    let later = START.plus(DAY);
    after.restore(vec![stored.clone()], later);
    assert_eq!(names(&after.offers(id(1), party(1), later)), ["own", "north"]);
    assert_eq!(after.sweep(later.plus(8 * MINUTE)), OffersChange::Nothing);
    assert_eq!(after.sweep(later.plus(9 * MINUTE)), OffersChange::Set);
    assert_eq!(after.take_changes(), [StoredChange::RemoveRelay("north".into())]);
}

fn hub() -> Hub {
    Hub::new(Registry::new(RegistrySettings::default(), START), Vec::new()).with_relays(relays())
}

fn connect(hub: &mut Hub, connection: u64, n: u8, now: UnixMillis) {
    let proven = Proven {
        peer: id(n),
        protocol: PROTOCOL_VERSION,
        token: SessionToken::from_random([n; 32]),
        resumed: false,
        if_absent: false,
        nonce: Nonce::from_random([n; 32]),
        bound: true,
    };
    hub.connect(ConnectionId(connection), proven, now);
}

/// Which connections were told of which relays.
fn told(hub: &mut Hub) -> Vec<(u64, Vec<String>)> {
    let mut told = Vec::new();
    while let Some(output) = hub.poll_output() {
        let HubOutput::Send { to, message } = output else { continue };
        if let ServerMessage::Welcome { relays, .. } | ServerMessage::Relays { relays } = message {
            told.extend(to.iter().map(|to| (to.0, relays.iter().map(|relay| relay.name.clone()).collect())));
        }
    }
    told
}

#[test]
fn everybody_hears_of_a_new_relay_and_gets_fresh_credentials_in_time() {
    let mut hub = hub();
    let own = || vec!["own".to_owned()];
    let both = || vec!["north".to_owned(), "own".to_owned()];
    connect(&mut hub, 1, 1, START);
    hub.request(ConnectionId(1), create(record(1, 1, 1)), START);
    assert_eq!(told(&mut hub), [(1, vec![])], "who is alone needs none");
    connect(&mut hub, 2, 2, START.plus(HOUR));
    connect(&mut hub, 7, 7, START.plus(HOUR));
    assert_eq!(told(&mut hub), [(2, vec![]), (7, vec![])]);
    hub.get_relays(ConnectionId(2), START.plus(HOUR));
    assert_eq!(told(&mut hub), [(2, vec![])]);
    hub.request(ConnectionId(2), join(record(2, 2, 1)), START.plus(HOUR));
    let mut both_told = told(&mut hub);
    both_told.sort();
    assert_eq!(both_told, [(1, own()), (2, own())]);

    let now = START.plus(HOUR);
    hub.register_relay(ConnectionId(7), relay_registration(7, "north", 0), now);
    assert_eq!(told(&mut hub), [(1, both()), (2, both())]);
    hub.disconnected(ConnectionId(7), now);
    hub.get_relays(ConnectionId(2), now.plus(5 * MINUTE));
    assert_eq!(told(&mut hub), [(2, vec!["north".to_owned(), "own".to_owned()])]);

    let alive = |hub: &mut Hub, at| (1..=2).for_each(|n| hub.heartbeat(ConnectionId(n), at));
    alive(&mut hub, now.plus(11 * MINUTE));
    hub.sweep(now.plus(11 * MINUTE));
    assert_eq!(told(&mut hub), [(1, own()), (2, own())], "the relay is gone");
    alive(&mut hub, now.plus(6 * HOUR));
    hub.sweep(now.plus(6 * HOUR));
    assert_eq!(told(&mut hub), []);
    alive(&mut hub, now.plus(6 * HOUR + 11 * MINUTE));
    hub.sweep(now.plus(6 * HOUR + 11 * MINUTE));
    let told = told(&mut hub);
    assert_eq!(told, [(1, own()), (2, own())], "after half of the lifetime, not before");
}

#[test]
fn many_are_told_of_a_new_relay_in_steps_and_each_of_them_once() {
    let mut hub = hub();
    for n in 1..=100 {
        connect(&mut hub, n.into(), n, START);
        let record = record_in(party(n.div_ceil(2)), n, VirtualIp([10, 66, 0, n].into()), 1);
        let request = if n % 2 == 1 { create(record) } else { join(record) };
        hub.request(ConnectionId(n.into()), request, START);
    }
    told(&mut hub);
    connect(&mut hub, 200, 200, START);
    told(&mut hub);
    hub.register_relay(ConnectionId(200), relay_registration(200, "north", 0), START);
    let mut heard = told(&mut hub);
    assert!(!heard.is_empty() && heard.len() < 100, "{} at once", heard.len());
    // Whoever has gone meanwhile holds nobody up.
    hub.disconnected(ConnectionId(100), START);
    while hub.has_untold() {
        hub.tell_on(START);
        heard.extend(told(&mut hub));
    }
    let who: Vec<u64> = heard.iter().map(|(connection, _)| *connection).collect();
    assert_eq!(who, (1..=99).collect::<Vec<u64>>());
    assert!(heard.iter().all(|(_, relays)| relays.contains(&"north".to_owned())));
}
