//! How guests are let in where there is no server.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::{ControlEndpoint, limits};

use crate::{
    input::Ticket,
    output::{GuestCommand, Output, Turn},
};

/// How long the maker of a party waits for a link with this device's addresses in it. An interface that was just plugged in
/// takes a moment.
const LINK_PATIENCE: Duration = Duration::from_secs(2);

/// How guests are let in where there is no server.
#[derive(Debug, Clone, Default)]
pub struct Hosting {
    /// Ports to try, in this order; none lets nobody in.
    ports: Vec<u16>,
    /// Also those who are not on the LAN.
    beyond_lan: bool,
    /// Where this device listens now.
    listening: Option<u16>,
    /// Whether it listens, or is about to.
    wanted: bool,
    /// Who is told that the party is made once its link says where this device listens, or at this time.
    waiting: Option<(Ticket, Instant)>,
}

impl Hosting {
    /// At the first of these ports that is free; also for those who are not on the LAN, if so wished.
    pub fn at(ports: Vec<u16>, beyond_lan: bool) -> Self {
        Self { ports, beyond_lan, ..Self::default() }
    }

    /// Lets guests in from now on, if there is a port to do so.
    pub(crate) fn begin(&mut self, turn: &mut Turn<'_>) {
        if !self.ports.is_empty() {
            self.wanted = true;
            let Self { ports, beyond_lan, .. } = self.clone();
            turn.push(Output::Guests(GuestCommand::Listen { ports, beyond_lan }));
        }
    }

    /// Lets nobody in any more. True if it did.
    pub(crate) fn end(&mut self, turn: &mut Turn<'_>) -> bool {
        let was_wanted = std::mem::take(&mut self.wanted);
        if was_wanted {
            self.listening = None;
            self.answer_maker(turn);
        }
        was_wanted
    }

    /// Whether guests are let in, or are about to be.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// What became of [`GuestCommand::Listen`].
    pub(crate) fn handle_listening(&mut self, port: Option<u16>) {
        self.listening = port.filter(|_| self.wanted);
    }

    /// Whether there is a port at which guests are let in.
    pub(crate) const fn is_listening(&self) -> bool {
        self.listening.is_some()
    }

    /// Where guests come to a device with these addresses; `None` while none are let in.
    pub(crate) fn endpoints(&self, addresses: &[IpAddr]) -> Option<Vec<ControlEndpoint>> {
        let port = self.listening?;
        let endpoint = |ip: &IpAddr| format!("ws://{}", SocketAddr::new(*ip, port)).parse().ok();
        Some(addresses.iter().filter_map(endpoint).take(limits::CONTROL_ENDPOINTS).collect())
    }

    /// Whether these endpoints are a device's own rather than a server's: addresses at one of the ports at which
    /// this device listens.
    pub(crate) fn owns(&self, endpoints: &[ControlEndpoint]) -> bool {
        endpoints.iter().all(|endpoint| {
            let url = endpoint.url();
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
            host.parse::<IpAddr>().is_ok() && url.port().is_some_and(|port| self.ports.contains(&port))
        })
    }

    /// Whoever made the party hears so when its link is as good as it will be.
    pub(crate) fn let_maker_wait(&mut self, turn: &Turn<'_>, ticket: Ticket) {
        self.waiting = Some((ticket, turn.now.instant + LINK_PATIENCE));
    }

    /// The link is as good as it will be.
    pub(crate) fn answer_maker(&mut self, turn: &mut Turn<'_>) {
        if let Some((ticket, _)) = self.waiting.take() {
            turn.complete(ticket, Ok(()));
        }
    }

    /// Until when somebody waits for the link.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.map(|(_, until)| until)
    }

    /// Answers whoever has waited long enough.
    pub(crate) fn handle_timeout(&mut self, turn: &mut Turn<'_>) {
        if self.poll_timeout().is_some_and(|until| until <= turn.now.instant) {
            self.answer_maker(turn);
        }
    }
}
