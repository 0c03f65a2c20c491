//! The loop around the session: it waits for whatever happens, and has carried out what follows from it.

mod data_plane;
mod outside;
mod showing;

use std::{pin::pin, sync::Arc, time::Duration};

use lanrage_base::clock::now;
use lanrage_game_watch::Told;
use lanrage_party::TunnelEvent;
use lanrage_session::{Input, Session, flush, step};
use tokio::time::{Instant as TokioInstant, sleep_until, timeout};

pub(crate) use self::{outside::Outside, showing::Showing};
use crate::{
    CommandError,
    api::StoredError,
    handle::{Answer, Command},
    ports::{games, settings::ReadSettings},
    settings::Overrides,
    tasks::TaskSets,
};

/// How long the last words to the control server and the adapter may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the last words to friends may take at most.
const PARTING: Duration = Duration::from_millis(100);

/// The one loop that owns every decision. Reading [`EventLoop::run`] is reading the product: whatever happens becomes an
/// [`Input`], the [`Session`] decides, and [`Outside`] carries out what it decided. Nothing in here waits for a shell.
pub(crate) struct EventLoop {
    pub(crate) session: Session,
    pub(crate) outside: Outside,
    pub(crate) tasks: TaskSets,
    pub(crate) overrides: Overrides,
}

impl EventLoop {
    /// Runs until it is told to shut down. Drops `held` when everything is closed and before the shutdown is answered.
    pub(crate) async fn run<T: Send>(mut self, held: T) {
        flush(&mut self.session, &mut self.outside);
        let farewell = loop {
            while let Some(input) = self.outside.next_echo() {
                step(&mut self.session, now(), input, &mut self.outside);
            }
            self.outside.show(&self.session);
            let (due, look) = (self.next_wake(), self.outside.next_look(&self.session));
            let (due, look) = (pin!(sleep_until(due)), pin!(sleep_until(TokioInstant::from_std(look))));
            let ports = &mut self.outside.ports;
            let input = tokio::select! {
                command = ports.commands.recv() => match command {
                    Some(Command::Shutdown { answer }) => break Some(answer),
                    None => break None,
                    Some(command) => self.outside.command(command),
                },
                Some(event) = ports.reports.recv() => Some(Input::Tunnel(event)),
                Some(event) = ports.link.rx.recv() => Some(Input::Link(event)),
                Some(input) = ports.adapter.rx.recv() => Some(input),
                Some(routes) = ports.routes.rx.recv() => Some(Input::Routes(routes)),
                Some(network) = ports.network.recv() => Some(Input::Network(network)),
                Some(slept) = ports.woken.recv() => Some(Input::Woken(slept)),
                Ok(()) = ports.is_metered.changed() => {
                    Some(Input::Metered(*ports.is_metered.borrow_and_update()))
                }
                Some(found) = ports.names.rx.recv() => Some(Input::Names(found)),
                Ok(()) = ports.nat_test.reports.changed() => {
                    ports.nat_test.reports.borrow_and_update().clone().map(Input::NatReport)
                }
                Ok(()) = ports.port_mapping.mapped.changed() => {
                    Some(Input::PortMapping(*ports.port_mapping.mapped.borrow_and_update()))
                }
                Some((allocation, event)) = ports.relay_streams.rx.recv() => {
                    Some(Input::RelayStream(allocation, event))
                }
                Some(event) = ports.rendezvous.rx.recv() => Some(Input::Rendezvous(event)),
                Some((ticket, kept)) = ports.store.rx.recv() => Some(Input::Kept(ticket, kept)),
                Some(told) = ports.games.rx.recv() => Some(match told {
                    Told::Games { statements, redirects } => Input::Games { statements, redirects },
                    Told::Doors { look, doors } => Input::Doors { look, doors },
                }),
                Some((examined, wanted)) = ports.games.examined.recv() => Some(wanted.input(examined)),
                Some(sought) = ports.games.sought.recv() => Some(games::sought(sought)),
                Some((wish, read)) = ports.settings.rx.recv() => {
                    self.configure(wish, read);
                    None
                }
                Ok(()) = ports.trouble.changed() => {
                    Some(Input::StoreTrouble(ports.trouble.borrow_and_update().clone()))
                }
                () = look => self.outside.look(),
                () = due => Some(Input::Timeout),
            };
            if let Some(input) = input {
                // With many friends probes come all the time, and most of them change a figure.
                let is_small = matches!(
                    input,
                    Input::Timeout
                        | Input::Traffic(_)
                        | Input::AdapterLook(_)
                        | Input::Tunnel(TunnelEvent::Probe { .. })
                );
                step(&mut self.session, now(), input, &mut self.outside);
                self.outside.note_change(&self.session, is_small);
            }
        };
        self.shut_down(farewell, held).await;
    }

    fn next_wake(&self) -> TokioInstant {
        let shown = self.outside.next_show();
        let due = self.session.poll_timeout().map_or(shown, |(at, _)| at.min(shown));
        TokioInstant::from_std(due)
    }

    /// Settings were read. Whoever waits for them is answered when they are in effect.
    fn configure(&mut self, wish: u64, read: Result<Box<ReadSettings>, StoredError>) {
        let result = match read {
            Ok(read) => {
                let ReadSettings { config, server_key, games, shield } = *read;
                self.outside.know_games(games);
                self.outside.set_log_level(config.log_level);
                self.outside.ports.rendezvous.configure(&config);
                let settings = self.overrides.session_settings(&config, server_key, shield);
                step(&mut self.session, now(), Input::Configure(settings), &mut self.outside);
                Ok(())
            }
            Err(error) => Err(CommandError::from(error)),
        };
        self.outside.answer_settings(&self.session, wish, &result);
    }

    /// Friends hear that this device goes, as long as the sockets are open.
    async fn part(&mut self) {
        let all = async {
            while self.session.is_parting()
                && let Some((due, _)) = self.session.poll_timeout()
            {
                sleep_until(TokioInstant::from_std(due)).await;
                step(&mut self.session, now(), Input::Timeout, &mut self.outside);
            }
        };
        let _ = timeout(PARTING, all).await;
    }

    /// Ends the party's work, closes what is open, ends every task, in this order. The membership stays.
    async fn shut_down<T: Send>(mut self, farewell: Option<Answer>, held: T) {
        step(&mut self.session, now(), Input::Suspend, &mut self.outside);
        self.part().await;
        let remains = self.outside.close();
        self.tasks.closing.finish(FAREWELL).await;
        self.tasks.endless.finish(Duration::ZERO).await;
        let tunnel = Arc::clone(&remains.tunnel);
        let _ = tokio::task::spawn_blocking(move || tunnel.shutdown()).await;
        drop(remains);
        drop(held);
        if let Some(answer) = farewell {
            let _ = answer.send(Ok(()));
        }
    }
}

#[cfg(test)]
mod tests;
