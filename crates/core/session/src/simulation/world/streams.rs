//! The connections of hosts to relays.

use std::{net::SocketAddr, time::Duration};

use lanrage_nat::{
    relay_stream::{RelayStreamEvent, RelayStreamTarget},
    turn::{FiveTuple, Transport},
};
use lanrage_party::{AllocationId, facts::Cause};

use super::{Event, World, trace, traffic::check_outside};
use crate::{Input, RelayStreamCommand};

/// A connection to a relay.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) host: usize,
    pub(super) life: u32,
    pub(super) allocation: AllocationId,
    pub(super) relay: usize,
    pub(super) tuple: FiveTuple,
    pub(super) attachment: u32,
    pub(super) used: bool,
    pub(super) up_at: Duration,
    pub(super) down_at: Duration,
}

impl World {
    pub(super) fn perform_stream(&mut self, index: usize, command: RelayStreamCommand) {
        trace!(self, "host {index}: {command:?}");
        let pause = self.hosts[index].latency + Duration::from_millis(5);
        match command {
            RelayStreamCommand::Connect(RelayStreamTarget { allocation, server, .. }) => {
                let life = self.hosts[index].life;
                let relay = self.relays.iter().position(|relay| relay.ip == server.ip());
                let up = relay.filter(|relay| self.relays[*relay].is_up() && !self.hosts[index].offline);
                let (Some(relay), Some((realm, address))) = (up, self.hosts[index].place) else {
                    let failed = Event::StreamFailed { host: index, life, allocation };
                    self.after(Duration::from_millis(500), failed);
                    return;
                };
                self.next_connection += 1;
                let stream = self.next_connection;
                let client = self.internet.outermost(realm, address);
                let client = SocketAddr::new(client, 1_024 + (stream % 60_000) as u16);
                let tuple = FiveTuple { transport: Transport::Stream, client, server };
                let attachment = self.hosts[index].attachment;
                let now = self.clock.elapsed();
                let new = Stream {
                    host: index,
                    life,
                    allocation,
                    relay,
                    tuple,
                    attachment,
                    used: false,
                    up_at: now,
                    down_at: now,
                };
                self.streams.insert(stream, new);
                self.after(pause * 2, Event::StreamOpened { stream });
            }
            RelayStreamCommand::Send { allocation, bytes } => self.stream_up(index, allocation, bytes),
            RelayStreamCommand::Use(allocation) => {
                self.hosts[index].plane.open_allocation(allocation, None);
                if let Some((_, stream)) = self.stream_of(index, allocation) {
                    stream.used = true;
                }
            }
            RelayStreamCommand::Close(allocation) => {
                if let Some((stream, link)) = self.stream_of(index, allocation) {
                    let at = link.up_at;
                    self.at(at, Event::StreamGone { stream });
                }
            }
        }
    }

    pub(super) fn stream_of(&mut self, index: usize, allocation: AllocationId) -> Option<(u64, &mut Stream)> {
        let life = self.hosts[index].life;
        let mut streams = self.streams.iter_mut();
        let is_it =
            |stream: &Stream| (stream.host, stream.life, stream.allocation) == (index, life, allocation);
        streams.find(|(_, stream)| is_it(stream)).map(|(id, stream)| (*id, stream))
    }

    pub(super) fn stream_up(&mut self, index: usize, allocation: AllocationId, bytes: Vec<u8>) {
        if !bytes.len().is_multiple_of(4) {
            violation!("a stream's message of {} bytes", bytes.len());
        }
        check_outside(index, SocketAddr::from(([0; 4], 0)), &bytes);
        let host = &self.hosts[index];
        let (pause, offline, attachment) =
            (host.latency + Duration::from_millis(5), host.offline, host.attachment);
        let now = self.clock.elapsed();
        let Some((id, stream)) = self.stream_of(index, allocation) else { return };
        if offline || stream.attachment != attachment {
            // What TCP would notice after a while: the connection is over.
            self.after(Duration::from_secs(2), Event::StreamClosed { stream: id });
            return;
        }
        stream.up_at = stream.up_at.max(now + pause);
        let at = stream.up_at;
        self.at(at, Event::StreamUp { stream: id, bytes });
    }

    pub(super) fn stream_down(&mut self, id: u64, bytes: Vec<u8>) {
        let Some(stream) = self.streams.get(&id) else { return };
        let (index, allocation, used) = (stream.host, stream.allocation, stream.used);
        let host = &self.hosts[index];
        if stream.life != host.life || stream.attachment != host.attachment || host.offline || host.asleep {
            return;
        }
        if !bytes.first().is_some_and(|first| (0x40..0x50).contains(first)) {
            self.stream_event(index, self.hosts[index].life, allocation, RelayStreamEvent::Message(bytes));
        } else if used {
            let plane = &mut self.hosts[index].plane;
            let effects = plane.arrived_by_stream(self.clock.elapsed(), allocation, &bytes, &mut self.vault);
            self.follow(index, effects);
        }
    }

    pub(super) fn stream_event(
        &mut self,
        host: usize,
        life: u32,
        allocation: AllocationId,
        event: RelayStreamEvent,
    ) {
        trace!(self, "host {host}: stream of {allocation:?}: {event:?}");
        if self.is_alive(host, life) {
            self.input(host, Input::RelayStream(allocation, event));
        }
    }

    pub(super) fn stream_opened(&mut self, stream: u64) {
        let Some(Stream { host, life, allocation, .. }) = self.streams.get(&stream) else { return };
        let (host, life, allocation) = (*host, *life, *allocation);
        self.stream_event(host, life, allocation, RelayStreamEvent::Connected);
    }

    pub(super) fn stream_failed(&mut self, host: usize, life: u32, allocation: AllocationId) {
        let closed = RelayStreamEvent::Closed { cause: Cause::TooSlow };
        self.stream_event(host, life, allocation, closed);
    }

    pub(super) fn stream_arrived(&mut self, stream: u64, bytes: &[u8]) {
        let Some(Stream { relay, tuple, .. }) = self.streams.get(&stream) else { return };
        let (relay, tuple) = (*relay, *tuple);
        let now = self.time().instant;
        let sent = self.relays[relay].client(now, tuple, bytes);
        self.relay_sends(relay, sent);
    }

    pub(super) fn stream_closed(&mut self, stream: u64) {
        if let Some(Stream { host, life, allocation, .. }) = self.streams.remove(&stream) {
            let closed = RelayStreamEvent::Closed { cause: Cause::ConnectionClosed };
            self.stream_event(host, life, allocation, closed);
        }
    }

    pub(super) fn stream_gone(&mut self, stream: u64) {
        if let Some(Stream { relay, tuple, .. }) = self.streams.remove(&stream) {
            let now = self.time().instant;
            self.relays[relay].gone(now, tuple);
        }
    }
}
