//! The log of everything that happens to a party's network: `network.log` in the data folder, one JSON object
//! a line, rotated by size, readable by its owner only.
//!
//! | level | what it is for | examples |
//! |---|---|---|
//! | `error` | a fault of the program itself; any is a bug | a task panicked, an illegal state transition |
//! | `warn` | something the player may notice, or a refusal; it goes on by itself | the adapter failed, a peer was refused, the server refused a request |
//! | `info` | the milestones of a session, a few lines each | start, entering and leaving a party, a friend added or removed, the control server lost or found |
//! | `debug` | what explains a connection, **addresses of friends included** | candidates, selected and lost paths, dropped signals |
//! | `trace` | single steps, for development | – |
//!
//! At `info` and above a line never holds a friend's address, so the default log can be shown to others. A
//! secret, an invitation link or a private key is on **no** level. Crates of others speak from `warn` upwards,
//! and boringtun and n0-mainline not at all: they report ordinary timeouts as errors, once a second, and
//! `lanrage-tunnel` and `lanrage-session` say what they mean.
//!
//! A line costs its thread a copy into memory. One thread of its own writes to the disk; when it falls behind,
//! lines are dropped and counted, because a full or slow disk must not stop a packet. What could not be written
//! is told by [`NetworkLogGuard::status`], and by a line in the log itself as soon as it can be.
//!
//! The rotating writer is our own: of the crates for it, `file-rotate` cuts lines at the limit and hides a file
//! that cannot be opened, `rolling-file` and `logroller` cannot close the file to other users, and the queue of
//! `tracing-appender` discards write errors; all of them would bring a second date library.

mod follow;
mod level;
mod queue;
mod rotating_file;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use lanrage_party::facts::Cause;
use parking_lot::Mutex;
use tracing::metadata::LevelFilter;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::Targets,
    fmt::{format::Writer, time::FormatTime, time::SystemTime},
    layer::{Layered, SubscriberExt},
    reload,
    util::SubscriberInitExt,
};

pub use follow::LogFollower;
pub use level::{LogLevel, UnknownLogLevel};
use queue::{LogQueue, QueueWriter};
use rotating_file::RotatingFile;

/// Name of the newest file; older ones are called `network.log.1`, `network.log.2` and so on.
const FILE_NAME: &str = "network.log";
/// Variable with filter directives for standard error, in the syntax of [`EnvFilter`].
const STDERR_VARIABLE: &str = "LANRAGE_LOG";
/// How long the end of the program waits for the disk.
const FLUSH_AT_END: Duration = Duration::from_secs(1);
/// The beginning of the names of all our crates.
const OURS: &str = "lanrage";

/// Those of others that are not heard at all.
const SILENT: [&str; 2] = ["boringtun", "n0_mainline"];

/// The file of a log's `older`th rotation; 0 is the one that is written to.
pub fn rotated(path: &Path, older: u32) -> PathBuf {
    if older == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{older}"));
    name.into()
}

/// How the log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkLogOptions {
    /// The data folder. It should be this process's own: two writers would rotate against each other.
    pub folder: PathBuf,
    /// Size at which a file is rotated (MiB, at least 1).
    pub file_mib: u32,
    /// Rotated files that are kept; the log takes at most `(kept + 1) × file_mib`.
    pub kept: u32,
    /// Lines less important than this are not written.
    pub level: LogLevel,
    /// Also write readable lines to standard error, from this level on; filter directives in the variable
    /// `LANRAGE_LOG` replace it.
    pub also_stderr: Option<LogLevel>,
}

/// Why the log cannot be installed. A file that cannot be written is none: see [`LogStatus::failure`].
#[derive(Debug, thiserror::Error)]
pub enum NetworkLogError {
    /// The process has a log already.
    #[error("this process has a log already")]
    AlreadyInstalled,
    /// The system gives no thread for the writer.
    #[error("cannot start the log's thread: {0}")]
    Thread(#[source] io::Error),
}

/// How the log fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStatus {
    /// Lines lost because they came faster than the disk took them.
    pub dropped_lines: u64,
    /// Lines lost because the file could not be written.
    pub unwritten_lines: u64,
    /// Why the file could not be written just now; `None` since it could be again.
    pub failure: Option<Cause>,
}

/// The process's log.
#[derive(Debug)]
pub struct NetworkLog;

type FileFilter = reload::Layer<Targets, Registry>;

impl NetworkLog {
    /// Makes `network.log` the log of the whole process.
    ///
    /// # Errors
    /// [`NetworkLogError`].
    pub fn install(options: NetworkLogOptions) -> Result<NetworkLogGuard, NetworkLogError> {
        let stderr = options.also_stderr.map(stderr_filter);
        let (subscriber, guard) = Self::build(options)?;
        let stderr =
            stderr.map(|filter| tracing_subscriber::fmt::layer().with_writer(io::stderr).with_filter(filter));
        subscriber.with(stderr).try_init().map_err(|_| NetworkLogError::AlreadyInstalled)?;
        Ok(guard)
    }

    /// Reads the log at `path` as it grows, across rotations, beginning with the last `last_lines` of what is
    /// there now. The file need not exist yet.
    ///
    /// # Errors
    /// What the system says about an existing file that cannot be read.
    pub fn follow(path: &Path, last_lines: usize) -> io::Result<LogFollower> {
        LogFollower::open(path, last_lines)
    }

    /// Where the log of a data folder is.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join(FILE_NAME)
    }

    fn build(options: NetworkLogOptions) -> Result<(FileSubscriber, NetworkLogGuard), NetworkLogError> {
        let queue = Arc::new(LogQueue::default());
        let limit = u64::from(options.file_mib.max(1)) * 1024 * 1024;
        let path = Self::path(&options.folder);
        let file = RotatingFile::new(path.clone(), limit, options.kept);
        let writer = Writes { queue: Arc::clone(&queue), state: Arc::default() };
        let state = Arc::clone(&writer.state);
        thread::Builder::new()
            .name("network-log".to_owned())
            .spawn(move || writer.run(file))
            .map_err(NetworkLogError::Thread)?;

        let (filter, level) = FileFilter::new(file_filter(options.level));
        let lines = QueueWriter::new(Arc::clone(&queue));
        let layer = tracing_subscriber::fmt::layer()
            .json()
            .with_span_list(false)
            .log_internal_errors(false)
            .with_writer(lines)
            .with_filter(filter);
        let guard = NetworkLogGuard { path, queue, state, level };
        Ok((tracing_subscriber::registry().with(layer.boxed()), guard))
    }
}

type FileSubscriber = Layered<Box<dyn Layer<Registry> + Send + Sync>, Registry>;

/// What the file takes: ours from `level` on, warnings of others, nothing of [`SILENT`].
fn file_filter(level: LogLevel) -> Targets {
    let targets = Targets::new().with_default(level.min(LogLevel::Warn)).with_target(OURS, level);
    targets.with_targets(SILENT.map(|target| (target, LevelFilter::OFF)))
}

fn stderr_filter(level: LogLevel) -> EnvFilter {
    let others = level.min(LogLevel::Warn);
    let silent = SILENT.map(|target| format!("{target}=off")).join(",");
    EnvFilter::try_from_env(STDERR_VARIABLE)
        .unwrap_or_else(|_| EnvFilter::new(format!("{others},{OURS}={level},{silent}")))
}

/// The log's end: what was logged before it is dropped is on its way to the disk when the drop returns, unless
/// the disk takes more than a second for it. Later lines are dropped.
pub struct NetworkLogGuard {
    path: PathBuf,
    queue: Arc<LogQueue>,
    state: Arc<Mutex<WriteState>>,
    level: reload::Handle<Targets, Registry>,
}

impl NetworkLogGuard {
    /// Changes what is written to the file from now on.
    pub fn set_level(&self, level: LogLevel) {
        // Fails only when the subscriber is gone, and with it everything that could be logged.
        let _ = self.level.reload(file_filter(level));
    }

    /// How the log fares.
    pub fn status(&self) -> LogStatus {
        let state = self.state.lock();
        LogStatus {
            dropped_lines: self.queue.dropped_lines(),
            unwritten_lines: state.unwritten_lines,
            failure: state.failure.clone(),
        }
    }

    /// The newest file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits till everything logged so far has been given to the system, at most for `patience`; whether it
    /// has. Blocks.
    pub fn flush(&self, patience: Duration) -> bool {
        self.queue.wait_until_drained(patience)
    }
}

impl Drop for NetworkLogGuard {
    fn drop(&mut self) {
        self.queue.close();
        self.queue.wait_until_drained(FLUSH_AT_END);
    }
}

impl fmt::Debug for NetworkLogGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkLogGuard").field("path", &self.path).field("status", &self.status()).finish()
    }
}

#[derive(Default)]
struct WriteState {
    unwritten_lines: u64,
    failure: Option<Cause>,
}

/// The writing thread.
struct Writes {
    queue: Arc<LogQueue>,
    state: Arc<Mutex<WriteState>>,
}

impl Writes {
    fn run(self, mut file: RotatingFile) {
        let mut batch = Vec::new();
        let mut confessed = 0;
        while self.queue.take(&mut batch) {
            let lost = self.queue.dropped_lines() + self.state.lock().unwritten_lines;
            if lost > confessed {
                batch.extend_from_slice(confession(lost - confessed).as_bytes());
            }
            let written = file.write_lines(&batch);
            let mut state = self.state.lock();
            match written {
                Ok(()) => {
                    state.failure = None;
                    confessed = lost;
                }
                Err(failure) => {
                    // The confession among them is made again.
                    state.unwritten_lines += failure.unwritten_lines - u64::from(lost > confessed);
                    state.failure = Some((&failure.error).into());
                }
            }
        }
    }
}

/// A gap in the log must be seen by whoever reads it.
fn confession(lost: u64) -> String {
    let mut time = String::new();
    // Writing into a string cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    let line = serde_json::json!({
        "timestamp": time,
        "level": "WARN",
        "fields": { "message": "lines of this log were lost", "lost": lost },
        "target": module_path!(),
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(folder: &Path) -> NetworkLogOptions {
        NetworkLogOptions {
            folder: folder.to_owned(),
            file_mib: 1,
            kept: 2,
            level: LogLevel::Info,
            also_stderr: None,
        }
    }

    fn logged(folder: &Path) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(NetworkLog::path(folder)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_level_can_be_changed_while_the_log_runs() {
        let folder = tempfile::tempdir().unwrap();
        let (subscriber, guard) = NetworkLog::build(options(folder.path())).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!("too fine");
            guard.set_level(LogLevel::Debug);
            tracing::debug!(count = 3, "fine enough");
            guard.set_level(LogLevel::Error);
            tracing::warn!("not bad enough");
        });
        drop(guard);
        let lines = logged(folder.path());
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["fields"]["message"], "fine enough");
        assert_eq!(lines[0]["fields"]["count"], 3);
        assert_eq!(lines[0]["level"], "DEBUG");
        assert_eq!(lines[0]["target"], "lanrage_log::tests");
    }

    #[test]
    fn others_speak_from_warnings_on_and_some_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let options = NetworkLogOptions { level: LogLevel::Trace, ..options(folder.path()) };
        let (subscriber, guard) = NetworkLog::build(options).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(target: "sqlx::query", "chatter");
            tracing::warn!(target: "sqlx::query", "slow");
            tracing::error!(target: "boringtun::noise", "HANDSHAKE(REKEY_TIMEOUT)");
            tracing::error!(target: "n0_mainline::core", "Could not bootstrap the routing table");
            tracing::trace!(target: "lanrage_nat::path_agent", "step");
        });
        drop(guard);
        let messages: Vec<_> =
            logged(folder.path()).iter().map(|line| line["fields"]["message"].clone()).collect();
        assert_eq!(messages, ["slow", "step"]);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_a_state_and_the_gap_is_told_once_it_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let (subscriber, guard) = NetworkLog::build(options(&missing)).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("lost");
            assert!(guard.flush(Duration::from_secs(60)));
            let status = guard.status();
            assert_eq!(status.unwritten_lines, 1);
            assert_eq!(status.failure, Some(Cause::Missing));

            std::fs::create_dir(&missing).unwrap();
            tracing::info!("kept");
            assert!(guard.flush(Duration::from_secs(60)));
            assert_eq!(guard.status(), LogStatus { unwritten_lines: 1, ..LogStatus::default() });
        });
        let lines = logged(&missing);
        assert_eq!(lines[0]["fields"]["message"], "kept");
        assert_eq!(lines[1]["fields"]["lost"], 1);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_line_after_the_end_is_dropped_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (subscriber, guard) = NetworkLog::build(options(folder.path())).unwrap();
        let queue = Arc::clone(&guard.queue);
        tracing::subscriber::with_default(subscriber, || {
            drop(guard);
            tracing::error!("too late");
        });
        assert_eq!(queue.dropped_lines(), 1);
        assert_eq!(logged(folder.path()).len(), 0);
    }
}
