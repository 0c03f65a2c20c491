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

/// How long the peer's guesses of its next ports are tried: half a round, as every other datagram through its router makes them
/// wrong.
pub const GUESSES: Duration = Duration::from_secs(5);

/// Pause after the first failed round; doubles with each further one.
pub const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest pause between rounds: never give up, never back off further.
pub const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// How long after a handshake some path must prove itself before the next round begins.
pub const PROVING: Duration = Duration::from_millis(1_500);

/// Pause between probes of a path whose state is not known well: for [`FAST_PERIOD`] after something changed,
/// and while a proven path leaves probes unanswered.
pub const FAST_PROBE: Duration = Duration::from_millis(100);
/// The same for relayed paths: there is no router to cross, and what can be lost is only the race to be first.
pub const FAST_PROBE_RELAYED: Duration = Duration::from_millis(200);
/// How long a path is probed fast after a handshake, a network change or its discovery.
pub const FAST_PERIOD: Duration = Duration::from_secs(3);
/// Pause between probes of the selected path while packets flow: loss of the path must be noticed within a
/// second.
pub const BUSY_PROBE: Duration = Duration::from_millis(200);
/// The same where a relay carries it: nothing else tells of a relay's death, and the next relay is at hand.
pub const BUSY_PROBE_RELAYED: Duration = Duration::from_millis(60);
/// How long [`super::PathAgent::handle_traffic`] keeps the selected path busy. Twice the time between two looks at what
/// was counted, so that one that comes late leaves no gap.
pub const BUSY_PERIOD: Duration = Duration::from_secs(2);
/// Pause between probes of a proven path at rest. Keeps NAT mappings open and is what lets WireGuard go without
/// keepalives of its own.
pub const IDLE_PROBE: Duration = Duration::from_secs(5);
/// The shortest pause that a router which forgets soon makes of [`IDLE_PROBE`]: a second is less than any router is known to
/// forget after.
pub const SHORTEST_KEEPALIVE: Duration = Duration::from_secs(1);
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
/// So many probes in a row must be overdue, all sent since anything came by the selected path, before packets go by
/// another one that answers, if a relay carries the selected one. A dead relay then costs less than half a second.
pub const OVERDUE_RELAYED: usize = 2;
/// The same for a direct path, which is not left for a relay at every hiccup of a Wi-Fi.
pub const OVERDUE_DIRECT: usize = 3;

/// How long nothing must be lost on the selected path before packets are no longer sent twice: a bad line is calm for seconds.
pub const CALM: Duration = Duration::from_secs(30);

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

/// A search that finds nothing for so long goes on at low cost, and says so: what it holds on relays is better
/// used by others.
pub const DORMANT: Duration = Duration::from_secs(300);

/// What every path is assumed to carry, in bytes of a packet inside the tunnel: BASE_PLPMTU of RFC 8899 §5.1.2.
/// With WireGuard's and a relay's headers it fits what is left of 1,500 bytes after common tunnels.
pub const BASE_MTU: u16 = 1_280;
/// What is assumed to pass everywhere, in bytes: every host takes datagrams of 576 bytes (RFC 1122 §3.3.2), and paths that carry
/// less than this with all headers are not used for anything any more. Larger packets are cut for such a path.
pub const LEAST_MTU: u16 = 576;
/// Bytes that a datagram has at least beside the packet inside the tunnel: headers of IPv4 and UDP, and WireGuard's.
pub const LEAST_HEADERS: u32 = 20 + 8 + 32;
/// The shortest time between two confirmations that routers ask for: their words can be forged.
pub const DOUBT_MTU: Duration = Duration::from_secs(1);
/// How long a padded probe is waited for, at least. RFC 8899 §5.1.1 (PROBE_TIMER) says not under 1 s, for who does not know the
/// round-trip time; a loss counts only where a small probe of the same time has come back.
pub const MTU_TIMEOUT: Duration = Duration::from_millis(500);
/// How often a size that was found is confirmed while packets flow (RFC 8899 §5.1.1, CONFIRMATION_TIMER): a black hole is
/// noticed three seconds after it appears, for one full packet every one and a half.
pub const CONFIRM_MTU: Duration = Duration::from_millis(1_500);
/// How often more is tried, and what was found is confirmed at rest. RFC 8899 §5.1.1, PMTU_RAISE_TIMER.
pub const RAISE_MTU: Duration = Duration::from_secs(600);

/// Most paths by our own allocations in one burst: enough for every pair of three relays each, and a bound on what
/// one handshake costs.
pub const BURST_BY_ALLOCATION: usize = 8;
/// How many relayed paths are kept warm ([`IDLE_PROBE`]); others are asked every [`LONGEST_PROBE`]. One to use, one
/// that shares no relay with it, one more.
pub const WARM_RELAYED: usize = 3;
/// Pause before the first common try of direct paths while a relay carries the packets; doubles up to
/// [`LONGEST_RETRY`]. The fast period has just tried them.
pub const FIRST_DIRECT_RETRY: Duration = Duration::from_secs(5);
/// How long such a try lasts; with [`FAST_PROBE`] seven probes, spread wider than the two sides' begin is apart.
pub const DIRECT_TRY: Duration = Duration::from_millis(600);
/// Least time between two such tries, whatever happens: the addresses are of the peer's choosing and may be those
/// of a victim.
pub const DIRECT_TRY_GAP: Duration = Duration::from_secs(1);

/// How long nothing is tried with a peer that has just said farewell: it answers until it is gone, and a session made then
/// would look like a return. Copies of the farewell are spread over a part of this.
pub const AFTER_FAREWELL: Duration = Duration::from_secs(1);
/// After the last path was lost in silence, its like are asked every [`VIGIL_PROBE`] and pauses between rounds are
/// [`FIRST_RETRY`] for so long. So any outage of up to this length ends within half a second of the network's
/// return; a longer one within [`LONGEST_RETRY`].
pub const VIGIL: Duration = Duration::from_secs(60);
/// See [`VIGIL`].
pub const VIGIL_PROBE: Duration = Duration::from_millis(500);
/// A step that comes so much later than it was due means that the process or the device stood still: nothing that
/// it waited for tells anything. More than a busy machine is ever late.
pub const FROZEN: Duration = Duration::from_secs(2);
/// How long a round lasts once a search is [`DORMANT`]; makes five bursts. With the pause after it,
/// [`LONGEST_RETRY`].
pub const DORMANT_ROUND: Duration = Duration::from_secs(1);
