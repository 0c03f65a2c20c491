//! What others do to a player's computer and router while he plays: how soon he is told, and how soon it is mended.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddrV4},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{
    acts,
    recovery::{self, Scene, venue},
    transfer::Transfer,
};
use crate::{
    Player,
    net::{ip, nat, topology},
    networks::HOME,
};

/// Where the transfer goes to.
const TRANSFER_PORT: u16 = 7778;
/// From one look at what a player is told to the next.
const LOOK: Duration = Duration::from_millis(200);
/// How long the flow and the transfer must go on evenly to count as whole.
const EVEN: Duration = Duration::from_millis(1_500);
/// For so long what should change nothing is watched.
const WATCH: Duration = Duration::from_secs(8);
/// For so long a word, or a cure, is waited for.
const LIMIT: Duration = Duration::from_secs(30);
/// For so long players may take to be calm again, and to be told nothing any more.
const CALM_LIMIT: Duration = Duration::from_secs(60);

/// What is done to one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A network manager takes the addresses of the adapter.
    AddressTaken,
    /// Somebody switches the adapter off.
    AdapterDown,
    /// A program flushes the routes through the adapter.
    RoutesFlushed,
    /// Another VPN takes all traffic by a rule before the main table.
    PolicyRule,
    /// A firewall drops what friends send.
    FirewallIn,
    /// A kill switch drops what is sent to private addresses.
    KillSwitch,
    /// The computer comes into a network that overlaps the party's.
    Overlap,
    /// The provider gives the router another public address.
    Redial,
    /// The way to the internet becomes narrower, and the router says so.
    Narrower,
    /// The same, and nobody says so.
    NarrowerInSilence,
    /// The router drops everything for a while.
    Offline,
    /// The control server dies.
    ServerGone,
    /// Containers come and go.
    Containers,
    /// The router renews a lease.
    LeaseRenewed,
}

/// What is right then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// It is mended by the program while it lasts.
    Mended,
    /// The player is told, and all is well again once it ends.
    Told,
    /// Either.
    MendedOrTold,
    /// Nothing is noticed by anybody.
    Unnoticed,
}

/// What was seen of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The longest time without a packet of the game, of the worse way, from when it could be mended.
    pub game_gap: Duration,
    /// The same of the transfer.
    pub transfer_gap: Duration,
    /// When the player was told, after it began; `None` if he was not.
    pub told: Option<Duration>,
    /// What he was told, by its code.
    pub word: String,
    /// When game and transfer went on evenly again, after it could be mended; `None` if not in time.
    pub healed: Option<Duration>,
    /// How long the word stood after all was well; `None` if longer than waited for.
    pub cleared: Option<Duration>,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AddressTaken,
        Self::AdapterDown,
        Self::RoutesFlushed,
        Self::PolicyRule,
        Self::FirewallIn,
        Self::KillSwitch,
        Self::Overlap,
        Self::Redial,
        Self::Narrower,
        Self::NarrowerInSilence,
        Self::Offline,
        Self::ServerGone,
        Self::Containers,
        Self::LeaseRenewed,
    ];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddressTaken => "address-taken",
            Self::AdapterDown => "adapter-down",
            Self::RoutesFlushed => "routes-flushed",
            Self::PolicyRule => "policy-rule",
            Self::FirewallIn => "firewall-in",
            Self::KillSwitch => "kill-switch",
            Self::Overlap => "overlap",
            Self::Redial => "redial",
            Self::Narrower => "narrower",
            Self::NarrowerInSilence => "narrower-silent",
            Self::Offline => "offline",
            Self::ServerGone => "server-gone",
            Self::Containers => "containers",
            Self::LeaseRenewed => "lease-renewed",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.name() == name)
    }

    /// What it is, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AddressTaken => "the adapter's address taken",
            Self::AdapterDown => "the adapter switched off",
            Self::RoutesFlushed => "the adapter's routes flushed",
            Self::PolicyRule => "another VPN's rule takes all",
            Self::FirewallIn => "a firewall drops what friends send",
            Self::KillSwitch => "a kill switch drops what is sent",
            Self::Overlap => "a network that overlaps",
            Self::Redial => "another public address",
            Self::Narrower => "path of 1280 bytes, with a word",
            Self::NarrowerInSilence => "path of 1280 bytes, in silence",
            Self::Offline => "everything dropped for 8 s",
            Self::ServerGone => "the control server killed",
            Self::Containers => "containers come and go",
            Self::LeaseRenewed => "a lease renewed",
        }
    }

    /// What is right.
    #[must_use]
    pub const fn right(self) -> Right {
        match self {
            Self::AddressTaken
            | Self::AdapterDown
            | Self::RoutesFlushed
            | Self::Redial
            | Self::Narrower
            | Self::NarrowerInSilence => Right::Mended,
            Self::FirewallIn | Self::KillSwitch | Self::Offline | Self::ServerGone => Right::Told,
            Self::PolicyRule | Self::Overlap => Right::MendedOrTold,
            Self::Containers | Self::LeaseRenewed => Right::Unnoticed,
        }
    }

    /// For how long it lasts at least, where it ends by itself.
    const fn length(self) -> Duration {
        match self {
            Self::Offline => Duration::from_secs(8),
            _ => Duration::ZERO,
        }
    }
}

impl Round {
    /// As one line, for the program that counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let ms = |time: Option<Duration>| time.map(|time| time.as_millis() as u64);
        json!({
            "game_gap_ms": ms(Some(self.game_gap)),
            "transfer_gap_ms": ms(Some(self.transfer_gap)),
            "told_ms": ms(self.told),
            "word": self.word,
            "healed_ms": ms(self.healed),
            "cleared_ms": ms(self.cleared),
        })
    }

    /// Reads such a line.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let ms = |key: &str| value.get(key).map(|ms| ms.as_u64().map(Duration::from_millis));
        Some(Self {
            game_gap: ms("game_gap_ms")??,
            transfer_gap: ms("transfer_gap_ms")??,
            told: ms("told_ms")?,
            word: value["word"].as_str()?.to_owned(),
            healed: ms("healed_ms")?,
            cleared: ms("cleared_ms")?,
        })
    }
}

/// Does it again and again to the same two players, and reports each round. Build it inside a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built, or the players are not well between two rounds.
pub fn play(trouble: Trouble, rounds: u32, mut report: impl FnMut(Round)) -> Result<()> {
    let mut stage = Stage::set()?;
    for number in 0..rounds {
        stage.wait_until_well()?;
        report(stage.round(trouble, number)?);
    }
    Ok(())
}

/// Lets the players play undisturbed for so long, and returns what they were told meanwhile.
///
/// # Errors
/// If the lab cannot be built, or a player's program ends.
pub fn leave_alone(length: Duration) -> Result<Vec<String>> {
    let stage = Stage::set()?;
    stage.wait_until_well()?;
    let (begun, mut words) = (Instant::now(), Vec::new());
    let mut before: [BTreeSet<String>; 2] = Default::default();
    while begun.elapsed() < length {
        for (index, before) in before.iter_mut().enumerate() {
            let now = stage.news(index)?;
            let new = now.difference(before);
            words.extend(new.map(|word| format!("{} s, player {index}: {word}", begun.elapsed().as_secs())));
            *before = now;
        }
        stage.scene.flow().forget();
        stage.transfer.forget();
        thread::sleep(Duration::from_secs(1));
    }
    Ok(words)
}

/// Two players with a game and a transfer between them.
#[derive(Debug)]
struct Stage {
    scene: Scene,
    transfer: Transfer,
    leases: [Ipv4Addr; 2],
    /// What is wrong with each player's computer all the time, which is none of ours.
    usual: [BTreeSet<String>; 2],
    /// The last numbers of the routers' public addresses.
    public: [u8; 2],
}

impl Stage {
    fn set() -> Result<Self> {
        let roam = recovery::Disturbance::Roam;
        let scene = Scene::set(venue(roam)?, roam)?;
        scene.wait_for_calm()?;
        let lease = |index: usize| scene.player(index).wait_for_address(LIMIT);
        let leases = [lease(0)?, lease(1)?];
        let [one, two] = [0, 1].map(|index| scene.player(index).host().clone());
        let transfer = Transfer::start(&one, &two, SocketAddrV4::new(leases[1], TRANSFER_PORT))?;
        let usual = [told(scene.player(0))?, told(scene.player(1))?];
        Ok(Self { scene, transfer, leases, usual, public: [60, 61] })
    }

    /// Waits until game and transfer go on evenly, and nobody is told anything.
    fn wait_until_well(&self) -> Result<()> {
        self.scene.wait_for_calm()?;
        let begun = Instant::now();
        loop {
            let words = [self.news(0)?, self.news(1)?];
            if words.iter().all(BTreeSet::is_empty) && self.transfer.is_steady(EVEN) {
                self.scene.flow().forget();
                self.transfer.forget();
                return Ok(());
            }
            if begun.elapsed() > CALM_LIMIT {
                self.scene.explain();
                bail!(
                    "after {CALM_LIMIT:?} the players are still told {words:?}, or the transfer stands still"
                );
            }
            thread::sleep(LOOK);
        }
    }

    /// What a player is told beside the usual.
    fn news(&self, index: usize) -> Result<BTreeSet<String>> {
        Ok(told(self.scene.player(index))?.difference(&self.usual[index]).cloned().collect())
    }

    fn is_even(&self) -> bool {
        self.scene.flow().is_steady(EVEN) && self.transfer.is_steady(EVEN)
    }

    fn round(&mut self, trouble: Trouble, number: u32) -> Result<Round> {
        let index = number as usize % 2;
        self.begin(trouble, index)?;
        let begun = Instant::now();
        let mut seen = Seen::default();
        let lasts = match trouble.right() {
            Right::Unnoticed => WATCH,
            _ => LIMIT,
        };
        // What can be mended while it lasts is waited for; what only can be told ends when it has been.
        let mended = loop {
            thread::sleep(LOOK);
            let elapsed = begun.elapsed();
            let news = self.news(index)?;
            seen.look(elapsed, &news);
            let even = elapsed > EVEN + LOOK && self.is_even();
            let enough = match trouble.right() {
                Right::Unnoticed => false,
                Right::Mended => even && news.is_empty(),
                Right::Told => seen.told.is_some(),
                Right::MendedOrTold => seen.told.is_some() || (even && elapsed > WATCH),
            };
            if (enough && elapsed >= trouble.length()) || elapsed > lasts {
                break even && trouble.right() != Right::Told;
            }
        };
        let can_be_mended = if mended {
            begun
        } else {
            self.end(trouble, index)?;
            Instant::now()
        };
        while !self.is_even() || can_be_mended.elapsed() < EVEN {
            if can_be_mended.elapsed() > LIMIT {
                break;
            }
            thread::sleep(LOOK / 4);
        }
        let healed = self.is_even().then(|| can_be_mended.elapsed().saturating_sub(EVEN));
        let [game_gap, transfer_gap] =
            [self.scene.flow().longest_gap(can_be_mended), self.transfer.longest_gap(can_be_mended)];
        // Mended by itself before: the time is that of the last gap's end, which is the gap.
        let healed = if mended { healed.map(|_| game_gap.max(transfer_gap)) } else { healed };
        if mended {
            self.end(trouble, index)?;
        }
        self.scene.repair()?;
        let well = Instant::now();
        let cleared = loop {
            if self.news(index)?.is_empty() {
                break Some(well.elapsed());
            }
            if well.elapsed() > LIMIT {
                break None;
            }
            thread::sleep(LOOK);
        };
        Ok(Round { game_gap, transfer_gap, told: seen.told, word: seen.word, healed, cleared })
    }

    fn begin(&mut self, trouble: Trouble, index: usize) -> Result<()> {
        let host = self.scene.player(index).host().clone();
        let router = self.scene.router(index)?;
        let (adapter, lease) = (adapter_of(self.scene.player(index))?, self.leases[index]);
        let change = match trouble {
            Trouble::AddressTaken => format!("address flush dev {adapter}\n"),
            Trouble::AdapterDown => format!("link set {adapter} down\n"),
            Trouble::RoutesFlushed => format!("route flush dev {adapter} scope link\n"),
            Trouble::PolicyRule => {
                "link add other0 type bridge\naddress add 100.100.1.2/32 dev other0\nlink set other0 up\n\
                 route add default dev other0 src 100.100.1.2 table 52\n\
                 rule add pref 5200 to 203.0.113.0/24 lookup main\n\
                 rule add pref 5270 lookup 52\n"
                    .to_owned()
            }
            Trouble::Overlap => {
                let [a, b, ..] = lease.octets();
                format!(
                    "link add hotel0 type bridge\nlink set hotel0 up\naddress add {} dev hotel0\n",
                    format_args!("{a}.{b}.3.7/16")
                )
            }
            Trouble::FirewallIn => {
                return ip::load_rules(
                    host.name(),
                    &format!(
                        "table ip own {{\n chain in {{\n type filter hook input priority 0;\n iifname \"{adapter}\" drop;\n }}\n}}\n"
                    ),
                );
            }
            Trouble::KillSwitch => {
                return ip::load_rules(
                    host.name(),
                    &format!(
                        "table ip own {{\n chain out {{\n type filter hook output priority 0;\n ip daddr {}/8 oifname != \"wg0\" drop;\n }}\n}}\n",
                        Ipv4Addr::new(lease.octets()[0], 0, 0, 0)
                    ),
                );
            }
            Trouble::Redial => {
                self.public[index] = if self.public[index] >= 100 { 60 } else { self.public[index] + 2 };
                let (router, address) = (router.name(), topology::public_address(self.public[index]));
                ip::load_rules(router, &format!("flush ruleset\n{}", nat::rules(&HOME, address, true)))?;
                return ip::batch(
                    router,
                    &format!(
                        "address flush dev wan\naddress add {address}/24 brd + dev wan\nroute replace default via {}\n",
                        topology::public_address(1)
                    ),
                )
                .and_then(|()| acts::forget_flows(self.scene.router(index)?));
            }
            Trouble::Narrower | Trouble::NarrowerInSilence => {
                if trouble == Trouble::NarrowerInSilence {
                    ip::load_rules(
                        router.name(),
                        "table ip hole {\n chain out {\n type filter hook output priority 0;\n icmp type destination-unreachable drop;\n }\n}\n",
                    )?;
                }
                return ip::batch(router.name(), "link set wan mtu 1280\n");
            }
            Trouble::Offline => return acts::drop_everything(router),
            Trouble::ServerGone => return self.scene.kill_server(),
            Trouble::Containers => {
                acts::start_containers(&host)?;
                thread::sleep(Duration::from_secs(1));
                return acts::end_containers(&host);
            }
            Trouble::LeaseRenewed => return acts::renew_lease(&host),
        };
        ip::batch(host.name(), &change)
    }

    /// Ends what does not end by itself.
    fn end(&self, trouble: Trouble, index: usize) -> Result<()> {
        let player = self.scene.player(index);
        let (host, router) = (player.host().name(), self.scene.router(index)?);
        match trouble {
            Trouble::AddressTaken | Trouble::AdapterDown | Trouble::RoutesFlushed => {
                // Nothing to end: it was done once.
                Ok(())
            }
            Trouble::PolicyRule => {
                ip::batch(host, "rule delete pref 5200\nrule delete pref 5270\nlink delete other0\n")
            }
            Trouble::Overlap => ip::batch(host, "link delete hotel0\n"),
            Trouble::FirewallIn | Trouble::KillSwitch => ip::load_rules(host, "delete table ip own\n"),
            Trouble::Narrower => ip::batch(router.name(), "link set wan mtu 1500\n"),
            Trouble::NarrowerInSilence => {
                ip::load_rules(router.name(), "delete table ip hole\n")?;
                ip::batch(router.name(), "link set wan mtu 1500\n")
            }
            Trouble::Offline => acts::let_through(router),
            Trouble::ServerGone | Trouble::Redial | Trouble::Containers | Trouble::LeaseRenewed => Ok(()),
        }
    }
}

/// The first word that a player was told.
#[derive(Debug, Default)]
struct Seen {
    told: Option<Duration>,
    word: String,
}

impl Seen {
    fn look(&mut self, elapsed: Duration, news: &BTreeSet<String>) {
        if let (None, Some(word)) = (self.told, news.first()) {
            self.told = Some(elapsed);
            self.word.clone_from(word);
        }
    }
}

/// The codes of all that a player is told: problems, an adapter that does not work, a friend who is not well connected,
/// a control server that is gone.
fn told(player: &Player) -> Result<BTreeSet<String>> {
    let status = player.status()?;
    let problems = status["problems"].as_array().context("no problems in the status")?;
    let mut words: BTreeSet<_> =
        problems.iter().filter_map(|problem| problem["code"].as_str()).map(str::to_owned).collect();
    if status["adapter"]["state"] != "open" || status["adapter"]["works"] == false {
        words.insert("adapter".to_owned());
    }
    let friend = status["party"]["peers"][0]["state"].as_str().unwrap_or("none");
    if friend != "connected" {
        words.insert(format!("friend {friend}"));
    }
    if status["control"]["state"] != "connected" {
        words.insert("control server".to_owned());
    }
    Ok(words)
}

fn adapter_of(player: &Player) -> Result<String> {
    let status = player.status()?;
    Ok(status["adapter"]["name"].as_str().context("the adapter has no name")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_written_as_it_is_read() {
        let ms = Duration::from_millis;
        let round = Round {
            game_gap: ms(20),
            transfer_gap: ms(30),
            told: None,
            word: String::new(),
            healed: Some(ms(4)),
            cleared: Some(ms(0)),
        };
        assert_eq!(Round::from_json(&round.to_json()), Some(round));
        assert_eq!(Round::from_json(&json!({ "word": "" })), None);
    }

    #[test]
    fn every_trouble_is_found_by_its_name() {
        for trouble in Trouble::ALL {
            assert_eq!(Trouble::named(trouble.name()), Some(trouble));
        }
    }
}
