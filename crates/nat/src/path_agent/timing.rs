//! The rhythm of the path agent. All of it is *implementation*: no specification sets these values; the
//! reasons stand beside them.

use std::time::Duration;

/// Pauses between the bursts of a round; the last one repeats. Dense at first, since the two sides start within
/// one signalling delay of each other and a router opens with the first datagram that leaves it. Then sparse,
/// since WireGuard implementations remember only the last one or two handshakes that they began: a response
/// must find its own, also when the round trip takes a second.
pub const BURSTS: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1_000),
];

/// How long a round of handshakes or punches lasts before it has failed. Makes 14 bursts.
pub const ROUND: Duration = Duration::from_secs(10);

/// Pause after the first failed round; doubles with each further one.
pub const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest pause between rounds: never give up, never back off further.
pub const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// How long after a handshake some path must prove itself before the next round begins.
pub const PROVING: Duration = Duration::from_millis(1_500);

/// Pause between probes of a path whose state is not known well: for [`FAST_PERIOD`] after something changed,
/// and while a proven path leaves probes unanswered.
pub const FAST_PROBE: Duration = Duration::from_millis(100);
/// How long a path is probed fast after a handshake, a network change or its discovery.
pub const FAST_PERIOD: Duration = Duration::from_secs(3);
/// Pause between probes of the selected path while packets flow: loss of the path must be noticed within a
/// second.
pub const BUSY_PROBE: Duration = Duration::from_millis(200);
/// How long [`super::PathAgent::handle_traffic`] keeps the selected path busy.
pub const BUSY_PERIOD: Duration = Duration::from_secs(1);
/// Pause between probes of a proven path at rest. Keeps NAT mappings open and is what lets WireGuard go without
/// keepalives of its own.
pub const IDLE_PROBE: Duration = Duration::from_secs(5);
/// A path that does not answer is asked less and less, from [`IDLE_PROBE`] down to once in this time.
pub const LONGEST_PROBE: Duration = Duration::from_secs(30);
/// No path is probed more often than this, whatever triggers it.
pub const SHORTEST_PROBE: Duration = Duration::from_millis(50);

/// A proven path that is silent for so long since its first unanswered probe is lost; more if its round trip
/// needs it (smoothed and with its variation, RFC 6298). With [`BUSY_PROBE`] before it, loss under traffic shows within 950 ms.
pub const SILENCE: Duration = Duration::from_millis(750);
/// The same when the peer's own probes still arrive on the path: more likely a full queue in our direction than
/// a dead path.
pub const ONE_WAY_SILENCE: Duration = Duration::from_secs(2);

/// A path must have been selected for so long before a merely faster one replaces it.
pub const DWELL: Duration = Duration::from_secs(2);
/// How long a path that was lost before must be proven without a break before it replaces a working one;
/// doubles with each loss up to [`LONGEST_RETRY`].
pub const PROBATION: Duration = Duration::from_secs(2);
/// A path that was proven for so long is forgiven its earlier losses.
pub const FORGIVEN: Duration = Duration::from_secs(60);

/// In a pause between rounds, a punch of the peer begins the next round at once if the pause is so old already:
/// anyone can send a punch, so it must not make us send more than a round per round.
pub const PUNCH_WAKE: Duration = Duration::from_secs(1);
