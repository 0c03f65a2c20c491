//! Times in the names of files: `20261122T183144123Z`, which sort as they follow.

use lanrage_party::UnixMillis;
use time::{Date, Month, OffsetDateTime, Time};

/// The time as it stands in a file's name.
pub fn write(at: UnixMillis) -> String {
    let nanos = i128::from(at.0) * 1_000_000;
    // Beyond the year 9999 only a broken clock points.
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}{:03}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    )
}

/// The time that a file's name says; `None` if it says none.
pub(crate) fn read(text: &str) -> Option<UnixMillis> {
    let shape = text.len() == 19
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            18 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    if !shape {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().ok();
    let small = |range| number(range).and_then(|number| u8::try_from(number).ok());
    let month = Month::try_from(small(4..6)?).ok()?;
    let date = Date::from_calendar_date(number(0..4)?.into(), month, small(6..8)?).ok()?;
    let time = Time::from_hms_milli(small(9..11)?, small(11..13)?, small(13..15)?, number(15..18)?).ok()?;
    let nanos = date.with_time(time).assume_utc().unix_timestamp_nanos();
    Some(UnixMillis(u64::try_from(nanos / 1_000_000).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back_and_sorts_by_time() {
        let times = [0, 951_827_696_789, 1_795_372_304_123, 4_102_444_799_999].map(UnixMillis);
        let stamps = times.map(write);
        assert_eq!(stamps[1], "20000229T123456789Z");
        assert!(stamps.is_sorted());
        assert_eq!(stamps.map(|stamp| read(&stamp)), times.map(Some));
    }

    #[test]
    fn what_is_no_stamp_is_not_read() {
        for text in
            ["", "20261122T183144123", "20261322T183144123Z", "20261122T253144123Z", "2026112éT18314412Z"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
