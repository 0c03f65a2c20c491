use std::{
    fs,
    net::{SocketAddrV4, UdpSocket},
    sync::OnceLock,
    time::Duration,
};

use anyhow::{Context, Result};
use lanrage_lab::{Host, Lab, dht::LabDht};
use lanrage_party::PartySecret;
use lanrage_rendezvous::{ItemKey, Keys, Kind, PLAIN_BYTES, Place, SignedItem, Window};
use lanrage_rendezvous_engines::{Dht, Entrance, Rendezvous};
use tokio::{runtime, sync::mpsc, time::timeout};

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A DHT of 24 nodes, and a computer with a public address that is none of them.
pub(crate) struct Setting {
    pub(crate) nodes: LabDht,
    pub(crate) player: Host,
    /// Another one.
    pub(crate) stranger: Host,
    host: Host,
}

impl Setting {
    pub(crate) fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let host = lab.public_host("nodes", 2)?;
        let player = lab.public_host("player", 3)?;
        let stranger = lab.public_host("stranger", 4)?;
        lab.settle()?;
        Ok(Self { nodes: LabDht::start(&lab, &host)?, player, stranger, host })
    }

    /// Runs something on the player's computer, with sockets and threads there.
    pub(crate) fn play(&self, play: impl AsyncFnOnce(&Self) -> Result<()> + Send) -> Result<()> {
        self.player.enter(|| {
            let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            let played = runtime
                .block_on(async { timeout(seconds(60), play(self)).await.context("it takes too long")? });
            // A lookup of a name that nobody answers goes on for half a minute.
            runtime.shutdown_background();
            played
        })
    }

    pub(crate) fn names(&self) -> Vec<(String, u16)> {
        let nodes = self.nodes.addresses().into_iter().take(3);
        nodes.map(|node| (node.ip().to_string(), node.port())).collect()
    }

    pub(crate) fn dht(&self) -> Dht {
        self.dht_by(Entrance { kept: Vec::new(), names: self.names() })
    }

    pub(crate) fn dht_by(&self, entrance: Entrance) -> Dht {
        Dht::open(entrance)
    }
}

/// An item of a party, the n-th of its place.
pub(crate) fn item(n: u8) -> SignedItem {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    let keys = KEYS.get_or_init(|| Keys::new(&PartySecret::from_random([5; 32]), 1));
    let place = Place { kind: Kind::Beacon, window: Window(20_000), slot: 0 };
    keys.seal(place, 1_800_000_000_000_000 + i64::from(n), &[n; PLAIN_BYTES], [n; 24])
}

/// All replicas that an engine finds.
pub(crate) async fn look(engine: &impl Rendezvous, key: ItemKey) -> Vec<SignedItem> {
    let (found, mut replicas) = mpsc::channel(1);
    let collected = async {
        let mut all = Vec::new();
        while let Some(item) = replicas.recv().await {
            all.push(item);
        }
        all
    };
    tokio::join!(collected, engine.look(key, found)).0
}

/// From now on names are asked of a server that takes every question and answers none: the socket that is returned. Only
/// inside a world, where a file can be bound over for it alone.
pub(crate) fn silence_names(setting: &Setting) -> Result<UdpSocket> {
    let file = "/run/resolv.conf";
    fs::write(file, format!("nameserver {}\noptions timeout:30 attempts:1\n", setting.host.address()))?;
    let mounted = std::process::Command::new("mount").args(["--bind", file, "/etc/resolv.conf"]).status()?;
    anyhow::ensure!(mounted.success(), "the list of name servers cannot be replaced");
    setting.host.udp(53)
}

/// How many UDP sockets of IPv4 there are on this computer.
pub(crate) fn udp_sockets() -> Result<usize> {
    Ok(fs::read_to_string("/proc/thread-self/net/udp")?.lines().count() - 1)
}

/// A player's engine that has asked something, a socket of somebody whom nobody has asked anything, and where that one
/// reaches the player's.
pub(crate) async fn dht_and_stranger(setting: &Setting) -> Result<(Dht, UdpSocket, SocketAddrV4)> {
    let dht = setting.dht();
    assert_eq!(dht.publish(item(1)).await, Ok(()));
    let table = fs::read_to_string("/proc/thread-self/net/udp")?;
    let ports = table.lines().skip(1).filter_map(|line| {
        let (_, port) = line.split_whitespace().nth(1)?.rsplit_once(':')?;
        u16::from_str_radix(port, 16).ok()
    });
    let [port] = ports.collect::<Vec<_>>()[..] else { panic!("one socket") };
    Ok((dht, setting.stranger.udp(0)?, SocketAddrV4::new(setting.player.address(), port)))
}
