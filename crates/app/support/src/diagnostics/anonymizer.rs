use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde::de::IgnoredAny;

use super::pattern::{Pattern, find};

/// Replaces whatever says who or where somebody is by a word that stands for the same thing in everything that
/// this value has seen: `player-2`, `peer-2`, `ip-1`. What was not taught by `learn_…` is known by its form:
/// addresses, host names, URLs, ids, hardware addresses, keys, users' folders. It rather hides too much.
#[derive(Debug, Default)]
pub(super) struct Anonymizer {
    /// By kind and original.
    placeholders: HashMap<(&'static str, String), String>,
    counts: HashMap<&'static str, u32>,
    /// By the short form of the id.
    ids: HashMap<String, String>,
    /// Names, by their first byte in lower case, longest first.
    names: HashMap<u8, Vec<Name>>,
}

#[derive(Debug)]
struct Name {
    text: String,
    placeholder: String,
    any_case: bool,
    /// Not as a part of a longer word.
    alone: bool,
}

impl Anonymizer {
    /// A player, and the id of the player's device as far as it is known (else empty). The first one is
    /// `player-1` and `peer-1`.
    pub(super) fn learn_player(&mut self, id: &str, name: &str) {
        let number = self.next_number("player");
        self.learn_id(id, format!("peer-{number}"));
        self.learn_name(name, format!("player-{number}"), false, is_short(name));
    }

    /// A party, and its id as far as it is known (else empty).
    pub(super) fn learn_party(&mut self, id: &str, name: &str) {
        let number = self.next_number("party");
        self.learn_id(id, format!("party-id-{number}"));
        self.learn_name(name, format!("party-{number}"), false, is_short(name));
    }

    /// A server: URL, host name or address, with or without port.
    pub(super) fn learn_server(&mut self, server: &str) {
        let host = match find(None, server, false) {
            Some((_, Pattern::Url { host, .. })) => host,
            Some((_, Pattern::Address(_))) => return,
            _ => server.split(':').next().unwrap_or(server),
        };
        self.host(host);
    }

    /// This computer's name.
    pub(super) fn learn_machine(&mut self, name: &str) {
        if !name.eq_ignore_ascii_case("localhost") {
            self.learn_name(name, "this-computer".to_owned(), true, true);
        }
    }

    /// The name of the account that the program runs under.
    pub(super) fn learn_account(&mut self, name: &str) {
        if name != "root" {
            self.learn_name(name, "this-account".to_owned(), false, true);
        }
    }

    /// The account's folder.
    pub(super) fn learn_home(&mut self, path: &str) {
        if path.len() > 1 {
            self.learn_name(path, "(home)".to_owned(), false, false);
        }
    }

    /// Plain text.
    pub(super) fn text(&mut self, text: &str) -> String {
        self.replace_all(text, false)
    }

    /// JSON: only what stands in its strings is replaced, so it stays JSON. What is none is taken as plain
    /// text.
    pub(super) fn json(&mut self, text: &str) -> String {
        if serde_json::from_str::<IgnoredAny>(text).is_err() {
            return self.text(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('"') {
            out.push_str(&rest[..start]);
            let mut literals = serde_json::Deserializer::from_str(&rest[start..]).into_iter::<String>();
            let Some(Ok(literal)) = literals.next() else {
                // A string that is no text: half a surrogate pair.
                out.push_str(&self.text(&rest[start..]));
                return out;
            };
            out.push_str(&serde_json::Value::from(self.replace_all(&literal, true)).to_string());
            rest = &rest[start + literals.byte_offset()..];
        }
        out.push_str(rest);
        out
    }

    fn replace_all(&mut self, text: &str, digits_may_be_ids: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            let before = text[..at].chars().next_back();
            let rest = &text[at..];
            let by_form = find(before, rest, digits_may_be_ids);
            let by_name = self.name_at(before, rest);
            match (by_form, by_name) {
                (Some((len, pattern)), name) if name.as_ref().is_none_or(|(longer, _)| *longer <= len) => {
                    out.push_str(&self.replacement(&rest[..len], &pattern));
                    at += len;
                }
                (_, Some((len, placeholder))) => {
                    out.push_str(&placeholder);
                    at += len;
                }
                _ => {
                    out.push(next);
                    at += next.len_utf8();
                }
            }
        }
        out
    }

    fn name_at(&self, before: Option<char>, text: &str) -> Option<(usize, String)> {
        let first = text.as_bytes().first()?.to_ascii_lowercase();
        let within_word = before.is_some_and(char::is_alphanumeric);
        let name = self.names.get(&first)?.iter().find(|name| {
            let Some(candidate) = text.get(..name.text.len()) else { return false };
            let same =
                candidate == name.text || (name.any_case && candidate.eq_ignore_ascii_case(&name.text));
            let goes_on = text[name.text.len()..].chars().next().is_some_and(char::is_alphanumeric);
            same && !(name.alone && (within_word || goes_on))
        })?;
        Some((name.text.len(), name.placeholder.clone()))
    }

    fn replacement(&mut self, original: &str, pattern: &Pattern<'_>) -> String {
        match pattern {
            Pattern::Link => self.placeholder("link", original),
            Pattern::Url { scheme, host, port, has_path } => {
                let host = match host.parse::<IpAddr>() {
                    Ok(IpAddr::V6(address)) => format!("[{}]", self.address(address.into())),
                    Ok(address) => self.address(address),
                    Err(_) => self.host(host),
                };
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://{host}{port}{}", if *has_path { "/…" } else { "" })
            }
            Pattern::Address(address) => self.address(*address),
            Pattern::Mac => self.placeholder("mac", &original.to_ascii_lowercase().replace('-', ":")),
            Pattern::Id => self.id(original),
            Pattern::Token => self.placeholder("token", original),
            Pattern::Home { parent } => {
                format!("{parent}{}", self.placeholder("user", &original[parent.len()..]))
            }
            Pattern::Host => self.host(original),
        }
    }

    fn address(&mut self, address: IpAddr) -> String {
        let address = address.to_canonical();
        match class(address) {
            Some(class) => self.placeholder(class, &address.to_string()),
            None => address.to_string(),
        }
    }

    fn host(&mut self, host: &str) -> String {
        let lower = host.to_ascii_lowercase();
        if lower.is_empty() || lower == "localhost" {
            return lower;
        }
        if let Some((_, known)) = self.name_at(None, &lower).filter(|(len, _)| *len == lower.len()) {
            return known;
        }
        let placeholder = self.placeholder("server", &lower);
        // A name without dots is known as a host in a URL only; from now on it is known everywhere.
        self.learn_name(&lower, placeholder.clone(), true, true);
        placeholder
    }

    fn id(&mut self, id: &str) -> String {
        let short = short(id);
        if let Some(known) = self.ids.get(&short) {
            return known.clone();
        }
        let placeholder = format!("id-{}", self.next_number("id"));
        self.ids.insert(short, placeholder.clone());
        placeholder
    }

    fn learn_id(&mut self, id: &str, placeholder: String) {
        if !id.is_empty() {
            self.ids.entry(short(id)).or_insert(placeholder);
        }
    }

    fn learn_name(&mut self, text: &str, placeholder: String, any_case: bool, alone: bool) {
        let debug = format!("{text:?}");
        // As `Debug` writes it, for example with a quote mark or a backslash in it.
        let escaped = debug.trim_matches('"');
        for text in [text, escaped] {
            let Some(first) = text.bytes().next() else { continue };
            let names = self.names.entry(first.to_ascii_lowercase()).or_default();
            if names.iter().all(|name| name.text != text) {
                let placeholder = placeholder.clone();
                names.push(Name { text: text.to_owned(), placeholder, any_case, alone });
                names.sort_by_key(|name| std::cmp::Reverse(name.text.len()));
            }
        }
    }

    fn placeholder(&mut self, kind: &'static str, original: &str) -> String {
        let key = (kind, original.to_owned());
        if let Some(known) = self.placeholders.get(&key) {
            return known.clone();
        }
        let placeholder = format!("{kind}-{}", self.next_number(kind));
        self.placeholders.insert(key, placeholder.clone());
        placeholder
    }

    fn next_number(&mut self, kind: &'static str) -> u32 {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        *count
    }
}

/// A short name may be a part of any word, so it counts only where it stands alone. Writing without spaces
/// has no words, so there it always counts.
fn is_short(name: &str) -> bool {
    name.is_ascii() && name.len() < 4
}

/// Ids are known by their first eight digits, as the log shows them.
fn short(id: &str) -> String {
    id.chars().take(8).map(|c| c.to_ascii_lowercase()).collect()
}

/// The kind of network that an address belongs to; `None` for an address that says nothing of anybody.
fn class(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => class_v4(address),
        IpAddr::V6(address) => class_v6(address),
    }
}

fn class_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, ..] = address.octets();
    match address {
        _ if address.is_loopback() || address.is_unspecified() => None,
        _ if address.is_broadcast() || address.is_multicast() => None,
        _ if address.is_private() => Some("private"),
        _ if address.is_link_local() => Some("link-local"),
        // RFC 6598: behind a provider's NAT.
        _ if a == 100 && b & 0xc0 == 64 => Some("cgnat"),
        _ => Some("ip"),
    }
}

fn class_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address {
        _ if address.is_loopback() || address.is_unspecified() => None,
        // A solicited-node group holds a part of an address.
        _ if address.is_multicast() => Some("multicast"),
        _ if address.is_unique_local() => Some("unique-local"),
        _ if address.is_unicast_link_local() => Some("link-local"),
        _ => Some("ip6"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_thing_has_the_same_word_everywhere() {
        let mut anonymizer = Anonymizer::default();
        anonymizer.learn_player("a0b1c2d3e4f5061728394a5b6c7d8e9f", "Alice");
        anonymizer.learn_player("11111111e4f5061728394a5b6c7d8e9f", "Bob");
        anonymizer.learn_party("00000000e4f5061728394a5b6c7d8e9f", "Friday LAN");
        anonymizer.learn_server("wss://Play.Example:443/v1/session");
        for (text, anonymous) in [
            ("Alice (a0b1c2d3) made “Friday LAN”", "player-1 (peer-1) made “party-1”"),
            ("peer=a0b1c2d3e4f5061728394a5b6c7d8e9f", "peer=peer-1"),
            ("Alices and Bob's, not Bobby's", "player-1s and player-2's, not Bobby's"),
            ("play.example refused", "server-1 refused"),
            ("wss://play.example/v1/session and ws://box:1", "wss://server-1/… and ws://server-2:1"),
            ("box is away", "server-2 is away"),
            ("[2001:DB8::1]:5 and 2001:db8::1", "[ip6-1]:5 and ip6-1"),
            ("192.168.1.2:3 over 203.0.113.9 to ::ffff:192.168.1.2", "private-1:3 over ip-1 to private-1"),
            (
                "127.0.0.1 239.1.2.3 255.255.255.255 0.0.0.0 ::1",
                "127.0.0.1 239.1.2.3 255.255.255.255 0.0.0.0 ::1",
            ),
            (
                "100.64.0.1 169.254.0.1 fe80::1%eth0 fd00::1",
                "cgnat-1 link-local-1 link-local-2 unique-local-1",
            ),
            ("lanrage://join/AXsicCI6IjAxMDEi", "link-1"),
            ("/home/alice/x and /home/carol", "/home/user-1/x and /home/user-2"),
            ("02:42:ac:11:00:02 or 02-42-AC-11-00-02", "mac-1 or mac-1"),
            ("peer 0badcafe and 0badcafe", "peer id-1 and id-1"),
        ] {
            assert_eq!(anonymizer.text(text), anonymous);
        }
    }

    #[test]
    fn this_computer_and_account_are_hidden() {
        let mut anonymizer = Anonymizer::default();
        anonymizer.learn_home("/srv/people/carol");
        anonymizer.learn_home(r"D:\People\carol");
        anonymizer.learn_account("carol");
        anonymizer.learn_machine("Tower");
        assert_eq!(
            anonymizer.text(r#"/srv/people/carol/x "D:\\People\\carol\\x" D:\People\carol carol@tower"#),
            r#"(home)/x "(home)\\x" (home) this-account@this-computer"#
        );
    }

    #[test]
    fn json_stays_json_and_only_its_strings_change() {
        let mut anonymizer = Anonymizer::default();
        anonymizer.learn_player("", "Bo\"b\\");
        let line = r#"{"timestamp":"2026-11-22T12:34:56.123456Z","bytes":12345678,"fields":{"name":"Bo\"b\\","debug":"Name(\"Bo\\\"b\\\\\")","peer":"12345678"}}"#;
        let anonymous = r#"{"timestamp":"2026-11-22T12:34:56.123456Z","bytes":12345678,"fields":{"name":"player-1","debug":"Name(\"player-1\")","peer":"id-1"}}"#;
        assert_eq!(anonymizer.json(line), anonymous);
        assert_eq!(anonymizer.json("torn \"192.0.2.1"), "torn \"ip-1");
    }

    fn context() -> impl Strategy<Value = (String, String)> {
        let edge = prop::sample::select(vec!["", " ", "(", "“", "=", "\"", "[", ", ", "@", "for ", " of "]);
        let end = prop::sample::select(vec!["", " ", ")", "”", ".", ":80", "\"", "]:80", ", ", "/24", ": x"]);
        (edge.prop_map(str::to_owned), end.prop_map(str::to_owned))
    }

    proptest! {
        #[test]
        fn no_address_is_left_in_any_context(v4: u32, v6: u128, (before, after) in context()) {
            for address in [IpAddr::V4(v4.into()), IpAddr::V6(v6.into())] {
                prop_assume!(class(address.to_canonical()).is_some());
                let text = format!("{before}{address}{after} {address}");
                for anonymous in [Anonymizer::default().text(&text), Anonymizer::default().json(&serde_json::json!({ "x": text }).to_string())] {
                    prop_assert!(!anonymous.contains(&address.to_string()), "{text} -> {anonymous}");
                }
            }
        }

        #[test]
        fn no_name_id_or_host_is_left_in_any_context(
            name in "[Zß太][\"'\\\\ a-z0-9äöü太]{2,12}[a-z0-9]", id in "[0-9a-f]{32}", host in "[a-z][a-z0-9-]{0,10}[a-z0-9]\\.[a-z]{2,8}", (before, after) in context(),
        ) {
            let mut anonymizer = Anonymizer::default();
            anonymizer.learn_player("", &name);
            anonymizer.learn_server(&host);
            let word = if name.is_ascii() && name.len() < 4 { " " } else { "" };
            let text = format!("{before}{name}{word}{after} {name:?} {before}{id}{after} {} {before}{host}{after}", &id[..8]);
            let anonymous = anonymizer.json(&serde_json::json!([text]).to_string());
            prop_assert!(!anonymous.contains(&name), "{text} -> {anonymous}");
            prop_assert!(!anonymous.contains(&id[..8]), "{text} -> {anonymous}");
            prop_assert!(!anonymous.contains(&host), "{text} -> {anonymous}");
        }

        #[test]
        fn the_same_input_gives_the_same_words_and_other_input_other_words(one: u32, other: u32) {
            let (one, other) = (Ipv4Addr::from(one), Ipv4Addr::from(other));
            prop_assume!(one != other && class_v4(one).is_some() && class_v4(other).is_some());
            let mut anonymizer = Anonymizer::default();
            let mut word = |address: Ipv4Addr| anonymizer.text(&address.to_string());
            let first = word(one);
            prop_assert_ne!(&first, &word(other));
            prop_assert_eq!(&first, &word(one));
        }

        #[test]
        fn any_text_is_taken(text: String) {
            let mut anonymizer = Anonymizer::default();
            anonymizer.learn_player("", "Zoë");
            let once = anonymizer.text(&text);
            prop_assert_eq!(anonymizer.text(&text), once);
            anonymizer.json(&text);
        }
    }
}
