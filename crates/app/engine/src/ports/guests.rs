//! The listener for guests of a party without a server.

use std::{
    net::{Ipv6Addr, SocketAddr},
    time::Duration,
};

use lanrage_control::{GuestAction, GuestEvent};
use lanrage_link::listen::{self, GuestListener, ListenSettings, run_listener};
use lanrage_session::GuestCommand;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tracing::{info, warn};

use crate::{ports::port::Port, tasks::Tasks};

/// How long the last words to guests may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What is asked of the listener, what becomes of guests, and at which port it listens; `None` if at none.
///
/// Where there is no room for [`GuestCommand::Act`], the guest is given up, as one to whom nothing can be said. A
/// [`GuestCommand::Listen`] or [`GuestCommand::Stop`] waits for room, the newest alone.
pub(crate) struct GuestsPort {
    pub(crate) guests: Port<GuestCommand, GuestEvent>,
    pub(crate) listening: mpsc::Receiver<Option<u16>>,
}

/// Nothing listens before the first [`GuestCommand::Listen`] or after [`GuestCommand::Stop`].
pub(crate) fn spawn(tasks: &mut Tasks) -> GuestsPort {
    let (tx, commands) = mpsc::channel(listen::ACTIONS);
    let (events, rx) = mpsc::channel(listen::EVENTS);
    let (said, listening) = mpsc::channel(1);
    tasks.spawn("guests", run(commands, events, said));
    GuestsPort { guests: Port { tx, rx }, listening }
}

async fn run(
    mut commands: mpsc::Receiver<GuestCommand>,
    events: mpsc::Sender<GuestEvent>,
    listening: mpsc::Sender<Option<u16>>,
) {
    let mut listener = JoinSet::new();
    let mut actions: Option<mpsc::Sender<GuestAction>> = None;
    while let Some(command) = commands.recv().await {
        match command {
            GuestCommand::Listen { ports, beyond_lan } => {
                listener.shutdown().await;
                let bound = bind(&ports, beyond_lan).await;
                let port = bound.as_ref().and_then(|bound| bound.local_addr().ok()).map(|at| at.port());
                actions = bound.map(|bound| {
                    let (sender, receiver) = mpsc::channel(listen::ACTIONS);
                    listener.spawn(run_listener(bound, events.clone(), receiver));
                    sender
                });
                if listening.send(port).await.is_err() {
                    return;
                }
            }
            GuestCommand::Act(action) => {
                let (GuestAction::Send(guest, _) | GuestAction::Close(guest)) = &action;
                let closed = GuestEvent::Closed(*guest);
                if actions.as_ref().is_none_or(|actions| actions.try_send(action).is_err()) {
                    let _ = events.try_send(closed);
                }
            }
            GuestCommand::Stop => {
                // The listener says its last words when nobody can speak to it any more.
                actions = None;
                let _ = timeout(FAREWELL, listener.join_next()).await;
                listener.shutdown().await;
            }
        }
    }
}

async fn bind(ports: &[u16], beyond_lan: bool) -> Option<GuestListener> {
    for port in ports {
        // Where there is no IPv6, IPv4 alone serves.
        for address in [SocketAddr::from((Ipv6Addr::UNSPECIFIED, *port)), SocketAddr::from(([0; 4], *port))] {
            let settings = ListenSettings { beyond_lan, ..ListenSettings::on(address) };
            match GuestListener::bind(settings).await {
                Ok(bound) => {
                    info!(
                        port = bound.local_addr().map_or(0, |at| at.port()),
                        beyond_lan, "guests are let in"
                    );
                    return Some(bound);
                }
                Err(error) => warn!(port, %error, "cannot listen for guests"),
            }
        }
    }
    None
}
