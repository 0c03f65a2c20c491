use std::net::SocketAddr;

use lanrage_party::{Candidate, CandidateType, NatType, SignedRecord, limits};
use serde::{Deserialize, Deserializer, Serialize};

/// What two peers tell each other through the control plane, sealed: where they may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signal {
    /// Grows with every start of this peer in the party, whatever its clock does meanwhile. Zero from older programs.
    #[serde(default)]
    pub(crate) life: u64,
    /// Grows with every signal of this peer within a life. Beside the wall clock's time it is never behind, because older
    /// programs compare it alone.
    pub(crate) sequence: u64,
    /// All of the sender's candidates, but for those that are guesses.
    pub(crate) candidates: Vec<Candidate>,
    /// Where the sender's router may let it out next. Older programs know none, and pass over them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) predicted: Vec<SocketAddr>,
    /// How far the sender is from the relays that it knows.
    #[serde(default)]
    pub(crate) relays: Vec<RelayDistance>,
    /// What the sender's router does: no server tells where there is none. Unknown from older programs, and where a newer
    /// one says something else.
    #[serde(default, deserialize_with = "known_nat_type")]
    pub(crate) nat: NatType,
    /// What the sender says of itself, to somebody who knows no newer secret of the party than this one: the record that a
    /// server lists is of one that they cannot read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<SignedRecord>,
}

fn known_nat_type<'de, D: Deserializer<'de>>(said: D) -> Result<NatType, D::Error> {
    let said = serde_json::Value::deserialize(said)?;
    Ok(serde_json::from_value(said).unwrap_or_default())
}

/// Round-trip time between a peer and a relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RelayDistance {
    /// The relay's name in the control server's offers.
    pub(crate) name: String,
    pub(crate) rtt_ms: u32,
}

/// Why an opened signal was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignalError {
    #[error("not a signal")]
    Malformed,
    #[error("more than {max} candidates", max = limits::CANDIDATES)]
    TooManyCandidates,
    #[error("more than {max} relays, or a name that is too long", max = limits::RELAYS)]
    TooManyRelays,
}

impl Signal {
    /// What grows with every signal of a peer: one that is not above the highest seen is a replay.
    pub(crate) const fn order(&self) -> (u64, u64) {
        (self.life, self.sequence)
    }

    /// Where the sender says that it may be reached, the guesses last.
    pub(crate) fn all_candidates(&self) -> Vec<Candidate> {
        let guess = |address: &SocketAddr| Candidate { kind: CandidateType::Predicted, address: *address };
        self.candidates.iter().copied().chain(self.predicted.iter().map(guess)).collect()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers, words and addresses are JSON")
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, SignalError> {
        let signal: Self = serde_json::from_slice(bytes).map_err(|_| SignalError::Malformed)?;
        let is_known = |candidate: &Candidate| candidate.kind != CandidateType::Predicted;
        if !signal.candidates.iter().all(is_known) || signal.predicted.len() > limits::PREDICTED {
            return Err(SignalError::TooManyCandidates);
        }
        if signal.candidates.len() > limits::CANDIDATES {
            return Err(SignalError::TooManyCandidates);
        }
        let named = |relay: &RelayDistance| relay.name.len() <= limits::RELAY_NAME_BYTES;
        if signal.relays.len() > limits::RELAYS || !signal.relays.iter().all(named) {
            return Err(SignalError::TooManyRelays);
        }
        Ok(signal)
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::{
        DeviceIdentity, Name, PartyId, PartySecret, PeerRecord, VirtualIp, WireGuardPrivateKey,
    };
    use proptest::prelude::*;

    use super::*;

    /// The longest that there is.
    fn record() -> SignedRecord {
        let identity = DeviceIdentity::from_seed(&[1; 32]);
        let record = PeerRecord {
            party: PartyId::from_random([2; 16]),
            identity: identity.public(),
            wireguard_key: WireGuardPrivateKey::from_random([3; 32]).public(),
            virtual_ip: VirtualIp([100, 127, 254, 254].into()),
            name: Name::new(&"n".repeat(limits::NAME_BYTES)).unwrap(),
            protocol: u16::MAX,
            epoch: u32::MAX,
            sequence: u64::MAX,
        };
        record.sign(&identity, &PartySecret::from_random([4; 32]))
    }

    fn signal(candidates: usize, relays: usize) -> Signal {
        let candidate =
            Candidate { kind: CandidateType::Host, address: "[2001:db8::1]:51820".parse().unwrap() };
        let relay = RelayDistance { name: "r".repeat(limits::RELAY_NAME_BYTES), rtt_ms: u32::MAX };
        Signal {
            life: u64::MAX,
            sequence: u64::MAX,
            candidates: vec![candidate; candidates],
            predicted: vec![candidate.address; limits::PREDICTED],
            relays: vec![relay; relays],
            nat: NatType::PortRestrictedCone,
            record: Some(record()),
        }
    }

    #[test]
    fn a_full_signal_fits_its_limit_and_a_fuller_one_is_refused() {
        let full = signal(limits::CANDIDATES, limits::RELAYS);
        assert!(full.encode().len() + 64 < limits::SIGNAL_BYTES);
        assert_eq!(Signal::decode(&full.encode()), Ok(full));
        let fuller = signal(limits::CANDIDATES + 1, 0);
        assert_eq!(Signal::decode(&fuller.encode()), Err(SignalError::TooManyCandidates));
        let fuller = signal(0, limits::RELAYS + 1);
        assert_eq!(Signal::decode(&fuller.encode()), Err(SignalError::TooManyRelays));
    }

    #[test]
    fn who_says_nothing_of_its_router_or_something_new_is_understood_all_the_same() {
        let with = |nat: &str| Signal::decode(format!(r#"{{"sequence":7,"candidates":[]{nat}}}"#).as_bytes());
        assert_eq!(with("").unwrap().nat, NatType::Unknown);
        assert_eq!(with(r#","nat":"symmetric""#).unwrap().nat, NatType::Symmetric);
        for newer in [r#","nat":"of_tomorrow""#, r#","nat":{"a":1}"#, r#","nat":7"#] {
            assert_eq!(with(newer).unwrap().nat, NatType::Unknown);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(Signal::decode(&bytes).is_err());
        }
    }
}
