use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::{CandidateType, Remote};

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathTransmit {
    /// A datagram that opens our router for `to` and that nobody answers
    /// ([`crate::stun::binding_indication`]).
    Punch {
        /// Where to.
        to: Remote,
    },
    /// One fresh WireGuard handshake initiation, the same bytes to every target.
    Handshake {
        /// Where to, best first; never empty.
        targets: Vec<Remote>,
    },
    /// A [`crate::Probe`], as payload inside the session.
    Probe {
        /// Where to, whatever path is selected.
        to: Remote,
        /// The bytes of the probe.
        payload: Vec<u8>,
    },
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathEvent {
    /// Packets go there from now on. Replaces any earlier choice.
    Selected {
        /// Where to send.
        remote: Remote,
        /// How the address was learnt; [`CandidateType::Relayed`] also for all that one of our own allocations
        /// carries.
        kind: CandidateType,
        /// Where packets went until now, if there was no gap between the two.
        previous: Option<Remote>,
        /// Whether a relay carried `previous`; with `previous` or not at all.
        previous_was_relayed: Option<bool>,
    },
    /// The selected path is gone and no other is proven; the search goes on at once. Going on to send there is
    /// harmless, and ends the gap early if the path comes back.
    Lost {
        /// What was selected.
        remote: Remote,
        /// Why it was given up.
        reason: LossReason,
    },
    /// The peer has said that it goes. Whatever was selected is gone with it, and no fault of the path; now and then it
    /// is looked for all the same, as for any peer without a path.
    Farewell {
        /// Whether it goes for good.
        leaves: bool,
    },
    /// The selected path leaves probes unanswered but is not given up yet.
    Unresponsive {
        /// The selected one.
        remote: Remote,
    },
    /// The selected path answers again.
    Responsive {
        /// The selected one.
        remote: Remote,
    },
    /// A second copy of a game's packets goes there from now on, beside what goes by the selected path, which loses some; or to
    /// nobody any more.
    Doubled {
        /// Where to.
        to: Option<Remote>,
    },
    /// The selected path carries packets of this size: after each selection, and whenever it changes.
    Mtu {
        /// The selected one.
        remote: Remote,
        /// Largest packet inside the tunnel, in bytes, IP header included; [`lanrage_party::limits::PACKET_BYTES`] at most.
        mtu: u16,
    },
    /// The probe was answered that [`PathAgent::ping`](super::PathAgent::ping) had sent.
    Pong {
        /// The owner's name for it.
        tag: u64,
        /// From that probe to its answer.
        rtt: Duration,
    },
    /// No path was found in this round.
    RoundFailed {
        /// When the next one begins, at most 30 s later; earlier if anything changes.
        retry_at: Instant,
    },
    /// Nothing was found for [`super::timing::DORMANT`]: what this peer occupies elsewhere (allocations,
    /// permissions) may be released. Short rounds go on for ever.
    Dormant,
    /// There are signs of life after [`Self::Dormant`]: allocations are of use again.
    Awake,
}

/// Why a path was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossReason {
    /// Its probes were not answered.
    Silent,
    /// The allocation that it went by is no more.
    AllocationGone,
}

/// What the agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The peer has offered nothing to try.
    Idle,
    /// Handshakes or punches go out.
    Checking,
    /// A round failed; the next one begins then.
    Waiting {
        /// When.
        retry_at: Instant,
    },
    /// There is a session; no path has answered a probe in it yet.
    Proving,
    /// A proven path is selected.
    Connected,
}

/// What is known of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathState {
    /// Nothing came back from there.
    Unproven,
    /// Answers probes.
    Proven,
    /// Did, and leaves some unanswered now.
    Unresponsive,
}

/// One path, for showing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathView {
    /// The peer's transport address, and what it is reached by.
    pub remote: Remote,
    /// How the address was learnt; [`CandidateType::Relayed`] also for all that one of our own allocations
    /// carries.
    pub kind: CandidateType,
    /// Whether a relay carries it, ours or the peer's.
    pub is_relayed: bool,
    /// Whether it works.
    pub state: PathState,
    /// Smoothed round-trip time (RFC 6298), once measured.
    pub rtt: Option<Duration>,
    /// Variation of the round-trip time (RFC 3550 §6.4.1, over round trips).
    pub jitter: Duration,
    /// Share of the last 32 probes that were lost, 0 to 1.
    pub loss: f32,
    /// Our own address as the peer sees it on this path, once it said so.
    pub observed: Option<SocketAddr>,
    /// Largest packet inside the tunnel that it carries, in bytes, IP header included; what every path is
    /// assumed to carry until more is proven.
    pub mtu: u16,
}

/// Counters of what was left out, since the agent was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PathStats {
    /// Candidates that are unusable, or too many.
    pub candidates_dropped: u64,
    /// Probes that are none ([`crate::ProbeError`]).
    pub probes_malformed: u64,
    /// Responses that nothing waited for.
    pub probes_unexpected: u64,
}
