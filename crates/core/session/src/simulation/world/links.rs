//! The connections of hosts to the control server: what they carry, and how they fail.

use std::time::Duration;

use lanrage_control::{LinkAction, LinkClosed, LinkEvent, LinkId, session::ConnectionId};
use lanrage_party::facts::Cause;

use super::{Event, World, trace};
use crate::{Input, simulation::control::Said};

/// A connection to the control server.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) host: usize,
    pub(super) life: u32,
    pub(super) link: LinkId,
    pub(super) attachment: u32,
    /// The network has lost it, and told nobody.
    pub(super) stalled: bool,
    pub(super) up_at: Duration,
    pub(super) down_at: Duration,
}

impl World {
    /// The network loses the host's connections, and tells nobody.
    pub(in crate::simulation) fn stall(&mut self, index: usize) {
        self.links.values_mut().filter(|link| link.host == index).for_each(|link| link.stalled = true);
        for stream in self.connections_of(index).1 {
            let pause = self.rng.millis(1_000..5_000);
            self.after(pause, Event::StreamClosed { stream });
        }
    }

    /// The control server or something before it ends a host's connection.
    pub(in crate::simulation) fn break_link(&mut self, index: usize) {
        for connection in self.connections_of(index).0 {
            self.after(Duration::ZERO, Event::LinkClosed { connection });
            self.after(Duration::ZERO, Event::ConnectionGone { connection });
        }
    }

    pub(super) fn perform_link(&mut self, index: usize, action: LinkAction) {
        let pause = self.hosts[index].latency + Duration::from_millis(5);
        match action {
            LinkAction::Dial { link, .. } => {
                self.hang_up(index);
                let host = &mut self.hosts[index];
                host.dialled = Some(link);
                let life = host.life;
                if host.offline || !self.control.up {
                    let pause = if self.rng.chance(500) { 50 } else { 3_000 };
                    self.after(Duration::from_millis(pause), Event::LinkFailed { host: index, life, link });
                    return;
                }
                self.next_connection += 1;
                let connection = self.next_connection;
                let attachment = host.attachment;
                let now = self.clock.elapsed();
                let new =
                    Link { host: index, life, link, attachment, stalled: false, up_at: now, down_at: now };
                self.links.insert(connection, new);
                self.after(pause * 4, Event::LinkOpened { connection });
            }
            LinkAction::Send(text) => {
                let dialled = self.hosts[index].dialled;
                let is_it = |link: &Link| link.host == index && Some(link.link) == dialled;
                let now = self.clock.elapsed();
                let Some((id, link)) =
                    self.links.iter_mut().map(|(id, link)| (*id, link)).find(|(_, link)| is_it(link))
                else {
                    return;
                };
                link.up_at = link.up_at.max(now + pause);
                let at = link.up_at;
                self.at(at, Event::FrameUp { connection: id, text });
            }
            LinkAction::Close => {
                self.hosts[index].dialled = None;
                self.hang_up(index);
            }
        }
    }

    /// The host is done with its connection to the control server; what it said before is still heard.
    pub(super) fn hang_up(&mut self, index: usize) {
        for connection in self.connections_of(index).0 {
            let at = self.links[&connection].up_at.max(self.clock.elapsed() + Duration::from_millis(10));
            self.at(at, Event::ConnectionGone { connection });
        }
    }

    pub(super) fn link_opened(&mut self, connection: u64) {
        let Some(link) = self.links.get(&connection) else { return };
        let (host, id) = (link.host, link.link);
        if link.stalled || !self.is_alive(host, link.life) || self.hosts[host].dialled != Some(id) {
            return;
        }
        if !self.control.up {
            self.links.remove(&connection);
            let closed = LinkEvent::Closed(id, LinkClosed::Unreachable(Cause::NoAddress));
            self.input(host, Input::Link(closed));
            return;
        }
        let now = self.time();
        self.control.open(now, ConnectionId(connection));
        self.input(host, Input::Link(LinkEvent::Opened(id)));
    }

    pub(super) fn say(&mut self, said: Vec<(ConnectionId, Said)>) {
        for (ConnectionId(connection), said) in said {
            let Some(link) = self.links.get_mut(&connection) else { continue };
            let pause = self.hosts[link.host].latency + Duration::from_millis(5);
            link.down_at = link.down_at.max(self.clock.elapsed() + pause);
            let at = link.down_at;
            let text = match said {
                Said::Frame(text) => text,
                Said::Closed => {
                    self.at(at, Event::LinkClosed { connection });
                    continue;
                }
            };
            let told = match &mut self.liar {
                Some(liar) => liar.tell(&text, &mut self.rng),
                None => vec![(Duration::ZERO, text)],
            };
            for (late, text) in told {
                self.at(at + late, Event::FrameDown { connection, text });
            }
        }
    }

    pub(super) fn link_failed(&mut self, host: usize, life: u32, link: LinkId) {
        if self.is_alive(host, life) && self.hosts[host].dialled == Some(link) {
            let closed = LinkEvent::Closed(link, LinkClosed::TimedOut);
            self.input(host, Input::Link(closed));
        }
    }

    pub(super) fn link_closed(&mut self, connection: u64) {
        let Some(link) = self.links.get(&connection) else { return };
        if link.stalled || link.attachment != self.hosts[link.host].attachment {
            return;
        }
        let Link { host, life, link, .. } = self.links.remove(&connection).expect("just seen");
        if self.is_alive(host, life) {
            let closed = LinkEvent::Closed(link, LinkClosed::Ended);
            self.input(host, Input::Link(closed));
        }
    }

    pub(super) fn frame_up(&mut self, connection: u64, text: &str) {
        trace!(self, "connection {connection} says {}", &text[..text.len().min(150)]);
        let lost = self
            .links
            .get(&connection)
            .is_some_and(|link| link.stalled || link.attachment != self.hosts[link.host].attachment);
        if !lost && self.control.up {
            let now = self.time();
            let said = self.control.frame(now, ConnectionId(connection), text);
            self.say(said);
        }
    }

    pub(super) fn frame_down(&mut self, connection: u64, text: String) {
        trace!(self, "connection {connection} hears {}", &text[..text.len().min(150)]);
        let Some(link) = self.links.get(&connection) else { return };
        let (host, id) = (link.host, link.link);
        if link.stalled || !self.is_alive(host, link.life) || link.attachment != self.hosts[host].attachment {
            return;
        }
        self.input(host, Input::Link(LinkEvent::Frame(id, text)));
    }

    pub(super) fn connection_gone(&mut self, connection: u64) {
        let now = self.time();
        let known = self.links.remove(&connection);
        if known.is_none_or(|link| !link.stalled) && self.control.up {
            let said = self.control.gone(now, ConnectionId(connection));
            self.say(said);
        }
    }
}
