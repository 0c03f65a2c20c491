use std::time::Instant;

/// A token bucket: so many at once, so many per second in the long run.
#[derive(Debug, Clone, Copy)]
pub struct TokenBucket {
    tokens: f64,
    burst: f64,
    rate: f64,
    filled: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(burst: u32, rate: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { tokens: burst, burst, rate: f64::from(rate), filled: now }
    }

    /// Takes one token, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = self.filled.max(now);
        self.tokens = passed.mul_add(self.rate, self.tokens).min(self.burst);
        let there = self.tokens >= 1.0;
        if there {
            self.tokens -= 1.0;
        }
        there
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_and_never_more_than_the_burst_is_saved_up() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(5, 10, start);
        let mut passed = |at| (0..20).filter(|_| bucket.take(at)).count();
        assert_eq!(passed(start), 5);
        assert_eq!(passed(start + Duration::from_millis(200)), 2);
        assert_eq!(passed(start + Duration::from_secs(3_600)), 5);
        assert_eq!(passed(start), 0, "a clock that stands still fills nothing");
    }
}
