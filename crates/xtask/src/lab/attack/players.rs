//! Floods at a player's socket. The one who is flooded receives a download meanwhile, and is met by a newcomer.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Host, Lab, Player, Process, expected::Family, stage};

use super::{
    Row, Scale,
    flood::{self, Flood},
    place, share,
};

const DOWNLOAD_PORT: u16 = 9000;
/// What a player may take for what is not measured.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// Sessions are renewed after two minutes (WireGuard whitepaper §6.1); by then they have been.
const RENEWED: Duration = Duration::from_secs(135);
const HANDSHAKES_PER_SECOND: u32 = 20_000;
/// The longest that a newcomer may wait.
const NEWCOMER: Duration = Duration::from_secs(2);
const JUNK_PER_SECOND: u32 = 120_000;
/// The smallest that the sender makes: the smaller, the more fit into a line.
const JUNK_BYTES: u32 = 16;

/// Two friends in public, directly connected, and others who have an address there.
struct Friends {
    _server: Process,
    one: Player,
    two: Player,
    eve: Host,
    newcomer: Host,
    link: String,
    /// Player one's, inside the party.
    address: Ipv4Addr,
    /// Player one's socket.
    socket: String,
    since: Instant,
}

impl Friends {
    /// With IPv4, or with both families: the flood comes by IPv6 then.
    fn meet(family: Family) -> Result<Self> {
        let mut lab = Lab::new()?;
        let mut host = |name, last| place::public_host(&mut lab, family, name, last);
        let server_host = host("server", 5)?;
        let [one, two, newcomer] = [host("one", 61)?, host("two", 62)?, host("three", 63)?];
        // On the same segment: a router between would take its share of the one machine.
        let eve = place::public_host(&mut lab, family, "eve", 66)?;
        lab.settle()?;
        let server = stage::start_server(&server_host, &[])?;
        let control = place::socket_of(&server_host, family, stage::CONTROL_PORT);
        let control = format!("ws://{control}");
        let one = Player::create(&one, "one", "Attacked", &control)?;
        let link = one.registered_link(READY_LIMIT)?;
        let address = one.wait_for_address(READY_LIMIT)?;
        let two = Player::join(&two, "two", link.clone())?;
        two.wait_until_connected(READY_LIMIT)?;
        let deadline = Instant::now() + READY_LIMIT;
        while !two.has_direct_friend()? {
            ensure!(Instant::now() < deadline, "the friends do not meet; two said:\n{}", two.tail());
            thread::sleep(Duration::from_millis(50));
        }
        let socket = place::socket_of(one.host(), family, port_of_lanes(one.host(), family)?).to_string();
        let since = Instant::now();
        Ok(Self { _server: server, one, two, eve, newcomer, link, address, socket, since })
    }

    /// Megabits a second that player one receives of player two.
    fn download(&self, length: Duration) -> Result<f64> {
        download(&self.one, &self.two, self.address, length)
    }

    /// How long after its start somebody new, who opens the link, is connected with a friend.
    fn newcomer(&self, name: &'static str) -> Result<Duration> {
        let mut player = Player::join(&self.newcomer, name, self.link.clone())?;
        let took = player.wait_until_connected(READY_LIMIT)?;
        player.leave()?;
        Ok(took)
    }

    /// How many of ten pings a second player two misses.
    fn lost_pings(&self, length: Duration) -> Result<(u64, u64)> {
        let count = length.as_secs() * 10;
        let mut ping = self.two.host().command("ping");
        ping.args(["-n", "-q", "-i", "0.1", "-W", "1", "-c", &count.to_string(), &self.address.to_string()]);
        let text = String::from_utf8(ping.output()?.stdout)?;
        let received: Option<u64> =
            text.split(',').find_map(|part| part.trim().strip_suffix(" received")?.parse().ok());
        Ok((count - received.with_context(|| format!("ping said: {text}"))?, count))
    }

    fn key_of_one(&self) -> Result<String> {
        let roster = flood::ask(&self.eve, "attack", &["roster", &self.link])?;
        let peers = roster["peers"].as_array().context("no roster")?;
        let key = peers.iter().find(|peer| peer["name"] == "one").map(|peer| &peer["wireguard_key"]);
        Ok(key.and_then(|key| key.as_str()).context("player one is not in it")?.to_owned())
    }

    /// Lines that player one's log has.
    fn log_lines(&self) -> Result<usize> {
        let folder = stage::data_folder("one")?;
        let path = folder.join("network.log");
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(text.iter().filter(|byte| **byte == b'\n').count())
    }
}

/// Megabits a second that one, who has this address in the party, receives of the other.
pub(super) fn download(one: &Player, two: &Player, address: Ipv4Addr, length: Duration) -> Result<f64> {
    let listener = one.host().enter(|| Ok(TcpListener::bind((address, DOWNLOAD_PORT))?))?;
    let mut sender = two.host().enter(|| Ok(TcpStream::connect((address, DOWNLOAD_PORT))?))?;
    let (mut receiver, _) = listener.accept()?;
    receiver.set_read_timeout(Some(length + READY_LIMIT))?;
    sender.set_write_timeout(Some(length + READY_LIMIT))?;
    let begun = Instant::now();
    let sending = thread::spawn(move || {
        let block = vec![0; 64 << 10];
        while begun.elapsed() < length && sender.write_all(&block).is_ok() {}
    });
    let mut block = vec![0; 256 << 10];
    let mut bytes = 0;
    // What is still under way at the end counts no more.
    while begun.elapsed() < length {
        match receiver.read(&mut block) {
            Ok(0) => break,
            Ok(read) => bytes += read,
            Err(error) => return Err(error).context("the download"),
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    drop(receiver);
    sending.join().ok().context("the sender panicked")?;
    Ok(bytes as f64 * 8e-6 / seconds)
}

/// The lanes share one port, and nothing else does.
pub(super) fn port_of_lanes(host: &Host, family: Family) -> Result<u16> {
    let (file, any) = match family {
        Family::V4 => ("udp", "00000000:"),
        Family::V6 | Family::Both => ("udp6", "00000000000000000000000000000000:"),
    };
    let table = host.enter(|| Ok(fs::read_to_string(Path::new("/proc/thread-self/net").join(file))?))?;
    let mut ports: Vec<_> = table
        .lines()
        .skip(1)
        .filter_map(|line| u16::from_str_radix(line.split_whitespace().nth(1)?.strip_prefix(any)?, 16).ok())
        .collect();
    ports.sort_unstable();
    let pair = ports.windows(2).find(|pair| pair[0] == pair[1]);
    pair.map(|pair| pair[0]).with_context(|| format!("no lanes among the sockets:\n{table}"))
}

/// By somebody who has proven its address and knows the player's key, as every member does.
pub(super) fn handshakes(family: Family, scale: Scale, renewal: bool) -> Result<Vec<Row>> {
    let friends = Friends::meet(family)?;
    let key = friends.key_of_one()?;
    let flood = |length| {
        let rate = HANDSHAKES_PER_SECOND.to_string();
        let words = ["handshakes", &friends.socket, "--key", &key, "--rate", &rate];
        Flood::start(&friends.eve, "bench_load", &words, length)
    };
    let mut rows = downloads(&friends, scale, 0.7, &flood)?;
    rows.push(newcomers(&friends, scale, &flood)?);
    if renewal {
        let left = RENEWED.saturating_sub(friends.since.elapsed()).max(Duration::from_secs(20));
        let flood = flood(left + Duration::from_secs(5))?;
        let (lost, sent) = friends.lost_pings(left)?;
        flood.finish()?;
        rows.push(Row {
            what: "pings lost while sessions are renewed",
            calm: "–".to_owned(),
            attacked: format!("{lost} of {sent}"),
            goal: "none".to_owned(),
            passes: lost == 0,
        });
    }
    Ok(rows)
}

/// By anybody.
pub(super) fn junk(family: Family, scale: Scale) -> Result<Vec<Row>> {
    let friends = Friends::meet(family)?;
    let flood = |length| {
        let (rate, size) = (JUNK_PER_SECOND.to_string(), JUNK_BYTES.to_string());
        let words = ["send", &friends.socket, "--rate", &rate, "--size", &size];
        Flood::start(&friends.eve, "bench_load", &words, length)
    };
    let before = friends.log_lines()?;
    let mut rows = downloads(&friends, scale, 0.8, &flood)?;
    let lines = friends.log_lines()?.saturating_sub(before);
    rows.push(Row {
        what: "lines in the player's log",
        calm: "–".to_owned(),
        attacked: lines.to_string(),
        goal: "≤ 10".to_owned(),
        passes: lines <= 10,
    });
    rows.push(newcomers(&friends, scale, &flood)?);
    Ok(rows)
}

/// Before, meanwhile, and again: the first moments of a connection are not its best.
fn downloads(
    friends: &Friends,
    Scale { long, slack }: Scale,
    goal: f64,
    flood: &dyn Fn(Duration) -> Result<Flood>,
) -> Result<Vec<Row>> {
    friends.download(Duration::from_secs(1))?;
    let before = friends.download(long)?;
    let attack = flood(long + Duration::from_secs(1))?;
    let attacked = friends.download(long)?;
    let said = attack.finish()?;
    let calm = (before + friends.download(long)?) / 2.0;
    let seconds = said["seconds"].as_f64().unwrap_or(f64::INFINITY);
    let per_second = said["sent"].as_f64().unwrap_or(0.0) / seconds;
    let due = share(said["sent"].as_f64().unwrap_or(0.0), said["due"].as_f64().unwrap_or(f64::INFINITY));
    Ok(vec![
        Row {
            what: "datagrams a second that were sent",
            calm: "–".to_owned(),
            attacked: format!("{per_second:.0}"),
            goal: "all that were meant".to_owned(),
            passes: due > 0.95,
        },
        Row::download(calm, attacked, goal / slack),
    ])
}

fn newcomers(
    friends: &Friends,
    Scale { long, slack }: Scale,
    flood: &dyn Fn(Duration) -> Result<Flood>,
) -> Result<Row> {
    let calm = friends.newcomer("three")?;
    let attack = flood(long)?;
    let attacked = friends.newcomer("four")?;
    drop(attack);
    Ok(Row {
        what: "a newcomer's start to a friend, ms",
        calm: calm.as_millis().to_string(),
        attacked: attacked.as_millis().to_string(),
        goal: format!("≤ {}", NEWCOMER.mul_f64(slack).as_millis()),
        passes: attacked <= NEWCOMER.mul_f64(slack),
    })
}
