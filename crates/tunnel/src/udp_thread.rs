use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_party::Remote;
use mio::{Events, Poll};

use crate::{
    PacketBatch, TunnelEvent, UdpSockets, channel_data,
    counters::DropReason,
    datagrams::{DatagramBatch, ReceiveBatch, SendBatch},
    demux::{self, Kind, Message},
    inbox::Inbox,
    io::Family,
    peer::Peer,
    pending::PENDING_PACKETS,
    relays,
    routing::Incoming,
    shared::Shared,
    table::{Local, Table},
    unicast_copy,
    wireguard::COOKIE_REPLY_BYTES,
};

/// How often the sessions' clocks move.
const TICK: Duration = Duration::from_millis(200);

/// From the sockets to the device, and the sessions' timers.
pub(crate) struct UdpThread {
    shared: Arc<Shared>,
    poll: Poll,
    next_tick: Instant,
    /// Families whose socket may have more, since it last said that it is empty.
    readable: [bool; 2],
    order: [Family; 2],
    arrived: ReceiveBatch,
    relayed: DatagramBatch<Remote>,
    answers: DatagramBatch<()>,
    output: Output,
}

/// What handling a datagram needs to know.
struct Context<'a> {
    shared: &'a Shared,
    table: &'a Table,
    now: Instant,
}

/// What a batch of datagrams leaves to write.
struct Output {
    packets: PacketBatch,
    replies: SendBatch,
}

impl UdpThread {
    pub(crate) fn new(shared: Arc<Shared>, poll: Poll) -> Self {
        Self {
            shared,
            poll,
            next_tick: Instant::now(),
            readable: [false; 2],
            order: Family::BOTH,
            arrived: ReceiveBatch::for_receiving(),
            relayed: Inbox::relayed(),
            answers: Inbox::answers(),
            output: Output { packets: PacketBatch::new(), replies: SendBatch::new() },
        }
    }

    /// Until [`Shared::stop`].
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(8);
        while !self.shared.is_stopping() {
            if let Err(error) = self.wait(&mut events) {
                tracing::error!(%error, "cannot wait for datagrams");
                self.shared.emit(TunnelEvent::SocketsFailed { error });
                return;
            }
            loop {
                self.tick_if_due();
                if self.shared.is_stopping() || !self.one_batch() {
                    break;
                }
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let idle = self.shared.table().peers().len() == 0;
        let timeout = self.next_tick.saturating_duration_since(Instant::now());
        match self.poll.poll(events, (!idle).then_some(timeout)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for family in events.iter().filter_map(|event| UdpSockets::family_of(event.token())) {
            self.readable[family as usize] = true;
        }
        Ok(())
    }

    /// Receives and handles one batch. True if there may be more to receive.
    fn one_batch(&mut self) -> bool {
        self.arrived.clear();
        // In turns, or a flood on one family would fill every batch before the other is asked.
        self.order.reverse();
        for family in self.order {
            let readable = &mut self.readable[family as usize];
            if *readable {
                let shared = &self.shared;
                *readable =
                    shared.sockets.receive(family, &mut self.arrived, |reason| shared.dropped(reason));
            }
        }
        self.shared.relayed.take(&mut self.relayed);
        self.shared.answers.take(&mut self.answers);
        if !(self.arrived.is_empty() && self.relayed.is_empty() && self.answers.is_empty()) {
            let context = Context { shared: &self.shared, table: &self.shared.table(), now: Instant::now() };
            let count = |handled: Result<(), DropReason>| {
                if let Err(reason) = handled {
                    self.shared.dropped(reason);
                }
            };
            self.arrived.iter().for_each(|(bytes, from)| count(self.output.arrived(&context, bytes, from)));
            self.relayed.iter().for_each(|(bytes, from)| count(self.output.datagram(&context, bytes, from)));
            self.answers.iter().for_each(|(packet, ())| self.output.packet(&context, packet));
            self.output.flush(&context);
        }
        self.readable.contains(&true)
    }

    fn tick_if_due(&mut self) {
        let now = Instant::now();
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + TICK;
        let table = self.shared.table();
        if let Some(local) = &table.local {
            local.key.let_time_pass();
        }
        for peer in table.peers() {
            self.output.make_room(&self.shared, &table, 1);
            peer.tick(&table.relays, &mut self.output.replies);
        }
        self.shared.send(&table.relays, &mut self.output.replies);
    }
}

impl Output {
    /// A datagram of the sockets: what a relay wrapped is unwrapped first.
    fn arrived(
        &mut self,
        context: &Context<'_>,
        datagram: &[u8],
        from: SocketAddr,
    ) -> Result<(), DropReason> {
        if channel_data::claims_to_be(datagram) {
            let (from, data) = context.table.relays.unwrap_datagram(from, datagram)?;
            return self.datagram(context, data, from);
        }
        self.datagram(context, datagram, from.into())
    }

    fn datagram(&mut self, context: &Context<'_>, datagram: &[u8], from: Remote) -> Result<(), DropReason> {
        let Context { shared, table, .. } = context;
        let message = match demux::classify(datagram)? {
            Kind::WireGuard(message) => message,
            Kind::Stun if from.via.is_some() => return Err(DropReason::RelayedStun),
            Kind::Stun | Kind::Other => {
                shared.emit(TunnelEvent::Datagram { from, bytes: datagram.to_vec() });
                return Ok(());
            }
        };
        let local = table.local.as_deref().ok_or(DropReason::NoParty)?;
        match message {
            Message::Data { receiver } => self.data(context, local, receiver, datagram, from),
            Message::Initiation => {
                admit(context, local, datagram, from)?;
                let key = local.key.initiator_of(datagram).ok_or(DropReason::Unauthenticated)?;
                let peer = table.with_key(&key).ok_or(DropReason::UnknownPeer)?;
                self.handshake(context, peer, message, datagram, from)
            }
            Message::Response { receiver } | Message::CookieReply { receiver } => {
                let peer = table.with_receiver(receiver).ok_or(DropReason::UnknownPeer)?;
                admit(context, local, datagram, from)?;
                self.handshake(context, peer, message, datagram, from)
            }
        }
    }

    fn handshake(
        &mut self,
        context: &Context<'_>,
        peer: &Peer,
        message: Message,
        datagram: &[u8],
        from: Remote,
    ) -> Result<(), DropReason> {
        let Context { shared, table, .. } = context;
        self.make_room(shared, table, 2);
        peer.tick(&table.relays, &mut self.replies);
        let replies = &mut self.replies;
        if peer.handshake(message, (datagram, from), &table.relays, replies, &shared.counters)? {
            self.established(context, peer, from);
        }
        Ok(())
    }

    fn data(
        &mut self,
        context: &Context<'_>,
        local: &Local,
        receiver: u32,
        datagram: &[u8],
        from: Remote,
    ) -> Result<(), DropReason> {
        let Context { shared, table, now } = context;
        let peer = table.with_receiver(receiver).ok_or(DropReason::UnknownPeer)?;
        let slot = match self.packets.free() {
            // A broadcast takes a second one.
            0 | 1 => self.write(context),
            _ => self.packets.slot(),
        };
        let slot = slot.ok_or(DropReason::NoDevice)?;
        let arrival = peer.open(receiver, (datagram, from), &local.addresses, *now, slot)?;
        if arrival.established {
            self.established(context, peer, from);
        }
        if arrival.new_remote {
            shared.emit(TunnelEvent::NewRemote { peer: peer.id(), from });
        }
        let Some((incoming, len)) = arrival.packet? else { return Ok(()) };
        if let Incoming::Probe { payload } = incoming {
            let payload = self.packets.slot().and_then(|slot| slot.get(payload..len)).unwrap_or_default();
            shared.emit(TunnelEvent::Probe { peer: peer.id(), from, payload: payload.to_vec() });
            return Ok(());
        }
        if table.device.is_none() {
            return Err(DropReason::NoDevice);
        }
        peer.count_received(len, from, &shared.counters);
        self.packets.commit(len);
        if incoming == (Incoming::Everyone { copy: true }) {
            self.packets.push_readdressed(local.addresses.own);
        }
        Ok(())
    }

    /// A packet of our own for the device.
    fn packet(&mut self, context: &Context<'_>, packet: &[u8]) {
        if self.packets.is_full() {
            self.write(context);
        }
        self.packets.push(packet);
    }

    /// Tells the engine that a session is up and sends what waited for it.
    fn established(&mut self, context: &Context<'_>, peer: &Peer, from: Remote) {
        let Context { shared, table, .. } = context;
        shared.emit(TunnelEvent::SessionEstablished { peer: peer.id(), from });
        self.make_room(shared, table, PENDING_PACKETS);
        peer.flush(&table.relays, &mut self.replies, &shared.counters);
    }

    fn make_room(&mut self, shared: &Shared, table: &Table, slots: usize) {
        if self.replies.free() < slots {
            shared.send(&table.relays, &mut self.replies);
        }
    }

    fn flush(&mut self, context: &Context<'_>) {
        context.shared.send(&context.table.relays, &mut self.replies);
        self.write(context);
    }

    /// Writes the packets to the device; gives the first slot of the batch, which is empty then.
    fn write(&mut self, context: &Context<'_>) -> Option<&mut [u8]> {
        if let Some(device) = &context.table.device
            && !self.packets.is_empty()
            && let Err(error) = device.write(&self.packets)
        {
            context.shared.device_failed(device, error);
        }
        self.packets.clear();
        self.packets.slot()
    }
}

/// Lets a handshake message through the guard, or answers it with a cookie.
fn admit(context: &Context<'_>, local: &Local, datagram: &[u8], from: Remote) -> Result<(), DropReason> {
    let mut cookie = [0; COOKIE_REPLY_BYTES];
    let source = relays::cookie_address(from);
    local.key.admit(source, datagram, &mut cookie).map_err(|(reason, len)| {
        if len > 0 {
            context.shared.send_datagram(&context.table.relays, from, &cookie[..len]);
        }
        reason
    })
}

impl PacketBatch {
    /// Adds the unicast copy of the packet added last.
    fn push_readdressed(&mut self, own: std::net::Ipv4Addr) {
        let Some(len) = self.repeat_last() else { return };
        if let Some(slot) = self.slot() {
            unicast_copy::readdress(&mut slot[..len], own);
        }
        self.commit(len);
    }
}
