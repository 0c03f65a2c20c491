//! Two players in two networks meet over a server, and how soon, by which way: one cell of the matrix.

pub mod without_server;

use std::{
    net::{IpAddr, SocketAddrV4},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{
    Host, Lab, Lan, Player, Process,
    echo::{self, Echo},
    expected::{Network, Path, Relation},
    net::topology,
    networks::Pair,
    stage,
};

/// The name that leads to the server in both IP families.
pub const SERVER_NAME: &str = "server.test";
/// The last number of the server's addresses.
const SERVER_NUMBER: u8 = 5;

/// How long the first packet may take before the two count as not connected.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long the way may take from there until it is the expected one.
const SETTLE_LIMIT: Duration = Duration::from_secs(5);
/// How long a relayed way must stay one: probes of direct ones are over by then.
const STAY: Duration = Duration::from_millis(1_500);
/// How long the players may take for what is not measured.
const READY_LIMIT: Duration = Duration::from_secs(10);
/// Where player one echoes.
const ECHO_PORT: u16 = 7777;

/// The server's addresses, one of each family.
pub(crate) fn server_addresses() -> [IpAddr; 2] {
    [topology::public_address(SERVER_NUMBER).into(), topology::public_address_v6(SERVER_NUMBER).into()]
}

/// A server in public, and a player's host in each of two networks.
#[derive(Debug)]
pub struct Venue {
    /// All of it.
    pub lab: Lab,
    /// The server's host.
    pub server: Host,
    /// The hosts of the player who makes the party and of the one who joins.
    pub players: [Host; 2],
    /// Their LANs, where they have one.
    pub lans: [Option<Lan>; 2],
}

impl Venue {
    /// Builds it, and waits until packets pass.
    ///
    /// # Errors
    /// If the lab cannot be built here, or does not settle.
    pub fn build(pair: &Pair) -> Result<Self> {
        let mut lab = Lab::new()?;
        let server = lab.dual_stack_host("server", SERVER_NUMBER)?;
        let (first, second) = (&pair.one.network, &pair.two.network);
        let (lans, players) = if pair.relation == Relation::SameLan {
            let lan = Self::home(&mut lab, first)?.context("a shared LAN needs a router")?;
            let players = [lab.host(&lan, "one")?, lab.host(&lan, "two")?];
            ([Some(lan.clone()), Some(lan)], players)
        } else if let (Relation::SameCarrier, Some(carrier)) = (pair.relation, first.carrier) {
            let carrier = lab.carrier(carrier)?;
            let lans = [lab.home(first, Some(&carrier))?, lab.home(second, Some(&carrier))?];
            let players = [lab.host(&lans[0], "one")?, lab.host(&lans[1], "two")?];
            (lans.map(Some), players)
        } else {
            let lans = [Self::home(&mut lab, first)?, Self::home(&mut lab, second)?];
            let mut player = |lan: &Option<Lan>, name, last| match lan {
                Some(lan) => lab.host(lan, name),
                None => lab.dual_stack_host(name, last),
            };
            let players = [player(&lans[0], "one", 6)?, player(&lans[1], "two", 7)?];
            (lans, players)
        };
        lab.settle()?;
        Ok(Self { lab, server, players, lans })
    }

    fn home(lab: &mut Lab, network: &Network) -> Result<Option<Lan>> {
        let carrier = network.carrier.map(|carrier| lab.carrier(carrier)).transpose()?;
        network.home.map(|_| lab.home(network, carrier.as_ref())).transpose()
    }

    /// The server's address for clients.
    #[must_use]
    pub fn control_url(&self) -> String {
        stage::control_url(SERVER_NAME)
    }

    /// Starts the server, with everything that it has, and waits until it is healthy.
    ///
    /// # Errors
    /// If it is not within twenty seconds.
    pub fn start_server(&self) -> Result<Process> {
        // A client of one family must be able to ask its relay for an address of the other.
        let words = server_addresses().map(|address| format!("--relay-address={address}"));
        stage::start_server(&self.server, &words)
    }
}

/// What was seen of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// From the opening of the link to the first packet's return through the tunnel; `None` if none did.
    pub first_packet: Option<Duration>,
    /// The way on which both sides settled; `None` if they did not connect, or see it differently.
    pub path: Option<Path>,
    /// From the opening of the link until both sides have a direct path.
    pub direct: Option<Duration>,
    /// What went wrong, with the players' last words.
    pub problem: Option<String>,
}

impl Meeting {
    /// Lets two players meet in a venue of this pair. Build it inside a [`world`](crate::world).
    ///
    /// # Errors
    /// If the lab itself fails, or the server in it: nothing was then seen of the product, and another try is fair.
    pub fn hold(pair: &Pair) -> Result<Self> {
        let venue = Venue::build(pair)?;
        let server = venue.start_server()?;
        Ok(Self::between(&venue, pair.expected()).unwrap_or_else(|error| Self {
            first_packet: None,
            path: None,
            direct: None,
            problem: Some(format!("{error:#}; the server said:\n{}", server.tail())),
        }))
    }

    fn between(venue: &Venue, expected: Path) -> Result<Self> {
        let [host_one, host_two] = &venue.players;
        let one = Player::create(host_one, "one", "Matrix", &venue.control_url())?;
        let address = one.wait_for_address(READY_LIMIT)?;
        let link = one.registered_link(READY_LIMIT)?;
        let _echo = Echo::start(host_one.udp(ECHO_PORT)?)?;
        let (probe, to) = (host_two.udp(0)?, SocketAddrV4::new(address, ECHO_PORT));

        let opened = Instant::now();
        let two = Player::join(host_two, "two", link)?;
        let first = echo::await_first(&probe, to, b"anybody there?", CONNECT_LIMIT);
        let mut meeting = Self { first_packet: None, path: None, direct: None, problem: None };
        match first {
            Ok(first) => meeting.first_packet = Some(first.duration_since(opened)),
            Err(error) => meeting.problem = Some(format!("{error:#}")),
        }
        if meeting.first_packet.is_some() {
            meeting.settle(opened, expected, [&one, &two])?;
        }
        if meeting.path != Some(expected) {
            let problem =
                meeting.problem.take().unwrap_or_else(|| "the way is not the expected one".to_owned());
            meeting.problem = Some(format!("{problem}\n{}", last_words(&one, &two)));
        }
        Ok(meeting)
    }

    /// Follows both sides' view until it is the expected one and stays so.
    fn settle(&mut self, opened: Instant, expected: Path, players: [&Player; 2]) -> Result<()> {
        let begun = Instant::now();
        loop {
            let [one, two] = [players[0].path_to_friend()?, players[1].path_to_friend()?];
            self.path = one.filter(|_| one == two);
            if self.path == Some(Path::Direct) {
                self.direct.get_or_insert(opened.elapsed());
            }
            let stays = expected == Path::Direct || begun.elapsed() > STAY;
            if (self.path == Some(expected) && stays) || begun.elapsed() > SETTLE_LIMIT {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// As one line, for the program that counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let ms = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        let path = self.path.map(Path::word);
        json!({
            "first_packet_ms": ms(self.first_packet),
            "path": path,
            "direct_ms": ms(self.direct),
            "problem": self.problem,
        })
    }

    /// Reads such a line.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_json(value: &Value) -> Result<Self> {
        let fields = value.as_object().context("no object")?;
        let ms =
            |key: &str| fields.get(key).and_then(Value::as_f64).map(|ms| Duration::from_secs_f64(ms / 1e3));
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        Ok(Self {
            first_packet: ms("first_packet_ms"),
            path: text("path").and_then(Path::from_word),
            direct: ms("direct_ms"),
            problem: text("problem").map(str::to_owned),
        })
    }
}

/// What two players see of each other, and what they said.
fn last_words(one: &Player, two: &Player) -> String {
    let status = |player: &Player| player.status().unwrap_or_default()["party"]["peers"].to_string();
    format!(
        "player one sees {}\nand said:\n{}player two sees {}\nand said:\n{}",
        status(one),
        one.tail(),
        status(two),
        two.tail()
    )
}
