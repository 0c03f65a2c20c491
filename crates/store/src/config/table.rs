use lanrage_party::{ControlEndpoint, Name, Subnet};
use serde_json::Value;

use super::{
    AdapterName, ConfigFault, Declaration,
    DefaultValue::{Boolean, Integer, Text},
    Group::{Data, Log, Network, Party, Player},
    Kind, LogLevel, Settings,
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

settings! {
    /// The name that friends see. Empty: the name of this computer's account.
    player_name: Option<Name> = Declaration::optional(Player, Kind::Name);

    /// The control server for new parties. Empty: parties live on their host's device alone.
    control_server: Option<ControlEndpoint> = Declaration::optional(Party, Kind::ControlEndpoint);

    /// Whether the last party comes back by itself when LANrage starts.
    restore_last_party: bool = Declaration::new(Party, Kind::Boolean, Boolean(true));

    /// Whether a party without a control server can be joined from beyond this network: this device listens
    /// for its friends, and the link names its addresses.
    host_listens: bool = Declaration::new(Party, Kind::Boolean, Boolean(false)).restart();

    /// TCP port on which this device listens as a party's host. 0: any free one.
    local_listen_port: u16 =
        Declaration::new(Party, Kind::Integer { min: 0, max: 65_535 }, Integer(0)).restart();

    /// UDP port for all traffic between friends. 0: any free one.
    udp_port: u16 = Declaration::new(Network, Kind::Integer { min: 0, max: 65_535 }, Integer(0)).restart();

    /// Name of the virtual network device; if it is taken, its number is counted up.
    adapter_name: AdapterName = Declaration::new(Network, Kind::AdapterName, Text("lanrage0")).restart();

    /// The network of new parties; another is proposed where it overlaps a network in use.
    default_subnet: Subnet = Declaration::new(Network, Kind::Subnet, Text("10.66.0.0/16"));

    /// Whether the database is backed up once a day.
    backup_daily: bool = Declaration::new(Data, Kind::Boolean, Boolean(true));

    /// How many daily backups are kept.
    backup_keep: u16 = Declaration::new(Data, Kind::Integer { min: 1, max: 50 }, Integer(7)).unit("backups");

    /// How much is logged; addresses are, from debug on.
    log_level: LogLevel = Declaration::new(Log, Kind::LOG_LEVEL, Text("info")).restart();

    /// Size at which a new log file is begun.
    log_file_mib: u16 = Declaration::new(Log, Kind::Integer { min: 1, max: 1_024 }, Integer(10)).unit("MiB").restart();

    /// How many finished log files are kept.
    log_files_kept: u16 =
        Declaration::new(Log, Kind::Integer { min: 0, max: 100 }, Integer(5)).unit("files").restart();
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
