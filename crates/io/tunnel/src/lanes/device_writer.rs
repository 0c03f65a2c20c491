//! Writes packets to the device: merged where the kernel takes that, and else apart.

use std::io::IoSlice;

use lanrage_party::limits::DATAGRAM_BYTES;

use crate::{
    io::device::PacketDevice,
    offload::{
        coalesce::{Coalescer, PIECES, Write},
        merging::{Form, Forms, Merged},
        segment::segment,
        virtio::Virtio,
    },
    packet::batch::PacketBatch,
};

/// Writes packets to an offloading device or another. Made once, without allocation later.
pub(crate) struct DeviceWriter {
    coalescer: Coalescer,
    forms: Forms,
    /// One merged write, in one piece.
    whole: Vec<u8>,
    /// One packet of it, with its header.
    single: Vec<u8>,
}

impl DeviceWriter {
    /// A writer with all its memory.
    pub(crate) fn new() -> Self {
        let frame = || Vec::with_capacity(Virtio::BYTES + DATAGRAM_BYTES);
        Self { coalescer: Coalescer::new(), forms: Forms::default(), whole: frame(), single: frame() }
    }

    /// Writes the packets, which are good for nothing else afterwards, and returns how many the device refused.
    pub(crate) fn write(
        &mut self,
        device: &dyn PacketDevice,
        queue: usize,
        packets: &mut PacketBatch,
    ) -> usize {
        if !device.offloads() {
            return packets.iter().map(|packet| refuses(device, queue, packet)).sum();
        }
        let kinds = self.forms.begin();
        if kinds.is_empty() {
            for at in 0..packets.len() {
                packets.put_in_front(at, Virtio::default().write());
            }
            let all = (0..packets.len()).map(|at| packets.packet_with_front(at, Virtio::BYTES));
            return all.map(|packet| refuses(device, queue, packet)).sum();
        }
        let Self { coalescer, forms, whole, single } = self;
        let mut refused = 0;
        for write in coalescer.plan(packets, kinds) {
            refused += match write.merged() {
                None => write.pieces().map(|packet| refuses(device, queue, packet)).sum(),
                Some(merged) => write_merged(device, queue, (write, merged), forms, (whole, single)),
            };
        }
        refused
    }
}

/// 1 for a packet that the device refuses.
fn refuses(device: &dyn PacketDevice, queue: usize, packet: &[u8]) -> usize {
    usize::from(device.write(queue, &[IoSlice::new(packet)]).is_err())
}

/// Writes packets in the best form that is taken, and returns how many are refused in every one.
fn write_merged(
    device: &dyn PacketDevice,
    queue: usize,
    (write, merged): (Write<'_>, Merged),
    forms: &mut Forms,
    (whole, single): (&mut Vec<u8>, &mut Vec<u8>),
) -> usize {
    let first = forms.first(merged);
    let mut pieces = [IoSlice::new(&[]); PIECES];
    if first == Form::Gathered && device.write(queue, write.slices(&mut pieces)).is_ok() {
        forms.taken(merged, Form::Gathered);
        return 0;
    }
    whole.clear();
    write.pieces().for_each(|piece| whole.extend_from_slice(piece));
    let (form, taken) = if first <= Form::OnePiece && refuses(device, queue, whole) == 0 {
        (Form::OnePiece, write.packets())
    } else {
        (Form::Apart, write_apart(device, queue, whole, single).min(write.packets()))
    };
    // A device that is down takes nothing in any form.
    if taken > 0 && forms.taken(merged, form) {
        tracing::warn!(?merged, ?form, "merged packets are written in another form from now on");
    }
    write.packets() - taken
}

/// Cuts a merged write, and returns how many of its packets the device took.
fn write_apart(device: &dyn PacketDevice, queue: usize, whole: &mut [u8], single: &mut Vec<u8>) -> usize {
    let Some((header, packet)) = whole.split_at_mut_checked(Virtio::BYTES) else { return 0 };
    let Some(header) = Virtio::parse(header) else { return 0 };
    let mut taken = 0;
    // What we have merged ourselves can be cut; none is too long.
    let _ = segment(&header, packet, usize::MAX, |packet| {
        single.clear();
        single.extend_from_slice(&Virtio::default().write());
        single.extend_from_slice(packet);
        taken += usize::from(refuses(device, queue, single) == 0);
    });
    taken
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        net::{Ipv4Addr, SocketAddrV4},
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use parking_lot::Mutex;

    use super::*;
    use crate::packet::{checksum, ipv4::build};

    /// A kernel that refuses writes.
    #[derive(Default)]
    struct Plain {
        taken: Mutex<Vec<Vec<u8>>>,
        refused: AtomicUsize,
        /// It takes merged ones in one piece.
        takes_whole: bool,
        is_down: bool,
    }

    impl PacketDevice for Plain {
        fn queues(&self) -> usize {
            1
        }

        fn offloads(&self) -> bool {
            true
        }

        fn wait(&self, _: usize) -> io::Result<bool> {
            Ok(false)
        }

        #[cfg(unix)]
        fn descriptor(&self, _: usize) -> Option<std::os::fd::BorrowedFd<'_>> {
            None
        }

        fn try_read(&self, _: usize, _: &mut [u8]) -> io::Result<Option<usize>> {
            Ok(None)
        }

        fn write(&self, _: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
            let refuse = |kind: io::ErrorKind| {
                self.refused.fetch_add(1, Relaxed);
                Err(kind.into())
            };
            let [whole] = packet else { return refuse(io::ErrorKind::InvalidInput) };
            if self.is_down {
                return refuse(io::ErrorKind::NotConnected);
            }
            if !self.takes_whole && Virtio::parse(whole).unwrap().is_segmented() {
                return refuse(io::ErrorKind::InvalidInput);
            }
            self.taken.lock().push(whole[Virtio::BYTES..].to_vec());
            Ok(())
        }

        fn udp_receiver(&self, _: SocketAddrV4, _: SocketAddrV4) -> Option<Ipv4Addr> {
            None
        }

        fn is_own(&self, _: Ipv4Addr) -> bool {
            false
        }

        fn wake(&self) {}
    }

    /// Packets of one flow, which are merged, and what they are.
    fn flow() -> (PacketBatch, Vec<Vec<u8>>) {
        let packet = |n: u8| {
            let (from, to) = ([10, 66, 0, 2].into(), [10, 66, 0, 1].into());
            let mut packet = build::udp(from, to, (4_000, 5_000), &[n; 300]);
            // A kernel that cuts a packet counts the identification up.
            packet[4..6].copy_from_slice(&u16::from(n).to_be_bytes());
            packet[10..12].fill(0);
            let sum = checksum::of(&packet[..20]);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
            packet
        };
        let packets: Vec<Vec<u8>> = (0..4).map(packet).collect();
        let mut batch = PacketBatch::new();
        packets.iter().for_each(|packet| assert!(batch.push(packet)));
        (batch, packets)
    }

    #[test]
    fn what_a_kernel_refuses_merged_it_gets_apart_and_after_some_refusals_at_once() {
        let (mut writer, device) = (DeviceWriter::new(), Plain::default());
        for _ in 0..20 {
            let (mut batch, packets) = flow();
            assert_eq!(writer.write(&device, 0, &mut batch), 0);
            assert_eq!(std::mem::take(&mut *device.taken.lock()), packets);
        }
        assert_eq!(device.refused.load(Relaxed), 2 * 8, "as pieces and as one");
    }

    #[test]
    fn who_refuses_pieces_alone_gets_them_merged_as_one() {
        let (mut writer, device) = (DeviceWriter::new(), Plain { takes_whole: true, ..Plain::default() });
        for _ in 0..20 {
            let (mut batch, packets) = flow();
            let payload: usize = packets.iter().map(|packet| packet.len() - 28).sum();
            assert_eq!(writer.write(&device, 0, &mut batch), 0);
            let taken = std::mem::take(&mut *device.taken.lock());
            assert_eq!(taken.iter().map(Vec::len).collect::<Vec<_>>(), [28 + payload]);
        }
        assert_eq!(device.refused.load(Relaxed), 8);
    }

    #[test]
    fn a_device_that_is_down_is_no_reason_to_stop_merging() {
        let (mut writer, device) = (DeviceWriter::new(), Plain { is_down: true, ..Plain::default() });
        for _ in 0..20 {
            assert_eq!(writer.write(&device, 0, &mut flow().0), 4);
        }
        let (mut batch, packets) = flow();
        let up = Plain { takes_whole: true, ..Plain::default() };
        assert_eq!(writer.write(&up, 0, &mut batch), 0);
        assert_eq!(
            (up.refused.into_inner(), up.taken.into_inner().len()),
            (1, 1),
            "{} as one",
            packets.len()
        );
    }
}
