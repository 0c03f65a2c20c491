use lanrage_party::{RelayUri, limits};

/// Whatever is an address of a relay is one in its canonical form as well, and the same.
pub(crate) fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(uri) = text.parse::<RelayUri>() else { return };
    assert!(uri.port != 0 && text.len() <= limits::RELAY_URI_BYTES);
    let canonical = uri.to_string();
    assert!(canonical.bytes().all(|byte| byte.is_ascii_graphic()), "{canonical:?}");
    assert_eq!(canonical.parse(), Ok(uri), "{canonical}");
}
