//! Writes packets to the device: merged where the kernel takes that, and else apart.

use std::io::IoSlice;

use lanrage_party::limits::DATAGRAM_BYTES;

use crate::{
    io::device::PacketDevice,
    offload::{
        coalesce::{Coalescer, PIECES},
        segment::segment,
        virtio::Virtio,
    },
    packet::batch::PacketBatch,
};

/// Implementation: merged writes refused, whose packets were then taken apart, after which nothing is merged any more.
/// Single refusals have other causes: a checksum that a program got wrong, say.
const REFUSALS: u8 = 8;

/// Writes packets to an offloading device or another. Made once, without allocation later.
pub(crate) struct DeviceWriter {
    coalescer: Coalescer,
    /// One write, to be taken apart.
    whole: Vec<u8>,
    /// One packet of it, with its header.
    single: Vec<u8>,
    refusals: u8,
}

impl DeviceWriter {
    /// A writer with all its memory.
    pub(crate) fn new() -> Self {
        let frame = || Vec::with_capacity(Virtio::BYTES + DATAGRAM_BYTES);
        Self { coalescer: Coalescer::new(), whole: frame(), single: frame(), refusals: 0 }
    }

    /// Writes the packets, which are good for nothing else afterwards, and returns how many the device refused.
    pub(crate) fn write(
        &mut self,
        device: &dyn PacketDevice,
        queue: usize,
        packets: &mut PacketBatch,
    ) -> usize {
        let mut refused = 0;
        if !device.offloads() {
            for packet in packets.iter() {
                refused += usize::from(device.write(queue, &[IoSlice::new(packet)]).is_err());
            }
        } else if self.refusals >= REFUSALS {
            for packet in packets.iter() {
                refused += usize::from(!write_single(device, queue, packet, &mut self.single));
            }
        } else {
            let mut pieces = [IoSlice::new(&[]); PIECES];
            for write in self.coalescer.plan(packets) {
                if device.write(queue, write.slices(&mut pieces)).is_ok() {
                    continue;
                }
                if write.packets() == 1 {
                    refused += 1;
                    continue;
                }
                self.whole.clear();
                write.pieces().for_each(|piece| self.whole.extend_from_slice(piece));
                let taken = write_apart(device, queue, &mut self.whole, &mut self.single);
                refused += write.packets() - taken.min(write.packets());
                // A device that is down takes single ones no more than merged ones.
                self.refusals += u8::from(taken > 0);
            }
            if self.refusals >= REFUSALS {
                tracing::warn!("the kernel refuses merged packets; they are written one by one from now on");
            }
        }
        refused
    }
}

/// Cuts a merged write, and returns how many of its packets the device took.
fn write_apart(device: &dyn PacketDevice, queue: usize, whole: &mut [u8], single: &mut Vec<u8>) -> usize {
    let Some((header, packet)) = whole.split_at_mut_checked(Virtio::BYTES) else { return 0 };
    let Some(header) = Virtio::parse(header) else { return 0 };
    let mut taken = 0;
    // What we have merged ourselves can be cut; none is too long.
    let _ = segment(&header, packet, usize::MAX, |packet| {
        taken += usize::from(write_single(device, queue, packet, single));
    });
    taken
}

fn write_single(device: &dyn PacketDevice, queue: usize, packet: &[u8], frame: &mut Vec<u8>) -> bool {
    frame.clear();
    frame.extend_from_slice(&Virtio::default().write());
    frame.extend_from_slice(packet);
    device.write(queue, &[IoSlice::new(frame)]).is_ok()
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

    /// A kernel that takes no more than one piece.
    #[derive(Default)]
    struct Plain {
        taken: Mutex<Vec<Vec<u8>>>,
        refused: AtomicUsize,
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
            let [whole] = packet else {
                self.refused.fetch_add(1, Relaxed);
                return Err(io::ErrorKind::InvalidInput.into());
            };
            if self.is_down {
                return Err(io::ErrorKind::NotConnected.into());
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
        assert_eq!(device.refused.load(Relaxed), usize::from(REFUSALS));
    }

    #[test]
    fn a_device_that_is_down_is_no_reason_to_stop_merging() {
        let (mut writer, device) = (DeviceWriter::new(), Plain { is_down: true, ..Plain::default() });
        for _ in 0..20 {
            assert_eq!(writer.write(&device, 0, &mut flow().0), 4);
        }
        assert_eq!(device.refused.load(Relaxed), 20);
    }
}
