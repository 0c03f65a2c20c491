//! Two or more real tunnels over loopback, each with a device in memory.

use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use lanrage_party::{
    DeviceIdentity, PartySecret, PeerId, Remote, Subnet, VirtualIp, WireGuardKey, WireGuardPrivateKey,
};
use lanrage_shield::Gate;
use lanrage_tunnel::{
    EventSink, LocalEnd, PacketDevice, PeerConfig, Tunnel, TunnelEvent, UdpSockets, initiates,
};

/// The address of every end in a real LAN.
pub(crate) const CARD: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 10);

/// Longer than anything here takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the "OS" of a test gives to the tunnel.
enum Input {
    Packet(Vec<u8>),
    Fail,
    Stop,
}

pub(crate) struct MemoryDevice {
    input: Mutex<Receiver<Input>>,
    /// What a wait took and a read is to get.
    next: Mutex<Option<Input>>,
    to_input: Sender<Input>,
    output: Sender<Vec<u8>>,
    /// What the one socket of the end is bound to.
    pub(crate) bound: Mutex<Option<Ipv4Addr>>,
    /// The group that it has joined on another interface, where alone it hears groups.
    pub(crate) deaf_to: Mutex<Option<Ipv4Addr>>,
}

impl MemoryDevice {
    pub(crate) fn new() -> (Arc<Self>, Receiver<Vec<u8>>) {
        let (to_input, input) = channel();
        let (output, from_output) = channel();
        (
            Arc::new(Self {
                input: Mutex::new(input),
                next: Mutex::default(),
                to_input,
                output,
                bound: Mutex::default(),
                deaf_to: Mutex::default(),
            }),
            from_output,
        )
    }

    /// The OS sends a packet.
    pub(crate) fn inject(&self, packet: &[u8]) {
        self.to_input.send(Input::Packet(packet.to_vec())).unwrap();
    }

    pub(crate) fn fail(&self) {
        self.to_input.send(Input::Fail).unwrap();
    }
}

impl PacketDevice for MemoryDevice {
    fn queues(&self) -> usize {
        1
    }

    fn offloads(&self) -> bool {
        false
    }

    fn wait(&self, _queue: usize) -> io::Result<bool> {
        match self.input.lock().unwrap().recv() {
            Ok(Input::Stop) | Err(_) => Ok(false),
            Ok(input) => {
                *self.next.lock().unwrap() = Some(input);
                Ok(true)
            }
        }
    }

    #[cfg(unix)]
    fn descriptor(&self, _queue: usize) -> Option<std::os::fd::BorrowedFd<'_>> {
        None
    }

    fn try_read(&self, _queue: usize, frame: &mut [u8]) -> io::Result<Option<usize>> {
        let mut next = self.next.lock().unwrap();
        let taken = next.take();
        match taken.or_else(|| self.input.lock().unwrap().try_recv().ok()) {
            Some(Input::Packet(packet)) => {
                frame[..packet.len()].copy_from_slice(&packet);
                Ok(Some(packet.len()))
            }
            Some(Input::Fail) => Err(io::Error::other("pulled out")),
            Some(Input::Stop) => {
                self.wake();
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn write(&self, _queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        let _ = self.output.send(packet.iter().flat_map(|piece| piece.iter().copied()).collect());
        Ok(())
    }

    fn udp_receiver(&self, _from: SocketAddrV4, to: SocketAddrV4) -> Option<Ipv4Addr> {
        self.bound.lock().unwrap().filter(|bound| bound.is_unspecified() || bound == to.ip())
    }

    fn is_deaf(&self, group: Ipv4Addr, _from: SocketAddrV4, _to: SocketAddrV4) -> bool {
        *self.deaf_to.lock().unwrap() == Some(group)
    }

    fn is_own(&self, address: Ipv4Addr) -> bool {
        address == CARD
    }

    fn wake(&self) {
        let _ = self.to_input.send(Input::Stop);
    }
}

/// One player's machine.
pub(crate) struct End {
    pub(crate) tunnel: Tunnel,
    pub(crate) device: Arc<MemoryDevice>,
    pub(crate) packets: Receiver<Vec<u8>>,
    pub(crate) events: Receiver<TunnelEvent>,
    pub(crate) id: PeerId,
    pub(crate) ip: VirtualIp,
    pub(crate) address: SocketAddr,
    key: WireGuardPrivateKey,
}

impl End {
    pub(crate) fn new(seed: u8) -> Self {
        Self::with_ip(seed, VirtualIp([10, 66, 0, seed].into()))
    }

    /// An end that believes `ip` to be its own.
    pub(crate) fn with_ip(seed: u8, ip: VirtualIp) -> Self {
        let sockets = UdpSockets::bind(0).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, sockets.local_port()));
        let (sender, events) = channel();
        let sink: EventSink = Arc::new(move |event| sender.send(event).is_ok());
        let tunnel = Tunnel::start(sockets, sink).unwrap();
        tunnel.set_gates(Gate::Open, []);
        let key = WireGuardPrivateKey::from_random([seed; 32]);
        tunnel.enter(LocalEnd { private_key: key.clone(), virtual_ip: ip, subnet: Subnet::DEFAULT });
        let (device, packets) = MemoryDevice::new();
        tunnel.attach(device.clone()).unwrap();
        let id = DeviceIdentity::from_seed(&[seed; 32]).peer_id();
        Self { tunnel, device, packets, events, id, ip, address, key }
    }

    /// The same player on a program that was started again.
    pub(crate) fn like(end: &Self) -> Self {
        Self::new(end.ip.0.octets()[3])
    }

    pub(crate) fn public_key(&self) -> WireGuardKey {
        self.key.public()
    }

    /// What a record of this end would say, with the lease that the others know.
    pub(crate) fn config_for(&self, other: &Self, ip: VirtualIp) -> PeerConfig {
        let secret = PartySecret::from_random([7; 32]);
        PeerConfig {
            id: self.id,
            public_key: self.public_key(),
            preshared_key: secret.preshared_key(&self.public_key(), &other.public_key()),
            virtual_ip: ip,
        }
    }

    pub(crate) fn knows(&self, other: &Self) {
        self.tunnel.add_peer(other.config_for(self, other.ip)).unwrap();
    }

    /// The next packet that the OS gets.
    pub(crate) fn packet(&self) -> Vec<u8> {
        self.packets.recv_timeout(PATIENCE).expect("a packet")
    }

    /// The next event that `pick` takes; the others are left out.
    pub(crate) fn event<T>(&self, mut pick: impl FnMut(TunnelEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if let Some(picked) = pick(self.events.recv_timeout(left).expect("an event")) {
                return picked;
            }
        }
    }

    pub(crate) fn established(&self) -> (PeerId, Remote) {
        self.event(|event| match event {
            TunnelEvent::SessionEstablished { peer, from } => Some((peer, from)),
            _ => None,
        })
    }

    /// Whether this end has a live session with the other: only then does it send a probe.
    pub(crate) fn has_session(&self, other: &Self) -> bool {
        self.tunnel.send_probe(&other.id, other.address.into(), b"a session?")
    }

    /// Waits until every handshake and datagram sent to this end before has been handled: those of one sender stay in
    /// order on loopback. Data that was sealed for the express lane comes by another socket: a fence says nothing of it.
    pub(crate) fn fence(&self, sender: &Self) {
        self.asks(sender.address);
        sender.tunnel.send_datagram(self.address, &stun(b"a fence"));
        self.event(|event| match event {
            TunnelEvent::Datagram { from, bytes }
                if bytes == stun(b"a fence") && from == sender.address.into() =>
            {
                Some(())
            }
            _ => None,
        });
    }

    /// Sends something there, which nobody reports, so that STUN is heard from there.
    pub(crate) fn asks(&self, address: SocketAddr) {
        self.tunnel.send_datagram(address, b"hello");
    }
}

/// A STUN Binding indication with this in its transaction id.
pub(crate) fn stun(id: &[u8]) -> Vec<u8> {
    let mut message = vec![0x00, 0x11, 0, 0, 0x21, 0x12, 0xA4, 0x42];
    message.extend_from_slice(id);
    message.resize(20, 0);
    message
}

/// Waits for what no event tells.
pub(crate) fn wait_until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain");
        std::thread::yield_now();
    }
}

/// Two ends that know each other: the active one first.
pub(crate) fn strangers() -> (End, End) {
    let (a, b) = (End::new(1), End::new(2));
    let (active, passive) = if initiates(&a.public_key(), &b.public_key()) { (a, b) } else { (b, a) };
    active.knows(&passive);
    passive.knows(&active);
    (active, passive)
}

pub(crate) fn connect(active: &End, passive: &End) {
    active.tunnel.initiate_handshake(&passive.id, &[passive.address.into()]);
    assert_eq!(active.established(), (passive.id, passive.address.into()));
    assert_eq!(passive.established(), (active.id, active.address.into()));
}

/// Two ends with a session in each lane between them: the active one first.
pub(crate) fn friends() -> (End, End) {
    let (active, passive) = strangers();
    connect(&active, &passive);
    // While the second lane is being made, what goes by the one may overtake what goes by the other.
    let has_both = |end: &End, other: &End| end.tunnel.counters().peers[&other.id].has_express_lane;
    wait_until(|| has_both(&active, &passive) && has_both(&passive, &active));
    (active, passive)
}

/// A UDP packet without UDP checksum, and a right header.
pub(crate) fn udp(source: Ipv4Addr, destination: Ipv4Addr, data: &[u8]) -> Vec<u8> {
    ipv4(
        source,
        destination,
        17,
        &[&[0, 1, 0, 2], &(8 + data.len() as u16).to_be_bytes()[..], &[0, 0], data].concat(),
    )
}

pub(crate) fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet[2..4].copy_from_slice(&(20 + payload.len() as u16).to_be_bytes());
    packet.extend_from_slice(&source.octets());
    packet.extend_from_slice(&destination.octets());
    let sum = checksum(&packet);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

pub(crate) fn checksum(header: &[u8]) -> u16 {
    let sum: u32 = header.chunks(2).map(|w| u32::from(u16::from_be_bytes([w[0], w[1]]))).sum();
    let folded = (sum & 0xFFFF) + (sum >> 16);
    !((folded & 0xFFFF) + (folded >> 16)) as u16
}
