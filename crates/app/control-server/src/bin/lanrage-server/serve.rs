//! A server's or a relay's life from ready to ended, as the system and whoever runs it are told of it.

use std::{future::pending, pin::pin, time::Duration};

use lanrage_control_server::{Pulse, RegisteredRelay, Server, ServerError};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    StopSignal,
    service_manager::{ServiceManager, Word},
    told,
};

/// Between two looks at how the server is, where no watchdog wants one sooner.
const LOOK: Duration = Duration::from_secs(10);
/// How long an answer of the server may take until it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(5);
/// What saying goodbye and writing may take on top of what is relayed on.
const GOODBYE: Duration = Duration::from_secs(15);

/// Serves until it is stopped, drains, and ends. Stopped again it ends at once.
///
/// # Errors
/// A part of it has ended by itself.
pub(crate) async fn until_stopped(
    mut server: Server,
    stop: &mut StopSignal,
    usual: Duration,
) -> Result<(), ServerError> {
    let manager = ServiceManager::from_environment();
    let pulse = server.pulse();
    let mut drain_wish = pin!(server.drain_wish());
    let mut reload = ReloadSignal::listen();
    manager.tell(Word::Ready, "ready");
    let mut watching = pin!(watch(&manager, &pulse));
    let within = loop {
        tokio::select! {
            error = server.failed() => return Err(error),
            () = stop.received() => break usual,
            within = &mut drain_wish => break within.unwrap_or(usual),
            () = reload.received() => {
                manager.tell(Word::Reloading, "reading its files again");
                server.reload().await;
                manager.tell(Word::Ready, "ready");
            }
            () = &mut watching => {}
        }
    };
    tracing::info!(seconds = within.as_secs(), "stopping; what is relayed goes on for so long at most");
    manager.tell(Word::Stopping { within: within + GOODBYE }, "sends its players elsewhere, and ends");
    let is_hurried = tokio::select! {
        () = server.drain(within) => false,
        () = stop.received() => true,
        () = &mut watching => false,
    };
    if is_hurried {
        tracing::info!("stopping at once");
    }
    server.shutdown().await;
    Ok(())
}

/// Relays until it is stopped.
///
/// # Errors
/// A part of it has ended by itself.
pub(crate) async fn until_relay_stops(
    mut relay: RegisteredRelay,
    stop: &mut StopSignal,
) -> Result<(), ServerError> {
    let manager = ServiceManager::from_environment();
    manager.tell(Word::Ready, "ready");
    tokio::select! {
        error = relay.failed() => return Err(error),
        () = stop.received() => tracing::info!("stopping"),
        () = beat(&manager) => {}
    }
    manager.tell(Word::Stopping { within: GOODBYE }, "ends");
    Ok(())
}

/// Tells the manager for ever that the program runs.
async fn beat(manager: &ServiceManager) {
    let mut beats = beats(manager);
    loop {
        beats.tick().await;
        manager.tell(Word::Alive, "relays");
    }
}

/// Tells the manager for ever that the server is alive, and how it is, as long as that is so.
async fn watch(manager: &ServiceManager, pulse: &Pulse) {
    if !manager.is_there() {
        return pending().await;
    }
    let mut beats = beats(manager);
    loop {
        beats.tick().await;
        match pulse.status(PATIENCE).await {
            Some(status) => manager.tell(Word::Alive, &told(&status)),
            // The relay, on which parties play, needs no disk.
            None if pulse.waits_for_disk() => manager.tell(Word::Alive, "waits for its disk"),
            None => tracing::error!("the server does not answer itself"),
        }
    }
}

/// Twice as often as the manager wants, and often enough for whoever reads along.
fn beats(manager: &ServiceManager) -> tokio::time::Interval {
    let wanted = manager.watchdog().map_or(LOOK, |watchdog| (watchdog / 2).min(LOOK));
    let mut beats = interval(wanted.max(Duration::from_millis(10)));
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}

/// That files have changed (SIGHUP), where there is such a signal.
struct ReloadSignal {
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl ReloadSignal {
    fn listen() -> Self {
        Self {
            #[cfg(unix)]
            hangup: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn received(&mut self) {
        #[cfg(unix)]
        if let Some(hangup) = &mut self.hangup
            && hangup.recv().await.is_some()
        {
            return;
        }
        pending().await
    }
}
