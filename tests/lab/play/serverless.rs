//! How soon two players meet with nobody's server: from the click on a link to the first packet on the virtual LAN.

use std::{
    fs,
    net::{SocketAddr, SocketAddrV4},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{acts, stage};
use crate::{
    Host, Lab, Lan, Player, Process, Uplinks,
    dht::{LabDht, Liars, NODES},
    echo::{self, Echo},
    expected::{Dependence::EndpointIndependent, Nat},
    networks::HOME,
};

/// A router that lets in whoever sends, as one does that opened a port.
const OPEN: Nat = Nat::new(EndpointIndependent, EndpointIndependent);
/// Where player one echoes.
const ECHO_PORT: u16 = 7777;
/// How long the players may take for what is not measured.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// How long the first packet may take before the two count as not connected.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// Until the beacon of whoever is in is stored and read back.
const SETTLED: Duration = Duration::from_secs(5);
/// How often whoever keeps the door looks at it at first: the clicks are spread over that.
const DOOR_PACE: Duration = Duration::from_secs(3);
/// By which so many nodes a player comes into the DHT.
const ENTRANCE: usize = 3;
/// The same of liars, if there are any.
const FALSE_ENTRANCE: usize = 5;

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Strangers reach the host, and the link says where it is.
    Fresh,
    /// Strangers reach the host, which has moved since the link was copied.
    Stale,
    /// Both routers let nobody in whom the player has not spoken to.
    Strict,
    /// The same, and half of the nodes of the DHT are silent.
    HalfSilent,
    /// The same, and nodes of the DHT lie.
    Hostile,
    /// As [`Fresh`](Self::Fresh), and there is no DHT.
    FreshWithoutDht,
    /// Two who have met start again, and there is neither a link nor a DHT.
    FriendsWithoutDht,
}

impl Case {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Fresh,
        Self::Stale,
        Self::Strict,
        Self::HalfSilent,
        Self::Hostile,
        Self::FreshWithoutDht,
        Self::FriendsWithoutDht,
    ];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Strict => "strict",
            Self::HalfSilent => "half-silent",
            Self::Hostile => "hostile",
            Self::FreshWithoutDht => "no-dht-fresh",
            Self::FriendsWithoutDht => "no-dht-friends",
        }
    }

    /// The case of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|case| case.name() == name)
    }

    /// Whether it is found by the DHT alone.
    const fn needs_dht(self) -> bool {
        matches!(self, Self::Stale | Self::Strict | Self::HalfSilent | Self::Hostile)
    }

    const fn has_dht(self) -> bool {
        !matches!(self, Self::FreshWithoutDht | Self::FriendsWithoutDht)
    }

    const fn router_of_host(self) -> Nat {
        match self {
            Self::Strict | Self::HalfSilent | Self::Hostile => HOME,
            _ => OPEN,
        }
    }
}

/// What was seen of one meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// From the click to the first packet's return on the virtual LAN; `None` if none did.
    pub first_packet: Option<Duration>,
    /// How many addresses the newcomer's router has seen it send to meanwhile.
    pub addresses: usize,
    /// What the program of the host has grown by since the link was made (KiB).
    pub grown_kib: u64,
    /// What went wrong, with the players' last words.
    pub problem: Option<String>,
}

/// Plays a case so many times, each with a new party of new players, and reports each round. Build it inside a
/// [`world`](crate::world).
///
/// # Errors
/// If the lab itself fails: nothing was then seen of the product.
pub fn play(case: Case, rounds: u32, mut report: impl FnMut(Round)) -> Result<()> {
    let mut scene = Scene::set(case)?;
    for number in 0..rounds {
        let round = scene.round(number, DOOR_PACE * number / rounds);
        report(round.unwrap_or_else(|error| Round {
            first_packet: None,
            addresses: 0,
            grown_kib: 0,
            problem: Some(format!("{error:#}")),
        }));
    }
    Ok(())
}

/// Two players' networks, and what there is of a DHT.
#[derive(Debug)]
struct Scene {
    case: Case,
    hosts: [Host; 2],
    home_of_two: Lan,
    /// Player one's.
    uplinks: Uplinks,
    /// What each player is told.
    settings: Vec<(&'static str, String)>,
    _stun: Process,
    _nodes: Option<LabDht>,
    _liars: Option<Liars>,
}

impl Scene {
    fn set(case: Case) -> Result<Self> {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let home_of_one = lab.lan(case.router_of_host())?;
        let home_of_two = lab.lan(HOME)?;
        let elsewhere = lab.lan(case.router_of_host())?;
        let hosts = [lab.host(&home_of_one, "one")?, lab.host(&home_of_two, "two")?];
        let uplinks = lab.second_uplink(&hosts[0], &home_of_one, &elsewhere)?;
        lab.settle()?;
        let (stun_server, stun) = stage::start_stun(&server)?;
        let mut nodes = case.has_dht().then(|| LabDht::start(&lab, &server)).transpose()?;
        if let Some(nodes) = nodes.as_mut().filter(|_| case == Case::HalfSilent) {
            nodes.silence(usize::from(NODES) / 2);
        }
        let liars = (case == Case::Hostile).then(|| Liars::start(&lab, &server)).transpose()?;
        let honest = nodes.as_ref().map(LabDht::addresses).unwrap_or_default();
        let lying = liars.as_ref().map(Liars::addresses).unwrap_or_default();
        let mut entrance: Vec<String> = lying
            .iter()
            .take(FALSE_ENTRANCE)
            .chain(honest.iter().take(ENTRANCE))
            .map(ToString::to_string)
            .collect();
        if entrance.is_empty() {
            // Nobody is there.
            entrance.push(format!("{}:{}", server.address(), crate::dht::PORT));
        }
        let settings = vec![
            ("dht_nodes", entrance.join(",")),
            ("pkarr_relays", String::new()),
            ("stun_servers", stun),
            ("port_mapping", "no".to_owned()),
        ];
        Ok(Self {
            case,
            hosts,
            home_of_two,
            uplinks,
            settings,
            _stun: stun_server,
            _nodes: nodes,
            _liars: liars,
        })
    }

    fn round(&mut self, number: u32, pause: Duration) -> Result<Round> {
        for host in &self.hosts {
            fs::remove_dir_all(stage::data_folder(host.name())?)?;
            for (key, value) in &self.settings {
                Player::choose(host, host.name(), key, value)?;
            }
        }
        let mut one = Player::create_without_server(&self.hosts[0], "one", &format!("Nobody's {number}"))?;
        let address = one.wait_for_address(READY_LIMIT)?;
        let link = self.wait_for_link(&one)?;
        let _echo = Echo::start(self.hosts[0].udp(ECHO_PORT)?)?;
        let to = SocketAddrV4::new(address, ECHO_PORT);
        let mut friend = None;
        if self.case == Case::FriendsWithoutDht {
            let mut two = Player::join(&self.hosts[1], "two", link.clone())?;
            one.wait_until_direct(&two, READY_LIMIT)?;
            two.stop()?;
            one.stop()?;
            one.start_again()?;
            one.wait_for_address(READY_LIMIT)?;
            friend = Some(two);
        }
        if self.case == Case::Stale {
            thread::sleep(SETTLED);
            self.uplinks.roam()?;
            self.wait_for_link(&one)?;
        }
        if self.case.needs_dht() {
            thread::sleep(SETTLED + pause);
        }
        let before = one.program().resident_kib()?;
        acts::forget_flows(self.home_of_two.router())?;
        let probe = self.hosts[1].udp(0)?;
        let clicked = Instant::now();
        let two = match friend {
            Some(mut two) => two.start_again().map(|()| two)?,
            None => Player::join(&self.hosts[1], "two", link)?,
        };
        let first = echo::await_first(&probe, to, b"anybody there?", MEET_LIMIT);
        let addresses = acts::addresses_spoken_to(self.home_of_two.router(), self.hosts[1].address())?;
        let mut round = Round { first_packet: None, addresses, grown_kib: 0, problem: None };
        match first.and_then(|first| check(&one, &two).map(|()| first)) {
            Ok(first) => {
                round.first_packet = Some(first.duration_since(clicked));
                round.grown_kib = one.program().resident_kib()?.saturating_sub(before);
            }
            Err(error) => {
                let [one, two] = [one.tail(), two.tail()];
                round.problem = Some(format!("{error:#}\nplayer one said:\n{one}player two said:\n{two}"));
            }
        }
        Ok(round)
    }

    /// The link of a player, once it names the address of the router in use.
    fn wait_for_link(&self, player: &Player) -> Result<String> {
        let router = self.uplinks.router().ip();
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            let link = player.own_link()?;
            if super::player::addresses_of(&link).iter().any(|address: &SocketAddr| address.ip() == router) {
                return Ok(link);
            }
            ensure!(Instant::now() < deadline, "no link names {router}; player one said:\n{}", player.tail());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether both use no server.
fn check(one: &Player, two: &Player) -> Result<()> {
    for player in [one, two] {
        let status = player.status()?;
        ensure!(status["control"]["state"] == "local", "a server is used: {}", status["control"]);
    }
    Ok(())
}

impl Round {
    /// As one line, for the program that counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "first_packet_ms": self.first_packet.map(|time| time.as_secs_f64() * 1e3),
            "addresses": self.addresses,
            "grown_kib": self.grown_kib,
            "problem": self.problem,
        })
    }

    /// Reads such a line.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_json(value: &Value) -> Result<Self> {
        let number = |key: &str| value[key].as_u64().with_context(|| format!("no {key} in {value}"));
        let Some(first) = value.get("first_packet_ms") else { bail!("no round: {value}") };
        Ok(Self {
            first_packet: first.as_f64().map(|ms| Duration::from_secs_f64(ms / 1e3)),
            addresses: usize::try_from(number("addresses")?)?,
            grown_kib: number("grown_kib")?,
            problem: value["problem"].as_str().map(str::to_owned),
        })
    }
}
