//! Load on a TURN server with a static secret, ours or any other: how many allocations and packets per second it manages,
//! and what a gibibyte costs it.
//!
//! `relay_load --server 127.0.0.1:3478 --secret S --pid PID [--pairs 8] [--seconds 3] [--realm-ignored]` prints one JSON
//! object. Each pair is two allocations that send to each other's relayed address through channels, so each payload
//! passes the server twice; it is counted once. Rates are raised until more than 1 % is lost.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Parser;
use lanrage_nat::turn::{
    Framing, IpFamily, Received, RestSecret, Transport, TurnClient, TurnClientConfig, TurnEvent,
};
use serde_json::json;

#[derive(Parser)]
struct Arguments {
    /// The server, over UDP
    #[arg(long)]
    server: SocketAddr,
    /// Its static secret
    #[arg(long)]
    secret: String,
    /// Its process, whose CPU time is read from /proc
    #[arg(long)]
    pid: u32,
    /// Pairs of allocations that talk to each other
    #[arg(long, default_value_t = 8)]
    pairs: usize,
    /// Length of each measurement
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Allocations that are made and given back to see how fast that goes
    #[arg(long, default_value_t = 200)]
    allocations: usize,
    /// Address to send from
    #[arg(long, default_value = "0.0.0.0")]
    bind: std::net::IpAddr,
}

/// One allocation with its socket.
struct End {
    socket: UdpSocket,
    client: TurnClient,
    relayed: Option<SocketAddr>,
    bound: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let allocations_per_second = allocation_rate(&arguments)?;
    let mut ends = connect_pairs(&arguments)?;
    let mut results = Vec::new();
    for bytes in [1_200, 100] {
        results.push(measure(&arguments, &mut ends, bytes)?);
    }
    for end in &mut ends {
        end.client.close(Instant::now());
        end.flush()?;
    }
    let result = json!({
        "server": arguments.server.to_string(),
        "pairs": arguments.pairs,
        "allocations_per_second": allocations_per_second.round(),
        "payloads": results,
    });
    println!("{result}");
    Ok(())
}

impl End {
    fn new(arguments: &Arguments, user: &str, seed: u64) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((arguments.bind, 0))?;
        socket.set_nonblocking(true)?;
        let options = socket2::SockRef::from(&socket);
        let _ = options.set_recv_buffer_size(8 << 20);
        let _ = options.set_send_buffer_size(8 << 20);
        socket.connect(arguments.server)?;
        let credentials = RestSecret::new(&arguments.secret).issue(user, unix_now() + 3_600);
        let config = TurnClientConfig {
            server: arguments.server,
            transport: Transport::Udp,
            credentials,
            family: IpFamily::V4,
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        bytes[8..16].copy_from_slice(&u64::from(std::process::id()).to_be_bytes());
        let client = TurnClient::new(Instant::now(), config, bytes);
        Ok(Self { socket, client, relayed: None, bound: false })
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        while let Some((_, bytes)) = self.client.poll_transmit() {
            self.socket.send(&bytes)?;
        }
        while let Some(event) = self.client.poll_event() {
            match event {
                TurnEvent::Allocated { relayed, .. } => self.relayed = Some(relayed),
                TurnEvent::PeerBound { .. } => self.bound = true,
                TurnEvent::Failed { failure, .. } => bail!("no allocation: {failure}"),
                TurnEvent::PeerRefused { code, .. } => bail!("the server refuses the peer with {code}"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes in what has arrived; says how many payloads of this length.
    fn receive(&mut self, length: usize, buffer: &mut [u8]) -> anyhow::Result<u64> {
        let mut payloads = 0;
        let server = self.client.server();
        loop {
            match self.socket.recv(buffer) {
                // The length tells payloads from answers without parsing each.
                Ok(count) if count == length + 4 => payloads += 1,
                Ok(count) => {
                    let received = self.client.handle_datagram(Instant::now(), server, &buffer[..count]);
                    if let Received::Data { payload, .. } = received {
                        payloads += u64::from(payload.len() == length);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => bail!("no server there"),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(payloads)
    }
}

fn drive(ends: &mut [End], limit: Duration, done: impl Fn(&End) -> bool) -> anyhow::Result<()> {
    let (start, mut buffer) = (Instant::now(), [0; 2_048]);
    loop {
        for end in ends.iter_mut() {
            end.receive(usize::MAX - 4, &mut buffer)?;
            end.client.handle_timeout(Instant::now());
            end.flush()?;
        }
        if ends.iter().all(&done) {
            return Ok(());
        }
        if start.elapsed() > limit {
            bail!("the server did not answer everything in {limit:?}");
        }
        std::thread::yield_now();
    }
}

/// Allocations per second, made one after the other by one client each, with their login.
fn allocation_rate(arguments: &Arguments) -> anyhow::Result<f64> {
    let start = Instant::now();
    for index in 0..arguments.allocations {
        let user = format!("a{index}");
        let mut end = [End::new(arguments, &user, 1 << 32 | index as u64)?];
        drive(&mut end, Duration::from_secs(5), |end| end.relayed.is_some())?;
        end[0].client.close(Instant::now());
        end[0].flush()?;
    }
    Ok(arguments.allocations as f64 / start.elapsed().as_secs_f64())
}

fn connect_pairs(arguments: &Arguments) -> anyhow::Result<Vec<End>> {
    let mut ends = Vec::new();
    for index in 0..2 * arguments.pairs {
        ends.push(End::new(arguments, &format!("u{index}"), index as u64)?);
    }
    drive(&mut ends, Duration::from_secs(10), |end| end.relayed.is_some())?;
    for pair in ends.chunks_mut(2) {
        let [a, b] = pair else { continue };
        let (first, second) = (a.relayed.context("allocated")?, b.relayed.context("allocated")?);
        a.client.add_peer(Instant::now(), second)?;
        b.client.add_peer(Instant::now(), first)?;
    }
    drive(&mut ends, Duration::from_secs(10), |end| end.bound)?;
    Ok(ends)
}

/// Raises the rate until more than 1 % is lost.
fn measure(arguments: &Arguments, ends: &mut [End], bytes: usize) -> anyhow::Result<serde_json::Value> {
    let mut best = json!(null);
    let mut rate = 5_000.0;
    let mut misses = 0;
    while misses < 2 {
        let run = run(arguments, ends, bytes, rate)?;
        if run.loss < 0.01 {
            misses = 0;
            best = json!({
                "bytes": bytes,
                "packets_per_second": (run.received as f64 / run.seconds).round(),
                "loss": run.loss,
                "server_cpu_seconds": run.cpu,
                "server_cpu_seconds_per_gib": run.cpu / (run.received as f64 * bytes as f64 / f64::from(1 << 30)),
                "server_cpu_us_per_packet": run.cpu * 1e6 / run.received as f64,
            });
        } else {
            misses += 1;
        }
        if run.sent_rate < 0.9 * rate {
            break; // the generator is the limit
        }
        if misses == 0 {
            rate *= 1.3;
        }
    }
    Ok(best)
}

struct Run {
    received: u64,
    seconds: f64,
    sent_rate: f64,
    loss: f64,
    cpu: f64,
}

fn run(arguments: &Arguments, ends: &mut [End], bytes: usize, rate: f64) -> anyhow::Result<Run> {
    let mut packets = Vec::new();
    for index in 0..ends.len() {
        let peer = ends[index ^ 1].relayed.context("allocated")?;
        let framing = ends[index].client.framing(peer).context("bound")?;
        let mut buffer = vec![0; Framing::HEADROOM + bytes + Framing::TAILROOM];
        let range = framing.write(&mut buffer, Framing::HEADROOM..Framing::HEADROOM + bytes)?;
        packets.push(buffer[range].to_vec());
    }
    let mut buffer = [0; 2_048];
    let cpu = cpu_seconds(arguments.pid)?;
    let (start, mut sent, mut received) = (Instant::now(), 0_u64, 0_u64);
    let length = Duration::from_secs_f64(arguments.seconds);
    while start.elapsed() < length {
        // Every 200 µs what is due by then, taking turns; what is late is not made up for in bursts.
        let due = ((start.elapsed().as_secs_f64() * rate) as u64).min(sent + 64);
        while sent < due {
            let index = (sent % ends.len() as u64) as usize;
            if ends[index].socket.send(&packets[index]).is_ok() {
                sent += 1;
            }
        }
        for end in ends.iter_mut() {
            received += end.receive(bytes, &mut buffer)?;
            end.client.handle_timeout(Instant::now());
            end.flush()?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let late = Instant::now();
    while late.elapsed() < Duration::from_millis(300) {
        for end in ends.iter_mut() {
            received += end.receive(bytes, &mut buffer)?;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let cpu = cpu_seconds(arguments.pid)? - cpu;
    let loss = 1.0 - received as f64 / sent.max(1) as f64;
    Ok(Run { received, seconds, sent_rate: sent as f64 / seconds, loss, cpu })
}

/// CPU time of a process so far, by `/proc/PID/stat` (fields 14 and 15, in clock ticks of 10 ms).
fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').context("a process name")?.1;
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || -> anyhow::Result<f64> { Ok(fields.next().context("a time")?.parse()?) };
    Ok((ticks()? + ticks()?) / 100.0)
}

fn unix_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs()
}
