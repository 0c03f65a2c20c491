use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use mio::{Events, Poll};

use crate::{
    PacketBatch, TunnelEvent, UdpSockets,
    batch::DatagramBatch,
    counters::DropReason,
    demux::{self, Kind, Message},
    io::Family,
    peer::Peer,
    pending::PENDING_PACKETS,
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
    arrived: DatagramBatch,
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
    replies: DatagramBatch,
}

impl UdpThread {
    pub(crate) fn new(shared: Arc<Shared>, poll: Poll) -> Self {
        Self {
            shared,
            poll,
            next_tick: Instant::now(),
            readable: [false; 2],
            order: Family::BOTH,
            arrived: DatagramBatch::new(),
            output: Output { packets: PacketBatch::new(), replies: DatagramBatch::new() },
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
        if self.arrived.len() > 0 {
            let context = Context { shared: &self.shared, table: &self.shared.table(), now: Instant::now() };
            for (datagram, from) in self.arrived.iter() {
                if let Err(reason) = self.output.datagram(&context, datagram, from) {
                    self.shared.dropped(reason);
                }
            }
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
            self.output.make_room(&self.shared, 1);
            peer.tick(&mut self.output.replies);
        }
        self.shared.send(&mut self.output.replies);
    }
}

impl Output {
    fn datagram(
        &mut self,
        context: &Context<'_>,
        datagram: &[u8],
        from: SocketAddr,
    ) -> Result<(), DropReason> {
        let Context { shared, table, .. } = context;
        let message = match demux::classify(datagram)? {
            Kind::WireGuard(message) => message,
            Kind::Other => {
                shared.emit(TunnelEvent::Datagram { from, bytes: datagram.to_vec() });
                return Ok(());
            }
        };
        let local = table.local.as_deref().ok_or(DropReason::NoParty)?;
        match message {
            Message::Data { receiver } => self.data(context, local, receiver, datagram, from),
            Message::Initiation => {
                admit(shared, local, datagram, from)?;
                let key = local.key.initiator_of(datagram).ok_or(DropReason::Unauthenticated)?;
                let peer = table.with_key(&key).ok_or(DropReason::UnknownPeer)?;
                self.handshake(shared, peer, message, datagram, from)
            }
            Message::Response { receiver } | Message::CookieReply { receiver } => {
                let peer = table.with_receiver(receiver).ok_or(DropReason::UnknownPeer)?;
                admit(shared, local, datagram, from)?;
                self.handshake(shared, peer, message, datagram, from)
            }
        }
    }

    fn handshake(
        &mut self,
        shared: &Shared,
        peer: &Peer,
        message: Message,
        datagram: &[u8],
        from: SocketAddr,
    ) -> Result<(), DropReason> {
        self.make_room(shared, 2);
        peer.tick(&mut self.replies);
        if peer.handshake(message, datagram, from, &mut self.replies)? {
            self.established(shared, peer, from);
        }
        Ok(())
    }

    fn data(
        &mut self,
        context: &Context<'_>,
        local: &Local,
        receiver: u32,
        datagram: &[u8],
        from: SocketAddr,
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
            self.established(shared, peer, from);
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
        peer.count_received(len, &shared.counters);
        self.packets.commit(len);
        if incoming == (Incoming::Everyone { copy: true }) {
            self.packets.push_readdressed(local.addresses.own);
        }
        Ok(())
    }

    /// Tells the engine that a session is up and sends what waited for it.
    fn established(&mut self, shared: &Shared, peer: &Peer, from: SocketAddr) {
        shared.emit(TunnelEvent::SessionEstablished { peer: peer.id(), from });
        self.make_room(shared, PENDING_PACKETS);
        peer.flush(&mut self.replies, &shared.counters);
    }

    fn make_room(&mut self, shared: &Shared, slots: usize) {
        if self.replies.free() < slots {
            shared.send(&mut self.replies);
        }
    }

    fn flush(&mut self, context: &Context<'_>) {
        context.shared.send(&mut self.replies);
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
fn admit(shared: &Shared, local: &Local, datagram: &[u8], from: SocketAddr) -> Result<(), DropReason> {
    let mut cookie = [0; COOKIE_REPLY_BYTES];
    local.key.admit(from.ip(), datagram, &mut cookie).map_err(|(reason, len)| {
        if len > 0 {
            shared.send_one(&cookie[..len], from);
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
