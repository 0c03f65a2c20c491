use std::{sync::Arc, time::Instant};

use crate::{
    PacketBatch, PacketDevice, TokenBucket, batch::SLOT_BYTES, counters::DropReason, datagrams::SendBatch,
    fragment::Fragments, icmp, packet::Ipv4, peer::Peer, routing::Outgoing, shared::Shared, table::Table,
};

/// Packets per second that the OS is told to be too big; one per connection is enough.
const ANSWERS_PER_SECOND: u32 = 100;
const ANSWERS_BURST: u32 = 50;

/// From the device to the peers.
pub(crate) struct DeviceThread {
    shared: Arc<Shared>,
    device: Arc<dyn PacketDevice>,
    packets: PacketBatch,
    sender: Sender,
}

struct Sender {
    datagrams: SendBatch,
    broadcast: TokenBucket,
    answers: TokenBucket,
    fragment: Box<[u8; SLOT_BYTES]>,
    /// Of the next packet that is fragmented and has none of its own.
    fragment_id: u16,
}

/// What sending a packet needs to know.
struct Context<'a> {
    shared: &'a Shared,
    table: &'a Table,
    now: Instant,
}

impl DeviceThread {
    pub(crate) fn new(shared: Arc<Shared>, device: Arc<dyn PacketDevice>) -> Self {
        let sender = Sender {
            datagrams: SendBatch::new(),
            broadcast: TokenBucket::broadcast(),
            answers: TokenBucket::new(ANSWERS_PER_SECOND, ANSWERS_BURST),
            fragment: Box::new([0; SLOT_BYTES]),
            fragment_id: 0,
        };
        Self { shared, device, packets: PacketBatch::new(), sender }
    }

    /// Until the device is woken or fails.
    pub(crate) fn run(mut self) {
        loop {
            self.packets.clear();
            match self.device.read(&mut self.packets) {
                Ok(true) => self.batch(),
                Ok(false) => return,
                Err(error) => return self.shared.device_failed(&self.device, error),
            }
        }
    }

    fn batch(&mut self) {
        let context = Context { shared: &self.shared, table: &self.shared.table(), now: Instant::now() };
        for packet in self.packets.iter() {
            if let Err(reason) = self.sender.route(&context, packet) {
                self.shared.dropped(reason);
            }
        }
        self.shared.send(&context.table.relays, &mut self.sender.datagrams);
    }
}

impl Sender {
    fn route(&mut self, context: &Context<'_>, packet: &[u8]) -> Result<(), DropReason> {
        let local = context.table.local.as_ref().ok_or(DropReason::NoParty)?;
        match local.addresses.outgoing(packet)? {
            Outgoing::To(ip) => {
                let peer = context.table.with_ip(ip).ok_or(DropReason::UnknownDestination)?;
                let mtu = peer.path_mtu();
                if packet.len() <= usize::from(mtu) {
                    self.send(context, peer, packet);
                    return Ok(());
                }
                if Ipv4::parse(packet).is_some_and(|ip| ip.dont_fragment()) {
                    self.answer(context, packet, mtu);
                    return Err(DropReason::PathMtuExceeded);
                }
                self.send_fragmented(context, peer, packet)
            }
            Outgoing::Everyone if !self.broadcast.take(context.now) => Err(DropReason::BroadcastStorm),
            Outgoing::Everyone => {
                for peer in context.table.peers() {
                    if packet.len() <= usize::from(peer.path_mtu()) {
                        self.send(context, peer, packet);
                    } else if let Err(reason) = self.send_fragmented(context, peer, packet) {
                        context.shared.dropped(reason);
                    }
                }
                Ok(())
            }
        }
    }

    fn send(&mut self, context: &Context<'_>, peer: &Peer, packet: &[u8]) {
        let Context { shared, table, .. } = context;
        if self.datagrams.free() == 0 {
            shared.send(&table.relays, &mut self.datagrams);
        }
        peer.send(packet, &table.relays, &mut self.datagrams, &shared.counters);
    }

    fn send_fragmented(
        &mut self,
        context: &Context<'_>,
        peer: &Peer,
        packet: &[u8],
    ) -> Result<(), DropReason> {
        let Context { shared, table, .. } = context;
        self.fragment_id = self.fragment_id.wrapping_add(1);
        let mut fragments = Fragments::new(packet, peer.path_mtu().into(), self.fragment_id)
            .ok_or(DropReason::PathMtuExceeded)?;
        while let Some(len) = fragments.next_into(&mut self.fragment[..]) {
            if self.datagrams.free() == 0 {
                shared.send(&table.relays, &mut self.datagrams);
            }
            peer.send(&self.fragment[..len], &table.relays, &mut self.datagrams, &shared.counters);
        }
        Ok(())
    }

    fn answer(&mut self, context: &Context<'_>, packet: &[u8], mtu: u16) {
        let mut buffer = icmp::EMPTY;
        if let Some(answer) = icmp::fragmentation_needed(packet, mtu, &mut buffer)
            && self.answers.take(context.now)
        {
            context.shared.answer(answer);
        }
    }
}
