//! How soon a packet thread gets the processor when a packet is there for it.

use lanrage_party::Lane;

/// Asks the system to let this thread run as the packets of its lane need it. It needs no
/// privilege, and a thread that is refused works all the same.
#[cfg(target_os = "linux")]
pub(crate) fn set(lane: Lane) {
    use std::{io, mem, num::NonZeroU64, time::Duration};

    use crate::api::per_lane::PerLane;

    /// Implementation: how long the threads of the bulk lane and of the express lane want to run at a stretch. A thread
    /// that asks for short slices gets its slice sooner (EEVDF, Linux 6.12): one of the express lane, which handles a
    /// packet in a few microseconds, before all others, and the game itself before one of the bulk lane.
    const SLICES: PerLane<Duration> = PerLane::new(Duration::from_millis(20), Duration::from_micros(100));
    /// Implementation: how late a timer may be.
    const TIMER_SLACK: Duration = Duration::from_micros(5);
    /// Implementation: how much sooner than others, where the process has the right to it.
    const EXPRESS_NICE: i32 = -10;
    /// Implementation: how much later than others the bulk lane's threads come where all want the processor. On two
    /// saturated cores it halves a game's slowest round trips and costs a tenth of the throughput.
    const BULK_NICER: i32 = 10;
    const LEAST_URGENT: i32 = 19;
    /// `SCHED_FLAG_KEEP_ALL` is left out: policy and slice are both meant.
    const NO_FLAGS: u64 = 0;

    /// `struct sched_attr` (sched_setattr(2)) in its first published size.
    #[repr(C)]
    struct Attributes {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        runtime: u64,
        deadline: u64,
        period: u64,
    }

    // A pause of microseconds shall not last a hundred.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(TIMER_SLACK.as_nanos() as u64));
    let apply = |nice| {
        let attributes = Attributes {
            size: mem::size_of::<Attributes>() as u32,
            policy: libc::SCHED_OTHER as u32,
            flags: NO_FLAGS,
            nice,
            priority: 0,
            // The slice, for this policy (Linux 6.12); older systems ignore it.
            runtime: SLICES[lane].as_nanos() as u64,
            deadline: 0,
            period: 0,
        };
        // SAFETY: sched_setattr(2) reads the attributes, of the size that they name, and changes this thread alone.
        #[allow(unsafe_code)]
        let result = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    let own = rustix::process::getpriority_process(None).unwrap_or(0);
    let applied = match lane {
        // Who may not be preferred may still ask for short slices.
        Lane::Express => apply(EXPRESS_NICE).or_else(|_| apply(own)),
        Lane::Bulk => apply((own + BULK_NICER).min(LEAST_URGENT)),
    };
    if let Err(error) = applied {
        tracing::debug!(%error, "the packet threads wait for the processor like any other");
    }
}

/// Elsewhere the threads are as the system makes them.
#[cfg(not(target_os = "linux"))]
pub(crate) fn set(_lane: Lane) {}
