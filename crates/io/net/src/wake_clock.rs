//! Noticing that the device slept, or that the program stood still: afterwards no router remembers us.

use std::time::{Duration, Instant};

use tokio::{
    sync::mpsc::{Sender, error::TrySendError},
    time::{MissedTickBehavior, interval},
};

/// How often the clocks are compared, which is also the longest time until a wake-up is noticed.
pub const TICK: Duration = Duration::from_secs(1);

/// Implementation: a suspension worth noticing. Shorter ones exist only as rounding between two clocks.
const SUSPENDED: Duration = Duration::from_millis(500);
/// Implementation: a tick this late means that the program was stopped. A busy machine is late by milliseconds.
const LATE: Duration = Duration::from_secs(2);

/// Finds out from two clocks how long nothing was done. Pure.
///
/// Two signs count, and the stronger one is told:
/// - the clock that counts sleep went further than the one that does not: the device was suspended;
/// - a tick came long after it was due: the process was stopped, or the machine was, and its clocks with it (a
///   virtual machine), or its monotonic clock counts sleep (Windows).
#[derive(Debug, Default)]
pub struct WakeDetector {
    last: Option<(Instant, Duration)>,
}

impl WakeDetector {
    /// A detector before its first tick.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tick, one [`TICK`] after the last. `boottime` is a clock that goes on while the device sleeps, from any
    /// origin; where it is set back nothing is concluded from it. Returns how long nothing was done, if
    /// that is worth knowing.
    pub fn handle_tick(&mut self, monotonic: Instant, boottime: Duration) -> Option<Duration> {
        let (last_monotonic, last_boottime) = self.last.replace((monotonic, boottime))?;
        let awake = monotonic.saturating_duration_since(last_monotonic);
        let asleep = boottime.saturating_sub(last_boottime).saturating_sub(awake);
        let late = awake.saturating_sub(TICK);
        (asleep >= SUSPENDED || late >= LATE).then_some(asleep + late)
    }
}

/// Tells of every wake-up how long nothing was done before it, until nobody listens any more.
///
/// One wake-up of the processor per second.
///
/// Full policy of `events`: what does not fit is left out; one that waits to be read says the same.
pub async fn run(events: Sender<Duration>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut detector = WakeDetector::new();
    loop {
        tokio::select! {
            () = events.closed() => return,
            _ = ticks.tick() => {}
        }
        if let Some(slept) = detector.handle_tick(Instant::now(), boottime()) {
            tracing::info!(slept_ms = slept.as_millis(), "awake again");
            if let Err(TrySendError::Closed(_)) = events.try_send(slept) {
                return;
            }
        }
    }
}

/// CLOCK_MONOTONIC counts sleep on Apple's systems, where [`Instant`] does not.
#[cfg(unix)]
fn boottime() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::Monotonic;
    // Neither is ever negative.
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

/// [`Instant`] counts sleep on Windows, so a tick after sleep is late; the time of day adds nothing but for clocks that
/// stood still.
#[cfg(not(unix))]
fn boottime() -> Duration {
    use std::time::SystemTime;

    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A detector that has seen its first tick, and the clocks at that time.
    fn started() -> (WakeDetector, Instant, Duration) {
        let (now, boottime) = (Instant::now(), Duration::from_secs(50_000));
        let mut detector = WakeDetector::new();
        assert_eq!(detector.handle_tick(now, boottime), None);
        (detector, now, boottime)
    }

    #[test]
    fn a_device_that_slept_is_noticed_by_the_clock_that_counts_sleep() {
        let (mut detector, now, boottime) = started();
        let slept = Duration::from_secs(8 * 3_600);
        assert_eq!(detector.handle_tick(now + TICK, boottime + TICK + slept), Some(slept));
        assert_eq!(detector.handle_tick(now + 2 * TICK, boottime + 2 * TICK + slept), None, "told once");
    }

    #[test]
    fn a_process_that_was_stopped_is_noticed_by_its_late_tick() {
        let (mut detector, now, boottime) = started();
        let pause = TICK + LATE;
        assert_eq!(detector.handle_tick(now + pause, boottime + pause), Some(LATE));
    }

    #[test]
    fn a_busy_machine_is_not_taken_for_a_sleeping_one() {
        let (mut detector, now, boottime) = started();
        let pause = TICK + LATE - MS;
        assert_eq!(detector.handle_tick(now + pause, boottime + pause), None);
    }

    #[test]
    fn clocks_that_are_set_back_are_no_sleep() {
        let (mut detector, now, boottime) = started();
        assert_eq!(detector.handle_tick(now + TICK, boottime - Duration::from_secs(3_600)), None);
        assert_eq!(
            detector.handle_tick(now, boottime - Duration::from_secs(3_600)),
            None,
            "not even a monotonic one"
        );
    }

    proptest! {
        #[test]
        fn every_sleep_is_told_once_and_nothing_else(
            steps in prop::collection::vec((900_u64..2_900, prop_oneof![Just(0_u64), 500_u64..100_000]), 1..50)
        ) {
            let (mut detector, mut now, mut boottime) = started();
            for (awake, asleep) in steps {
                now += MS * u32::try_from(awake).unwrap();
                boottime += Duration::from_millis(awake + asleep);
                let told = detector.handle_tick(now, boottime);
                prop_assert_eq!(told.is_some(), asleep > 0);
                if let Some(told) = told {
                    let most = Duration::from_millis(asleep + awake);
                    prop_assert!(told >= Duration::from_millis(asleep) && told <= most);
                }
            }
        }
    }
}
