//! A program running on a lab host, with its output at hand.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Lines of output kept; when there are more, the oldest go.
const KEPT_LINES: usize = 4096;

/// Lines of output quoted in an error.
const QUOTED_LINES: usize = 20;

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    label: String,
    child: Child,
    output: Arc<Output>,
}

/// What the threads of a program are and have done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Threads {
    /// How many there are.
    pub count: usize,
    /// How often one of those has given up its processor to wait for something.
    pub waits: u64,
}

#[derive(Debug, Default)]
struct Output {
    log: Mutex<Log>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Log {
    lines: VecDeque<String>,
    /// How many lines have gone from the front of `lines`.
    forgotten: usize,
    closed_streams: u8,
}

impl Process {
    /// Starts `command` with its standard output and error read in the background.
    pub(crate) fn spawn(host: &str, mut command: Command) -> Result<Self> {
        let words: Vec<_> = command.get_args().skip(3).map(|word| word.to_string_lossy()).collect();
        let label = format!("`{}` on {host}", words.join(" "));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {label}"))?;
        let output = Arc::new(Output::default());
        output.read_from(child.stdout.take().context("no standard output")?);
        output.read_from(child.stderr.take().context("no standard error")?);
        Ok(Self { label, child, output })
    }

    /// Waits for a line of output, said already or still to come, for which `pick` returns something.
    ///
    /// # Errors
    /// If the program ends or `limit` passes first; the text quotes its last lines.
    pub fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + limit;
        let mut next = 0;
        let mut log = self.output.lock();
        loop {
            let unseen = next.max(log.forgotten);
            if let Some(found) = log.lines.iter().skip(unseen - log.forgotten).find_map(|line| pick(line)) {
                return Ok(found);
            }
            next = log.forgotten + log.lines.len();
            if log.closed_streams == 2 {
                bail!("{} ended before {what}; it said:\n{}", self.label, log.tail());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{} showed no {what} within {limit:?}; it said:\n{}", self.label, log.tail());
            }
            (log, _) = self.output.changed.wait_timeout(log, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the program has ended, and returns the last lines that it has written to both of its outputs.
    ///
    /// # Errors
    /// If it still runs after `limit`.
    pub fn wait_for_end(&self, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        let mut log = self.output.lock();
        while log.closed_streams < 2 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{} did not end within {limit:?}; it said:\n{}", self.label, log.tail());
            }
            (log, _) = self.output.changed.wait_timeout(log, left).unwrap_or_else(PoisonError::into_inner);
        }
        let lines: Vec<_> = log.lines.iter().map(String::as_str).collect();
        Ok(lines.join("\n"))
    }

    /// The last lines the program has written.
    #[must_use]
    pub fn tail(&self) -> String {
        self.output.lock().tail()
    }

    /// How many lines the program has written so far.
    #[must_use]
    pub fn lines_written(&self) -> u64 {
        let log = self.output.lock();
        (log.forgotten + log.lines.len()) as u64
    }

    /// The program's process id, in the process namespace of the world.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What of the program is in memory (KiB).
    ///
    /// # Errors
    /// If it does not run.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no resident size")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// How many threads the program has, and how often one of them has waited for something since the start.
    ///
    /// # Errors
    /// If it does not run.
    pub fn threads(&self) -> Result<Threads> {
        let mut threads = Threads::default();
        for task in std::fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let status = std::fs::read_to_string(task?.path().join("status"))?;
            let waits = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            threads.count += 1;
            threads.waits += waits.context("no count of waits")?.trim().parse::<u64>()?;
        }
        Ok(threads)
    }

    /// Whether the program still runs.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Kills the program, which can do nothing about it, and waits until it is gone.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Stops the program, as sleep would, until [`resume`](Self::resume).
    ///
    /// # Errors
    /// If it has ended.
    pub fn suspend(&self) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::STOP)?)
    }

    /// Lets a stopped program go on.
    ///
    /// # Errors
    /// If it has ended.
    pub fn resume(&self) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::CONT)?)
    }

    /// Asks the program to end, as Ctrl-C would, and waits for it.
    ///
    /// # Errors
    /// If it has not ended within `limit`.
    pub fn interrupt(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.end(Signal::INT, limit)
    }

    /// Asks the program to end, as a session does that is closed, and waits for it.
    ///
    /// # Errors
    /// If it has not ended within `limit`.
    pub fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.end(Signal::TERM, limit)
    }

    fn end(&mut self, signal: Signal, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        let pid = Pid::from_child(&self.child);
        if self.is_running()? {
            kill_process(pid, signal)?;
        }
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                bail!("{} did not end within {limit:?} of {signal:?}; it said:\n{}", self.label, self.tail());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if the program has ended already.
        let _ = self.kill();
    }
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_from(self: &Arc<Self>, stream: impl Read + Send + 'static) {
        let output = Arc::clone(self);
        thread::spawn(move || {
            let mut lines = BufReader::new(stream).split(b'\n');
            while let Some(Ok(line)) = lines.next() {
                output.lock().push(String::from_utf8_lossy(&line).into_owned());
                output.changed.notify_all();
            }
            output.lock().closed_streams += 1;
            output.changed.notify_all();
        });
    }
}

impl Log {
    fn push(&mut self, line: String) {
        if self.lines.len() == KEPT_LINES {
            self.lines.pop_front();
            self.forgotten += 1;
        }
        self.lines.push_back(line);
    }

    fn tail(&self) -> String {
        let quoted = self.lines.iter().skip(self.lines.len().saturating_sub(QUOTED_LINES));
        quoted.map(|line| format!("    {line}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{env, process::Command, time::Duration};

    use anyhow::ensure;

    use crate::{Lab, world};

    #[test]
    fn a_program_can_be_interrupted() {
        world::test(|| {
            let mut lab = Lab::new()?;
            let host = lab.public_host("host", 5)?;
            let mut sleeper = host.command("sleep");
            sleeper.arg("1000");
            let mut process = host.spawn(sleeper)?;
            ensure!(!process.interrupt(Duration::from_secs(5))?.success());
            Ok(())
        });
    }

    #[test]
    fn a_program_can_be_interrupted_where_the_lab_was_started_in_the_background() {
        // As a shell without job control starts it.
        let mut again = Command::new("env");
        again.arg("--ignore-signal=INT,QUIT").arg(env::current_exe().expect("this program"));
        again.args(["process::tests::a_program_can_be_interrupted", "--exact"]);
        let output = again.output().expect("env runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
