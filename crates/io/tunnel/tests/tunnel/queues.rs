//! A device with a queue for each lane, of which that for games can be waited for like a socket.

use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, SocketAddrV4},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixDatagram,
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc::{Receiver, Sender, channel},
    },
};

use lanrage_party::Lane;
use lanrage_tunnel::{PacketDevice, TunnelEvent};
use parking_lot::Mutex;

use crate::support::{End, friends, udp, wait_until};

struct TwoQueues {
    /// Ends the wait at the bulk lane's queue, which has no packets.
    waker: Mutex<Option<Sender<()>>>,
    woken: Mutex<Receiver<()>>,
    games: UnixDatagram,
    is_gone: AtomicBool,
    is_read: AtomicBool,
    is_detached: AtomicBool,
    was_read_late: AtomicBool,
}

impl TwoQueues {
    /// The device, and what the OS sends games' packets into.
    fn new() -> (Arc<Self>, UnixDatagram) {
        let (waker, woken) = channel();
        let (os, games) = UnixDatagram::pair().unwrap();
        games.set_nonblocking(true).unwrap();
        let (waker, woken) = (Mutex::new(Some(waker)), Mutex::new(woken));
        let (is_gone, is_read, is_detached, was_read_late) = Default::default();
        (Arc::new(Self { waker, woken, games, is_gone, is_read, is_detached, was_read_late }), os)
    }
}

impl PacketDevice for TwoQueues {
    fn queues(&self) -> usize {
        2
    }

    fn offloads(&self) -> bool {
        false
    }

    fn wait(&self, queue: usize) -> io::Result<bool> {
        assert_eq!(queue, Lane::Bulk as usize, "no thread waits for games alone");
        assert!(self.woken.lock().recv().is_err());
        Ok(false)
    }

    fn descriptor(&self, queue: usize) -> Option<BorrowedFd<'_>> {
        (queue == Lane::Express as usize).then(|| self.games.as_fd())
    }

    fn try_read(&self, _queue: usize, frame: &mut [u8]) -> io::Result<Option<usize>> {
        self.is_read.store(true, SeqCst);
        if self.is_detached.load(SeqCst) {
            self.was_read_late.store(true, SeqCst);
        }
        match self.games.recv(frame) {
            Ok(_) if self.is_gone.load(SeqCst) => Err(io::Error::other("pulled out")),
            Ok(len) => Ok(Some(len)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, _queue: usize, _packet: &[IoSlice<'_>]) -> io::Result<()> {
        Ok(())
    }

    fn udp_receiver(&self, _: SocketAddrV4, _: SocketAddrV4) -> Option<Ipv4Addr> {
        None
    }

    fn is_own(&self, _: Ipv4Addr) -> bool {
        false
    }

    fn wake(&self) {
        self.waker.lock().take();
    }
}

fn passes(os: &UnixDatagram, from: &End, to: &End) {
    // More than is read between two looks at the clock.
    for n in 0_u32..200 {
        let packet = udp(from.ip.0, to.ip.0, &n.to_be_bytes());
        os.send(&packet).unwrap();
        assert_eq!(to.packet(), packet);
    }
}

#[test]
fn the_thread_of_the_games_sockets_reads_their_queue_too_of_each_device_that_comes() {
    let (a, b) = friends();
    for _ in 0..3 {
        let (device, os) = TwoQueues::new();
        a.tunnel.attach(device.clone()).unwrap();
        passes(&os, &a, &b);
        a.tunnel.detach();
        // The threads still may have a snapshot in hand.
        wait_until(|| Arc::strong_count(&device) == 1);
        os.send(&udp(a.ip.0, b.ip.0, b"late")).unwrap();
    }
    let (device, os) = TwoQueues::new();
    a.tunnel.attach(device.clone()).unwrap();
    // Nothing of before comes now.
    passes(&os, &a, &b);
}

#[test]
fn many_packets_at_once_are_all_read() {
    let (a, b) = friends();
    let (device, os) = TwoQueues::new();
    let packets: Vec<_> = (0_u32..100).map(|n| udp(a.ip.0, b.ip.0, &n.to_be_bytes())).collect();
    os.set_nonblocking(true).unwrap();
    let queued = packets.iter().take_while(|packet| os.send(packet).is_ok()).count();
    assert!(queued > 0);
    a.tunnel.attach(device).unwrap();
    for packet in &packets[..queued] {
        assert_eq!(&b.packet(), packet);
    }
}

#[test]
fn a_detached_device_is_read_no_more_however_full_its_queue_is() {
    let (a, b) = friends();
    for _ in 0..50 {
        let (device, os) = TwoQueues::new();
        let packet = udp(a.ip.0, b.ip.0, b"x");
        os.set_nonblocking(true).unwrap();
        while os.send(&packet).is_ok() {}
        a.tunnel.attach(device.clone()).unwrap();
        // The thread is in the middle of it.
        wait_until(|| device.is_read.load(SeqCst));
        a.tunnel.detach();
        device.is_detached.store(true, SeqCst);
        wait_until(|| Arc::strong_count(&device) == 1);
        assert!(!device.was_read_late.load(SeqCst));
    }
}

#[test]
fn a_device_that_fails_there_is_given_up_and_the_engine_told() {
    let (a, b) = friends();
    let (device, os) = TwoQueues::new();
    a.tunnel.attach(device.clone()).unwrap();
    device.is_gone.store(true, SeqCst);
    os.send(&udp(a.ip.0, b.ip.0, b"x")).unwrap();
    let error = a.event(|event| match event {
        TunnelEvent::DeviceFailed { error } => Some(error),
        _ => None,
    });
    assert_eq!(error.to_string(), "pulled out");
    a.tunnel.detach();
}
