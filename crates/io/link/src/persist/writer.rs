use std::{
    io,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use lanrage_control::{
    registry::StoredChange,
    state::{self, ControlState},
};
use lanrage_party::UnixMillis;
use tokio::sync::watch;

use super::{LoadReport, Source, file::StateFile, queue::WriteQueue};

/// Keeps a registry's state in a file, from a thread of its own.
///
/// Dropping it writes what is left, without waiting for that; [`StatePersister::close`] waits.
#[derive(Debug)]
pub struct StatePersister {
    queue: StateQueue,
    saves: watch::Receiver<Saves>,
}

/// Takes what changes in a registry. Cheap to clone; never waits for the disk. What is queued after the
/// [`StatePersister`] is gone is not written.
#[derive(Debug, Clone)]
pub struct StateQueue {
    shared: Arc<Shared>,
}

/// What was on the disk.
#[derive(Debug)]
pub struct Loaded {
    /// The state; `None` for a fresh start.
    pub state: Option<ControlState>,
    /// How it was found.
    pub report: LoadReport,
}

/// Whether the disk takes the state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SaveState {
    /// Everything is written, or about to be.
    #[default]
    Good,
    /// The last try has failed. Nothing is lost as long as the program runs; it is tried again.
    Failing(PersistError),
}

/// Why a state could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersistError {
    /// The disk, or the user's share of it, is full.
    #[error("the disk is full")]
    DiskFull,
    /// The directory may not be written.
    #[error("the directory cannot be written: {0}")]
    NotWritable(String),
    /// Something else.
    #[error("the state cannot be written: {0}")]
    Io(String),
    /// The thread that writes has ended.
    #[error("the state is not written any more")]
    Stopped,
}

#[derive(Debug, Default)]
struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    queue: WriteQueue,
    stopping: bool,
}

#[derive(Debug, Clone, Default)]
struct Saves {
    /// Number of the newest change that is on the disk.
    written: u64,
    /// Writes that were tried.
    tries: u64,
    state: SaveState,
}

impl StatePersister {
    /// Reads the file, and starts the thread that keeps it up to date. The directory is made if it is missing.
    ///
    /// # Errors
    /// If the system gives no thread. Whatever is wrong with the file or its directory is not an error: it is
    /// in [`LoadReport`] and [`StatePersister::save_state`].
    pub fn open(path: &Path, now: UnixMillis) -> io::Result<(Self, Loaded)> {
        if let Some(directory) = path.parent() {
            // What this does not achieve, the first write reports.
            let _ = std::fs::create_dir_all(directory);
        }
        let file = StateFile::new(path);
        let (state, report) = file.load(now);
        let queue = StateQueue { shared: Arc::default() };
        if report.source == Source::Previous {
            // So that there are two good generations again.
            queue.lock().queue.touch();
        }
        let (sender, saves) = watch::channel(Saves::default());
        let (shared, mirror) = (queue.shared.clone(), state.clone().unwrap_or_default());
        thread::Builder::new()
            .name("control-state".into())
            .spawn(move || write_until_stopped(&shared, &file, mirror, &sender))?;
        Ok((Self { queue, saves }, Loaded { state, report }))
    }

    /// Where changes are queued.
    pub fn queue(&self) -> StateQueue {
        self.queue.clone()
    }

    /// Whether the disk takes the state.
    pub fn save_state(&self) -> SaveState {
        self.saves.borrow().state.clone()
    }

    /// Writes that were tried since the start. Each syncs the file and its directory.
    pub fn writes(&self) -> u64 {
        self.saves.borrow().tries
    }

    /// Waits until [`StatePersister::save_state`] may have changed.
    ///
    /// # Errors
    /// [`PersistError::Stopped`] if it never will again.
    pub async fn changed(&mut self) -> Result<(), PersistError> {
        self.saves.changed().await.map_err(|_| PersistError::Stopped)
    }

    /// Writes at once what was queued so far, and waits for it.
    ///
    /// # Errors
    /// [`PersistError`] if the disk does not take it; it stays queued and is tried again.
    pub async fn flush(&self) -> Result<(), PersistError> {
        let mut saves = self.saves.clone();
        let (wanted, tries) = {
            let mut inner = self.queue.lock();
            // A write that is under way does not hold the newest change, so it does not count as the try.
            (inner.queue.flush(), saves.borrow_and_update().tries + u64::from(inner.queue.is_writing()))
        };
        self.queue.shared.changed.notify_one();
        let done = |saves: &Saves| saves.written >= wanted || saves.tries > tries;
        let saves = saves.wait_for(done).await.map_err(|_| PersistError::Stopped)?;
        match &saves.state {
            SaveState::Failing(error) if saves.written < wanted => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Writes what is left, and ends the thread.
    ///
    /// # Errors
    /// [`PersistError`] if the disk did not take it; then it is lost.
    pub async fn close(self) -> Result<(), PersistError> {
        let flushed = self.flush().await;
        let mut saves = self.saves.clone();
        drop(self);
        while saves.changed().await.is_ok() {}
        flushed
    }
}

impl Drop for StatePersister {
    fn drop(&mut self) {
        self.queue.lock().stopping = true;
        self.queue.shared.changed.notify_one();
    }
}

impl StateQueue {
    /// Queues changes. They are on the disk within twice [`super::FLUSH_INTERVAL`], if it takes them.
    pub fn queue(&self, changes: impl IntoIterator<Item = StoredChange>) {
        self.lock().queue.queue(changes);
        self.shared.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No code that holds the lock can panic half-way through a change.
        self.shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<io::Error> for PersistError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotFound => {
                Self::NotWritable(error.to_string())
            }
            _ => Self::Io(error.to_string()),
        }
    }
}

/// The thread. `mirror` is what the disk has, and then what it should have.
fn write_until_stopped(
    shared: &Shared,
    file: &StateFile,
    mut mirror: ControlState,
    saves: &watch::Sender<Saves>,
) {
    let mut last_try = false;
    while let Some(changes) = next_write(shared, &mut last_try) {
        changes.for_each(|change| mirror.apply(change));
        // Without the lock: neither the encoding nor the disk keeps anybody waiting.
        let result = file.replace(&state::encode(&mirror));
        let mut inner = shared.inner.lock().unwrap_or_else(PoisonError::into_inner);
        saves.send_modify(|saves| {
            saves.tries += 1;
            saves.state = match result {
                Ok(()) => {
                    saves.written = inner.queue.succeed();
                    SaveState::Good
                }
                Err(error) => {
                    inner.queue.fail(Instant::now());
                    SaveState::Failing(error.into())
                }
            };
        });
    }
}

/// Waits until something is to be written; `None` when all is written, or was tried a last time, and the
/// persister is gone.
fn next_write(shared: &Shared, last_try: &mut bool) -> Option<impl Iterator<Item = StoredChange> + use<>> {
    let mut inner = shared.inner.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let now = Instant::now();
        match inner.queue.due(now) {
            Some(_) if inner.stopping && !*last_try => {
                *last_try = true;
                return Some(inner.queue.begin(now));
            }
            _ if inner.stopping => return None,
            Some(due) if due <= now => return Some(inner.queue.begin(now)),
            Some(due) => {
                inner = shared
                    .changed
                    .wait_timeout(inner, due - now)
                    .map_or_else(|poisoned| poisoned.into_inner().0, |(inner, _)| inner);
            }
            None => inner = shared.changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
        }
    }
}
