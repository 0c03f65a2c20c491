//! What programs use of the machine: processor time, memory, and how much of the processors others had.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};
use lanrage_lab::Process;

/// `/proc` counts processor time in hundredths of a second on every Linux of today (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;
/// How often memory is looked at.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// Processor time that these processes have used, all their threads together, in seconds: their own code and the
/// kernel's on their behalf. What the kernel does between two programs (soft interrupts) it charges to whom it
/// interrupted, or to nobody; that is so for every program alike.
///
/// # Errors
/// If one has ended.
pub(super) fn cpu_seconds(processes: &[Process]) -> Result<f64> {
    let times = processes.iter().map(|process| {
        let path = format!("/proc/{}/stat", process.id());
        let text =
            fs::read_to_string(&path).with_context(|| format!("a program has ended:\n{}", process.tail()))?;
        Ok(ticks(&text, false).context(path)? as f64 / TICKS_PER_SECOND)
    });
    times.sum()
}

/// The user and system time in a line of `/proc/PID/stat`, with that of ended children where they are wanted.
fn ticks(stat: &str, with_children: bool) -> Option<u64> {
    // The program's name stands in brackets and may hold anything; behind it the first field is the third of all.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let range = if with_children { 11..15 } else { 11..13 };
    fields.get(range)?.iter().map(|field| field.parse::<u64>().ok()).sum()
}

/// The most memory that one of the processes holds, in megabytes (10⁶).
pub(crate) fn memory_mb(ids: &[u32]) -> f64 {
    let kilobytes = ids.iter().filter_map(|id| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    kilobytes.max().unwrap_or(0) as f64 * 1.024e-3
}

/// Watches the memory of processes until dropped.
#[derive(Debug)]
pub(super) struct MemoryWatch {
    stop: Arc<AtomicBool>,
    /// In kilobytes (10³).
    most: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl MemoryWatch {
    pub(super) fn start(processes: &[Process]) -> Self {
        let ids: Vec<_> = processes.iter().map(Process::id).collect();
        let (stop, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, seen) = (Arc::clone(&stop), Arc::clone(&most));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                seen.fetch_max((memory_mb(&ids) * 1e3) as u64, Ordering::Relaxed);
                thread::sleep(WATCH_INTERVAL);
            }
        });
        Self { stop, most, thread: Some(thread) }
    }

    /// The most memory that one process has held, in megabytes (10⁶).
    pub(super) fn most_mb(&self) -> f64 {
        self.most.load(Ordering::Relaxed) as f64 / 1e3
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has no way to panic that would be news here.
            let _ = thread.join();
        }
    }
}

/// The processors at one moment, in ticks since the machine's start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// What all programs have used, and what the machine's own host has taken away.
    used: u64,
    /// The same and idle time.
    all: u64,
    /// What the programs in this world have used: all that are measured, their tools, and this one.
    own: u64,
}

impl Moment {
    /// Now.
    ///
    /// # Errors
    /// If `/proc` is not what it should be.
    pub(super) fn now() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let (used, all) = processors(&stat).context("/proc/stat")?;
        let processes = fs::read_dir("/proc")?.flatten();
        let numbered = processes.filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok());
        // One that ends meanwhile is counted at the next moment, among its parent's children.
        let own = numbered
            .filter_map(|entry| ticks(&fs::read_to_string(entry.path().join("stat")).ok()?, true))
            .sum();
        Ok(Self { used, all, own })
    }

    /// The share of the processors that programs outside of this world had since then, from 0 to 1.
    ///
    /// # Errors
    /// As [`now`](Self::now).
    pub(super) fn share_of_others(self) -> Result<f64> {
        Ok(Self::now()?.others_since(self))
    }

    fn others_since(self, before: Self) -> f64 {
        let used = self.used.saturating_sub(before.used);
        let own = self.own.saturating_sub(before.own);
        let all = self.all.saturating_sub(before.all).max(1);
        used.saturating_sub(own) as f64 / all as f64
    }
}

/// Used and all ticks of the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
///
/// Interrupts are left out of what is used: most of them are the measured traffic's own, and no program's.
fn processors(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line.split_whitespace().map_while(|field| field.parse().ok()).collect();
    let [user, nice, system, _, _, _, _, steal] = *fields.first_chunk::<8>()?;
    Some((user + nice + system + steal, fields[..8].iter().sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_times() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 30 12 5 6 20 0 1 0";
        assert_eq!(ticks(stat, false), Some(42));
        assert_eq!(ticks(stat, true), Some(53));
        assert_eq!(ticks("7 (a", false), None);
    }

    #[test]
    fn others_are_what_is_used_and_not_ours() {
        let before = Moment { used: 100, all: 1_000, own: 40 };
        let after = Moment { used: 160, all: 1_200, own: 80 };
        assert!((after.others_since(before) - 0.1).abs() < 1e-9);
    }

    #[test]
    fn interrupts_are_nobodys_use() {
        assert_eq!(processors("cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1"), Some((14, 36)));
    }
}
