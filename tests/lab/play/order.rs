//! Whether a flow of packets of different sizes stays in order, and how soon they arrive, beside transfers of others: what
//! the choice of lanes does to a game.

use std::{
    fmt::{self, Display, Formatter},
    io::Write,
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{
    Host, Player, Stage,
    echo::{self, Echo},
    expected::Path as Way,
    stage,
};

/// How long two players may take to meet.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// A transfer is at its full speed after this.
const WARM_UP: Duration = Duration::from_millis(1_500);
const ECHO_PORT: u16 = 7777;
const PAIR_PORT: u16 = 7778;
const LOAD_PORT: u16 = 7779;
/// How often a transfer looks whether it should stop.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// Datagrams of the transfer by UDP: 100 Mbit/s of 1,200 bytes each.
const DATAGRAMS: u32 = 10;
const DATAGRAMS_EVERY: Duration = Duration::from_millis(1);
/// Many slow flows go from so many sockets to so many ports, each with each, and take turns.
const MANY_SOCKETS: usize = 20;
const MANY_PORTS: u16 = 10;
/// So many of their datagrams every millisecond.
const MANY_DATAGRAMS: usize = 16;

/// What else flows in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// As much TCP as goes.
    Tcp,
    /// 100 Mbit/s of large datagrams.
    Udp,
    /// 150 Mbit/s in 200 flows, none of which is fast by itself, as of programs that share files.
    Many,
}

impl Beside {
    /// All.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Tcp, Self::Udp, Self::Many];
}

impl Display for Beside {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nothing => "idle",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Many => "many",
        })
    }
}

/// Pairs of a large and a small packet in one flow.
#[derive(Debug, Clone, Copy)]
pub struct Pairs {
    /// How many.
    pub count: u32,
    /// Bytes of the large packet's payload; the small one has 100.
    pub large: usize,
    /// From one pair to the next.
    pub every: Duration,
}

/// What became of the packets of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// How many arrived.
    pub arrived: usize,
    /// How many of these came behind one that was sent later.
    pub late: usize,
}

/// Two players in a party, and their hosts.
#[derive(Debug)]
pub struct Players {
    one: Player,
    two: Player,
    /// Of player one.
    address: Ipv4Addr,
    _echo: Echo,
}

impl Players {
    /// Lets them meet by that way: of this stage, whose server runs, with this `lanrage` or the one that was built.
    ///
    /// # Errors
    /// If they don't.
    pub fn meet(on: &Stage, way: Way, lanrage: Option<&Path>) -> Result<Self> {
        // Where they have been let through before, too.
        let router = on.home_of_one.router();
        router.nft(&["flush chain ip lab forward_test"]).or_else(|_| {
            router.nft(&["add chain ip lab forward_test { type filter hook forward priority -5 ; }"])
        })?;
        if way == Way::Relayed {
            let other = on.home_of_two.router().ip();
            for direction in ["daddr", "saddr"] {
                router.nft(&[&format!("add rule ip lab forward_test ip {direction} {other} drop")])?;
            }
        }
        let starter = lanrage.map(|path| vec![path.into()]);
        let data = |name: &str| {
            let data = stage::data_folder(&format!("order-{name}"))?;
            // Of players before.
            std::fs::remove_dir_all(&data)?;
            stage::data_folder(&format!("order-{name}"))
        };
        let one =
            Player::create_with(&on.one, "one", starter.clone(), data("one")?, "Order", &on.control_url())?;
        let address = one.wait_for_address(MEET_LIMIT)?;
        let link = one.registered_link(MEET_LIMIT)?;
        let two = match starter {
            Some(starter) => Player::join_with(&on.two, "two", starter, data("two")?, &link)?,
            None => Player::join(&on.two, "two", link)?,
        };
        let echo = Echo::start(on.one.udp(ECHO_PORT)?)?;
        let to = SocketAddrV4::new(address, ECHO_PORT);
        echo::await_first(&on.two.udp(0)?, to, b"anybody there?", MEET_LIMIT)
            .with_context(|| format!("one said:\n{}two said:\n{}", one.tail(), two.tail()))?;
        let players = Self { one, two, address, _echo: echo };
        players.settle(way)?;
        Ok(players)
    }

    /// Waits until the way is the wanted one, and nothing is done about it any more.
    fn settle(&self, way: Way) -> Result<()> {
        let deadline = Instant::now() + MEET_LIMIT;
        loop {
            let ways = [self.one.path_to_friend()?, self.two.path_to_friend()?];
            if ways == [Some(way); 2] {
                break;
            }
            ensure!(Instant::now() < deadline, "the ways are {ways:?}; two said:\n{}", self.two.tail());
            thread::sleep(Duration::from_millis(50));
        }
        thread::sleep(Duration::from_secs(3));
        Ok(())
    }

    /// Starts a transfer from player two to player one.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn transfer(&self, what: Beside) -> Result<Load> {
        Load::start(what, self.two.host(), self.one.host(), self.address)
    }

    /// Sends pairs from player two to player one.
    ///
    /// # Errors
    /// If none arrives.
    pub fn pairs(&self, pairs: Pairs) -> Result<Order> {
        let receiver = self.one.host().udp(PAIR_PORT)?;
        let sender = self.two.host().udp(0)?;
        let port = sender.local_addr()?.port();
        let counter = thread::spawn(move || count(&receiver, port));
        let to = SocketAddrV4::new(self.address, PAIR_PORT);
        let begun = Instant::now();
        for pair in 0..pairs.count {
            for (number, size) in [(2 * pair, pairs.large), (2 * pair + 1, 100)] {
                let mut packet = vec![0; size];
                packet[..4].copy_from_slice(&number.to_be_bytes());
                sender.send_to(&packet, to)?;
            }
            thread::sleep((pairs.every * (pair + 1)).saturating_sub(begun.elapsed()));
        }
        let order = counter.join().unwrap_or(Order { arrived: 0, late: 0 });
        ensure!(order.arrived > 0, "nothing arrived; two said:\n{}", self.two.tail());
        Ok(order)
    }

    /// Round trips of packets with so many bytes of payload, 60 a second, sorted from fast to slow.
    ///
    /// # Errors
    /// If more than a tenth is lost.
    pub fn round_trips(&self, bytes: usize, count: u32) -> Result<Vec<Duration>> {
        let to = SocketAddrV4::new(self.address, ECHO_PORT);
        let interval = Duration::from_secs(1) / 60;
        echo::round_trips_of(&self.two.host().udp(0)?, to, bytes, count, interval)
    }
}

/// Until none comes for a while; of this port alone, as others may still be on their way.
fn count(receiver: &UdpSocket, port: u16) -> Order {
    let (mut arrived, mut late, mut last) = (0, 0, None);
    let mut buffer = [0; 65_536];
    while let Ok((length, from)) = receiver.recv_from(&mut buffer) {
        if from.port() != port {
            continue;
        }
        let Some(number) = buffer[..length].first_chunk().copied().map(u32::from_be_bytes) else { continue };
        arrived += 1;
        late += usize::from(last > Some(number));
        last = last.max(Some(number));
    }
    Order { arrived, late }
}

/// A transfer that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn start(what: Beside, from: &Host, to: &Host, address: Ipv4Addr) -> Result<Self> {
        let to_address = SocketAddrV4::new(address, LOAD_PORT);
        let stop = Arc::new(AtomicBool::new(false));
        let mut load = Self { stop: Arc::clone(&stop), threads: Vec::new() };
        let mut add = |work: Box<dyn FnMut() + Send>| {
            let (stop, mut work) = (Arc::clone(&stop), work);
            load.threads.push(thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    work();
                }
            }));
        };
        match what {
            Beside::Nothing => return Ok(load),
            Beside::Tcp => {
                let listener = to.enter(|| Ok(TcpListener::bind(to_address)?))?;
                let mut sending =
                    from.enter(|| Ok(TcpStream::connect_timeout(&to_address.into(), MEET_LIMIT)?))?;
                let (mut receiving, _) = listener.accept()?;
                sending.set_write_timeout(Some(STOP_CHECK))?;
                receiving.set_read_timeout(Some(STOP_CHECK))?;
                let (block, mut room) = (vec![0x5a; 128 << 10], vec![0; 128 << 10]);
                // A timeout is only a look at whether to stop.
                add(Box::new(move || drop(sending.write(&block))));
                add(Box::new(move || drop(std::io::Read::read(&mut receiving, &mut room))));
            }
            Beside::Udp => {
                let (receiver, sender) = (to.udp(LOAD_PORT)?, from.udp(0)?);
                receiver.set_read_timeout(Some(STOP_CHECK))?;
                let mut room = [0; 2_048];
                add(Box::new(move || drop(receiver.recv(&mut room))));
                add(Box::new(move || {
                    (0..DATAGRAMS).for_each(|_| drop(sender.send_to(&[0x5a; 1_200], to_address)));
                    thread::sleep(DATAGRAMS_EVERY);
                }));
            }
            Beside::Many => {
                let senders = (0..MANY_SOCKETS).map(|_| from.udp(0)).collect::<Result<Vec<_>>>()?;
                for port in 0..MANY_PORTS {
                    let receiver = to.udp(LOAD_PORT + port)?;
                    receiver.set_read_timeout(Some(STOP_CHECK))?;
                    let mut room = [0; 2_048];
                    add(Box::new(move || drop(receiver.recv(&mut room))));
                }
                let mut flows = (0..MANY_PORTS)
                    .flat_map(|port| (0..MANY_SOCKETS).map(move |sender| (sender, port)))
                    .cycle();
                add(Box::new(move || {
                    for (sender, port) in flows.by_ref().take(MANY_DATAGRAMS) {
                        let to = SocketAddrV4::new(address, LOAD_PORT + port);
                        drop(senders[sender].send_to(&[0x5a; 1_200], to));
                    }
                    thread::sleep(DATAGRAMS_EVERY);
                }));
            }
        }
        thread::sleep(WARM_UP);
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It has no way to panic that would be news here.
            let _ = thread.join();
        }
    }
}
