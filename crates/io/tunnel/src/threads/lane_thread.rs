use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    sync::Arc,
    thread,
    time::Instant,
};

use lanrage_base::channel_data;
use lanrage_party::{Lane, Remote, TunnelEvent, limits::PENDING_PACKETS};
use mio::{Events, Poll};

use crate::{
    datagram::{
        batch::{DatagramBatch, ReceiveBatch, SendBatch},
        demux::{self, Kind, Message},
        relays,
    },
    io::{
        device_events,
        sockets::{Family, UdpSockets},
        urgency,
    },
    lanes::{inbox::Inbox, shared::Shared},
    offload::coalesce::{Coalescer, PIECES},
    packet::{batch::PacketBatch, counters::DropReason, routing::Incoming, unicast_copy},
    peer::{
        Opening, Peer,
        table::{Local, Table},
        wireguard::{COOKIE_REPLY_BYTES, without_lane},
    },
    threads::{deadlines::Deadlines, moderation::Moderation},
};

/// From a lane's sockets to the device; that of the express lane also from its queue of the device to the peers, where
/// it can wait for both. The bulk lane's also keeps the sessions' clocks, and takes what comes by the
/// queues; where the lanes share a socket, it is the only one.
pub(crate) struct UdpThread {
    shared: Arc<Shared>,
    lane: Lane,
    /// The lane whose packets it must be quick for.
    served: Lane,
    poll: Poll,
    deadlines: Deadlines,
    /// Families whose socket may have more, since it last said that it is empty.
    readable: [bool; 2],
    /// The same of the device's queue, where this thread reads it.
    is_device_readable: bool,
    order: [Family; 2],
    arrived: ReceiveBatch,
    relayed: DatagramBatch<Remote>,
    answers: DatagramBatch<()>,
    moderation: Moderation,
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
    coalescer: Coalescer,
    replies: SendBatch,
    lane: Lane,
}

/// The session of the datagram before: most have the same.
struct Current<'a> {
    index: u32,
    lane: Lane,
    opening: Opening<'a>,
}

impl UdpThread {
    pub(crate) fn new(shared: Arc<Shared>, lane: Lane, poll: Poll) -> Self {
        let (packets, coalescer, replies) = (PacketBatch::new(), Coalescer::new(), SendBatch::new());
        // One socket for all has the games' packets.
        let served = if shared.sockets.has(Lane::Express) { lane } else { Lane::Express };
        Self {
            shared,
            lane,
            served,
            poll,
            deadlines: Deadlines::default(),
            readable: [false; 2],
            is_device_readable: false,
            order: Family::BOTH,
            arrived: ReceiveBatch::for_receiving(),
            relayed: Inbox::relayed(),
            answers: Inbox::answers(),
            moderation: Moderation::new(Instant::now()),
            output: Output { packets, coalescer, replies, lane },
        }
    }

    /// Until [`Shared::stop`].
    pub(crate) fn run(mut self) {
        urgency::set(self.served);
        let mut events = Events::with_capacity(8);
        while !self.shared.is_stopping() {
            if let Err(error) = self.wait(&mut events) {
                tracing::error!(%error, "cannot wait for datagrams");
                self.shared.emit(TunnelEvent::SocketsFailed { error });
                return;
            }
            loop {
                self.tick_those_due();
                if self.shared.is_stopping() || !self.one_batch() {
                    break;
                }
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let until = self.deadlines.next();
        let timeout = until.map(|at| at.saturating_duration_since(Instant::now()));
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        self.is_device_readable |= events.iter().any(|event| event.token() == device_events::TOKEN);
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
                let (shared, arrived) = (&self.shared, &mut self.arrived);
                *readable =
                    shared.sockets.receive(self.lane, family, arrived, |reason| shared.dropped(reason));
            }
        }
        if self.lane == Lane::Bulk {
            self.shared.relayed.take(&mut self.relayed);
            self.shared.answers.take(&mut self.answers);
        }
        let arrivals = self.arrived.arrivals() + self.relayed.arrivals();
        if !(self.arrived.is_empty() && self.relayed.is_empty() && self.answers.is_empty()) {
            let context = Context { shared: &self.shared, table: &self.shared.table(), now: Instant::now() };
            let count = |handled: Result<(), DropReason>| {
                if let Err(reason) = handled {
                    self.shared.dropped(reason);
                }
            };
            let (output, mut current) = (&mut self.output, None);
            self.arrived
                .iter()
                .for_each(|(bytes, from)| count(output.arrived(&context, &mut current, bytes, from)));
            self.relayed
                .iter()
                .for_each(|(bytes, from)| count(output.datagram(&context, &mut current, bytes, from)));
            drop(current);
            self.answers.iter().for_each(|(packet, ())| output.packet(&context, packet));
            output.flush(&context);
            // The system may have answered what was written just now.
            self.is_device_readable = true;
        }
        let frames = self.drain_device();
        let is_all = !self.readable.contains(&true) && !self.is_device_readable;
        if let Some(pause) = self.moderation.handle_batch(arrivals + frames, is_all, Instant::now()) {
            thread::sleep(pause);
        }
        !is_all
    }

    /// Sends what is in the device's queue, if this thread reads one; how many frames that were.
    fn drain_device(&mut self) -> usize {
        if !std::mem::take(&mut self.is_device_readable) || self.lane != Lane::Express {
            return 0;
        }
        let Some(queue) = self.shared.table().express_queue.clone() else { return 0 };
        let mut reader = queue.lock();
        match reader.drain(Instant::now()) {
            Ok(drained) => {
                self.is_device_readable = !drained.is_all;
                drained.frames
            }
            Err(error) => {
                self.shared.device_failed(reader.device(), error);
                0
            }
        }
    }

    fn tick_those_due(&mut self) {
        if self.lane != Lane::Bulk {
            return;
        }
        let (now, table) = (Instant::now(), self.shared.table());
        self.deadlines.see(&table, now);
        while let Some(peer) = self.deadlines.pop_due(&table, now) {
            self.output.make_room(&self.shared, &table, 2);
            peer.tick(&table.relays, &mut self.output.replies);
        }
        self.output.send_replies(&self.shared, &table);
    }
}

impl Output {
    /// A datagram of the sockets: what a relay wrapped is unwrapped first.
    fn arrived<'a>(
        &mut self,
        context: &Context<'a>,
        current: &mut Option<Current<'a>>,
        datagram: &[u8],
        from: SocketAddr,
    ) -> Result<(), DropReason> {
        if channel_data::claims_to_be(datagram) {
            let (from, data) = context.table.relays.unwrap_datagram(from, datagram)?;
            return self.datagram(context, current, data, from);
        }
        self.datagram(context, current, datagram, from.into())
    }

    fn datagram<'a>(
        &mut self,
        context: &Context<'a>,
        current: &mut Option<Current<'a>>,
        datagram: &[u8],
        from: Remote,
    ) -> Result<(), DropReason> {
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
        if let Message::Data { receiver } = message {
            return self.data(context, current, local, receiver, datagram, from);
        }
        // Below, the locks of the peer's lanes are taken again.
        *current = None;
        match message {
            Message::Initiation { lane } => {
                let plain = without_lane(datagram).ok_or(DropReason::MalformedDatagram)?;
                admit(context, local, &plain, from)?;
                let key = local.key.initiator_of(&plain).ok_or(DropReason::Unauthenticated)?;
                let peer = table.with_key(&key).ok_or(DropReason::UnknownPeer)?;
                self.handshake(context, (peer, lane), message, &plain, from)
            }
            Message::Response { receiver }
            | Message::CookieReply { receiver }
            | Message::Data { receiver } => {
                let of = table.with_receiver(receiver).ok_or(DropReason::UnknownPeer)?;
                admit(context, local, datagram, from)?;
                self.handshake(context, of, message, datagram, from)
            }
        }
    }

    fn handshake(
        &mut self,
        context: &Context<'_>,
        (peer, lane): (&Arc<Peer>, Lane),
        message: Message,
        datagram: &[u8],
        from: Remote,
    ) -> Result<(), DropReason> {
        let Context { shared, table, .. } = context;
        self.make_room(shared, table, 3);
        peer.tick(&table.relays, &mut self.replies);
        let replies = &mut self.replies;
        if peer.handshake(lane, message, (datagram, from), &table.relays, replies, &shared.counters)? {
            self.established(context, (peer, lane), from);
        }
        Ok(())
    }

    fn data<'a>(
        &mut self,
        context: &Context<'a>,
        current: &mut Option<Current<'a>>,
        local: &Local,
        receiver: u32,
        datagram: &[u8],
        from: Remote,
    ) -> Result<(), DropReason> {
        let Context { shared, table, now } = context;
        // A broadcast takes a second one.
        if self.packets.free() < 2 {
            // Never a lock across I/O.
            *current = None;
            self.write(context);
        }
        let index = receiver >> 8;
        if current.as_ref().is_none_or(|current| current.index != index) {
            *current = None;
            let (peer, lane) = table.with_receiver(receiver).ok_or(DropReason::UnknownPeer)?;
            *current = Some(Current { index, lane, opening: peer.opening(lane) });
        }
        let Some(Current { lane, opening, .. }) = current else { return Err(DropReason::UnknownPeer) };
        let (lane, peer) = (*lane, opening.peer());
        let slot = self.packets.slot().ok_or(DropReason::NoDevice)?;
        let arrival = opening.open(receiver, (datagram, from), &local.addresses, *now, slot)?;
        if arrival.established {
            *current = None;
            self.established(context, (peer, lane), from);
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
        peer.count_received(lane, len, from, &shared.counters);
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
    fn established(&mut self, context: &Context<'_>, (peer, lane): (&Peer, Lane), from: Remote) {
        let Context { shared, table, .. } = context;
        peer.note_established(lane);
        if lane == Lane::Express {
            return;
        }
        shared.emit(TunnelEvent::SessionEstablished { peer: peer.id(), from });
        self.make_room(shared, table, PENDING_PACKETS + 1);
        peer.flush(&table.relays, &mut self.replies, &shared.counters);
        peer.initiate_express(from, &table.relays, &mut self.replies);
    }

    fn make_room(&mut self, shared: &Shared, table: &Table, slots: usize) {
        if self.replies.free() < slots {
            self.send_replies(shared, table);
        }
    }

    /// Handshakes and the like: they do not wait behind a transfer.
    fn send_replies(&mut self, shared: &Shared, table: &Table) {
        shared.send(Lane::Express, &table.relays, &mut self.replies);
    }

    fn flush(&mut self, context: &Context<'_>) {
        self.send_replies(context.shared, context.table);
        self.write(context);
    }

    /// Writes the packets to the device, and empties the batch.
    fn write(&mut self, context: &Context<'_>) {
        if let Some(device) = &context.table.device
            && !self.packets.is_empty()
        {
            let queue = (self.lane as usize).min(device.queues().saturating_sub(1));
            let refused =
                |packets| (0..packets).for_each(|_| context.shared.dropped(DropReason::DeviceRefused));
            if device.offloads() {
                let mut pieces = [IoSlice::new(&[]); PIECES];
                for write in self.coalescer.plan(&mut self.packets) {
                    if device.write(queue, write.slices(&mut pieces)).is_err() {
                        refused(write.packets());
                    }
                }
            } else {
                for packet in self.packets.iter() {
                    if device.write(queue, &[IoSlice::new(packet)]).is_err() {
                        refused(1);
                    }
                }
            }
        }
        self.packets.clear();
    }
}

/// Lets a handshake message through the guard, or answers it with a cookie.
fn admit(context: &Context<'_>, local: &Local, datagram: &[u8], from: Remote) -> Result<(), DropReason> {
    local.key.let_time_pass();
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
