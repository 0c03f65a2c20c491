//! Two players in two networks meet with nobody's server and no relay, by a link and a DHT: one cell of that matrix.

use std::{
    net::SocketAddrV4,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{CONNECT_LIMIT, ECHO_PORT, READY_LIMIT, SERVER_NAME, Venue, last_words};
use crate::{
    Host, Player,
    dht::LabDht,
    echo::{self, Echo},
    expected::{Family, Path, Relation},
    friend_in,
    networks::Pair,
    stage,
};

/// By when whoever clicked is told that they are not connected: the program waits thirty seconds, as whoever looks after a
/// party's door looks there every fifteen.
pub const END_LIMIT: Duration = Duration::from_secs(32);
/// Until the beacon of whoever is in is stored.
const SETTLED: Duration = Duration::from_secs(4);
/// How long a way by a friend must stay one: a straight one would be found by then.
const STAY: Duration = Duration::from_millis(1_500);
/// The last number of the second STUN server's addresses.
const OTHER_STUN_NUMBER: u8 = 9;
/// The last number of the third player's address.
const FRIEND_NUMBER: u8 = 8;

/// What was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encounter {
    /// From the click to the first packet's return through the tunnel; `None` if none did.
    pub first_packet: Option<Duration>,
    /// The way on which whoever clicked sees the other.
    pub path: Option<Path>,
    /// What whoever clicked is told where there is none, and after how long.
    pub told: Option<(String, Duration)>,
    /// What went wrong in the lab's eyes, with the players' last words.
    pub problem: Option<String>,
}

/// Whether a pair must connect without any server: as with one, if a straight path can be; but a link alone leads to nobody
/// who lets no stranger in, and the DHT has no IPv6.
#[must_use]
pub fn connects(pair: &Pair) -> bool {
    let is_hidden = |family| family == Family::V6;
    pair.expected() == Path::Direct
        && (pair.relation == Relation::SameLan || !is_hidden(pair.one.network.family))
}

/// By which way a pair must connect with a third player whom everybody reaches: by that one, where no straight path can be.
/// Who lets no UDP out reaches nobody.
#[must_use]
pub fn expected_with_friend(pair: &Pair) -> Option<Path> {
    let has_udp = pair.relation == Relation::SameLan || pair.one.network.udp && pair.two.network.udp;
    has_udp.then(|| pair.expected())
}

impl Encounter {
    /// Lets two players meet in a venue of this pair; player two clicks on the link of player one. `with_friend`: the party
    /// and the link are those of a third player, whom everybody reaches. Build it inside a [`world`](crate::world).
    ///
    /// # Errors
    /// If the lab itself fails: nothing was then seen of the product, and another try is fair.
    pub fn hold(pair: &Pair, with_friend: bool) -> Result<Self> {
        let mut venue = Venue::build(pair)?;
        // Two of them show what a router does.
        let other = venue.lab.dual_stack_host("stun", OTHER_STUN_NUMBER)?;
        venue.lab.settle()?;
        let _stun = [stage::start_stun(&venue.server)?, stage::start_stun(&other)?];
        let nodes = LabDht::start(&venue.lab, &venue.server)?;
        let third = with_friend.then(|| venue.lab.dual_stack_host("three", FRIEND_NUMBER)).transpose()?;
        venue.lab.settle()?;
        for host in venue.players.iter().chain(&third) {
            let [one, two] = [SERVER_NAME.to_owned(), other.address().to_string()]
                .map(|server| format!("{server}:{}", stage::STUN_PORT));
            nodes.show_to(host, &format!("{one},{two}"))?;
            Player::choose(host, host.name(), "port_mapping", "no")?;
        }
        let expected =
            if with_friend { expected_with_friend(pair) } else { connects(pair).then_some(Path::Direct) };
        Ok(Self::between(&venue.players, third.as_ref(), expected).unwrap_or_else(|error| Self {
            first_packet: None,
            path: None,
            told: None,
            problem: Some(format!("{error:#}")),
        }))
    }

    fn between(hosts: &[Host; 2], third: Option<&Host>, expected: Option<Path>) -> Result<Self> {
        let make = |host, name| Player::create_without_server(host, name, "Matrix");
        let third = third.map(|host| make(host, "three")).transpose()?;
        let one = match &third {
            None => make(&hosts[0], "one")?,
            Some(third) => Player::join(&hosts[0], "one", third.own_link()?)?,
        };
        let address = one.wait_for_address(READY_LIMIT)?;
        let _echo = Echo::start(hosts[0].udp(ECHO_PORT)?)?;
        let (probe, to) = (hosts[1].udp(0)?, SocketAddrV4::new(address, ECHO_PORT));
        if third.is_some() {
            let deadline = Instant::now() + END_LIMIT;
            while one.path_to("three").unwrap_or_default().is_none() {
                ensure!(Instant::now() < deadline, "one does not reach the third; it said:\n{}", one.tail());
                thread::sleep(Duration::from_millis(100));
            }
        } else {
            one.own_link()?;
        }
        // What a router does is known by then, and the beacon is there.
        thread::sleep(SETTLED);
        let link = third.as_ref().unwrap_or(&one).addressed_link()?;

        let clicked = Instant::now();
        let mut two = Player::join(&hosts[1], "two", link)?;
        let mut seen = Self { first_packet: None, path: None, told: None, problem: None };
        let give_up = clicked + END_LIMIT + CONNECT_LIMIT;
        while seen.first_packet.is_none() && seen.told.is_none() && Instant::now() < give_up {
            let first = echo::await_first(&probe, to, b"anybody there?", Duration::from_millis(200));
            match first {
                Ok(first) => seen.first_packet = Some(first.duration_since(clicked)),
                // Whoever shall connect may be told on the way that it does not yet.
                Err(_) if expected.is_some() && clicked.elapsed() < END_LIMIT => {}
                Err(_) => seen.told = said(&mut two)?.map(|words| (words, clicked.elapsed())),
            }
        }
        if seen.first_packet.is_some() {
            seen.path = settled_path(&one, &two, expected)?;
        }
        let is_well = match expected {
            Some(Path::Direct) => seen.path == expected,
            Some(Path::Relayed) => seen.path.is_some(),
            None => seen.told.is_some(),
        };
        if !is_well {
            seen.problem = Some(last_words(&one, &two));
        }
        Ok(seen)
    }

    /// As one line, for the program that counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        json!({
            "first_packet_ms": self.first_packet.map(ms),
            "path": self.path.map(Path::word),
            "told": self.told.as_ref().map(|(words, _)| words),
            "told_ms": self.told.as_ref().map(|(_, after)| ms(*after)),
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
            told: text("told").map(str::to_owned).zip(ms("told_ms")),
            problem: text("problem").map(str::to_owned),
        })
    }
}

/// What a player reads who does not come in, or comes in and does not reach the host: the sentence of the refusal, or the
/// code of the situation with its cause.
fn said(two: &mut Player) -> Result<Option<String>> {
    if !two.is_running()? {
        let words = two.tail();
        let sentence = words.lines().find_map(|line| line.trim().strip_prefix("lanrage: "));
        return Ok(sentence.map(|sentence| sentence.split(". ").next().unwrap_or(sentence).to_owned()));
    }
    let Ok(status) = two.status() else { return Ok(None) };
    let situation = friend_in(&status, "one")
        .map(|one| &one["situation"])
        .filter(|situation| situation["code"] == "no_path");
    Ok(situation.map(|situation| format!("no path: {}", situation["because"].as_str().unwrap_or("?"))))
}

/// The way on which both see each other, once it is direct, stays the expected one, or a while has passed.
fn settled_path(one: &Player, two: &Player, expected: Option<Path>) -> Result<Option<Path>> {
    let begun = Instant::now();
    loop {
        let [path, other] = [one.path_to("two")?, two.path_to("one")?];
        let path = path.filter(|_| path == other);
        let stays = path.is_some() && path == expected && begun.elapsed() > STAY;
        if path == Some(Path::Direct) || stays || begun.elapsed() > CONNECT_LIMIT {
            return Ok(path);
        }
        thread::sleep(Duration::from_millis(50));
    }
}
