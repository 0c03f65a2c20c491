//! The traffic, the same for every program: `iperf3`, `ping`, and our own paced packets and game.

use std::{net::Ipv4Addr, process::Command, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{Host, Process, Wire};
use serde_json::Value;

use super::program::{release, urgent};

/// How long a tool may take beyond the time it was told to run.
const PATIENCE: Duration = Duration::from_secs(15);
const TCP_PORT: u16 = 5201;
const PACKET_PORT: u16 = 6000;
const GAME_PORT: u16 = 6100;
/// Headers of IPv4 and UDP.
const HEADER_BYTES: usize = 28;

/// From which host through which address to which host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) from: &'a Host,
    pub(super) to: &'a Host,
    /// Of `to`, in the tunnel.
    pub(super) address: Ipv4Addr,
}

impl<'a> Way<'a> {
    pub(super) fn along(wire: &'a Wire, address: Ipv4Addr) -> Self {
        Self { from: &wire.one, to: &wire.two, address }
    }
}

/// What TCP carried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tcp {
    pub(super) megabits_per_second: f64,
    pub(super) bytes: f64,
}

/// How TCP is to flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Streams(u8),
    /// One stream in each direction.
    BothWays,
}

/// A flow of TCP that runs.
#[derive(Debug)]
pub(super) struct TcpFlow {
    client: Process,
    _server: Process,
    limit: Duration,
}

impl TcpFlow {
    /// Starts it; it ends by itself.
    pub(super) fn start(way: Way<'_>, flow: Flow, length: Duration) -> Result<Self> {
        Self::to_server(Self::server(way.to)?, way, flow, length)
    }

    /// Starts one flow of a single stream along each way, all of them at the same time.
    pub(super) fn start_all(ways: &[Way<'_>], length: Duration) -> Result<Vec<Self>> {
        // What takes time is done before the first begins.
        let servers: Vec<_> = ways.iter().map(|way| Self::server(way.to)).collect::<Result<_>>()?;
        let flows = servers.into_iter().zip(ways);
        flows.map(|(server, &way)| Self::to_server(server, way, Flow::Streams(1), length)).collect()
    }

    fn server(host: &Host) -> Result<Process> {
        let mut command = urgent(host, "iperf3");
        command.args(["--server", "--one-off", "--forceflush", "--port", &TCP_PORT.to_string()]);
        let server = host.spawn(command)?;
        server.wait_for("open port", PATIENCE, |line| line.contains("listening").then_some(()))?;
        Ok(server)
    }

    fn to_server(server: Process, way: Way<'_>, flow: Flow, length: Duration) -> Result<Self> {
        let mut command = urgent(way.from, "iperf3");
        command.args(["--client", &way.address.to_string(), "--port", &TCP_PORT.to_string()]);
        // Whole seconds are all that it takes.
        let time = format!("{:.0}", length.as_secs_f64().ceil());
        command.args(["--time", &time, "--connect-timeout", "5000"]);
        // In one line, as a line is what can be waited for.
        command.args(["--json", "--interval", "0"]);
        match flow {
            Flow::Streams(count) => command.args(["--parallel", &count.to_string()]),
            Flow::BothWays => command.arg("--bidir"),
        };
        Ok(Self { client: way.from.spawn(command)?, _server: server, limit: length + PATIENCE })
    }

    /// What it carried, when it has ended.
    pub(super) fn finish(self) -> Result<Tcp> {
        let text = self.client.wait_for_end(self.limit)?;
        let answer: Value =
            serde_json::from_str(&text).with_context(|| format!("iperf3 wrote no JSON: {text}"))?;
        if let Some(error) = answer["error"].as_str() {
            bail!("iperf3: {error}");
        }
        let sums = ["sum_received", "sum_received_bidir_reverse"].map(|sum| &answer["end"][sum]);
        let total = |field: &str| sums.iter().filter_map(|sum| sum[field].as_f64()).sum::<f64>();
        let carried = Tcp { megabits_per_second: total("bits_per_second") / 1e6, bytes: total("bytes") };
        ensure!(carried.bytes > 0.0, "TCP carried nothing");
        Ok(carried)
    }
}

/// Paced packets that flow.
#[derive(Debug)]
pub(super) struct PacketFlow {
    sender: Process,
    receiver: Process,
    limit: Duration,
}

/// What became of paced packets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packets {
    /// What the sender should have sent.
    pub(super) due: f64,
    pub(super) sent: f64,
    /// What came in time to be of use.
    pub(super) in_time: f64,
}

impl PacketFlow {
    /// Starts it; it ends by itself. `size` is in bytes, headers of IP and UDP included.
    pub(super) fn start(way: Way<'_>, size: usize, rate: f64, length: Duration) -> Result<Self> {
        let mut command = urgent(way.to, release("bench_load"));
        command.args(["receive", &format!("{}:{PACKET_PORT}", way.address)]);
        let receiver = way.to.spawn(command)?;
        wait_until_ready(&receiver)?;
        let mut command = urgent(way.from, release("bench_load"));
        command.args(["send", &format!("{}:{PACKET_PORT}", way.address)]);
        command.args(["--size", &(size - HEADER_BYTES).to_string(), "--rate", &format!("{rate:.0}")]);
        command.args(["--seconds", &seconds(length)]);
        Ok(Self { sender: way.from.spawn(command)?, receiver, limit: length + PATIENCE })
    }

    /// What became of the packets, when the last has come.
    pub(super) fn finish(self) -> Result<Packets> {
        let sent = wait_for_json(&self.sender, self.limit, "due")?;
        let received = wait_for_json(&self.receiver, self.limit, "in_time")?;
        let number = |value: &Value| value.as_f64().unwrap_or(0.0);
        Ok(Packets {
            due: number(&sent["due"]),
            sent: number(&sent["sent"]),
            in_time: number(&received["in_time"]),
        })
    }
}

/// Round trips.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoundTrips {
    /// In microseconds, like `p99`.
    pub(super) p50: Option<f64>,
    pub(super) p99: Option<f64>,
    /// From 0 to 1.
    pub(super) loss: f64,
}

/// The game and the ping, at once: neither is a load for the other.
pub(super) fn play_and_ping(way: Way<'_>, length: Duration) -> Result<(RoundTrips, RoundTrips)> {
    let mut command = urgent(way.to, release("bench_load"));
    command.args(["echo", &format!("{}:{GAME_PORT}", way.address)]);
    let echo = way.to.spawn(command)?;
    wait_until_ready(&echo)?;
    let mut command = urgent(way.from, release("bench_load"));
    command.args(["game", &format!("{}:{GAME_PORT}", way.address), "--seconds", &seconds(length)]);
    let game = way.from.spawn(command)?;
    let pings = ping(way, length)?;
    let answer = wait_for_json(&game, length + PATIENCE, "received")?;
    let number = |name: &str| answer[name].as_f64();
    let (sent, received) = (number("sent").unwrap_or(0.0), number("received").unwrap_or(0.0));
    let played = RoundTrips {
        p50: number("p50_us"),
        p99: number("p99_us"),
        loss: (1.0 - received / sent.max(1.0)).max(0.0),
    };
    Ok((played, pings))
}

/// A hundred pings a second.
pub(super) fn ping(way: Way<'_>, length: Duration) -> Result<RoundTrips> {
    let count = (length.as_secs_f64() * 100.0) as usize;
    let mut command = urgent(way.from, "ping");
    command.args(["-n", "-i", "0.01", "-W", "2", "-c", &count.to_string(), &way.address.to_string()]);
    // It waits for lost ones; nothing waits for it longer than this.
    command.args(["-w", &format!("{:.0}", (length.as_secs_f64() + 3.0).ceil())]);
    let output = bounded(command)?;
    let times: Vec<f64> = output.lines().filter_map(ping_time_us).collect();
    Ok(RoundTrips {
        p50: percentile(times.clone(), 0.5),
        p99: percentile(times.clone(), 0.99),
        loss: (1.0 - times.len() as f64 / count.max(1) as f64).max(0.0),
    })
}

/// `64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.123 ms`.
fn ping_time_us(line: &str) -> Option<f64> {
    let (_, time) = line.split_once("time=")?;
    let milliseconds: f64 = time.strip_suffix(" ms")?.trim().parse().ok()?;
    Some(milliseconds * 1e3)
}

fn percentile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(values[(last as f64 * share).round() as usize])
}

/// Runs a tool that bounds its own time. Loss is no failure here.
fn bounded(mut command: Command) -> Result<String> {
    let output = command.output().context("cannot start a tool")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn wait_until_ready(tool: &Process) -> Result<()> {
    wait_for_json(tool, PATIENCE, "ready").map(drop)
}

fn wait_for_json(tool: &Process, limit: Duration, field: &str) -> Result<Value> {
    tool.wait_for("answer", limit, |line| {
        let answer: Value = serde_json::from_str(line).ok()?;
        (!answer[field].is_null()).then_some(answer)
    })
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_ping_is_read_from_its_line() {
        let line = "64 bytes from 10.99.0.2: icmp_seq=3 ttl=64 time=0.181 ms";
        assert_eq!(ping_time_us(line), Some(181.0));
        assert_eq!(ping_time_us("3 packets transmitted, 3 received, 0% packet loss, time 402ms"), None);
    }

    #[test]
    fn a_percentile_of_nothing_is_nothing() {
        assert_eq!(percentile(Vec::new(), 0.5), None);
        assert_eq!(percentile(vec![3.0, 1.0, 2.0], 0.5), Some(2.0));
    }
}
