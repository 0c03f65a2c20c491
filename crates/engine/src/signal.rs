use lanrage_party::{Candidate, limits};
use serde::{Deserialize, Serialize};

/// What two peers tell each other through the control plane, sealed: where they may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signal {
    /// Grows with every signal of this peer; a lower one than already seen is a replay.
    pub(crate) sequence: u64,
    /// All of the sender's candidates.
    pub(crate) candidates: Vec<Candidate>,
}

/// Why an opened signal was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignalError {
    #[error("not a signal")]
    Malformed,
    #[error("more than {max} candidates", max = limits::CANDIDATES)]
    TooManyCandidates,
}

impl Signal {
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers, words and addresses are JSON")
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, SignalError> {
        let signal: Self = serde_json::from_slice(bytes).map_err(|_| SignalError::Malformed)?;
        if signal.candidates.len() > limits::CANDIDATES {
            return Err(SignalError::TooManyCandidates);
        }
        Ok(signal)
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::CandidateType;
    use proptest::prelude::*;

    use super::*;

    fn signal(candidates: usize) -> Signal {
        let candidate =
            Candidate { kind: CandidateType::Host, address: "[2001:db8::1]:51820".parse().unwrap() };
        Signal { sequence: 7, candidates: vec![candidate; candidates] }
    }

    #[test]
    fn a_full_signal_fits_its_limit_and_a_fuller_one_is_refused() {
        let full = signal(limits::CANDIDATES);
        assert!(full.encode().len() + 64 < limits::SIGNAL_BYTES);
        assert_eq!(Signal::decode(&full.encode()), Ok(full));
        let fuller = signal(limits::CANDIDATES + 1);
        assert_eq!(Signal::decode(&fuller.encode()), Err(SignalError::TooManyCandidates));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(Signal::decode(&bytes).is_err());
        }
    }
}
