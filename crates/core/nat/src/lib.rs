//! How two peers behind routers find a way to each other: what we offer ([`host_candidates`],
//! [`StunClient`], [`relay_pool`] with its [`turn::TurnClient`]s), what our router does with it
//! ([`NatBehaviourTest`]), and what we do with what the other offers ([`PathAgent`]). The servers' side of it is
//! here as well ([`turn::TurnServer`], [`BehaviourResponder`]).
//!
//! Pure is everything but [`interfaces`] and five tasks around the system: [`behaviour_shell`], [`net_watch`],
//! [`port_mapping`], [`relay_stream`] and [`wake_clock`]. Time comes in as `now`, randomness as a seed, datagrams as bytes;
//! what to send, when to wake up and what happened come out of `poll_*`. The order for the caller is always
//! the same: call a `handle_*`, then drain `poll_transmit` and `poll_event`, then sleep until `poll_timeout`
//! or the next input, whichever comes first.
//!
//! Words are those of RFC 8445 (candidates), RFC 8489 (STUN), RFC 8656 (TURN), RFC 5780 (NAT behaviour) and
//! RFC 4787 (what routers do).

mod address;
pub mod behaviour_shell;
mod candidates;
pub mod interfaces;
mod nat_behaviour;
pub mod net_watch;
mod outbox;
mod path_agent;
pub mod port_mapping;
mod probe;
pub mod relay_choice;
pub mod relay_pool;
pub mod relay_stream;
mod retransmission;
pub mod stun;
mod stun_client;
mod transaction_ids;
pub mod turn;
pub mod wake_clock;

pub use candidates::host_candidates;
pub use nat_behaviour::{
    BehaviourAnswer, BehaviourResponder, FilteringBehaviour, MappingBehaviour, NatBehaviour,
    NatBehaviourConfig, NatBehaviourTest, NatOutcome,
};
pub use path_agent::{
    Allocation, HealthSample, LossReason, PathAgent, PathAgentConfig, PathEvent, PathState, PathStats,
    PathTransmit, PathView, Phase, timing,
};
pub use probe::{Probe, ProbeError};
pub use stun_client::{STUN_SERVERS, StunClient, StunEvent};
pub use transaction_ids::TransactionIds;
