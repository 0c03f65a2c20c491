//! The log as it grows, for a window that looks at it.

use std::{path::Path, sync::Mutex, time::Duration};

use lanrage_engine::{CommandError, LogFollower, NetworkLog};
use serde::Serialize;
use tauri::{AppHandle, Runtime, async_runtime};
use tokio::{task::AbortHandle, time::sleep};
use tracing::{debug, warn};

use crate::{
    event::{self, Event},
    tasks,
};

/// Lines with which the window begins.
const FIRST_LINES: usize = 500;
/// Most lines in one event.
const BATCH: usize = 200;
/// Time between two events: a window need not draw faster.
const PAUSE: Duration = Duration::from_millis(200);

/// New lines of the log, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LogLines(pub Vec<String>);

impl Event for LogLines {
    const NAME: &'static str = "log";
}

/// Who reads the log on, if anybody looks.
#[derive(Debug, Default)]
pub struct LogFeed(Mutex<Option<AbortHandle>>);

impl LogFeed {
    /// Begins anew with the newest lines, or ends.
    pub(crate) async fn follow<R: Runtime>(
        &self,
        app: &AppHandle<R>,
        folder: &Path,
        on: bool,
    ) -> Result<Vec<String>, CommandError> {
        self.replace(None);
        if !on {
            return Ok(Vec::new());
        }
        // The whole newest file is read for its end.
        let path = NetworkLog::path(folder);
        let opened = async_runtime::spawn_blocking(move || {
            let mut log = NetworkLog::follow(&path, FIRST_LINES)?;
            let lines = take(&mut log, FIRST_LINES)?;
            Ok((log, lines))
        });
        let (log, lines) = match opened.await {
            Ok(opened) => opened.map_err(refusal)?,
            Err(_) => return Ok(Vec::new()),
        };
        self.replace(tasks::spawn(app, "log", feed(app.clone(), log)));
        Ok(lines)
    }

    fn replace(&self, task: Option<AbortHandle>) {
        let mut reading = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *reading, task) {
            before.abort();
        }
    }
}

async fn feed<R: Runtime>(app: AppHandle<R>, mut log: LogFollower) {
    loop {
        let lines = match log.next_line().await {
            Ok(first) => take(&mut log, BATCH - 1).map(|mut rest| {
                rest.insert(0, first);
                rest
            }),
            Err(error) => Err(error),
        };
        match lines {
            Ok(lines) => event::send(&app, &LogLines(lines)),
            Err(error) => {
                debug!(%error, "the log cannot be read on");
                return;
            }
        }
        sleep(PAUSE).await;
    }
}

/// The lines that are there already.
fn take(log: &mut LogFollower, most: usize) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    while lines.len() < most
        && let Some(line) = log.poll_line()?
    {
        lines.push(line);
    }
    Ok(lines)
}

fn refusal(error: std::io::Error) -> CommandError {
    warn!(%error, "the log cannot be read");
    CommandError::LogNotRead { cause: (&error).into() }
}
