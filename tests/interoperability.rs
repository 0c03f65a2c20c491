//! Whoever speaks WireGuard can speak with us: our data plane, on a real adapter, against a stock implementation.
#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use data_encoding::BASE64;
use lanrage_adapter::{Adapter, AdapterConfig};
use lanrage_engine::TunnelDevice;
use lanrage_lab::{Host, Process, Wire, stage, world};
use lanrage_party::{
    DeviceIdentity, PartySecret, PeerId, Remote, Subnet, VirtualIp, WireGuardKey, WireGuardPrivateKey,
};
use lanrage_shield::Gate;
use lanrage_tunnel::{LocalEnd, PeerConfig, Tunnel, UdpSockets};
use sha2::{Digest, Sha256};

const OURS: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
/// Where each side listens for WireGuard.
const PORT: u16 = 51_820;
const TCP_PORT: u16 = 7200;
/// How many bytes TCP carries in each direction.
const BYTES: usize = 10 << 20;
/// Longer than anything here takes on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stock peer.
struct Stock {
    process: Process,
    public_key: WireGuardKey,
}

/// The keys of the two, ours first; whether ours begins the handshakes depends on which is smaller.
struct Keys {
    ours: WireGuardPrivateKey,
    theirs: WireGuardPrivateKey,
    secret: PartySecret,
}

impl Keys {
    /// Keys with which we begin the handshakes, or the stock peer does.
    fn new(we_begin: bool) -> Self {
        let secret = PartySecret::from_random([7; 32]);
        let [one, two] = [1, 2].map(|seed| WireGuardPrivateKey::from_random([seed; 32]));
        let one_is_smaller = one.public() < two.public();
        let (ours, theirs) = if one_is_smaller == we_begin { (one, two) } else { (two, one) };
        Self { ours, theirs, secret }
    }

    fn preshared(&self) -> lanrage_party::PresharedKey {
        self.secret.preshared_key(&self.ours.public(), &self.theirs.public())
    }
}

fn start_stock(wire: &Wire, keys: &Keys) -> Result<Stock> {
    const INTERFACE: &str = "stock0";
    let host = &wire.two;
    let mut command = host.command("wireguard-go");
    command.args(["--foreground", INTERFACE]);
    let mut process = host.spawn(command).context("package wireguard-go")?;
    let deadline = Instant::now() + PATIENCE;
    while run(host.command("wg").args(["show", INTERFACE])).is_err() {
        ensure!(process.is_running()? && Instant::now() < deadline, "wireguard-go said:\n{}", process.tail());
        thread::sleep(Duration::from_millis(10));
    }
    let folder = stage::data_folder("stock")?;
    let file = |name: &str, key: &[u8; 32]| -> Result<_> {
        let file = folder.join(name);
        fs::write(&file, BASE64.encode(key))?;
        Ok(file)
    };
    let mut set = host.command("wg");
    set.args(["set", INTERFACE, "listen-port", &PORT.to_string(), "private-key"]);
    set.arg(file("private", keys.theirs.expose())?);
    set.args(["peer", &BASE64.encode(keys.ours.public().as_bytes()), "preshared-key"]);
    set.arg(file("preshared", keys.preshared().expose())?);
    set.args(["allowed-ips", &format!("{OURS}/32"), "endpoint", &format!("{}:{PORT}", wire.one.address())]);
    run(&mut set)?;
    run(host.command("ip").args(["address", "add", &format!("{THEIRS}/16"), "dev", INTERFACE]))?;
    run(host.command("ip").args(["link", "set", INTERFACE, "mtu", "1420", "up"]))?;
    Ok(Stock { process, public_key: keys.theirs.public() })
}

/// Our data plane on a real adapter, as the engine puts it together. Call it on a thread of our host.
fn start_ours(wire: &Wire, keys: &Keys, stock: &Stock) -> Result<(Tunnel, PeerId)> {
    let tunnel = Tunnel::start(UdpSockets::bind(PORT)?, Arc::new(|_| true))?;
    tunnel.set_gates(Gate::Open, []);
    tunnel.enter(LocalEnd {
        private_key: keys.ours.clone(),
        virtual_ip: VirtualIp(OURS),
        subnet: Subnet::DEFAULT,
    });
    let adapter = Adapter::open(&AdapterConfig {
        name: "lanrage0".into(),
        address: VirtualIp(OURS),
        subnet: Subnet::DEFAULT,
        mtu: 1420,
        offload: true,
    })?;
    tunnel.attach(Arc::new(TunnelDevice::new(Arc::new(adapter))))?;
    let id = DeviceIdentity::from_seed(&[9; 32]).peer_id();
    tunnel.add_peer(PeerConfig {
        id,
        public_key: stock.public_key,
        preshared_key: keys.preshared(),
        virtual_ip: VirtualIp(THEIRS),
    })?;
    tunnel.set_path(&id, Some(stock_at(wire)));
    Ok((tunnel, id))
}

fn stock_at(wire: &Wire) -> Remote {
    SocketAddr::from((wire.two.address(), PORT)).into()
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

fn ping_until_it_passes(from: &Host, to: Ipv4Addr, stock: &Stock) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !from.can_ping(IpAddr::from(to))? {
        ensure!(
            Instant::now() < deadline,
            "no ping from {} passes; the stock peer said:\n{}",
            from.name(),
            stock.process.tail()
        );
    }
    Ok(())
}

/// Sends random bytes from one host to the other, and checks that what comes has the same hash.
fn send_hashed(from: &Host, to: &Host, address: Ipv4Addr) -> Result<()> {
    let to_address = SocketAddr::from((address, TCP_PORT));
    let listener = to.enter(|| Ok(TcpListener::bind(to_address)?))?;
    let mut sender = from.enter(|| Ok(TcpStream::connect_timeout(&to_address, PATIENCE)?))?;
    let (mut receiver, _) = listener.accept()?;
    receiver.set_read_timeout(Some(PATIENCE))?;
    sender.set_write_timeout(Some(PATIENCE))?;
    let mut bytes = vec![0; BYTES];
    File::open(Path::new("/dev/urandom"))?.read_exact(&mut bytes)?;
    let received = thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut received = Vec::new();
            receiver.read_to_end(&mut received).map(|_| received)
        });
        sender.write_all(&bytes)?;
        sender.shutdown(Shutdown::Write)?;
        Ok::<_, anyhow::Error>(reader.join().map_err(|_| anyhow!("the reader panicked"))??)
    })?;
    ensure!(received.len() == BYTES, "{} of {BYTES} bytes came", received.len());
    ensure!(Sha256::digest(&received) == Sha256::digest(&bytes), "what came is not what was sent");
    Ok(())
}

fn speak(we_begin: bool) -> Result<()> {
    let wire = Wire::lay()?;
    let keys = Keys::new(we_begin);
    let stock = start_stock(&wire, &keys)?;
    wire.one.enter(|| {
        let (tunnel, id) = start_ours(&wire, &keys, &stock)?;
        if we_begin {
            tunnel.initiate_handshake(&id, &[stock_at(&wire)]);
            ping_until_it_passes(&wire.one, THEIRS, &stock)?;
            ping_until_it_passes(&wire.two, OURS, &stock)?;
        } else {
            ping_until_it_passes(&wire.two, OURS, &stock)?;
            ping_until_it_passes(&wire.one, THEIRS, &stock)?;
        }
        ensure!(tunnel.counters().peers[&id].received.packets > 0, "pings pass without the tunnel");
        send_hashed(&wire.one, &wire.two, THEIRS)?;
        send_hashed(&wire.two, &wire.one, OURS)?;
        let drops = tunnel.counters().drops;
        println!("dropped: {drops:?}");
        Ok(())
    })
}

#[test]
fn a_stock_wireguard_answers_our_handshake_and_exchanges_pings_and_tcp() {
    world::test(|| speak(true));
}

#[test]
fn a_stock_wireguard_begins_the_handshake_and_exchanges_pings_and_tcp() {
    world::test(|| speak(false));
}
