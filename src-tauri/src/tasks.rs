//! The desktop's tasks: each has a name, and all end before the program does.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lanrage_engine::Tasks;
use tauri::{AppHandle, Manager, Runtime, async_runtime};
use tokio::{task::AbortHandle, time::timeout};
use tracing::error;

/// How long the end of the program waits for tasks that were cancelled. One that waits for the main thread would wait
/// for ever: that thread waits for the tasks.
const PATIENCE: Duration = Duration::from_secs(1);

/// Every task of the desktop; `None` when the program ends.
#[derive(Debug)]
pub(crate) struct DesktopTasks(Mutex<Option<Tasks>>);

impl Default for DesktopTasks {
    fn default() -> Self {
        Self(Mutex::new(Some(Tasks::default())))
    }
}

impl DesktopTasks {
    fn with<T>(&self, act: impl FnOnce(&mut Option<Tasks>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts a task under a name for the log. While the program ends none starts.
pub(crate) fn spawn<R: Runtime>(
    app: &AppHandle<R>,
    name: &'static str,
    task: impl Future<Output = ()> + Send + 'static,
) -> Option<AbortHandle> {
    let runtime = async_runtime::handle();
    let _entered = runtime.inner().enter();
    app.state::<DesktopTasks>().with(|tasks| {
        let tasks = tasks.as_mut()?;
        tasks.reap();
        Some(tasks.spawn(name, task))
    })
}

/// Cancels every task and waits for its end.
pub(crate) async fn finish<R: Runtime>(app: &AppHandle<R>) {
    let Some(mut tasks) = app.state::<DesktopTasks>().with(Option::take) else { return };
    if timeout(PATIENCE, tasks.finish(Duration::ZERO)).await.is_err() {
        error!(tasks = ?tasks.names(), "a task did not end; the program ends without it");
    }
}

#[cfg(test)]
pub(crate) fn names<R: Runtime>(app: &AppHandle<R>) -> std::collections::BTreeSet<&'static str> {
    app.state::<DesktopTasks>().with(|tasks| tasks.as_ref().map(Tasks::names).unwrap_or_default())
}
