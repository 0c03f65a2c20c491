//! A relay for one client on loopback: ChannelData on one side, plain datagrams on the other. Written apart from what
//! it tests.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use lanrage_party::{AllocationId, Remote};
use lanrage_tunnel::RelayLink;

use crate::support::End;

pub(crate) struct Relay {
    pub(crate) id: AllocationId,
    /// Where the client is reached by others.
    pub(crate) relayed: SocketAddr,
    channels: Arc<Mutex<Vec<(u16, SocketAddr)>>>,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Relay {
    /// Opens an allocation for an end.
    pub(crate) fn of(end: &End, id: u32) -> Self {
        let [server, relayed] = [(); 2].map(|()| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            Arc::new(socket)
        });
        let [server_address, relayed_address] =
            [&server, &relayed].map(|socket| socket.local_addr().unwrap());
        let (channels, stopping) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<AtomicBool>::default());
        let client = end.address;

        let (known, stop, from, to) = (channels.clone(), stopping.clone(), server.clone(), relayed.clone());
        let outward = std::thread::spawn(move || {
            forward(&stop, &from, |source, datagram| {
                let (header, data) = datagram.split_at_checked(4)?;
                let number = u16::from_be_bytes([header[0], header[1]]);
                let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
                assert!(source == client && len == data.len(), "exactly one message, of the client's");
                let (_, peer) = *known.lock().unwrap().iter().find(|(bound, _)| *bound == number)?;
                to.send_to(data, peer).ok()
            });
        });
        let (known, stop) = (channels.clone(), stopping.clone());
        let inward = std::thread::spawn(move || {
            forward(&stop, &relayed, |source, datagram| {
                let (number, _) = *known.lock().unwrap().iter().find(|(_, peer)| *peer == source)?;
                server.send_to(&channel_data(number, datagram), client).ok()
            });
        });

        let id = AllocationId(id);
        assert!(end.tunnel.open_allocation(id, RelayLink::Udp { server: server_address }));
        Self { id, relayed: relayed_address, channels, stopping, threads: vec![outward, inward] }
    }

    /// Binds a channel on both sides; gives the remote that is reached by it.
    pub(crate) fn bind(&self, end: &End, number: u16, peer: SocketAddr) -> Remote {
        self.channels.lock().unwrap().push((number, peer));
        assert!(end.tunnel.set_channel(self.id, peer, Some(number)));
        Remote::relayed(self.id, peer)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let joined = thread.join();
            assert!(joined.is_ok() || std::thread::panicking(), "the client sent nonsense");
        }
    }
}

fn forward(
    stop: &AtomicBool,
    socket: &UdpSocket,
    mut handle: impl FnMut(SocketAddr, &[u8]) -> Option<usize>,
) {
    let mut buffer = [0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        if let Ok((len, source)) = socket.recv_from(&mut buffer) {
            handle(source, &buffer[..len]);
        }
    }
}

pub(crate) fn channel_data(number: u16, data: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &(data.len() as u16).to_be_bytes(), data].concat()
}
