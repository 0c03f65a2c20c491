use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::ControlState;

/// Version of what `state` holds.
const VERSION: u16 = 1;

/// Why a file is not a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Cut short, or not of this format at all.
    #[error("it is incomplete or damaged")]
    Malformed,
    /// Its checksum is not that of its contents.
    #[error("its contents were changed or damaged")]
    Checksum,
    /// Whole, and of a later program.
    #[error("it was written by a newer LANrage (format {0})")]
    Newer(u16),
    /// The system does not let it be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    version: u16,
    checksum: String,
    #[serde(borrow)]
    state: &'a RawValue,
}

/// The file's bytes.
pub fn encode(state: &ControlState) -> Vec<u8> {
    let text = serde_json::to_string(state).expect("ids, names, times and records are JSON");
    let checksum = checksum(VERSION, &text);
    format!(r#"{{"version":{VERSION},"checksum":"{checksum}","state":{text}}}"#).into_bytes()
}

/// The state in a file's bytes, whatever they are.
///
/// # Errors
/// What is wrong with them.
pub fn decode(bytes: &[u8]) -> Result<ControlState, Damage> {
    let envelope: Envelope<'_> = serde_json::from_slice(bytes).map_err(|_| Damage::Malformed)?;
    if checksum(envelope.version, envelope.state.get()) != envelope.checksum {
        return Err(Damage::Checksum);
    }
    // Only now: a version that was damaged itself must not pass for a newer one.
    if envelope.version > VERSION {
        return Err(Damage::Newer(envelope.version));
    }
    serde_json::from_str(envelope.state.get()).map_err(|_| Damage::Malformed)
}

fn checksum(version: u16, state: &str) -> String {
    let digest = Sha256::new()
        .chain_update(format!("lanrage control state v{version}\n"))
        .chain_update(state)
        .finalize();
    HEXLOWER.encode(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::sample;

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let state = sample(2);
        let whole = encode(&state);
        assert_eq!(decode(&whole), Ok(state));
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err(), "cut at {length}");
        }
        let mut damaged = whole.clone();
        for bit in 0..whole.len() * 8 {
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&damaged).is_err(), "bit {bit}");
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        damaged.push(b'}');
        assert!(decode(&damaged).is_err(), "something behind it");
    }

    #[test]
    fn a_whole_file_of_a_newer_program_is_told_from_a_damaged_version() {
        let newer =
            format!(r#"{{"version":9,"checksum":"{}","state":{{"x":1}}}}"#, checksum(9, r#"{"x":1}"#));
        assert_eq!(decode(newer.as_bytes()), Err(Damage::Newer(9)));
        let damaged = String::from_utf8(encode(&ControlState::default())).unwrap();
        let damaged = damaged.replace(r#""version":1"#, r#""version":9"#);
        assert_eq!(decode(damaged.as_bytes()), Err(Damage::Checksum));
    }
}
