use std::{sync::Arc, time::Instant};

use crate::{
    PacketBatch, PacketDevice, TokenBucket, batch::DatagramBatch, counters::DropReason, routing::Outgoing,
    shared::Shared, table::Table,
};

/// From the device to the peers.
pub(crate) struct DeviceThread {
    shared: Arc<Shared>,
    device: Arc<dyn PacketDevice>,
    packets: PacketBatch,
    datagrams: DatagramBatch,
    broadcast: TokenBucket,
}

impl DeviceThread {
    pub(crate) fn new(shared: Arc<Shared>, device: Arc<dyn PacketDevice>) -> Self {
        Self {
            shared,
            device,
            packets: PacketBatch::new(),
            datagrams: DatagramBatch::new(),
            broadcast: TokenBucket::broadcast(),
        }
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
        let Self { shared, packets, datagrams, broadcast, .. } = self;
        let table = shared.table();
        let now = Instant::now();
        for packet in packets.iter() {
            if let Err(reason) = route(shared, &table, datagrams, broadcast, now, packet) {
                shared.dropped(reason);
            }
        }
        shared.send(datagrams);
    }
}

fn route(
    shared: &Shared,
    table: &Table,
    datagrams: &mut DatagramBatch,
    broadcast: &mut TokenBucket,
    now: Instant,
    packet: &[u8],
) -> Result<(), DropReason> {
    let local = table.local.as_ref().ok_or(DropReason::NoParty)?;
    let mut send = |peer: &crate::peer::Peer| {
        if datagrams.free() == 0 {
            shared.send(datagrams);
        }
        peer.send(packet, datagrams, &shared.counters);
    };
    match local.addresses.outgoing(packet)? {
        Outgoing::To(ip) => send(table.with_ip(ip).ok_or(DropReason::UnknownDestination)?),
        Outgoing::Everyone if !broadcast.take(now) => return Err(DropReason::BroadcastStorm),
        Outgoing::Everyone => table.peers().for_each(|peer| send(peer)),
    }
    Ok(())
}
