use std::time::Duration;

use lanrage_engine::{CommandError, Engine, EngineOptions, Handle, StartError};
use tauri::{AppHandle, Runtime};
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::{Instant, sleep, timeout},
};
use tracing::{error, warn};

use crate::{event, tasks};

/// How long closing the window waits for the engine to end in order.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// How long a start waits for the program before it, which may be closing, to leave the data folder; and how often it
/// looks.
const HAND_OVER: Duration = Duration::from_secs(2);
const HAND_OVER_STEP: Duration = Duration::from_millis(100);

/// The engine that this program hosts: starting, running, or why it could not start. The window opens before it
/// runs, and stays where it cannot run, to say why.
#[derive(Debug)]
pub struct EngineHost {
    state: watch::Receiver<State>,
}

#[derive(Debug, Clone)]
enum State {
    Starting,
    Running(Handle),
    Failed(CommandError),
}

impl EngineHost {
    /// Starts an engine and tells the windows of `app` whatever it says from then on.
    pub fn start<R: Runtime>(app: &AppHandle<R>, options: EngineOptions) -> Self {
        let (states, state) = watch::channel(State::Starting);
        tasks::spawn(app, "engine", host(app.clone(), options, states));
        Self { state }
    }

    /// The running engine; waits while it starts.
    ///
    /// # Errors
    /// Why it could not start.
    pub async fn handle(&self) -> Result<Handle, CommandError> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| !matches!(state, State::Starting)).await;
        match settled.as_deref() {
            Ok(State::Running(handle)) => Ok(handle.clone()),
            Ok(State::Failed(error)) => Err(error.clone()),
            Ok(State::Starting) | Err(_) => Err(CommandError::Stopped),
        }
    }

    /// The engine if it runs now.
    pub fn running(&self) -> Option<Handle> {
        match &*self.state.borrow() {
            State::Running(handle) => Some(handle.clone()),
            State::Starting | State::Failed(_) => None,
        }
    }

    /// Ends the engine in order if it runs. One that starts ends with the task that starts it.
    pub(crate) async fn stop(&self) {
        if let Some(handle) = self.running()
            && timeout(SHUTDOWN, handle.shutdown()).await.is_err()
        {
            error!("the engine did not end in {} s; the program ends without it", SHUTDOWN.as_secs());
        }
    }
}

async fn host<R: Runtime>(app: AppHandle<R>, options: EngineOptions, states: watch::Sender<State>) {
    let handle = match start(options).await {
        Ok(handle) => handle,
        Err(error) => {
            warn!(%error, "the engine cannot start");
            states.send_replace(State::Failed(CommandError::from(&error)));
            return;
        }
    };
    let mut snapshots = handle.snapshots();
    let mut notices = handle.notices();
    // What stands there before the first revision is no state of a party: one that comes back would be missing.
    if snapshots.wait_for(|snapshot| snapshot.revision > 0).await.is_err() {
        states.send_replace(State::Failed(CommandError::Stopped));
        return;
    }
    states.send_replace(State::Running(handle));
    loop {
        tokio::select! {
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return;
                }
                let snapshot = snapshots.borrow_and_update().clone();
                event::send(&app, &*snapshot);
            }
            notice = notices.recv() => match notice {
                Ok(notice) => event::send(&app, &notice),
                // What happened is gone; what is the case now comes with the next snapshot.
                Err(RecvError::Lagged(missed)) => warn!(missed, "the window was too slow for some notices"),
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Starts the engine as soon as nobody else uses its folder, and fails if that does not come to pass.
async fn start(options: EngineOptions) -> Result<Handle, StartError> {
    let patience = Instant::now() + HAND_OVER;
    loop {
        match Engine::start(options.clone()).await {
            Err(StartError::AlreadyRunning) if Instant::now() < patience => sleep(HAND_OVER_STEP).await,
            outcome => return outcome,
        }
    }
}
