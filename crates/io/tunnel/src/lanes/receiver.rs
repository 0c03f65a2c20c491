//! Datagrams of a lane's sockets become packets for the device, and answers to handshakes.

use std::{
    net::{SocketAddr, SocketAddrV4},
    sync::Arc,
};

use lanrage_base::channel_data;
use lanrage_party::{Lane, Remote, TunnelEvent, facts::DropReason, limits::PENDING_PACKETS};

use crate::{
    api::per_lane::PerLane,
    datagram::{
        batch::SendBatch,
        demux::{self, Kind, Message},
        forwarding::Next,
        relays,
    },
    io::device::{PacketDevice, queue_of},
    lanes::{device_writer::DeviceWriter, shared::Context},
    packet::{
        batch::PacketBatch, everyone::unicast_copy::UnicastCopies, ipv4::Ipv4, readdress, routing::Incoming,
    },
    peer::{
        Peer,
        held::Released,
        index::SessionIndex,
        opening::Opening,
        table::Local,
        wireguard::{COOKIE_REPLY_BYTES, Sender, without_lane},
    },
};

/// Opens the datagrams of a batch, and has what they leave to write and to send.
pub(crate) struct Receiver {
    packets: PacketBatch,
    writer: DeviceWriter,
    replies: SendBatch,
    /// What is passed on between members, by the lane that it leaves by.
    forwarded: PerLane<SendBatch>,
    copies: UnicastCopies,
    lane: Lane,
}

/// The session of the datagram before: most have the same. It holds the lock of the peer's lane.
pub(crate) struct Current<'a> {
    session: SessionIndex,
    opening: Opening<'a>,
}

impl Receiver {
    pub(crate) fn new(lane: Lane) -> Self {
        let (packets, writer, replies) = (PacketBatch::new(), DeviceWriter::new(), SendBatch::new());
        let forwarded = PerLane::from_fn(|_| SendBatch::new());
        Self { packets, writer, replies, forwarded, copies: UnicastCopies::new(), lane }
    }

    /// A datagram of the sockets: what a relay wrapped is unwrapped first.
    pub(crate) fn arrived<'a>(
        &mut self,
        context: &Context<'a>,
        current: &mut Option<Current<'a>>,
        datagram: &[u8],
        from: SocketAddr,
    ) -> Result<(), DropReason> {
        if channel_data::claims_to_be(datagram) {
            if let Some(next) = context.table.forwarding.next(from, datagram, context.now) {
                self.forward(context, &next?);
                return Ok(());
            }
            let (from, data) = context.table.relays.unwrap_datagram(from, datagram)?;
            return self.datagram(context, current, data, from);
        }
        self.datagram(context, current, datagram, from.into())
    }

    /// Passes on what a member sends another by this device.
    fn forward(&mut self, context: &Context<'_>, &Next { hop, lane, data }: &Next<'_>) {
        let batch = &mut self.forwarded[lane];
        if batch.free() == 0 {
            context.shared.send(lane, &context.table.relays, batch);
        }
        if let Some(room) = batch.slot_behind(hop.headroom()).and_then(|slot| slot.get_mut(..data.len())) {
            room.copy_from_slice(data);
            batch.commit_framed(data.len(), hop);
        }
    }

    /// A datagram of a peer, or of a server.
    pub(crate) fn datagram<'a>(
        &mut self,
        context: &Context<'a>,
        current: &mut Option<Current<'a>>,
        datagram: &[u8],
        from: Remote,
    ) -> Result<(), DropReason> {
        let Context { shared, table, .. } = context;
        let message = match demux::classify(datagram)? {
            Kind::WireGuard(message) => message,
            // Servers answer us straight; a relayed peer has no business with us.
            Kind::Stun if from.via.is_some() => return Err(DropReason::RelayedStun),
            // Neither has a friend at a relay any: it would have a session there.
            Kind::Knock if from.via.is_some() => return Err(DropReason::UnknownDatagram),
            Kind::Knock if table.local.is_none() => return Err(DropReason::NoParty),
            Kind::Knock if !shared.knocks.lock().admits(from.address.ip(), context.now) => {
                return Err(DropReason::KnockFlood);
            }
            Kind::Knock => {
                shared.emit(TunnelEvent::Knock { from: from.address, bytes: datagram.to_vec() });
                return Ok(());
            }
            Kind::Stun => {
                shared.asked.lock().admit_stun(relays::source_address(from), datagram, context.now)?;
                shared.emit(TunnelEvent::Datagram { from, bytes: datagram.to_vec() });
                return Ok(());
            }
        };
        table.relays.admit(from)?;
        let local = table.local.as_deref().ok_or(DropReason::NoParty)?;
        if let Message::Data { receiver } = message {
            return self.data(context, current, local, receiver, datagram, from);
        }
        // Below, the locks of the peer's lanes are taken again.
        *current = None;
        match message {
            Message::Initiation { lane } => {
                let plain = without_lane(datagram).ok_or(DropReason::MalformedDatagram)?;
                admit(context, local, (message, &plain), from)?;
                let key = local.key.initiator_of(&plain).ok_or(DropReason::Unauthenticated)?;
                let peer = table.with_key(&key).ok_or(DropReason::UnknownPeer)?;
                self.handshake(context, (peer, lane), message, &plain, from)
            }
            Message::Response { receiver }
            | Message::CookieReply { receiver }
            | Message::Data { receiver } => {
                let session = SessionIndex::of_receiver(receiver);
                let peer = table.with_session(session).ok_or(DropReason::UnknownPeer)?;
                admit(context, local, (message, datagram), from)?;
                self.handshake(context, (peer, session.lane()), message, datagram, from)
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
        // boringtun's clock moves only there, and a handshake is judged by it.
        self.tick(context, peer);
        self.make_room(context, 1);
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
        let session = SessionIndex::of_receiver(receiver);
        if current.as_ref().is_none_or(|current| current.session != session) {
            // The lock before is let go first: two peers' are never held together.
            *current = None;
            let peer = table.with_session(session).ok_or(DropReason::UnknownPeer)?;
            *current = Some(Current { session, opening: peer.opening(session.lane(), self.lane) });
        }
        let Some(Current { opening, .. }) = current else { return Err(DropReason::UnknownPeer) };
        let (lane, peer) = (session.lane(), opening.peer());
        let slot = self.packets.slot().ok_or(DropReason::NoDevice)?;
        let arrival = opening.open(receiver, (datagram, from), (local, &table.searches), *now, slot)?;
        if arrival.established {
            *current = None;
            self.established(context, (peer, lane), from);
        }
        if arrival.new_remote {
            shared.emit(TunnelEvent::NewRemote { peer: peer.id(), from });
        }
        if let Some(port) = arrival.flood {
            shared.emit(TunnelEvent::Flood { by: Some(peer.id()), port });
        }
        if let Some((place, is_for_all)) = arrival.refused {
            shared.emit(TunnelEvent::Refused { peer: peer.id(), place, is_for_all });
        }
        if let Some((port, bytes)) = arrival.announced {
            shared.emit(TunnelEvent::Announced { peer: peer.id(), port, bytes });
        }
        let Some((incoming, len)) = arrival.packet? else { return Ok(()) };
        if let Incoming::Probe { payload } = incoming {
            let payload = self.packets.slot().and_then(|slot| slot.get(payload..len)).unwrap_or_default();
            shared.emit(TunnelEvent::Probe { peer: peer.id(), from, payload: payload.to_vec() });
            return Ok(());
        }
        // Only now: probes and keepalives need no device.
        let device = table.device.as_ref().ok_or(DropReason::NoDevice)?;
        peer.count_received(lane, len, from, &shared.counters);
        if arrival.released.is_empty() {
            self.deliver(context, current, (local, &**device), incoming, len);
            return Ok(());
        }
        *current = None;
        let packet = self.packets.slot().and_then(|slot| slot.get(..len)).unwrap_or_default().into();
        for packet in arrival.released.into_iter().chain([Released { incoming, bytes: packet }]) {
            self.deliver_copy(context, (local, &**device), &packet);
        }
        Ok(())
    }

    /// Takes up what the lane's thread has held back of a peer and is open now.
    pub(crate) fn release(&mut self, context: &Context<'_>, peer: &Peer) {
        let (Some(local), Some(device)) = (&context.table.local, &context.table.device) else { return };
        for packet in peer.release(self.lane, &local.spoken, context.now) {
            self.deliver_copy(context, (local, &**device), &packet);
        }
    }

    fn deliver_copy(
        &mut self,
        context: &Context<'_>,
        to: (&Local, &dyn PacketDevice),
        Released { incoming, bytes }: &Released,
    ) {
        // A broadcast takes a second one.
        if self.packets.free() < 2 {
            self.write(context);
        }
        if let Some(room) = self.packets.slot().and_then(|slot| slot.get_mut(..bytes.len())) {
            room.copy_from_slice(bytes);
            self.deliver(context, &mut None, to, *incoming, bytes.len());
        }
    }

    /// Adds the packet in the next slot to what is written, with the address at which it is heard.
    fn deliver(
        &mut self,
        context: &Context<'_>,
        current: &mut Option<Current<'_>>,
        (local, device): (&Local, &dyn PacketDevice),
        incoming: Incoming,
        len: usize,
    ) {
        let (now, own) = (context.now, local.addresses.own);
        let mut is_copied = false;
        if let Incoming::Everyone { is_broadcast } = incoming {
            // Never a lock while the system is asked.
            *current = None;
            let packet = self.packets.slot().and_then(|slot| slot.get(..len)).unwrap_or_default();
            let group = Ipv4::parse(packet).map(|ip| ip.destination()).filter(|_| !is_broadcast);
            group.into_iter().for_each(|group| device.hear(group));
            is_copied = self.copies.is_due(packet, now, |from, port| {
                let to = SocketAddrV4::new(own, port);
                match group {
                    None => device.udp_receiver(from, to) == Some(own),
                    Some(group) => device.is_deaf(group, from, to),
                }
            });
        }
        if incoming == Incoming::Unicast && local.elsewhere.is_used() {
            *current = None;
            let packet = self.packets.slot().and_then(|slot| slot.get_mut(..len)).unwrap_or_default();
            let receiver = |from, to| device.udp_receiver(from, to);
            let address =
                Ipv4::parse(packet).and_then(|ip| local.elsewhere.receiver(&ip, own, now, receiver));
            if let Some(address) = address {
                readdress::set_destination(packet, address);
            }
        }
        self.packets.commit(len);
        if is_copied && let Some(copy) = self.packets.repeat_last() {
            readdress::set_destination(copy, own);
            self.packets.commit(len);
        }
    }

    /// A packet of our own for the device.
    pub(crate) fn packet(&mut self, context: &Context<'_>, packet: &[u8]) {
        if self.packets.is_full() {
            self.write(context);
        }
        self.packets.push(packet);
    }

    /// Tells the engine that a session is up and sends what waited for it.
    fn established(&mut self, context: &Context<'_>, (peer, lane): (&Peer, Lane), from: Remote) {
        let Context { shared, table, .. } = context;
        peer.note_established(lane);
        // The engine knows of one session: the express one comes and goes with it.
        if lane == Lane::Express {
            return;
        }
        shared.emit(TunnelEvent::SessionEstablished { peer: peer.id(), from });
        self.make_room(context, PENDING_PACKETS + 1);
        peer.flush(&table.relays, &mut self.replies, &shared.counters);
        peer.initiate_express(from, &table.relays, &mut self.replies);
    }

    /// Moves the clocks of a peer's sessions.
    pub(crate) fn tick(&mut self, context: &Context<'_>, peer: &Peer) {
        self.make_room(context, 2);
        peer.tick(&context.table.relays, &mut self.replies);
    }

    fn make_room(&mut self, context: &Context<'_>, slots: usize) {
        if self.replies.free() < slots {
            self.send_replies(context);
        }
    }

    /// Handshakes and the like: they do not wait behind a transfer.
    pub(crate) fn send_replies(&mut self, context: &Context<'_>) {
        context.shared.send(Lane::Express, &context.table.relays, &mut self.replies);
    }

    /// Sends and writes what is left.
    pub(crate) fn flush(&mut self, context: &Context<'_>) {
        self.send_replies(context);
        for lane in Lane::BOTH {
            if !self.forwarded[lane].is_empty() {
                context.shared.send(lane, &context.table.relays, &mut self.forwarded[lane]);
            }
        }
        self.write(context);
    }

    /// Writes the packets to the device, and empties the batch.
    fn write(&mut self, context: &Context<'_>) {
        if let Some(device) = &context.table.device
            && !self.packets.is_empty()
        {
            let queue = queue_of(self.lane).min(device.queues().saturating_sub(1));
            let refused = self.writer.write(&**device, queue, &mut self.packets);
            (0..refused).for_each(|_| context.shared.dropped(DropReason::DeviceRefused));
        }
        self.packets.clear();
    }
}

/// Lets a handshake message through the guard, or answers it with a cookie.
fn admit(
    context: &Context<'_>,
    local: &Local,
    (message, datagram): (Message, &[u8]),
    from: Remote,
) -> Result<(), DropReason> {
    let mut cookie = [0; COOKIE_REPLY_BYTES];
    let source = relays::source_address(from);
    let sender = Sender {
        cookie_address: relays::cookie_address(from),
        source,
        is_expected: || context.shared.asked.lock().expects_handshake(source, context.now),
    };
    local.key.admit(sender, (message, datagram), context.now, &mut cookie).map_err(|(reason, len)| {
        if len > 0 {
            context.shared.send_datagram(&context.table.relays, from, &cookie[..len]);
        }
        reason
    })
}
