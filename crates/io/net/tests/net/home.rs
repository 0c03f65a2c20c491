//! This process as a device at home, behind a router, and a stranger on the other side of it.

use std::{
    fs,
    fs::File,
    future::Future,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, UdpSocket},
    os::fd::AsFd,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// No test waits longer for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// The device's address, on its interface `eth0`.
pub(crate) const DEVICE: &str = "192.168.77.10";
/// The router's address on its interface `lan`.
pub(crate) const GATEWAY: &str = "192.168.77.1";
/// The router's address on its interface `wan`. miniupnpd refuses to map ports where this is one that nobody can
/// have, so it is somebody's; no packet leaves the namespaces.
pub(crate) const OUTSIDE: &str = "11.0.0.1";
/// The stranger's addresses.
pub(crate) const STRANGER: [&str; 2] = ["11.0.0.9", "11.0.0.10"];

/// Drops what nobody asked for, as every home router does. One that lets it in remembers it as a connection of its own,
/// and then gives another port to the device that sends to the same address.
const ROUTER_RULES: &str = r#"
table inet filter {
    chain miniupnpd {}
    chain prerouting_miniupnpd {}
    chain postrouting_miniupnpd {}
    chain input { type filter hook input priority 0; policy accept; iifname "wan" ct state new drop; }
    chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
    chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
    chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; }
}
"#;

/// Builds the home in this world. Its router translates as a port-restricted cone.
pub(crate) fn build() -> Result<()> {
    // The mounted one shows the interfaces of the machine that this world stands on.
    run("mount -t sysfs sysfs /sys")?;
    run("ip netns add router")?;
    run("ip netns add stranger")?;
    run("ip link add eth0 type veth peer name lan netns router")?;
    run("ip link add wan netns router type veth peer name eth0 netns stranger")?;
    run(&format!("ip address add {DEVICE}/24 brd + dev eth0"))?;
    run("ip link set eth0 up")?;
    for (namespace, interface, address) in [
        ("router", "lan", GATEWAY),
        ("router", "wan", OUTSIDE),
        ("stranger", "eth0", STRANGER[0]),
        ("stranger", "eth0", STRANGER[1]),
    ] {
        run(&format!("ip -n {namespace} address add {address}/24 brd + dev {interface}"))?;
        run(&format!("ip -n {namespace} link set {interface} up"))?;
    }
    run(&format!("ip -n router route add default via {}", STRANGER[0]))?;
    run(&format!("ip route add default via {GATEWAY}"))?;
    in_namespace("router", || Ok(fs::write("/proc/sys/net/ipv4/ip_forward", "1")?))?;
    router_rules(ROUTER_RULES)?;
    router_rules(r#"add rule inet filter postrouting oifname "wan" masquerade"#)
}

/// Adds nftables rules to the router's.
pub(crate) fn router_rules(rules: &str) -> Result<()> {
    let mut nft = Command::new("ip");
    nft.args(["netns", "exec", "router", "nft", "-f", "-"]).stdin(Stdio::piped());
    let mut nft = nft.spawn().context("cannot run `ip` (package iproute2)")?;
    nft.stdin.take().context("no standard input")?.write_all(rules.as_bytes())?;
    ensure!(nft.wait()?.success(), "nft (package nftables) refuses {rules}");
    Ok(())
}

/// The router's rules as text.
pub(crate) fn present_router_rules() -> Result<String> {
    let output = Command::new("ip").args(["netns", "exec", "router", "nft", "list", "ruleset"]).output()?;
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a command of words without spaces.
pub(crate) fn run(command: &str) -> Result<()> {
    let mut words = command.split_whitespace();
    let program = words.next().context("an empty command")?;
    let output = Command::new(program)
        .args(words)
        .output()
        .with_context(|| format!("cannot run `{program}` (packages iproute2 and mount)"))?;
    ensure!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Runs `work` on a thread that stands in another namespace. Sockets made there stay there.
pub(crate) fn in_namespace<T: Send>(name: &str, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let namespace = File::open(format!("/run/netns/{name}"))?;
    let there = move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        work()
    };
    thread::scope(|scope| scope.spawn(there).join().expect("no panic over there"))
}

/// A socket of the stranger's.
pub(crate) fn stranger_socket(address: SocketAddr) -> Result<UdpSocket> {
    in_namespace("stranger", || Ok(UdpSocket::bind(address)?))
}

/// Runs async code, for at most a few [`LIMIT`]s.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    runtime
        .block_on(async { tokio::time::timeout(2 * LIMIT, work).await.context("the test takes too long")? })
}

/// miniupnpd on the router, killed at the end.
pub(crate) struct Miniupnpd {
    process: Child,
}

impl Miniupnpd {
    /// Starts it with these further lines of configuration, and waits until it listens.
    pub(crate) fn start(options: &[&str]) -> Result<Self> {
        let mut configuration = String::from(
            "ext_ifname=wan\nlistening_ip=lan\nipv6_disable=yes\n\
             uuid=6e1f5d3a-0000-4000-8000-000000000001\n\
             lease_file=/run/miniupnpd.leases\n",
        );
        for option in options {
            configuration += &format!("{option}\n");
        }
        configuration += "allow 1-65535 0.0.0.0/0 1-65535\n";
        fs::write("/run/miniupnpd.conf", configuration)?;
        let mut command = Command::new("ip");
        command.args(["netns", "exec", "router", "miniupnpd", "-d"]);
        command.args(["-f", "/run/miniupnpd.conf", "-P", "/run/miniupnpd.pid"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let log = BufReader::new(process.stderr.take().context("no standard error")?);
        let started = Self { process };
        let mut lines = log.lines().map_while(Result::ok);
        let mut seen = Vec::new();
        let listens = |line: &String| line.contains("HTTP listening") || line.contains("for NAT-PMP");
        let expected = usize::from(!options.contains(&"enable_upnp=no"))
            + usize::from(options.contains(&"enable_natpmp=yes"));
        for line in lines.by_ref() {
            seen.push(line);
            if seen.iter().filter(|line| listens(line)).count() == expected {
                // What is left must be read, or it would wait for that.
                thread::spawn(move || lines.for_each(drop));
                return Ok(started);
            }
        }
        anyhow::bail!("this test needs miniupnpd (Debian: apt-get install miniupnpd); it said {seen:#?}")
    }
}

impl Drop for Miniupnpd {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
