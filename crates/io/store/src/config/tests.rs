use lanrage_party::facts::SettingRule;
use serde_json::{Value, json};

use super::*;

fn settings(pairs: &[(&str, Value)]) -> Settings {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

#[test]
fn every_default_is_one_of_the_values_that_its_setting_takes() {
    for declaration in Config::declarations() {
        let default = declaration.default.value();
        assert_eq!(declaration.accept(&default).as_ref(), Ok(&default), "{}", declaration.key);
    }
    let config = Config::default();
    assert_eq!(config.player_name, None);
    assert_eq!(config.default_subnet, lanrage_party::Subnet::DEFAULT);
    assert!(config.adapter_name.is_given_by_helper());
    assert_eq!((config.restore_last_party, config.relay_only), (true, false));
    assert_eq!((config.backup_keep, config.log_level), (7, LogLevel::Info));
    assert_eq!((config.find_friends, config.dht_nodes.servers().len()), (FindFriends::Dht, 4));
}

#[test]
fn every_number_fits_the_type_that_it_is_read_into() {
    for declaration in Config::declarations() {
        if let Kind::Integer { min, max } = declaration.kind {
            for bound in [min, max] {
                let stored = settings(&[(declaration.key, bound.into())]);
                assert!(Config::repaired(&stored).1.is_empty(), "{} = {bound}", declaration.key);
            }
            for beyond in [min - 1, max + 1] {
                let stored = settings(&[(declaration.key, beyond.into())]);
                assert!(!Config::repaired(&stored).1.is_empty(), "{} = {beyond}", declaration.key);
            }
        }
    }
}

#[test]
fn keys_are_unique_plain_words_and_documented_in_sentences() {
    let mut keys: Vec<_> = Config::declarations().iter().map(|declaration| declaration.key).collect();
    for declaration in Config::declarations() {
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(declaration.key.chars().all(plain), "{}", declaration.key);
        let doc = declaration.doc;
        assert!(doc.ends_with('.') && !doc.starts_with(' ') && !doc.contains("  "), "{doc:?}");
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), Config::declarations().len());
}

#[test]
fn missing_keys_have_defaults_and_unknown_ones_are_left_alone() {
    let stored = settings(&[
        ("player_name", json!("Ada")),
        ("control_server", json!("https://play.example/")),
        ("from_the_future", json!([1, 2])),
    ]);
    let (config, faults) = Config::repaired(&stored);
    assert_eq!(faults, []);
    assert_eq!(config.player_name.unwrap().as_str(), "Ada");
    assert_eq!(config.control_server.unwrap().to_string(), "wss://play.example/");
    assert_eq!(config.udp_port, 0);
}

#[test]
fn every_bad_value_is_named_with_its_rule_and_the_rest_still_counts() {
    let stored = settings(&[
        ("player_name", json!(5)),
        ("udp_port", json!(70_000)),
        ("log_level", json!("loud")),
        ("default_subnet", json!("8.8.8.0/24")),
        ("adapter_name", json!("a name that is too long")),
        ("control_server", json!("wss://me:secret@play.example")),
        ("backup_keep", json!(3)),
        ("restore_last_party", Value::Null),
    ]);
    let (repaired, faults) = Config::repaired(&stored);
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "player_name",
            "control_server",
            "restore_last_party",
            "udp_port",
            "adapter_name",
            "default_subnet",
            "log_level"
        ]
    );
    let port = &faults[3];
    assert_eq!((&port.value, port.or_empty), (&json!(70_000), false));
    assert_eq!(port.rule, SettingRule::Integer { min: 0, max: 65_535 });
    assert!(faults[0].or_empty);
    assert_eq!(repaired, Config { backup_keep: 3, ..Config::default() });
}

#[test]
fn typed_text_becomes_the_one_stored_form() {
    let parse = |key, text| Config::declaration(key).unwrap().parse(text);
    assert_eq!(parse("relay_only", "yes").unwrap(), json!(true));
    assert_eq!(parse("udp_port", " 4000 ").unwrap(), json!(4000));
    assert_eq!(parse("player_name", " Ada ").unwrap(), json!("Ada"));
    assert_eq!(parse("player_name", "").unwrap(), Value::Null);
    assert_eq!(parse("default_subnet", "10.7.1.9/16").unwrap(), json!("10.7.0.0/16"));
    assert_eq!(parse("control_server", "http://10.0.0.1:8787").unwrap(), json!("ws://10.0.0.1:8787/"));
    let stun = parse("stun_servers", "a.example, [2001:db8::1]:99,").unwrap();
    assert_eq!(stun, json!("a.example:3478, [2001:db8::1]:99"));
    assert_eq!(parse("stun_servers", "").unwrap(), json!(""));
    assert_eq!(parse("dht_nodes", "a.example, b.example:7").unwrap(), json!("a.example:6881, b.example:7"));
    let relays = parse("pkarr_relays", "https://a.example/, http://10.0.0.1:80/pkarr,").unwrap();
    assert_eq!(relays, json!("https://a.example, http://10.0.0.1/pkarr"));
    assert_eq!(parse("pkarr_relays", "").unwrap(), json!(""));
    assert_eq!(parse("find_friends", "link").unwrap(), json!("link"));
    assert_eq!(parse("server_key", "the-key-of-the-clan").unwrap(), json!("••••••••"), "kept elsewhere");
    for no_key in ["too-short", "••••••••", "with blanks in the middle"] {
        let fault = parse("server_key", no_key).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("too-short"), "it may be a key but for a letter");
    }
    for (key, text) in [
        ("stun_servers", "a b"),
        ("stun_servers", "a:0"),
        ("dht_nodes", "a:0"),
        ("pkarr_relays", "a.example"),
        ("pkarr_relays", "ftp://a.example"),
        ("pkarr_relays", "https://me:secret@a.example"),
        ("pkarr_relays", "https://a.example/?key=1"),
        ("pkarr_relays", "https://a,https://b,https://c,https://d,https://e"),
        ("find_friends", "server"),
        ("stun_servers", "1,2,3,4,5,6,7,8,9"),
        ("udp_port", ""),
        ("udp_port", "1.5"),
        ("relay_only", "maybe"),
        ("log_level", "INFO"),
    ] {
        assert!(parse(key, text).is_err(), "{key} = {text:?}");
    }
}

#[test]
fn declarations_serialise_for_the_window() {
    let port = serde_json::to_value(Config::declaration("udp_port").unwrap()).unwrap();
    assert_eq!(port["kind"], json!({ "type": "integer", "min": 0, "max": 65_535 }));
    assert_eq!((&port["default"], &port["restart_required"]), (&json!(0), &json!(true)));
    assert_eq!(port["group"], "network");
}
