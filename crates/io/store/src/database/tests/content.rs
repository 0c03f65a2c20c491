use std::net::SocketAddrV4;

use lanrage_party::{
    Departure, DeviceIdentity, Leave, Matter, NatType, PartyId, PartySecret, PeerId, PeerRecord, Ruling,
    ServerId, SignedRecord, Standing, Subnet, Transport, VirtualIp, VoiceLink, WireGuardKey,
    facts::ExportFault,
};
use lanrage_shield::{Grant, Trust};
use serde_json::Value;

use super::*;
use crate::{Config, Settings};

fn party(number: u8) -> PartyId {
    PartyId::from_random([number; 16])
}

fn identity(number: u8) -> DeviceIdentity {
    DeviceIdentity::from_seed(&[number; 32])
}

fn membership(number: u8, is_active: bool) -> StoredMembership {
    StoredMembership {
        party: party(number),
        name: name(&format!("Party {number}")),
        host: identity(number).peer_id(),
        founder: identity(number / 2).peer_id(),
        rulings: rulings(number),
        voice_link: VoiceLink::sign(&identity(number), &party(number), NOW, "https://voice.example"),
        is_host: number == 1,
        subnet: Subnet::DEFAULT,
        control: vec!["wss://a.example".parse().unwrap(), "ws://10.0.0.1:8787".parse().unwrap()],
        server: (number % 2 == 1).then(|| ServerId::of(&identity(9).public())),
        epoch: 3,
        expires_at: Some(NOW.plus(DAY_MS)),
        virtual_ip: VirtualIp([10, 66, 0, number].into()),
        sequence: NOW.0 + 7,
        created_at: NOW,
        last_active_at: NOW.plus(number.into()),
        left_at: None,
        is_active,
    }
}

fn rulings(number: u8) -> Vec<Ruling> {
    let by = identity(number / 2);
    let banned = (0..number).map(|n| {
        let (peer, name) = (identity(n).peer_id(), Some(name("Bo")));
        let matter = Matter::Peer { peer, standing: Standing::Banned, name, share: None };
        Ruling::sign(&by, &party(number), n.into(), matter)
    });
    banned.collect()
}

fn record(number: u8) -> SignedRecord {
    let identity = identity(number);
    let record = PeerRecord {
        party: party(1),
        identity: identity.public(),
        wireguard_key: WireGuardKey::from_bytes([number; 32]),
        virtual_ip: VirtualIp([10, 66, 0, number].into()),
        name: name("Bob"),
        protocol: 1,
        epoch: 3,
        sequence: 9,
    };
    record.sign(&identity, &PartySecret::from_random([9; 32]))
}

fn peer(number: u8) -> StoredPeer {
    StoredPeer {
        peer: identity(number).peer_id(),
        record: record(number),
        nat_type: NatType::PortRestrictedCone,
        joined_at: NOW.plus(number.into()),
        last_endpoint: Some("[2001:db8::1]:4000".parse().unwrap()),
        last_seen: Some(NOW),
    }
}

fn settings(pairs: &[(&str, Value)]) -> Settings {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

#[tokio::test]
async fn a_grade_that_needs_more_than_a_better_one_is_refused_and_nothing_changes() {
    let home = Home::new();
    let database = home.open().await;
    let wish = [("quality_good".to_owned(), json!(92)), ("udp_port".to_owned(), json!(4_000))].into();
    let refused = database.set_settings(&wish, NOW).await;
    assert!(
        matches!(&refused, Err(StoreError::InvalidSettings { fault, .. }) if fault.key == "quality_good"),
        "{refused:?}"
    );
    assert_eq!(database.get_all_settings().await.unwrap(), crate::Settings::new());
    set(&database, "quality_good", json!(85)).await;
    set(&database, "quality_excellent", json!(86)).await;
}

#[tokio::test]
async fn what_is_written_ahead_is_folded_in_before_it_is_large() {
    let home = Home::new();
    let database = home.open().await;
    for minute in 0..400_u64 {
        let name = json!(format!("{minute:0>30}"));
        database.set_settings(&settings(&[("player_name", name)]), NOW).await.unwrap();
    }
    let ahead = std::fs::metadata(home.path("lanrage.db-wal")).unwrap().len();
    assert!((1..600_000).contains(&ahead), "{ahead} bytes");
}

#[tokio::test]
async fn settings_are_kept_over_a_restart_and_reset_together() {
    let home = Home::new();
    let (database, report) = home.open_at(NOW).await;
    assert!(report.created && report.damage.is_none() && report.upgraded.is_none());
    let change = set(&database, "udp_port", json!(4000)).await;
    assert_eq!((change.changed, change.restart_required), (vec!["udp_port"], true));
    let change = set(&database, "player_name", json!(" Ada ")).await;
    assert_eq!((change.changed, change.restart_required), (vec!["player_name"], false));
    let change = set(&database, "player_name", json!("Ada")).await;
    assert_eq!(change, SettingsChange::default());
    database.close().await.unwrap();

    let (database, report) = home.open_at(NOW).await;
    assert_eq!(report, OpenReport::default());
    let config = sound(&database).await;
    assert_eq!((config.udp_port, config.player_name), (4000, Some(name("Ada"))));
    assert_eq!(database.reset_setting("udp_port").await.unwrap().changed, ["udp_port"]);
    database.reset_settings().await.unwrap();
    assert_eq!(sound(&database).await, Config::default());
}

#[tokio::test]
async fn settings_are_read_beside_whoever_has_the_database_open_and_nothing_is_made() {
    let home = Home::new();
    assert_eq!(SettingsDatabase::peek(&home.dir).await.unwrap(), Settings::new());
    assert!(!home.database().exists());
    let database = home.open().await;
    let chosen = settings(&[("language", json!("de"))]);
    database.set_settings(&chosen, NOW).await.unwrap();
    assert_eq!(SettingsDatabase::peek(&home.dir).await.unwrap(), chosen);
    database.close().await.unwrap();
    assert_eq!(SettingsDatabase::peek(&home.dir).await.unwrap(), chosen);
    fs::write(home.database(), "no database").unwrap();
    SettingsDatabase::peek(&home.dir).await.unwrap_err();
    assert_eq!(fs::read_to_string(home.database()).unwrap(), "no database");
}

#[tokio::test]
async fn a_refused_value_changes_nothing_not_even_the_good_ones_beside_it() {
    let home = Home::new();
    let database = home.open().await;
    let unknown = database.set_settings(&settings(&[("udp_prot", json!(1))]), NOW).await.unwrap_err();
    assert!(matches!(unknown, StoreError::UnknownSetting { .. }));
    let both = settings(&[("udp_port", json!(1)), ("log_level", json!("loud"))]);
    let refused = database.set_settings(&both, NOW).await.unwrap_err();
    assert!(refused.to_string().contains("log_level"), "{refused}");
    assert_eq!(database.get_all_settings().await.unwrap(), Settings::new());
}

#[tokio::test]
async fn keys_of_a_newer_program_survive_and_bad_values_are_reported_and_can_be_reset() {
    let home = Home::new();
    let database = home.open().await;
    let stored = "INSERT INTO settings VALUES ('from_the_future', '{\"a\":1}', 1), ('udp_port', '-1', 1)";
    database.connection.execute_unprepared(stored).await.unwrap();
    let (_, faults) = Config::repaired(&database.get_all_settings().await.unwrap());
    assert_eq!(faults[0].key, "udp_port");
    database.reset_settings().await.unwrap();
    sound(&database).await;
    let left = database.get_all_settings().await.unwrap();
    assert_eq!(left, settings(&[("from_the_future", json!({ "a": 1 }))]));
}

#[tokio::test]
async fn an_export_carries_all_settings_to_another_device() {
    let (one, two) = (Home::new(), Home::new());
    let (from, to) = (one.open().await, two.open().await);
    set(&from, "player_name", json!("Ada")).await;
    set(&from, "backup_keep", json!(9)).await;
    let future = "INSERT INTO settings VALUES ('from_the_future', '1', 1)";
    from.connection.execute_unprepared(future).await.unwrap();
    let report = to.import_settings(&from.export_settings().await.unwrap(), NOW).await.unwrap();
    assert_eq!(report.change.changed, ["player_name", "backup_keep"]);
    assert_eq!(report.unknown, ["from_the_future"]);
    assert_eq!(sound(&to).await, sound(&from).await);
}

#[tokio::test]
async fn what_is_no_export_is_refused_whole() {
    let home = Home::new();
    let database = home.open().await;
    let huge = " ".repeat(2 << 20);
    let field = |field: &str| ExportFault::ExportField { field: field.to_owned() };
    for (text, why) in [
        ("", ExportFault::NotJson { line: 1, column: 0 }),
        ("{\n\"format\": ", ExportFault::NotJson { line: 2, column: 10 }),
        ("{}", ExportFault::NoExport),
        ("[1]", ExportFault::NoExport),
        (&huge, ExportFault::ExportTooLong { most_bytes: 1 << 20 }),
        (r#"{"format":"other","version":1,"settings":{}}"#, ExportFault::NoExport),
        (
            r#"{"format":"lanrage-settings","version":2,"settings":{}}"#,
            ExportFault::ExportNewer { version: 2 },
        ),
        (r#"{"format":"lanrage-settings","settings":{}}"#, field("version")),
        (r#"{"format":"lanrage-settings","version":1,"settings":[]}"#, field("settings")),
    ] {
        let refused = database.import_settings(text, NOW).await.unwrap_err();
        assert!(matches!(&refused, StoreError::NotAnExport(found) if *found == why), "{text}: {refused}");
    }
    let bad = r#"{"format":"lanrage-settings","version":1,"settings":{"udp_port":1,"backup_keep":0}}"#;
    let refused = database.import_settings(bad, NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::InvalidSettings { .. }));
    assert_eq!(database.get_all_settings().await.unwrap(), Settings::new());
}

#[tokio::test]
async fn an_activated_set_is_all_that_is_chosen_and_the_only_active_one() {
    let home = Home::new();
    let database = home.open().await;
    let (club, home_set) = (name("Club"), name("Home"));
    let club_settings =
        settings(&[("control_server", json!("https://club.example")), ("udp_port", json!(4000))]);
    database.save_server_config(&club, &club_settings, NOW).await.unwrap();
    database.save_server_config(&home_set, &settings(&[("udp_port", json!(5000))]), NOW).await.unwrap();
    let change = database.activate_server_config(&club, NOW).await.unwrap();
    assert_eq!(change.changed, ["control_server", "udp_port"]);
    assert!(change.restart_required);
    database.set_settings(&settings(&[("backup_keep", json!(3))]), NOW).await.unwrap();
    let change = database.activate_server_config(&home_set, NOW).await.unwrap();
    assert_eq!(change.changed, ["control_server", "udp_port", "backup_keep"]);
    let active = |configs: Vec<ServerConfig>| -> Vec<_> {
        configs.into_iter().map(|config| (config.name.to_string(), config.is_active)).collect()
    };
    let configs = database.server_configs().await.unwrap();
    assert_eq!(active(configs), [("Club".to_owned(), false), ("Home".to_owned(), true)]);
    let config = sound(&database).await;
    assert_eq!(config, Config { udp_port: 5000, ..Config::default() });
    // Saving again keeps it active; deleting it keeps what it set.
    database.save_server_config(&home_set, &Settings::new(), NOW).await.unwrap();
    assert!(database.server_configs().await.unwrap()[1].is_active);
    database.delete_server_config(&home_set).await.unwrap();
    assert_eq!(sound(&database).await.udp_port, 5000);
    let missing = database.delete_server_config(&home_set).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no saved set Home");
}

#[tokio::test]
async fn a_saved_set_with_a_value_that_is_no_longer_taken_is_not_activated() {
    let home = Home::new();
    let database = home.open().await;
    let refused = database
        .save_server_config(&name("Bad"), &settings(&[("udp_port", json!(-1))]), NOW)
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::InvalidSettings { .. }));
    let older = r#"INSERT INTO server_configs VALUES ('Old', '{"backup_keep":3,"udp_port":-1}', 0, 1)"#;
    database.connection.execute_unprepared(older).await.unwrap();
    let refused = database.activate_server_config(&name("Old"), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::InvalidSettings { .. }));
    assert_eq!(database.get_all_settings().await.unwrap(), Settings::new());
    assert!(!database.server_configs().await.unwrap()[0].is_active);
}

#[tokio::test]
async fn favourites_and_profiles_are_saved_replaced_listed_by_name_and_forgotten() {
    let home = Home::new();
    let database = home.open().await;
    let mut server = FavoriteServer {
        url: "wss://b.example".parse().unwrap(),
        name: name("B"),
        added_at: NOW,
        last_used_at: None,
    };
    let other = FavoriteServer { url: "wss://a.example".parse().unwrap(), name: name("Z"), ..server.clone() };
    database.save_favorite_server(&other).await.unwrap();
    database.save_favorite_server(&server).await.unwrap();
    server.last_used_at = Some(NOW.plus(5));
    database.save_favorite_server(&server).await.unwrap();
    assert_eq!(database.favorite_servers().await.unwrap(), [server.clone(), other.clone()]);
    database.delete_favorite_server(&server.url).await.unwrap();
    assert_eq!(database.favorite_servers().await.unwrap(), [other]);

    let mut game = GameProfile {
        name: name("Teeworlds"),
        executables: vec!["teeworlds".to_owned(), "teeworlds_srv".to_owned()],
        ports: vec![PortRange { protocol: Protocol::Udp, first: 8303, last: 8310 }],
        extra: serde_json::Map::from_iter([("note".to_owned(), json!("fun"))]),
        slug: Some("teeworlds".to_owned()),
        origin: ProfileOrigin::Changed,
        details: serde_json::Map::from_iter([("steam".to_owned(), json!([380_840]))]),
        is_hidden: true,
    };
    database.save_game_profile(&game, NOW).await.unwrap();
    game.executables.pop();
    database.save_game_profile(&game, NOW).await.unwrap();
    assert_eq!(database.game_profiles().await.unwrap(), [game.clone()]);
    let renamed = GameProfile { name: name("Another name"), ..game };
    database.save_game_profile(&renamed, NOW).await.unwrap();
    let only = [renamed];
    assert_eq!(database.game_profiles().await.unwrap(), only, "one for a slug");
    database.delete_game_profile(&only[0].name).await.unwrap();
    assert_eq!(database.game_profiles().await.unwrap(), []);
}

#[tokio::test]
async fn a_membership_and_its_roster_read_back_as_they_were_saved() {
    let home = Home::new();
    let database = home.open().await;
    let mine = membership(1, true);
    database.save_membership(&mine).await.unwrap();
    for friend in [peer(3), peer(2)] {
        database.save_peer(&mine.party, &friend).await.unwrap();
    }
    database.close().await.unwrap();

    let database = home.open().await;
    assert_eq!(database.active_membership().await.unwrap(), Some(mine.clone()));
    assert_eq!(database.roster(&mine.party).await.unwrap(), [peer(2), peer(3)]);
    let secret = PartySecret::from_random([9; 32]);
    let stored = &database.roster(&mine.party).await.unwrap()[0];
    stored.record.verify(&mine.party, mine.epoch, &secret).unwrap();
    let link = mine.invitation(secret).link();
    assert_eq!(
        link.parse::<lanrage_party::Invitation>().unwrap().host,
        mine.founder,
        "whoever made it, not the heir"
    );

    let moved = StoredPeer { last_endpoint: None, last_seen: None, ..peer(2) };
    database.save_peer(&mine.party, &moved).await.unwrap();
    database.remove_peer(&mine.party, &peer(3).peer).await.unwrap();
    assert_eq!(database.roster(&mine.party).await.unwrap(), [moved]);
    database.remove_peer(&mine.party, &peer(2).peer).await.unwrap();
    assert_eq!(database.roster(&mine.party).await.unwrap(), []);
    database.save_peer(&party(9), &peer(2)).await.unwrap_err();
}

#[tokio::test]
async fn who_has_left_a_party_is_remembered_as_long_as_the_party() {
    let home = Home::new();
    let database = home.open().await;
    let departure = |number: u8| {
        let leaver = identity(number);
        Departure { identity: leaver.public(), leave: Leave::sign(&leaver, &party(1), NOW.0) }
    };
    database.save_departures(&party(1), &[departure(2)]).await.unwrap_err();
    database.save_membership(&membership(1, true)).await.unwrap();
    database.save_departures(&party(1), &[departure(2), departure(3)]).await.unwrap();
    // Its row is written anew whenever this device enters the party.
    database.save_membership(&membership(1, true)).await.unwrap();
    assert_eq!(database.departures(&party(1)).await.unwrap().len(), 2);
    database.save_departures(&party(1), &[departure(3)]).await.unwrap();
    database.close().await.unwrap();

    let database = home.open().await;
    let kept = database.departures(&party(1)).await.unwrap();
    assert_eq!(kept, [departure(3)]);
    assert!(kept[0].leave.is_of(&kept[0].identity, &party(1), 9));
    database.leave_membership(&party(1), 1, NOW).await.unwrap();
    assert_eq!(database.departures(&party(1)).await.unwrap(), []);
}

#[tokio::test]
async fn a_favourite_party_stays_one_whatever_is_written_of_it_until_it_is_forgotten() {
    let home = Home::new();
    let database = home.open().await;
    let mine = membership(1, true);
    database.set_favorite_party(&mine.party, true, NOW).await.unwrap_err();
    let changes = database.party_changes();
    database.save_membership(&mine).await.unwrap();
    database.set_favorite_party(&mine.party, true, NOW).await.unwrap();
    database.set_favorite_party(&mine.party, true, NOW.plus(1)).await.unwrap();
    assert!(changes.has_changed().unwrap(), "whoever shows the parties is told");
    // Entering it again writes its row anew, and leaving it keeps it among the recent ones.
    database.save_membership(&mine).await.unwrap();
    database.leave_membership(&mine.party, 1, NOW).await.unwrap();
    assert_eq!(database.favorite_parties().await.unwrap(), [mine.party].into());
    database.set_favorite_party(&mine.party, false, NOW).await.unwrap();
    database.set_favorite_party(&mine.party, false, NOW).await.unwrap();
    assert_eq!(database.favorite_parties().await.unwrap(), [].into());
    database.set_favorite_party(&mine.party, true, NOW).await.unwrap();
    database.forget(&mine.party).await.unwrap();
    assert_eq!(database.favorite_parties().await.unwrap(), [].into());
}

#[tokio::test]
async fn one_party_is_active_and_the_others_are_recent() {
    let home = Home::new();
    let database = home.open().await;
    for number in 1..=3 {
        database.save_membership(&membership(number, true)).await.unwrap();
    }
    database
        .save_membership(&StoredMembership { last_active_at: NOW.plus(99), ..membership(1, false) })
        .await
        .unwrap();
    database.save_peer(&party(3), &peer(2)).await.unwrap();
    let order = |parties: Vec<StoredMembership>| -> Vec<u8> {
        parties.iter().map(|membership| membership.party.as_bytes()[0]).collect()
    };
    assert_eq!(order(database.recent_parties().await.unwrap()), [3, 1, 2]);

    database.leave_membership(&party(3), NOW.0 + 99, NOW.plus(50)).await.unwrap();
    assert_eq!(database.active_membership().await.unwrap(), None);
    assert_eq!(database.roster(&party(3)).await.unwrap(), []);
    let left = database.membership(&party(3)).await.unwrap().unwrap();
    assert_eq!((left.left_at, left.name.as_str()), (Some(NOW.plus(50)), "Party 3"));
    assert_eq!(database.newest_sequence().await.unwrap(), NOW.0 + 99, "of a party that was left");

    // Joined again.
    database.save_membership(&membership(3, true)).await.unwrap();
    database.save_peer(&party(3), &peer(2)).await.unwrap();
    database.forget(&party(3)).await.unwrap();
    assert_eq!(database.roster(&party(3)).await.unwrap(), []);
    assert_eq!(order(database.recent_parties().await.unwrap()), [1, 2]);
}

#[tokio::test]
async fn the_schema_itself_refuses_two_active_parties_and_values_that_are_not_json() {
    let home = Home::new();
    let database = home.open().await;
    database.save_membership(&membership(1, true)).await.unwrap();
    database.save_membership(&membership(2, false)).await.unwrap();
    for refused in [
        "UPDATE memberships SET is_active = 1",
        "UPDATE memberships SET left_at = 1 WHERE is_active",
        "INSERT INTO settings VALUES ('player_name', 'Ada', 1)",
        "INSERT INTO server_configs VALUES ('a', '{}', 1, 1), ('b', '{}', 1, 1)",
    ] {
        database.connection.execute_unprepared(refused).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_row_that_is_no_value_is_left_out_and_left_there() {
    let home = Home::new();
    let database = home.open().await;
    database.save_membership(&membership(1, false)).await.unwrap();
    database.save_membership(&membership(2, false)).await.unwrap();
    let spoil = format!("UPDATE memberships SET subnet = 'x' WHERE party_id = '{}'", party(1));
    database.connection.execute_unprepared(&spoil).await.unwrap();
    assert_eq!(database.recent_parties().await.unwrap(), [membership(2, false)]);
    let mend = "UPDATE memberships SET subnet = '10.66.0.0/16'";
    database.connection.execute_unprepared(mend).await.unwrap();
    assert_eq!(database.recent_parties().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_nat_of_the_networks_measured_last_is_remembered() {
    let home = Home::new();
    let database = home.open().await;
    let result = |number: u64| NatResult {
        network: format!("net {number}"),
        nat_type: NatType::Symmetric,
        public_endpoint: Some("198.51.100.1:9".parse().unwrap()),
        measured_at: NOW.plus(number),
    };
    for number in 0..20 {
        database.save_nat_result(&result(number)).await.unwrap();
    }
    assert_eq!(database.nat_result("net 3").await.unwrap(), None);
    assert_eq!(database.nat_result("net 4").await.unwrap(), Some(result(4)));
    let again = NatResult { nat_type: NatType::FullCone, public_endpoint: None, ..result(19) };
    database.save_nat_result(&again).await.unwrap();
    assert_eq!(database.nat_result("net 19").await.unwrap(), Some(again));
}

#[tokio::test]
async fn the_nodes_heard_of_last_are_remembered_each_once() {
    let home = Home::new();
    let database = home.open().await;
    let node = |n: u8| SocketAddrV4::new([198, 51, 100, n].into(), 6_881);
    let nodes = |range: std::ops::Range<u8>| range.map(node).collect::<Vec<_>>();
    database.save_dht_nodes(&[], NOW).await.unwrap();
    assert_eq!(database.dht_nodes().await.unwrap(), []);
    database.save_dht_nodes(&nodes(0..60), NOW).await.unwrap();
    database.save_dht_nodes(&nodes(50..70), NOW.plus(1)).await.unwrap();
    let kept = database.dht_nodes().await.unwrap();
    assert_eq!(kept.len(), 64);
    assert!(nodes(50..70).iter().all(|node| kept.contains(node)), "the newest");
    database.save_dht_nodes(&nodes(100..200), NOW.plus(2)).await.unwrap();
    let mut kept = database.dht_nodes().await.unwrap();
    kept.sort_unstable();
    assert_eq!(kept, nodes(100..164));
}

#[tokio::test]
async fn trust_is_by_identity_and_a_decision_on_ports_takes_the_place_of_the_one_before() {
    let home = Home::new();
    let database = home.open().await;
    let peer = PeerId::from_bytes([7; 16]);
    let friend = |trust| FriendTrust { peer, name: name("Bob"), trust };
    for trust in [Trust::Full, Trust::Mute] {
        database.save_trust(&friend(trust), NOW).await.unwrap();
        assert_eq!(database.trust().await.unwrap(), [friend(trust)]);
    }
    database.save_trust(&friend(Trust::Friend), NOW).await.unwrap();
    assert_eq!(database.trust().await.unwrap(), [], "as friends are");
    for is_muted in [true, true, false, true] {
        database.save_muted(&peer, is_muted, NOW).await.unwrap();
        assert_eq!(database.muted().await.unwrap().contains(&peer), is_muted);
    }

    let decision = |first, peer, is_open| PortGrant {
        grant: Grant { transport: Transport::Udp, first, last: first + 1, peer, is_open },
        name: peer.map(|_| name("Bob")),
    };
    let (all, one) = (decision(9_000, None, true), decision(9_000, Some(peer), false));
    database.save_grant(&decision(9_000, None, false), NOW).await.unwrap();
    database.save_grant(&all, NOW).await.unwrap();
    database.save_grant(&one, NOW.plus(1)).await.unwrap();
    assert_eq!(database.grants().await.unwrap(), [all.clone(), one.clone()]);
    assert!(database.forget_grant(&all.grant).await.unwrap());
    assert!(!database.forget_grant(&all.grant).await.unwrap());
    assert_eq!(database.grants().await.unwrap(), [one]);
    for number in 0..200 {
        database
            .save_grant(&decision(number + 1, None, true), NOW.plus(2 + u64::from(number)))
            .await
            .unwrap();
    }
    let kept = database.grants().await.unwrap();
    assert_eq!((kept.len(), kept[0].grant.first), (128, 73), "the newest");
}

#[tokio::test]
async fn many_callers_at_once_lose_nothing() {
    let home = Home::new();
    let database = std::sync::Arc::new(home.open().await);
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..50_u8 {
        let database = std::sync::Arc::clone(&database);
        writers.spawn(async move { database.save_membership(&membership(number, true)).await });
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap().unwrap();
    }
    assert_eq!(database.recent_parties().await.unwrap().len(), 50);
    assert!(database.active_membership().await.unwrap().is_some());
    assert!(database.get_database_size().await.unwrap() > 4_096);
}
