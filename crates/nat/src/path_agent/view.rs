use std::{net::SocketAddr, time::Duration, time::Instant};

use lanrage_party::CandidateType;

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathTransmit {
    /// A datagram that opens our router for `to` and that nobody answers
    /// ([`crate::stun::binding_indication`]).
    Punch {
        /// Where to.
        to: SocketAddr,
    },
    /// One fresh WireGuard handshake initiation, the same bytes to every target.
    Handshake {
        /// Where to, best first; never empty.
        targets: Vec<SocketAddr>,
    },
    /// A [`crate::Probe`], as payload inside the session.
    Probe {
        /// Where to, whatever path is selected.
        to: SocketAddr,
        /// The bytes of the probe.
        payload: Vec<u8>,
    },
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathEvent {
    /// Packets go to this address from now on. Replaces any earlier choice.
    Selected {
        /// Where to send.
        address: SocketAddr,
        /// How the address was learnt.
        kind: CandidateType,
    },
    /// The selected path is gone and no other is proven; the search goes on at once. Going on to send there is
    /// harmless, and ends the gap early if the path comes back.
    Lost {
        /// The address that was selected.
        address: SocketAddr,
        /// Why it was given up.
        reason: LossReason,
    },
    /// The selected path leaves probes unanswered but is not given up yet.
    Unresponsive {
        /// The selected address.
        address: SocketAddr,
    },
    /// The selected path answers again.
    Responsive {
        /// The selected address.
        address: SocketAddr,
    },
    /// No path was found in this round.
    RoundFailed {
        /// When the next one begins, at most 30 s later; earlier if anything changes.
        retry_at: Instant,
    },
}

/// Why a path was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossReason {
    /// Its probes were not answered.
    Silent,
    /// The WireGuard session ended.
    SessionLost,
    /// The peer began a new life.
    PeerRestarted,
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
    /// The peer's transport address.
    pub address: SocketAddr,
    /// How it was learnt.
    pub kind: CandidateType,
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
