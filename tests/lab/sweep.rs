//! What a friend reaches of a player's computer: every port is tried at every level, what no program sends, and a server that has
//! just begun to listen.

mod odd;

use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use crate::{Host, Player, Process, Stage, echo, radar::Game, stage};

/// How long a party may take to stand.
const READY_LIMIT: Duration = Duration::from_secs(40);
/// How long it may take until a setting is in effect, or a server is seen.
const LIMIT: Duration = Duration::from_secs(10);
/// Packets that are sent at once; then a pause, so that none is lost for another reason than the one that is tried.
const BURST: usize = 256;
const PAUSE: Duration = Duration::from_millis(8);
/// How often all is tried anew that should have arrived and did not.
const ROUNDS: usize = 6;
/// How often a server is started that somebody reaches at once.
const STARTS: u16 = 10;
/// Another user than the player.
const NOBODY: &str = "65534";

/// The levels, the strictest first: what one has opened to answers must not help the next.
const LEVELS: [&str; 4] = ["closed", "games", "guarded", "open"];

/// Which ports are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// All 65,535.
    All,
    /// Those below 600, and those on which something listens.
    Few,
}

/// What a friend reached.
#[derive(Debug, Clone, Default)]
pub struct Swept {
    /// The level, or a word for what else was tried.
    pub what: String,
    /// How many were tried, of each protocol.
    pub tried: usize,
    /// How many arrived, of UDP and of TCP.
    pub arrived: [usize; 2],
    /// Where that is few, which.
    pub words: String,
    /// The slowest time until a server was reached that has just begun to listen.
    pub slowest: Option<Duration>,
    /// What was not as it should be.
    pub problem: Option<String>,
}

impl Swept {
    /// As an object of JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let [udp, tcp] = self.arrived;
        let slowest = self.slowest.map(|time| time.as_millis() as u64);
        json!({
            "what": self.what, "tried": self.tried, "udp": udp, "tcp": tcp, "words": self.words,
            "slowest_ms": slowest, "problem": self.problem,
        })
    }
}

/// A protocol's number and a port.
type Place = (u8, u16);
const UDP: u8 = 17;
const TCP: u8 = 6;

/// Tries everything. Build it inside a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built, or a party does not stand.
pub fn play(ports: Ports, mut report: impl FnMut(Swept)) -> Result<()> {
    let stage = Stage::build()?;
    let _server = stage.start_control_server()?;
    let one = Player::create(&stage.one, "one", "LAN", &stage.control_url())?;
    let two = Player::join(&stage.two, "two", one.registered_link(READY_LIMIT)?)?;
    one.wait_until_direct(&two, READY_LIMIT)?;
    let address = one.wait_for_address(READY_LIMIT)?;
    let friend = two.wait_for_address(READY_LIMIT)?;
    let room = Room { stage: &stage, one: &one, two: &two, address };
    room.count_from(friend)?;
    let listening = Listening::start(&stage.one)?;
    for level in LEVELS {
        report(room.sweep(level, ports, &listening)?);
    }
    room.choose("closed")?;
    report(room.odd(friend, if ports == Ports::All { 1_000_000 } else { 20_000 })?);
    room.choose("guarded")?;
    report(room.trust(&listening)?);
    report(room.knock()?);
    Ok(())
}

/// What listens on player one's computer.
struct Listening {
    /// Of the player's own programs: those at usual ports of services, and another.
    _own: (Vec<UdpSocket>, Vec<TcpListener>),
    /// A game, the same program under a name that is nobody's game, and that of another user.
    _servers: Vec<Process>,
}

/// What of the computer itself is never opened, though the player's own program listens there.
const NEVER: [u16; 7] = [22, 139, 445, 631, 3_389, 5_432, 5_900];
const OWN: u16 = 12_345;
const GAME: u16 = 8_303;
const PRIVATE: u16 = 9_301;
const SYSTEM: u16 = 9_302;

impl Listening {
    fn start(host: &Host) -> Result<Self> {
        let udp = NEVER.into_iter().chain([OWN]).map(|port| host.udp(port));
        let tcp = NEVER.into_iter().chain([OWN]).map(|port| listen(host, port));
        let own = (udp.collect::<Result<_>>()?, tcp.collect::<Result<_>>()?);
        let game = Game::Teeworlds.program().context("the server of teeworlds is missing")?;
        let folder = stage::data_folder("programs")?;
        let serve = |program: PathBuf, port: u16, user: Option<&str>| {
            let mut command = match user {
                Some(user) => {
                    let mut command = host.command("setpriv");
                    command.args(["--reuid", user, "--clear-groups"]).arg(&program);
                    command
                }
                None => host.command(&program),
            };
            command.arg(format!("sv_register 0; sv_port {port}"));
            host.spawn(command)
        };
        let named = |name: &str| {
            let program = folder.join(name);
            fs::copy(&game, &program).map(|_| program)
        };
        let servers = vec![
            serve(game.clone(), GAME, None)?,
            serve(named("node")?, PRIVATE, None)?,
            serve(game.clone(), SYSTEM, Some(NOBODY))?,
        ];
        Ok(Self { _own: own, _servers: servers })
    }
}

fn listen(host: &Host, port: u16) -> Result<TcpListener> {
    host.enter(|| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).context("listen"))
}

struct Room<'a> {
    stage: &'a Stage,
    one: &'a Player,
    two: &'a Player,
    /// Player one's in the party.
    address: Ipv4Addr,
}

impl Room<'_> {
    /// Lets the kernel of player one's computer note each place at which something arrives from the friend.
    fn count_from(&self, friend: Ipv4Addr) -> Result<()> {
        let rules = format!(
            "table ip sweep {{
                set seen {{
                    type inet_proto . inet_service
                    size 262144
                    flags dynamic
                }}
                set spoken {{
                    type inet_service
                    size 65536
                    flags dynamic
                }}
                chain output {{
                    type filter hook output priority -10
                    oifname \"lanrage0\" meta l4proto udp update @spoken {{ udp sport }}
                }}
                chain input {{
                    type filter hook input priority -10
                    iifname \"lanrage0\" ip saddr {friend} meta l4proto {{ tcp, udp }} update @seen {{ meta l4proto . th dport }}
                }}
            }}
            "
        );
        let file = stage::data_folder("sweep")?.join("rules");
        fs::write(&file, rules)?;
        self.stage.one.nft(&["-f", file.to_str().context("a path that is text")?]).map(|_| ())
    }

    /// Where something arrived since the last time.
    fn arrived(&self) -> Result<BTreeSet<Place>> {
        let listed: Value =
            serde_json::from_slice(&self.stage.one.nft(&["-jn", "list", "set", "ip", "sweep", "seen"])?)?;
        self.stage.one.nft(&["flush", "set", "ip", "sweep", "seen"])?;
        let sets = listed["nftables"].as_array().cloned().unwrap_or_default();
        let elements =
            sets.iter().find_map(|entry| entry["set"]["elem"].as_array()).cloned().unwrap_or_default();
        let place = |element: &Value| {
            let pair = element.get("elem").map_or(element, |element| &element["val"])["concat"].as_array()?;
            let protocol = match pair.first()? {
                Value::String(word) if word == "udp" => UDP,
                Value::String(word) if word == "tcp" => TCP,
                number => u8::try_from(number.as_u64()?).ok()?,
            };
            Some((protocol, u16::try_from(pair.get(1)?.as_u64()?).ok()?))
        };
        Ok(elements.iter().filter_map(place).collect())
    }

    /// The UDP ports that have sent anything to the party.
    fn spoken(&self) -> Result<BTreeSet<u16>> {
        let listed: Value =
            serde_json::from_slice(&self.stage.one.nft(&["-jn", "list", "set", "ip", "sweep", "spoken"])?)?;
        let sets = listed["nftables"].as_array().cloned().unwrap_or_default();
        let ports =
            sets.iter().find_map(|entry| entry["set"]["elem"].as_array()).cloned().unwrap_or_default();
        Ok(ports.iter().filter_map(|port| u16::try_from(port.as_u64()?).ok()).collect())
    }

    fn shield(&self) -> Result<Value> {
        Ok(self.one.status()?["party"]["shield"].clone())
    }

    fn choose(&self, level: &str) -> Result<()> {
        Player::choose(&self.stage.one, "one", "shield", level)?;
        self.wait("the level is not in effect", |shield| shield["level"] == level)
    }

    fn wait(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let shield = self.shield()?;
            if is_so(&shield) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{what}: {shield}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn sweep(&self, level: &str, ports: Ports, _listening: &Listening) -> Result<Swept> {
        self.choose(level)?;
        let is_open = |shield: &Value, port: u16| {
            let doors = shield["doors"].as_array();
            doors
                .is_some_and(|doors| doors.iter().any(|door| door["port"] == port && door["is_open"] == true))
        };
        if level != "open" {
            self.wait("what listens is not seen", |shield| {
                let doors = shield["doors"].as_array().map_or(0, Vec::len);
                doors > NEVER.len() && is_open(shield, GAME) == (level != "closed")
            })?;
        }
        let all: BTreeSet<Place> = [UDP, TCP]
            .into_iter()
            .flat_map(|protocol| {
                let few =
                    (1..600).chain(NEVER).chain([OWN, GAME, PRIVATE, SYSTEM, 40_000]).collect::<Vec<_>>();
                let tried = if ports == Ports::All { (1..=u16::MAX).collect() } else { few };
                tried.into_iter().map(move |port| (protocol, port))
            })
            .collect();
        let expected: BTreeSet<Place> = match level {
            "closed" => BTreeSet::new(),
            "games" => [(UDP, GAME)].into(),
            "guarded" => [(UDP, GAME), (UDP, OWN), (TCP, OWN)].into(),
            _ => all.clone(),
        };
        self.arrived()?;
        let mut arrived = BTreeSet::new();
        let mut missing: Vec<Place> = all.iter().copied().collect();
        for round in 0..ROUNDS {
            self.knock_at(&missing)?;
            arrived.extend(self.arrived()?.into_iter().filter(|place| all.contains(place)));
            missing = expected.difference(&arrived).copied().collect();
            if round > 0 && missing.is_empty() {
                break;
            }
        }
        // Who was spoken to may answer, whoever spoke: LANrage itself looks whether its adapter works.
        let spoken = self.spoken()?;
        arrived.retain(|place| expected.contains(place) || place.0 != UDP || !spoken.contains(&place.1));
        let many: Vec<&Place> = arrived.difference(&expected).collect();
        let problem = (!missing.is_empty() || !many.is_empty()).then(|| {
            format!(
                "missing {:?}, too much {:?}",
                &missing[..missing.len().min(9)],
                &many[..many.len().min(9)]
            )
        });
        let of = |protocol| arrived.iter().filter(|place| place.0 == protocol).count();
        let words = if arrived.len() < 9 { words(&arrived) } else { String::new() };
        Ok(Swept {
            what: level.to_owned(),
            tried: all.len() / 2,
            arrived: [of(UDP), of(TCP)],
            words,
            slowest: None,
            problem,
        })
    }

    /// Player two sends something to each.
    fn knock_at(&self, places: &[Place]) -> Result<()> {
        self.stage.two.enter(|| {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
            for some in places.chunks(BURST) {
                for (protocol, port) in some {
                    let to = SocketAddrV4::new(self.address, *port);
                    if *protocol == UDP {
                        // Where nobody listens the system says so here, in place of the next one.
                        let _ = socket.send_to(b"sweep", to).or_else(|_| socket.send_to(b"sweep", to));
                    } else {
                        let begin = Socket::new(Domain::IPV4, Type::STREAM, None)?;
                        begin.set_nonblocking(true)?;
                        let _ = begin.connect(&SocketAddr::from(to).into());
                    }
                }
                thread::sleep(PAUSE);
            }
            thread::sleep(Duration::from_millis(300));
            Ok(())
        })
    }

    /// Who is trusted with everything reaches remote login, and who with nothing not even a game.
    fn trust(&self, _listening: &Listening) -> Result<Swept> {
        let tried = [(TCP, 22), (UDP, GAME), (UDP, OWN)];
        let mut problem = None;
        for (trust, expected) in [("full", &tried[..]), ("mute", &[]), ("friend", &tried[1..])] {
            self.one.say_shield(&["trust", "two", trust])?;
            self.arrived()?;
            self.knock_at(&tried)?;
            let arrived: BTreeSet<Place> =
                self.arrived()?.into_iter().filter(|place| tried.contains(place)).collect();
            let expected: BTreeSet<Place> = expected.iter().copied().collect();
            if arrived != expected {
                problem = Some(format!("{trust}: {arrived:?}"));
            }
        }
        Ok(Swept { what: "trust".to_owned(), tried: tried.len(), problem, ..Swept::default() })
    }

    /// A server is reached at once that has just begun to listen, by TCP and by UDP.
    fn knock(&self) -> Result<Swept> {
        let mut slowest = Duration::ZERO;
        let host = self.two.host();
        for start in 0..STARTS {
            let port = 20_000 + start;
            let begun = Instant::now();
            let server = listen(self.one.host(), port)?;
            host.enter(|| {
                let to = SocketAddr::from((self.address, port));
                std::net::TcpStream::connect_timeout(&to, LIMIT).context("a server by TCP").map(drop)
            })?;
            slowest = slowest.max(begun.elapsed());
            drop(server);
            let begun = Instant::now();
            let _server = echo::Echo::start(self.one.host().udp(port)?)?;
            let client = host.udp(0)?;
            // One packet alone, then another each second as games do.
            client.set_read_timeout(Some(Duration::from_secs(1)))?;
            let mut answer = [0; 16];
            while client.send_to(b"hello", (self.address, port)).is_err()
                || client.recv_from(&mut answer).is_err()
            {
                ensure!(begun.elapsed() < LIMIT, "a server by UDP is not reached");
            }
            slowest = slowest.max(begun.elapsed());
        }
        Ok(Swept {
            what: "just begun".to_owned(),
            tried: STARTS.into(),
            slowest: Some(slowest),
            ..Swept::default()
        })
    }
}

fn words(places: &BTreeSet<Place>) -> String {
    let word = |(protocol, port): &Place| format!("{} {port}", if *protocol == UDP { "udp" } else { "tcp" });
    places.iter().map(word).collect::<Vec<_>>().join(", ")
}
