//! What in a text says who or where somebody is, by its form alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Something that may say who or where somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern<'a> {
    /// An invitation link, or a web link with a fragment, which may be one.
    Link,
    /// A URL with a host; user name, password, path and query are not told apart.
    Url { scheme: &'a str, host: &'a str, port: Option<&'a str>, has_path: bool },
    /// An IP address, without port, prefix length or zone.
    Address(IpAddr),
    /// A hardware address.
    Mac,
    /// A peer's or party's id, whole (32 digits) or in short (8).
    Id,
    /// Many random characters, or many bytes in a list: perhaps a key.
    Token,
    /// A user's folder; `parent` is what stands before the user's name.
    Home { parent: &'a str },
    /// The name of a computer on a network.
    Host,
}

/// What begins at the beginning of `text` (`before` is the character in front of it), and how many bytes of it
/// that is. Where numbers stand in `text` itself and not beside it, `digits_may_be_ids`.
pub(super) fn find(
    before: Option<char>,
    text: &str,
    digits_may_be_ids: bool,
) -> Option<(usize, Pattern<'_>)> {
    let first = text.chars().next()?;
    if matches!(first, '/' | '\\') {
        return home(text);
    }
    if first == '[' {
        return bytes(text);
    }
    if before.is_some_and(char::is_alphanumeric) || !(first.is_ascii_alphanumeric() || first == ':') {
        return None;
    }
    url(text)
        .or_else(|| mac(text))
        .or_else(|| ipv6(text))
        .or_else(|| ipv4(text))
        .or_else(|| token(before, text))
        .or_else(|| hexadecimal(text, digits_may_be_ids))
        .or_else(|| host(before, text))
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !belongs(c)).unwrap_or(text.len())]
}

fn goes_on(text: &str, len: usize) -> bool {
    text[len..].chars().next().is_some_and(char::is_alphanumeric)
}

fn ends_url(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\'' | '<' | '>' | '`' | ',' | ')' | '}' | '|' | '\\' | '“' | '”')
}

fn url(text: &str) -> Option<(usize, Pattern<'_>)> {
    let scheme = run(text, |c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'));
    let rest = text[scheme.len()..].strip_prefix("://")?;
    let start = scheme.len() + "://".len();
    let mut body = run(rest, |c| !ends_url(c)).trim_end_matches(['.', ':', ';']);
    let authority = run(body, |c| !matches!(c, '/' | '?' | '#'));
    let user_len = authority.rfind('@').map_or(0, |at| at + 1);
    let place = &authority[user_len..];
    let (host, after) = match place.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => {
            if let Some(bracket) = body[user_len..].find(']') {
                // The URL stands in brackets.
                body = &body[..user_len + bracket];
            }
            let place = place.split(']').next()?;
            place.split_at(place.find(':').unwrap_or(place.len()))
        }
    };
    let pattern = if scheme.eq_ignore_ascii_case("lanrage") || body.contains('#') {
        Pattern::Link
    } else if host.is_empty() {
        return None;
    } else {
        let port = after.strip_prefix(':').filter(|port| port.parse::<u16>().is_ok());
        Pattern::Url { scheme, host, port, has_path: body.len() > authority.len() + 1 }
    };
    Some((start + body.len(), pattern))
}

fn mac(text: &str) -> Option<(usize, Pattern<'_>)> {
    const LEN: usize = 17;
    let bytes = text.as_bytes().get(..LEN)?;
    let separator = bytes[2];
    let is_mac = matches!(separator, b':' | b'-')
        && bytes.iter().enumerate().all(|(at, byte)| match at % 3 {
            2 => *byte == separator,
            _ => byte.is_ascii_hexdigit(),
        });
    let longer = text.as_bytes().get(LEN) == Some(&separator)
        && text.as_bytes().get(LEN + 1).is_some_and(u8::is_ascii_hexdigit);
    (is_mac && !longer && !goes_on(text, LEN)).then_some((LEN, Pattern::Mac))
}

fn ipv6(text: &str) -> Option<(usize, Pattern<'_>)> {
    let mut address = run(text, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    if address.bytes().filter(|byte| *byte == b':').count() < 2 || goes_on(text, address.len()) {
        return None;
    }
    loop {
        if let Ok(parsed) = address.parse::<Ipv6Addr>() {
            let zone = text[address.len()..].strip_prefix('%').map_or(0, |zone| {
                1 + run(zone, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).len()
            });
            return Some((address.len() + zone, Pattern::Address(parsed.into())));
        }
        // The end of a sentence, or a colon before what is said of the address.
        address = address.strip_suffix([':', '.'])?;
    }
}

fn ipv4(text: &str) -> Option<(usize, Pattern<'_>)> {
    let address = run(text, |c| c.is_ascii_digit() || c == '.').trim_end_matches('.');
    let parsed: Ipv4Addr = address.parse().ok()?;
    Some((address.len(), Pattern::Address(parsed.into())))
}

fn token(before: Option<char>, text: &str) -> Option<(usize, Pattern<'_>)> {
    /// A key of 32 bytes has 43 characters of base64; nothing that people write is as long without a space.
    const LONG: usize = 40;
    /// From here on digits and letters of both cases do not come together by chance.
    const MIXED: usize = 22;
    let is_mixed = |text: &str| {
        text.contains(|c: char| c.is_ascii_digit())
            && text.contains(|c: char| c.is_ascii_uppercase())
            && text.contains(|c: char| c.is_ascii_lowercase())
    };
    let of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=');
    let word = run(text, of_token);
    if word.len() >= LONG || (word.len() >= MIXED && is_mixed(word)) {
        return Some((word.len(), Pattern::Token));
    }
    // Base64 with slashes looks like a path; but a path seldom begins without one and is seldom so mixed.
    let in_path = matches!(before, Some('/' | '\\' | '.' | '~'));
    let with_slashes = run(text, |c| of_token(c) || c == '/');
    let is_token = !in_path && with_slashes.len() >= LONG && is_mixed(with_slashes);
    is_token.then_some((with_slashes.len(), Pattern::Token))
}

fn hexadecimal(text: &str, digits_may_be_ids: bool) -> Option<(usize, Pattern<'_>)> {
    const SHORT_ID: usize = 8;
    const ID: usize = 32;
    /// Long enough to tell one computer or key from all others.
    const TELLING: usize = 12;
    let word = run(text, |c| c.is_ascii_hexdigit());
    if goes_on(text, word.len()) {
        return None;
    }
    let has_letter = word.contains(|c: char| c.is_ascii_alphabetic());
    match word.len() {
        SHORT_ID if has_letter || digits_may_be_ids => Some((SHORT_ID, Pattern::Id)),
        ID => Some((ID, Pattern::Id)),
        len if len >= TELLING && has_letter => Some((len, Pattern::Token)),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<(usize, Pattern<'_>)> {
    /// As many as an id has; a key has more.
    const MANY: usize = 16;
    let list = run(&text[1..], |c| c.is_ascii_digit() || matches!(c, ',' | ' '));
    let is_list = text[1 + list.len()..].starts_with(']') && list.split(',').count() >= MANY;
    is_list.then_some((list.len() + 2, Pattern::Token))
}

fn home(text: &str) -> Option<(usize, Pattern<'_>)> {
    const PARENTS: [&str; 5] = ["/home/", "/Users/", r"\Users\", r"\\Users\\", r"\users\"];
    let parent = &text[..PARENTS.iter().find(|parent| text.starts_with(**parent))?.len()];
    let user = run(&text[parent.len()..], |c| !matches!(c, '/' | ':') && !ends_url(c));
    (!user.is_empty()).then_some((parent.len() + user.len(), Pattern::Home { parent }))
}

fn host(before: Option<char>, text: &str) -> Option<(usize, Pattern<'_>)> {
    /// Ends of file names that are no top-level domains.
    const FILES: [&str; 16] = [
        "bak", "conf", "css", "db", "dll", "exe", "html", "js", "json", "lock", "log", "new", "secret",
        "sock", "toml", "txt",
    ];
    /// Ends of file names that are: files only behind a slash.
    const FILES_OR_DOMAINS: [&str; 4] = ["rs", "so", "ts", "zip"];
    let name = run(text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let name = name.trim_end_matches(['.', '-', '_']);
    let (labels, last) = name.rsplit_once('.')?;
    let is_domain =
        last.starts_with("xn--") || (last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()));
    let lower = last.to_ascii_lowercase();
    let behind_slash = matches!(before, Some('/' | '\\'));
    let is_file = !labels.contains('.')
        && (FILES.contains(&lower.as_str()) || (behind_slash && FILES_OR_DOMAINS.contains(&lower.as_str())));
    let is_host =
        is_domain && !is_file && name.split('.').all(|label| !label.is_empty()) && !goes_on(text, name.len());
    is_host.then_some((name.len(), Pattern::Host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(&str, Pattern<'_>)> {
        find(None, text, false).map(|(len, pattern)| (&text[..len], pattern))
    }

    #[test]
    fn addresses_end_where_ports_zones_and_sentences_begin() {
        for (text, matched) in [
            ("192.0.2.7:51820", "192.0.2.7"),
            ("192.0.2.7. Next", "192.0.2.7"),
            ("192.0.2.0/24", "192.0.2.0"),
            ("2001:db8::1]:51820", "2001:db8::1"),
            ("2001:db8::1: refused", "2001:db8::1"),
            ("fe80::1%eth0 up", "fe80::1%eth0"),
            ("::ffff:192.0.2.7,", "::ffff:192.0.2.7"),
            ("2001:db8:: is a network", "2001:db8::"),
        ] {
            let (got, pattern) = found(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(got, matched, "{text}");
            assert!(matches!(pattern, Pattern::Address(_)), "{text}: {pattern:?}");
        }
    }

    #[test]
    fn a_url_is_taken_apart_and_a_link_is_taken_whole() {
        let url = |host, port, has_path| Pattern::Url { scheme: "wss", host, port, has_path };
        for (text, matched, pattern) in [
            (
                "wss://play.example:8787/v1/session\"",
                "wss://play.example:8787/v1/session",
                url("play.example", Some("8787"), true),
            ),
            ("wss://play.example/.", "wss://play.example/", url("play.example", None, false)),
            (
                "wss://user:pw@[2001:db8::1]:1, x",
                "wss://user:pw@[2001:db8::1]:1",
                url("2001:db8::1", Some("1"), false),
            ),
            ("wss://box] x", "wss://box", url("box", None, false)),
            ("lanrage://join/AXsicCI6 x", "lanrage://join/AXsicCI6", Pattern::Link),
            ("https://lan.example/join#AXsicCI6'", "https://lan.example/join#AXsicCI6", Pattern::Link),
        ] {
            assert_eq!(found(text), Some((matched, pattern)), "{text}");
        }
        assert_eq!(found("file:///tmp"), None);
    }

    #[test]
    fn ids_hardware_addresses_keys_hosts_and_homes_are_known_by_their_form() {
        let key = "kF3vQ0s5b8B1h2Y7Jc9XrT4wZ6uNaMdEeGgLiPoKqRs";
        let list = format!("{:?}", [7_u8; 32]);
        for (text, matched, pattern) in [
            ("a0b1c2d3e4f5061728394a5b6c7d8e9f", "a0b1c2d3e4f5061728394a5b6c7d8e9f", Pattern::Id),
            ("a0b1c2d3 added", "a0b1c2d3", Pattern::Id),
            ("02:42:ac:11:00:02", "02:42:ac:11:00:02", Pattern::Mac),
            ("02-42-AC-11-00-02 up", "02-42-AC-11-00-02", Pattern::Mac),
            (key, key, Pattern::Token),
            (list.as_str(), list.as_str(), Pattern::Token),
            ("alices-laptop.fritz.box.", "alices-laptop.fritz.box", Pattern::Host),
            ("/home/alice/x", "/home/alice", Pattern::Home { parent: "/home/" }),
            (r"\Users\Alice\x", r"\Users\Alice", Pattern::Home { parent: r"\Users\" }),
        ] {
            assert_eq!(found(text), Some((matched, pattern)), "{text}");
        }
    }

    #[test]
    fn what_says_nothing_of_anybody_is_left_alone() {
        for text in [
            "network.log",
            "lanrage.db",
            "lanrage_engine::engine",
            "2026-11-22T12:34:56.123456Z",
            "12:34:56",
            "0.7.1",
            "6.18.5",
            "12345678 bytes",
            "e.g. this",
            "x86_64-unknown-linux-gnu",
            "[1, 2, 3]",
            "/home/",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
