use std::sync::LazyLock;

use lanrage_nat::{PathAgent, PathAgentConfig};
use lanrage_party::{
    Candidate, PartySecret, SealError, SealedSignal, SignalKey, WireGuardPrivateKey, limits,
};
use serde::Deserialize;

use crate::input::{Clock, Input};

/// The part of a signal that decides where datagrams go.
#[derive(Deserialize)]
struct Offer {
    candidates: Vec<Candidate>,
}

/// What a control server carries from one peer to the other: forged, damaged and reflected signals are refused; an
/// authentic one of a hostile member holds what it likes.
pub(crate) fn run(data: &[u8]) {
    let (ann, bob) = &*PAIR;
    if let Ok(text) = str::from_utf8(data)
        && let Ok(forged) = serde_json::from_value::<SealedSignal>(text.into())
    {
        assert!(bob.open(&forged).is_err());
    }

    let mut input = Input::new(data);
    let (at, flip) = (usize::from(input.u16()), input.u8());
    let message = input.rest();
    let sealed = match ann.seal(message, [9; 24]) {
        Ok(sealed) => sealed,
        Err(error) => {
            assert!(error == SealError::TooLong && message.len() > limits::SIGNAL_BYTES - 64);
            return;
        }
    };
    assert_eq!(bob.open(&sealed).as_deref(), Ok(message));
    assert_eq!(ann.open(&sealed), Err(SealError::NotAuthentic), "reflected");
    damaged(bob, &sealed, at, flip);

    let Ok(offer) = serde_json::from_slice::<Offer>(message) else { return };
    let mut agent = PathAgent::new(PathAgentConfig { initiator: true }, Clock::start().now);
    agent.set_remote_candidates(Clock::start().now, &offer.candidates);
    let paths = agent.paths().count();
    assert!(paths <= limits::CANDIDATES);
    let dropped = agent.stats().candidates_dropped as usize;
    assert!(dropped + paths <= offer.candidates.len());
    assert!(offer.candidates.len() <= limits::CANDIDATES || dropped + paths > 0);
    assert!(
        agent.paths().all(|path| Candidate { kind: path.kind, address: path.remote.address }.is_usable())
    );
}

/// Any other character anywhere makes it somebody else's.
fn damaged(bob: &SignalKey, sealed: &SealedSignal, at: usize, flip: u8) {
    let Ok(serde_json::Value::String(text)) = serde_json::to_value(sealed) else {
        panic!("a signal is a text")
    };
    let mut bytes = text.clone().into_bytes();
    let at = at % bytes.len();
    bytes[at] = bytes[at].wrapping_add(flip) & 0x7F;
    let Ok(changed) = String::from_utf8(bytes) else { return };
    if changed != text {
        let changed = serde_json::from_value(changed.into()).expect("any text");
        assert!(bob.open(&changed).is_err());
    }
}

static PAIR: LazyLock<(SignalKey, SignalKey)> = LazyLock::new(|| {
    let secret = PartySecret::from_random([1; 32]);
    let [a, b] = [2, 3].map(|n| WireGuardPrivateKey::from_random([n; 32]));
    (SignalKey::new(&secret, &a, &b.public()), SignalKey::new(&secret, &b, &a.public()))
});
