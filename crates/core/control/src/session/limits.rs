use std::time::Duration;

use lanrage_base::bucket::Rate;

/// What either side of a connection may send of WebSocket's own control frames.
pub const PINGS: Rate = Rate { burst: 16, per_second: 2 };

/// Times and bounds of the connections to a control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Most TCP connections at once: 10,000. One more is closed at once.
    pub connections: usize,
    /// From the first byte to the welcome: 10 s, the HTTP header and the proof each.
    pub hello: Duration,
    /// Without any frame of the client: 90 s, three heartbeats.
    pub idle: Duration,
    /// For one frame to be taken by the client's side: 10 s.
    pub send: Duration,
    /// Frames that may come: 256 at once, 50 per second in the long run. More are refused.
    pub frames: Rate,
    /// Pings and pongs that may come (RFC 6455 §5.5): 16 at once, 2 per second in the long run; each takes the place of
    /// one frame, too. One more ends the connection.
    pub pings: Rate,
    /// Refused frames in a row after which the connection is closed: 256.
    pub refused: u32,
    /// Whole parties that may be asked for again: 16 at once, which is all that one peer can be in, and 1 per second.
    pub snapshots: Rate,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            hello: Duration::from_secs(10),
            idle: Duration::from_secs(90),
            send: Duration::from_secs(10),
            frames: Rate { burst: 256, per_second: 50 },
            pings: PINGS,
            refused: 256,
            snapshots: Rate { burst: 16, per_second: 1 },
        }
    }
}
