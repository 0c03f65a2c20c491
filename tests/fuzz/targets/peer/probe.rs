use lanrage_nat::Probe;

/// Whatever is a probe is written as it was read: there is one form of each.
pub(crate) fn run(data: &[u8]) {
    if let Ok(probe) = Probe::parse(data) {
        assert_eq!(probe.to_bytes(), data);
        assert!(data.len() <= Probe::MAX_BYTES);
    }
}
