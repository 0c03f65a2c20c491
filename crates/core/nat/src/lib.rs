//! How two peers behind routers find a way to each other: what we offer ([`host_candidates`],
//! [`StunClient`], [`relay_pool`] with its [`turn::TurnClient`]s), what our router does with it
//! ([`NatBehaviourTest`]), and what we do with what the other offers ([`PathAgent`]). The servers' side of it is
//! here as well ([`turn::TurnServer`], [`BehaviourResponder`]).
//!
//! Everything is pure; the tasks that touch the system are in `lanrage-net`, and [`port_mapping`], [`relay_stream`],
//! [`NetworkState`] and [`Names`] are the words they share. Time comes in as `now`, randomness as a seed, datagrams as bytes;
//! what to send, when to wake up and what happened come out of `poll_*`. The order for the caller is always
//! the same: call a `handle_*`, then drain `poll_transmit` and `poll_event`, then sleep until `poll_timeout`
//! or the next input, whichever comes first.
//!
//! Words are those of RFC 8445 (candidates), RFC 8489 (STUN), RFC 8656 (TURN), RFC 5780 (NAT behaviour) and
//! RFC 4787 (what routers do).

mod address;
mod candidates;
mod names;
mod nat_behaviour;
mod network_state;
mod outbox;
mod path_agent;
pub mod port_mapping;
mod probe;
pub mod relay_choice;
pub mod relay_pool;
pub mod relay_stream;
pub mod stun;
pub mod turn;

pub use address::is_public;
pub use candidates::host_candidates;
pub use candidates::prediction::predicted;
pub use names::nat64::{NAT64_NAME, Nat64Prefix};
pub use names::{Found, Known, Names};
pub use nat_behaviour::{
    Ability, Aspect, BehaviourAnswer, BehaviourResponder, Choice, FilteringBehaviour, Gap, MappingBehaviour,
    NatBehaviour, NatBehaviourConfig, NatBehaviourTest, NatOutcome, NatReport, NatSummary, NatVerdict,
    Survey,
};
pub use network_state::{DefaultRoute, NetworkState};
pub use path_agent::{
    Allocation, HealthSample, LossReason, PathAgent, PathAgentConfig, PathEvent, PathState, PathStats,
    PathTransmit, PathView, Phase, Reach, timing,
};
pub use probe::{Probe, ProbeError};
pub use stun::client::{STUN_SERVERS, StunClient, StunEvent};
pub use stun::transaction_ids::TransactionIds;
