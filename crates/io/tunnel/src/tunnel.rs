//! The handle of the running data plane: it starts the threads, and changes what they look things up in.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use lanrage_party::{
    AllocationId, ForwardLimits, ForwardedPair, Lane, LocalEnd, PeerConfig, PeerId, Remote, SearchRedirect,
    limits::PACKET_BYTES,
};
use lanrage_shield::{Gate, Spoken};
use mio::{Poll, Waker};
use parking_lot::Mutex;

use crate::{
    api::{counters::TunnelCounters, error::TunnelError, event::EventSink, per_lane::PerLane},
    datagram::relays::RelayLink,
    io::{device::PacketDevice, sockets::UdpSockets},
    lanes::{sending::Frame, shared::Shared},
    packet::{
        elsewhere::Elsewhere,
        ipv4::HEADER_BYTES,
        probe::{self, PROBE_PAYLOAD_BYTES},
        routing::Addresses,
    },
    peer::{Peer, table::Local, wireguard::LocalKey},
    threads::{
        device_thread::DeviceThread,
        express_queue::{self, Lender},
        lane_thread::{LaneThread, WAKE},
    },
};

/// Names of the threads at the sockets and at the device's queues, as a debugger or `top` shows them.
const SOCKET_THREADS: PerLane<&str> = PerLane::new("lanrage-udp", "lanrage-udp-x");
const DEVICE_THREADS: PerLane<&str> = PerLane::new("lanrage-device", "lanrage-device-x");

/// Name of the thread that reads what programs send by other interfaces.
const COPIES_THREAD: &str = "lanrage-copies";

/// Smallest path MTU that a peer may have, in bytes: what every host can take (RFC 791 §3.1).
pub const PATH_MTU_MIN: u16 = 576;

/// The running data plane. Dropping it stops and joins its threads.
///
/// No method blocks on the network; all may be called from any thread, except from the
/// [`EventSink`].
pub struct Tunnel {
    shared: Arc<Shared>,
    socket_threads: Mutex<Vec<JoinHandle<()>>>,
    /// Where the express lane has sockets of its own.
    express_queue: Option<Lender>,
    attached: Mutex<Option<Attached>>,
}

struct Attached {
    device: Arc<dyn PacketDevice>,
    /// One for each queue but the one that is lent.
    threads: Vec<JoinHandle<()>>,
    /// Whether the thread at the express lane's sockets reads that lane's queue.
    is_lent: bool,
}

impl Tunnel {
    /// Starts the threads at the sockets: STUN works before there is a party.
    ///
    /// # Errors
    /// What the OS says if a thread or its wake-up cannot be made.
    pub fn start(mut sockets: UdpSockets, events: EventSink) -> io::Result<Self> {
        let (mut polls, mut wakers) = (Vec::new(), PerLane::default());
        for lane in Lane::BOTH.into_iter().filter(|lane| sockets.has(*lane)).collect::<Vec<_>>() {
            let poll = Poll::new()?;
            sockets.register(lane, poll.registry())?;
            wakers[lane] = Some(Waker::new(poll.registry(), WAKE)?);
            polls.push((lane, poll));
        }
        let shared = Arc::new(Shared::new(sockets, wakers, events));
        let (socket_threads, attached) = (Mutex::default(), Mutex::default());
        let mut tunnel = Self { shared, socket_threads, express_queue: None, attached };
        for (lane, poll) in polls {
            let mut queue = None;
            if lane == Lane::Express {
                let registry = poll.registry().try_clone()?;
                let (lender, lent) = express_queue::channel(Arc::clone(&tunnel.shared), registry);
                (tunnel.express_queue, queue) = (Some(lender), Some(lent));
            }
            let thread = LaneThread::new(Arc::clone(&tunnel.shared), lane, poll, queue);
            let thread = thread::Builder::new().name(SOCKET_THREADS[lane].into()).spawn(|| thread.run())?;
            tunnel.socket_threads.lock().push(thread);
        }
        Ok(tunnel)
    }

    /// Enters a party: its key and our address in it. Peers of a party before are forgotten.
    pub fn enter(&self, end: LocalEnd) {
        let local = Local {
            key: LocalKey::new(&end.private_key),
            addresses: Addresses::new(end.virtual_ip, &end.subnet),
            subnet: end.subnet,
            elsewhere: Elsewhere::new(),
            spoken: Spoken::new(Instant::now()),
        };
        self.shared.change(|table| table.enter(Some(Arc::new(local))));
    }

    /// Leaves the party: its key and all peers are forgotten. STUN goes on.
    pub fn leave(&self) {
        self.shared.change(|table| table.enter(None));
    }

    /// Starts moving packets between the device and the peers, in the place of any device before.
    ///
    /// # Errors
    /// What the OS says if a thread cannot be made.
    pub fn attach(&self, device: Arc<dyn PacketDevice>) -> io::Result<()> {
        let mut attached = self.attached.lock();
        self.release(attached.take());
        self.shared.change(|table| table.device = Some(Arc::clone(&device)));
        let mut new = Attached { device, threads: Vec::new(), is_lent: false };
        let mut readers = Vec::new();
        for lane in Lane::BOTH.into_iter().take(new.device.queues()) {
            if lane == Lane::Express
                && self.express_queue.as_ref().is_some_and(|queue| queue.lend(&new.device))
            {
                new.is_lent = true;
                continue;
            }
            let thread = DeviceThread::new(Arc::clone(&self.shared), Arc::clone(&new.device), lane);
            readers.push((DEVICE_THREADS[lane], thread));
        }
        if new.device.has_copies() {
            let thread = DeviceThread::copies(Arc::clone(&self.shared), Arc::clone(&new.device));
            readers.push((COPIES_THREAD, thread));
        }
        for (name, thread) in readers {
            match thread::Builder::new().name(name.into()).spawn(|| thread.run()) {
                Ok(thread) => new.threads.push(thread),
                Err(error) => {
                    self.release(Some(new));
                    return Err(error);
                }
            }
        }
        *attached = Some(new);
        Ok(())
    }

    /// Stops using the device. Sessions and probes go on; packets for us are dropped and counted.
    pub fn detach(&self) {
        self.release(self.attached.lock().take());
    }

    fn release(&self, attached: Option<Attached>) {
        let Some(Attached { device, threads, is_lent }) = attached else { return };
        self.shared.change(|table| table.device = None);
        // Off the table first: a thread that fails now because of this is not reported.
        device.wake();
        threads.into_iter().for_each(join);
        if let Some(queue) = self.express_queue.as_ref().filter(|_| is_lent) {
            queue.take_back(&*device);
        }
    }

    /// Adds a peer. The same peer again changes nothing; with another key, preshared key or address it is
    /// replaced, and its session with it.
    ///
    /// # Errors
    /// [`TunnelError`]; nothing is changed then.
    pub fn add_peer(&self, config: PeerConfig) -> Result<(), TunnelError> {
        let table = self.shared.table();
        let local = table.check(&config.id, &config.public_key, config.virtual_ip)?;
        if table.peer(&config.id).is_some_and(|known| known.config == config) {
            return Ok(());
        }
        // The key agreement happens outside the lock; what it was made for may have changed meanwhile.
        let peer = Arc::new(Peer::new(config, &local.key, self.shared.new_index()));
        self.shared.change(|now| {
            let local_now = now.check(&peer.id(), peer.key(), peer.config.virtual_ip)?;
            if !Arc::ptr_eq(local, local_now) {
                return Err(TunnelError::NoParty);
            }
            now.insert(&peer);
            Ok(())
        })
    }

    /// Forgets a peer and its session. Nothing if it is not known.
    pub fn remove_peer(&self, id: &PeerId) {
        self.shared.change(|table| table.remove(id));
    }

    /// Where packets for the peer go. With none they go where the peer was last authenticated, if anywhere.
    pub fn set_path(&self, id: &PeerId, to: Option<Remote>) {
        if let Some(peer) = self.shared.table().peer(id) {
            peer.set_path(to);
        }
    }

    /// Where the second copy of the peer's express packets goes, while its path loses some; `None`: there is no second copy, as
    /// at first. Of each packet the peer takes the copy that comes first. A bounded share is copied, and nothing of the bulk lane.
    pub fn set_second_path(&self, id: &PeerId, to: Option<Remote>) {
        if let Some(peer) = self.shared.table().peer(id) {
            peer.set_second_path(to);
        }
    }

    /// What peers may begin from now on: those that are named, and all others. Until it is said, nothing. What was held back a
    /// moment ago goes on if it is open now. It survives
    /// [`enter`](Self::enter) and [`leave`](Self::leave).
    pub fn set_gates(&self, others: Gate, named: impl IntoIterator<Item = (PeerId, Gate)>) {
        self.shared.change(|table| table.set_gates(others, named));
        self.shared.release();
    }

    /// Whether what the peer sends to everybody is dropped here. A peer that is added anew is heard.
    pub fn set_muted(&self, id: &PeerId, is_muted: bool) {
        if let Some(peer) = self.shared.table().peer(id) {
            peer.set_muted(is_muted);
        }
    }

    /// Whether multicast DNS by which games of Blizzard find each other passes, to peers and from them, in every party. Nothing of
    /// multicast DNS does until that is said, and nothing else of it ever.
    pub fn set_game_searches(&self, carries: bool) {
        self.shared.change(|table| table.searches.by_mdns = carries);
    }

    /// Which broadcasts of peers come to this computer at another port, until [`enter`](Self::enter) or
    /// [`leave`](Self::leave). What peers may begin is judged by that port.
    pub fn set_search_redirects(&self, redirects: Vec<SearchRedirect>) {
        self.shared.change(|table| table.searches.redirects = redirects);
    }

    /// The largest packet that the peer's path carries, in bytes; kept within [`PATH_MTU_MIN`] and
    /// [`PACKET_BYTES`], which it is until set. A larger packet for this peer is fragmented (RFC 791), or dropped and
    /// the OS told so (RFC 1191) if it may not be; a broadcast is fragmented in any case, for this peer alone. Probes
    /// are not affected.
    pub fn set_path_mtu(&self, id: &PeerId, bytes: u16) {
        if let Some(peer) = self.shared.table().peer(id) {
            peer.set_path_mtu(bytes.clamp(PATH_MTU_MIN, PACKET_BYTES as u16));
        }
    }

    /// Sends one fresh handshake initiation to all targets; the first copy to arrive is answered, the others
    /// are ignored. Nothing on the passive side ([`initiates`](lanrage_party::initiates)).
    ///
    /// Only answers to the last two initiations are taken, and eight answered but never completed ones push a
    /// live session out on the passive side: call this no more often than once a second for a peer, and not
    /// while its session carries traffic.
    pub fn initiate_handshake(&self, id: &PeerId, targets: &[Remote]) {
        let table = self.shared.table();
        let mut frame = Frame::new();
        let Some(len) = table.peer(id).and_then(|peer| peer.initiate(frame.datagram())) else { return };
        let now = Instant::now();
        for target in targets {
            self.shared.note_asked(*target, now);
            self.shared.send_framed(&table.relays, &mut frame, len, *target);
        }
    }

    /// Sends a probe of at most [`PROBE_PAYLOAD_BYTES`] inside the session to a remote of the peer's. False
    /// if there is no live session (no handshake is begun for it), or the payload is too long.
    pub fn send_probe(&self, id: &PeerId, to: Remote, payload: &[u8]) -> bool {
        let table = self.shared.table();
        let (Some(local), Some(peer)) = (&table.local, table.peer(id)) else { return false };
        let mut buffer = [0; HEADER_BYTES + PROBE_PAYLOAD_BYTES];
        let Some(packet) = probe::write(local.addresses.own, peer.ip(), payload, &mut buffer) else {
            return false;
        };
        let mut frame = Frame::new();
        let Some(len) = peer.seal(packet, frame.datagram()) else { return false };
        self.shared.note_asked(to, Instant::now());
        self.shared.send_framed(&table.relays, &mut frame, len, to);
        true
    }

    /// Sends a datagram as it is: STUN, or one that opens a NAT. By an allocation it must be no longer than a
    /// sealed packet. Answers are taken from where something was sent in the last ten minutes, and from nowhere else.
    pub fn send_datagram(&self, to: impl Into<Remote>, bytes: &[u8]) {
        let to = to.into();
        self.shared.note_asked(to, Instant::now());
        self.shared.send_datagram(&self.shared.table().relays, to, bytes);
    }

    /// Makes an allocation known: remotes by it can be sent to once they have a channel. It survives
    /// [`enter`](Self::enter) and [`leave`](Self::leave). False, and nothing happens, if it is open already or
    /// [`OPEN_ALLOCATIONS`](lanrage_party::limits::OPEN_ALLOCATIONS) are.
    pub fn open_allocation(&self, id: AllocationId, link: RelayLink) -> bool {
        self.shared.change(|table| table.relays.open(id, link))
    }

    /// Forgets an allocation with its channels: what still goes to or comes from it is dropped and counted. A path
    /// by it stays set until [`set_path`](Self::set_path), and a peer without one that was authenticated by it last
    /// is sent to in vain until it is heard from elsewhere. Nothing if it is not open.
    pub fn close_allocation(&self, id: AllocationId) {
        self.shared.change(|table| table.relays.close(id));
    }

    /// Speaks to everybody from the address of ours that the system chooses, until their next datagram tells which one they
    /// speak to: addresses, or the ways from them, have changed.
    pub fn choose_sources(&self) {
        self.shared.sockets.forget_sources();
    }

    /// Exchanges nothing with peers from now on but by allocations, whatever path is set (RFC 8828 §5.2, mode 4): no
    /// handshake, packet or answer leaves straight for one, and what comes straight from one is dropped and counted.
    /// Servers are spoken to all the same.
    pub fn set_relay_only(&self, only: bool) {
        self.shared.change(|table| table.relays.set_only(only));
    }

    /// Notes the channel (0x4000 to 0x4FFF, RFC 8656 §12) that the relay has bound to a peer's address, in the
    /// place of the address's former channel and the channel's former address; `None` unbinds. False, and nothing
    /// happens, if the allocation is not open, the number none of a channel, or
    /// [`CHANNELS`](lanrage_party::limits::CHANNELS) are bound.
    pub fn set_channel(&self, id: AllocationId, peer: SocketAddr, channel: Option<u16>) -> bool {
        self.shared.change(|table| table.relays.set_channel(id, peer, channel))
    }

    /// Passes on what these pairs of members send each other by this device, in the place of those before, and no more than
    /// `limits` say. It is never opened, and what is too much is dropped and counted.
    pub fn set_forwarding(&self, pairs: &[ForwardedPair], limits: ForwardLimits) {
        self.shared.change(|table| table.forwarding.set(pairs, limits));
    }

    /// Takes a datagram that came by a relay outside ChannelData: the data of a Data indication (RFC 8656 §11.6).
    /// It is handled by the UDP thread as if the socket had received it: the device has one writer. It is copied
    /// into a bounded queue; over its limit it is dropped and counted.
    pub fn receive_relayed(&self, from: Remote, datagram: &[u8]) {
        self.shared.receive(from, datagram);
    }

    /// Takes one ChannelData message out of an allocation's stream, padded or not (RFC 8656 §12.5); what is inside
    /// goes the way of [`receive_relayed`](Self::receive_relayed). One that is cut, or of an unknown allocation or
    /// channel, is dropped and counted.
    pub fn receive_channel_data(&self, id: AllocationId, message: &[u8]) {
        match self.shared.table().relays.unwrap_message(id, message) {
            Ok((from, datagram)) => self.shared.receive(from, datagram),
            Err(reason) => self.shared.dropped(reason),
        }
    }

    /// The leases of the peers, in no order.
    pub fn leases(&self) -> Vec<Ipv4Addr> {
        self.shared.table().peers().map(|peer| peer.config.virtual_ip.0).collect()
    }

    /// The port of the IPv4 socket.
    pub fn local_port(&self) -> u16 {
        self.shared.sockets.local_port()
    }

    /// What was moved and dropped so far.
    pub fn counters(&self) -> TunnelCounters {
        let table = self.shared.table();
        TunnelCounters {
            received: self.shared.counters.received.get(),
            sent: self.shared.counters.sent.get(),
            drops: self.shared.counters.drops(),
            queue_times: PerLane::from_fn(|lane| self.shared.counters.queue_times[lane].get()),
            peers: table.peers().map(|peer| (peer.id(), peer.counters())).collect(),
            forwarded: table.forwarding.counters(),
        }
    }

    /// Stops and joins the threads; the party is left. Idempotent.
    pub fn shutdown(&self) {
        self.detach();
        self.shared.stop();
        self.socket_threads.lock().drain(..).for_each(join);
        self.leave();
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl std::fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tunnel").field("sockets", &self.shared.sockets).finish_non_exhaustive()
    }
}

fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    if thread.join().is_err() {
        tracing::error!(name, "a packet thread panicked");
    }
}
