use std::time::{Duration, Instant};

/// Specification: transmissions of one request (Rc, RFC 8489 §6.2.1).
const TRANSMISSIONS: u32 = 7;
/// Specification: how long to wait after the last one, in first timeouts (Rm, RFC 8489 §6.2.1).
const LAST_WAIT: u32 = 16;

/// Implementation: the first retransmission timeout. RFC 8489 §6.2.1 asks for 500 ms unless something better
/// is known. It exists to spare a congested path; here one lost datagram would cost half of the second in which
/// two friends shall be connected, and doubling still reaches 9.6 s. Most servers answer within 100 ms.
const FIRST_TIMEOUT: Duration = Duration::from_millis(150);
/// Implementation: the longest pause of a request that is never given up: when the network is usable again, it
/// shows within this time.
const PERSISTENT_TIMEOUT: Duration = Duration::from_secs(1);

/// When to send a request again over UDP, and when to give it up (RFC 8489 §6.2.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retransmission {
    /// `None`: it is never given up.
    limit: Option<Limit>,
    sent: u32,
    timeout: Duration,
    next: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    transmissions: u32,
    last_wait: Duration,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Resend,
    GiveUp,
}

impl Retransmission {
    /// The request leaves now for the first time: 7 transmissions within 9.45 s, given up after 11.85 s.
    pub(crate) fn start(now: Instant) -> Self {
        Self::limited(now, TRANSMISSIONS, FIRST_TIMEOUT * LAST_WAIT)
    }

    /// Fewer transmissions, and another wait after the last one: for a request whose answer may well be none.
    pub(crate) fn limited(now: Instant, transmissions: u32, last_wait: Duration) -> Self {
        Self::new(now, Some(Limit { transmissions, last_wait }))
    }

    /// Again and again, at first as usual, then every second.
    pub(crate) fn persistent(now: Instant) -> Self {
        Self::new(now, None)
    }

    fn new(now: Instant, limit: Option<Limit>) -> Self {
        Self { limit, sent: 1, timeout: FIRST_TIMEOUT, next: now + FIRST_TIMEOUT }
    }

    /// Transmissions so far.
    pub(crate) fn sent(&self) -> u32 {
        self.sent
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.next
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Due {
        if now < self.next {
            return Due::Nothing;
        }
        if self.limit.is_some_and(|limit| self.sent >= limit.transmissions) {
            return Due::GiveUp;
        }
        self.sent = self.sent.saturating_add(1);
        self.timeout *= 2;
        let pause = match self.limit {
            Some(limit) if self.sent == limit.transmissions => limit.last_wait,
            Some(_) => self.timeout,
            None => {
                self.timeout = self.timeout.min(PERSISTENT_TIMEOUT);
                self.timeout
            }
        };
        self.next = now + pause;
        Due::Resend
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persistent_request_is_repeated_every_second_for_ever() {
        let start = Instant::now();
        let mut retransmission = Retransmission::persistent(start);
        for at in [150, 450, 1_050, 2_050, 3_050, 4_050] {
            assert_eq!(retransmission.deadline(), start + Duration::from_millis(at));
            assert_eq!(retransmission.handle_timeout(retransmission.deadline()), Due::Resend);
        }
        for _ in 0..10_000 {
            assert_eq!(retransmission.handle_timeout(retransmission.deadline()), Due::Resend);
        }
        assert_eq!(retransmission.sent(), 10_007);
    }

    #[test]
    fn a_request_is_repeated_at_doubling_intervals_and_given_up() {
        let start = Instant::now();
        let mut retransmission = Retransmission::limited(start, 4, Duration::from_millis(1_000));
        assert_eq!(retransmission.handle_timeout(start), Due::Nothing);
        for (at, due) in [(150, Due::Resend), (450, Due::Resend), (1_050, Due::Resend), (2_050, Due::GiveUp)]
        {
            assert_eq!(retransmission.deadline(), start + Duration::from_millis(at));
            assert_eq!(retransmission.handle_timeout(retransmission.deadline()), due);
        }
    }
}
