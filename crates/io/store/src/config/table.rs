use lanrage_party::{AdapterName, ControlEndpoint, Name, QualityThresholds, Subnet};
use lanrage_shield::Level;
use serde_json::Value;

use super::{
    ConfigFault, Declaration,
    DefaultValue::{Boolean, Integer, Text},
    DhtNodes, FindFriends,
    Group::{App, Data, Log, Network, Party, Player},
    KeepInTray, KeptSecret, Kind, Language, LogLevel, PkarrRelays, Settings, StunServers, Theme,
    values::FromSetting,
};

/// Declares every setting once: documentation, key, type, group, allowed values and default. Makes the
/// [`Config`] struct, its declarations and its reading.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $key:ident: $type:ty = $declaration:expr;)+) => {
        /// All settings, read and validated. Times and sizes are in the units that the declarations name.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $key: $type,)+
        }

        const DECLARATIONS: &[Declaration] = &[$(Declaration {
            key: stringify!($key),
            doc: concat!($($doc),+).trim_ascii_start(),
            ..$declaration
        }),+];

        impl Config {
            /// The declarations of all settings, in the order in which they are shown.
            pub const fn declarations() -> &'static [Declaration] {
                DECLARATIONS
            }

            /// Every fault is collected; `None` if there is any.
            pub(super) fn read(settings: &Settings, faults: &mut Vec<ConfigFault>) -> Option<Self> {
                let mut declarations = DECLARATIONS.iter();
                $(let $key: Option<$type> = read(declarations.next()?, settings, faults);)+
                Some(Self { $($key: $key?,)+ })
            }
        }
    };
}

/// What [`lanrage_party::Quality::rating`] gives.
const RATING: Kind = Kind::Integer { min: 0, max: 93 };

settings! {
    /// The name that friends see. Empty: the name of this computer's account.
    player_name: Option<Name> = Declaration::optional(Player, Kind::Name);

    /// Whether friends in the party are told which games you play and host: only they, inside the party, and never a server.
    /// What a game itself announces on the LAN, or its server answers to whoever asks, they see all the same.
    share_games: bool = Declaration::new(Player, Kind::Boolean, Boolean(true));

    /// How much of this computer friends in the party reach: all (open), what your own programs listen on (guarded), games
    /// (games), or nothing that they begin themselves (closed). Remote login, shares and databases are reached by nobody but whom
    /// you trust with everything.
    shield: Level = Declaration::new(Party, Kind::SHIELD, Text("guarded"));

    /// The control server for new parties. Empty: friends find each other without one.
    control_server: Option<ControlEndpoint> = Declaration::optional(Party, Kind::ControlEndpoint);

    /// The key that a private control server wants of whoever makes parties there; its operator gives it to you. Shown
    /// nowhere, and in no export or report.
    server_key: Option<KeptSecret> = Declaration::optional(Party, Kind::AccessKey);

    /// Whether the last party comes back by itself when LANrage starts.
    restore_last_party: bool = Declaration::new(Party, Kind::Boolean, Boolean(true));

    /// How friends find a party without a control server: by its link alone (link), or also by sealed notes in the
    /// BitTorrent DHT (dht), whose nodes see this device's IP address but nothing of the party.
    find_friends: FindFriends = Declaration::new(Party, Kind::FIND_FRIENDS, Text("dht"));

    /// UDP port for all traffic between friends. 0: any free one.
    udp_port: u16 = Declaration::new(Network, Kind::Integer { min: 0, max: 65_535 }, Integer(0)).restart();

    /// Whether the router is asked to open the port for friends (PCP, NAT-PMP, UPnP).
    port_mapping: bool = Declaration::new(Network, Kind::Boolean, Boolean(true)).restart();

    /// Whether friends learn no address of this device: they are reached by relays alone, which makes the way longer. A
    /// control server and relays see addresses all the same, and the link of a party without a server names them.
    relay_only: bool = Declaration::new(Network, Kind::Boolean, Boolean(false));

    /// Whether packets of games are sent twice, by two ways, while a line loses some. The copies take 64 kB/s for each friend at
    /// most, often of a relay; on a connection that is paid for by what passes there are none.
    send_twice: bool = Declaration::new(Network, Kind::Boolean, Boolean(true));

    /// Whether this device passes on what two friends send each other whose routers do not get along. It can read none of it,
    /// and its own traffic goes before.
    relay_for_friends: bool = Declaration::new(Network, Kind::Boolean, Boolean(true));

    /// Most that is passed on between two friends; a game takes 50 to 300.
    relay_pair_kbits: u16 =
        Declaration::new(Network, Kind::Integer { min: 64, max: 60_000 }, Integer(2_000)).unit("kbit/s");

    /// Most that is passed on for all friends together.
    relay_total_kbits: u16 =
        Declaration::new(Network, Kind::Integer { min: 64, max: 60_000 }, Integer(8_000)).unit("kbit/s");

    /// STUN servers that tell this device how it looks from outside, where the control server offers too few.
    /// Empty: none but the control server's.
    stun_servers: StunServers =
        Declaration::new(Network, Kind::StunServers, Text("stun.cloudflare.com:3478, stun.nextcloud.com:3478, stun.l.google.com:19302"));

    /// Nodes by which this device comes into the BitTorrent DHT the first time; it remembers others. Empty: none but
    /// those.
    dht_nodes: DhtNodes = Declaration::new(
        Network,
        Kind::DhtNodes,
        Text(
            "router.bittorrent.com:6881, dht.transmissionbt.com:6881, dht.libtorrent.org:25401, relay.pkarr.org:6881",
        ),
    );

    /// Relays into the BitTorrent DHT, in pkarr's format, for networks that let it not pass; used with find_friends dht
    /// alone. They see what its nodes see. Empty: none.
    pkarr_relays: PkarrRelays = Declaration::new(
        Network,
        Kind::PkarrRelays,
        Text("https://relay.pkarr.org, https://pkarr.pubky.app"),
    );

    /// Name of the virtual network device; if it is taken, its number is counted up.
    adapter_name: AdapterName = Declaration::new(Network, Kind::AdapterName, Text("lanrage0")).restart();

    /// The network of new parties; another is proposed where it overlaps a network in use.
    default_subnet: Subnet = Declaration::new(Network, Kind::Subnet, Text("10.66.0.0/16"));

    /// Least rating of an excellent connection. The rating is the E-model's of ITU-T G.107: 93 is the best, delay,
    /// jitter and loss lower it.
    quality_excellent: u16 = Declaration::new(Network, RATING, Integer(90)).unit("points");

    /// Least rating of a good connection.
    quality_good: u16 = Declaration::new(Network, RATING, Integer(80)).unit("points");

    /// Least rating of a fair connection.
    quality_fair: u16 = Declaration::new(Network, RATING, Integer(70)).unit("points");

    /// Least rating of a poor connection; below it is bad.
    quality_poor: u16 = Declaration::new(Network, RATING, Integer(50)).unit("points");

    /// Whether the database is backed up once a day.
    backup_daily: bool = Declaration::new(Data, Kind::Boolean, Boolean(true));

    /// How many daily backups are kept.
    backup_keep: u16 = Declaration::new(Data, Kind::Integer { min: 1, max: 50 }, Integer(7)).unit("backups");

    /// How much is logged; addresses are, from debug on.
    log_level: LogLevel = Declaration::new(Log, Kind::LOG_LEVEL, Text("info"));

    /// Size at which a new log file is begun.
    log_file_mib: u16 = Declaration::new(Log, Kind::Integer { min: 1, max: 1_024 }, Integer(10)).unit("MiB").restart();

    /// How many finished log files are kept.
    log_files_kept: u16 =
        Declaration::new(Log, Kind::Integer { min: 0, max: 100 }, Integer(5)).unit("files").restart();

    /// Whether LANrage starts with the computer, in the tray.
    autostart: bool = Declaration::new(App, Kind::Boolean, Boolean(false));

    /// Whether the system tells of friends who come and go and of connections that get worse, while the window is
    /// not in front.
    notifications: bool = Declaration::new(App, Kind::Boolean, Boolean(true));

    /// Whether the window makes a short sound when a friend comes, writes in the chat, or asks whether everybody is ready.
    sounds: bool = Declaration::new(App, Kind::Boolean, Boolean(false));

    /// Whether LANrage looks once a day for a newer version of itself, where whoever built it has named an address for that.
    /// Nothing is installed.
    check_updates: bool = Declaration::new(App, Kind::Boolean, Boolean(true));

    /// What closing the window does while there is a party: ask, keep it in the tray, or quit.
    keep_in_tray: KeepInTray = Declaration::new(App, Kind::KEEP_IN_TRAY, Text("ask"));

    /// The language of the app.
    language: Language = Declaration::new(App, Kind::Language, Text("system"));

    /// The colours of the app.
    theme: Theme = Declaration::new(App, Kind::THEME, Text("system"));
}

impl Config {
    /// From which rating on a connection deserves a grade.
    pub fn quality_thresholds(&self) -> QualityThresholds {
        QualityThresholds {
            excellent: self.quality_excellent.into(),
            good: self.quality_good.into(),
            fair: self.quality_fair.into(),
            poor: self.quality_poor.into(),
        }
    }
}

fn read<T: FromSetting>(
    declaration: &Declaration,
    settings: &Settings,
    faults: &mut Vec<ConfigFault>,
) -> Option<T> {
    let default: Value;
    let value = match settings.get(declaration.key) {
        Some(value) => value,
        None => {
            default = declaration.default.value();
            &default
        }
    };
    let read = declaration.accept(value).ok().and_then(|accepted| T::from_setting(&accepted));
    if read.is_none() {
        faults.push(declaration.fault(value));
    }
    read
}

impl Default for Config {
    fn default() -> Self {
        Self::read(&Settings::new(), &mut Vec::new()).expect("every declared default is of its declared kind")
    }
}
