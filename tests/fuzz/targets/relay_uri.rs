use lanrage_party::{RelayUri, RelayUriError, limits};

/// Whatever is an address of a relay is one in its canonical form as well, and the same; unless that form, which spells
/// port and transport out, is too long to be one.
pub(crate) fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(uri) = text.parse::<RelayUri>() else { return };
    assert!(uri.port != 0 && text.len() <= limits::RELAY_URI_BYTES);
    let canonical = uri.to_string();
    assert!(canonical.bytes().all(|byte| byte.is_ascii_graphic()), "{canonical:?}");
    let again = if canonical.len() > limits::RELAY_URI_BYTES { Err(RelayUriError::TooLong) } else { Ok(uri) };
    assert_eq!(canonical.parse(), again, "{canonical}");
}
