use lanrage_nat::{FilteringBehaviour, MappingBehaviour, NatSummary};
use lanrage_party::facts::{Cause, Fault, PortMappingFault, RelayFault, ServerFault, StoreEngine};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Finding {
    /// LANrage does not run, so it cannot be seen.
    NotRunning,
    /// The adapter is open, and packets pass it.
    AdapterOpen {
        /// The name of its interface.
        name: String,
    },
    /// The adapter is open, and whether packets pass it is being tested.
    AdapterTested {
        /// The name of its interface.
        name: String,
    },
    /// The adapter is being opened.
    AdapterOpening,
    /// The adapter is opened when a party is entered.
    AdapterClosed,
    /// LANrage has opened its adapter, so it may.
    PermissionUsed,
    /// This program may open an adapter itself.
    PermissionHeld,
    /// The helper opens the adapter.
    HelperWorks,
    /// The helper is installed and not switched on.
    HelperIsOff,
    /// Neither this program nor a helper may open an adapter.
    PermissionMissing,
    /// The system has no driver for adapters.
    NoDriver,
    /// The permission shows only when an adapter is opened.
    PermissionUntold,
    /// There is a session with the server.
    ServerConnected {
        /// The server.
        server: String,
        /// The proxy on the way.
        proxy: Option<String>,
    },
    /// The server is being dialled.
    ServerDialled {
        /// The server.
        server: String,
    },
    /// The server cannot be reached.
    ServerDisconnected {
        /// The server.
        server: String,
        /// Why it cannot be reached.
        why: ServerFault,
        /// The proxy on the way.
        proxy: Option<String>,
    },
    /// No server is used.
    ServerNotUsed,
    /// No server is set.
    ServerNotSet,
    /// The server's port can be reached.
    ServerAnswers {
        /// The server.
        server: String,
        /// The proxy on the way.
        proxy: Option<String>,
    },
    /// The server's port cannot be reached.
    ServerSilent {
        /// The server.
        server: String,
        /// Why.
        cause: Cause,
    },
    /// Friends of this party find each other without the public store.
    StoreNotUsed,
    /// The public store is asked when a party needs it.
    StoreNotAsked,
    /// The public store serves this device, or nothing else is known.
    Store {
        /// By what it is asked.
        engine: StoreEngine,
        /// How many computers keep what this device has stored; `None` if it has stored nothing.
        holders: Option<u8>,
        /// How long ago a look came to its end (seconds); `None` if none did.
        looked_s: Option<u64>,
    },
    /// The public store does not serve this device.
    StoreSilent {
        /// By what it is asked.
        engine: StoreEngine,
        /// How long ago a look came to its end (seconds); `None` if none did.
        looked_s: Option<u64>,
    },
    /// Nothing but TCP gets through.
    UdpBlocked,
    /// The router has not been measured.
    RouterNotMeasured,
    /// Measuring the router gave nothing.
    RouterNotMeasurable {
        /// How it ended.
        summary: NatSummary,
    },
    /// The router was measured.
    Router {
        /// How it chooses ports.
        mapping: MappingBehaviour,
        /// Whom it lets in.
        filtering: FilteringBehaviour,
    },
    /// The router has opened a port.
    PortOpen {
        /// The address outside.
        external: String,
    },
    /// The router has not answered yet.
    PortSearching,
    /// The router is asked when a party is entered.
    PortNotWanted,
    /// The setting says that the router is not asked.
    PortSwitchedOff,
    /// The router opens no port.
    PortUnavailable {
        /// Why it opens none.
        fault: PortMappingFault,
    },
    /// Relays can be used.
    Relays {
        /// How many can.
        usable: u64,
        /// How many there are.
        count: u64,
        /// The nearest of those that can.
        nearest: String,
        /// The round-trip time to it (milliseconds).
        rtt_ms: Option<u64>,
    },
    /// There are relays, and none can be used.
    RelaysFail {
        /// How many there are.
        count: u64,
        /// The nearest.
        nearest: String,
        /// Why the nearest cannot be used.
        fault: RelayFault,
    },
    /// There are relays, and those in use refuse the addresses of a friend without a path.
    RelaysRefuse {
        /// The friend.
        peer: String,
    },
    /// No relay is known.
    NoRelays,
    /// No relay can be used, and friends are to be reached by relays alone.
    NoRelaysForHiding,
    /// No friend is connected to measure packets with.
    PacketsUnmeasured,
    /// A path carries only small packets.
    PacketsSmall {
        /// The friend at its end.
        peer: String,
        /// Bytes of the largest packet.
        bytes: u16,
    },
    /// All paths carry packets of a usual size.
    PacketsGood {
        /// Bytes of the largest packet that all carry.
        bytes: u16,
    },
    /// No known firewall is on.
    NoFirewall,
    /// Uncomplicated Firewall is on.
    Ufw {
        /// The adapter that it should let through.
        adapter: String,
    },
    /// firewalld is on.
    Firewalld {
        /// The adapter that it should let through.
        adapter: String,
    },
    /// The system has a firewall whose rules are not ours to read.
    SystemsFirewall,
    /// The clock agrees with the server's.
    ClockAgrees,
    /// There is no server to compare the clock with.
    ClockNotCompared,
    /// The keyring works.
    KeyringWorks,
    /// The keyring cannot be used.
    KeyringFails {
        /// Why not.
        cause: Cause,
    },
    /// The database cannot be read.
    DatabaseUnreadable {
        /// Why not.
        cause: Cause,
    },
    /// The database is damaged.
    DatabaseDamaged {
        /// How many things are wrong with it; the log has them.
        faults: u64,
    },
    /// Settings have values that they do not take.
    SettingsRefused {
        /// Their keys.
        settings: Vec<String>,
    },
    /// The database is good.
    DatabaseGood {
        /// Its size (KiB).
        kib: u64,
    },
    /// What the engine says of it already.
    #[serde(untagged)]
    Problem(Fault),
}
