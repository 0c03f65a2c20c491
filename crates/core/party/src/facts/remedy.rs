use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// What lets the helper start on this system, for its administrator.
pub const ENABLE_HELPER: &str = if cfg!(windows) {
    "sc.exe config LANrageHelper start= demand"
} else {
    "sudo systemctl enable --now lanrage-helper.socket"
};

/// What the user can do. A command to copy into a terminal is data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Remedy {
    /// Install the package, which brings the helper, or start as root.
    InstallPackage,
    /// Start with sudo (macOS).
    StartWithSudo,
    /// Start as administrator (Windows).
    RunAsAdministrator,
    /// Start the helper.
    StartHelper {
        /// Starts it.
        command: String,
    },
    /// Let LANrage set the helper up once, or do it by hand.
    SetUpHelper {
        /// Sets it up.
        command: String,
    },
    /// Be at the computer itself, or on the list of the helper's users.
    UseAtTheComputer {
        /// Puts this user on the list.
        command: String,
    },
    /// Be on the list of the helper's users.
    JoinHelperUsers {
        /// Puts this user on the list.
        command: String,
    },
    /// Give the adapter's name its default.
    ResetAdapterName,
    /// Choose a name that an adapter can have.
    ChooseAdapterName,
    /// Load the driver of virtual adapters.
    LoadDriver {
        /// Loads it.
        command: String,
    },
    /// Restart the computer, whose system brings the driver.
    RestartComputer,
    /// Install LANrage again, which brings the driver.
    InstallDriver,
    /// Close other copies, or delete an adapter that nobody uses.
    FreeAdapterName {
        /// Deletes one.
        command: String,
    },
    /// Close other copies of LANrage.
    CloseOtherCopies,
    /// Close other copies, or remove adapters in the Device Manager (Windows).
    RemoveAdapters,
    /// Close the copy of LANrage that is in this party.
    CloseOtherCopy,
    /// Leave the party and join it again.
    JoinAgain,
    /// Disconnect the other network, or make the party with another one.
    DisconnectVpn,
    /// Keep other programs from changing the adapter.
    LeaveAdapterAlone,
    /// Let the other VPN leave the party's network out.
    ExemptParty {
        /// The party's network.
        network: String,
    },
    /// Let a firewall, or another VPN's kill switch, let the party's packets through.
    LetPartyThrough {
        /// The adapter's name.
        adapter: String,
        /// The party's network.
        network: String,
    },
    /// Ask the host for a party with another network.
    OtherNetwork,
    /// Try again, and report what was said if it fails again.
    ReportFailure,
    /// The adapter is opened again by itself.
    AdapterReopens,
    /// Make room on the disk.
    MakeRoom,
    /// Make room on the disk, or make the data folder writable.
    MakeWritable,
    /// Start LANrage again.
    StartAgain,
    /// Send a friend the link again; of a stranger, suspect the server.
    SendLinkAgain,
    /// Ask a friend in the party for a new link.
    AskForLink,
    /// Let the system set its clock.
    SetClock,
    /// Ask the server's operator whether it was set up anew, and accept it then.
    AcceptServer {
        /// Accepts it.
        command: String,
    },
    /// The server is tried again by itself.
    CheckConnection,
    /// Look whether the server's address is written as it should be.
    CheckServerAddress,
    /// Let the server's operator renew its certificate, or set the clock.
    CheckCertificate,
    /// Look at the settings.
    CheckSettings,
    /// Choose another value for the setting, or reset it.
    ChangeSetting,
    /// Choose other values in the settings, or reset them.
    ChangeSettings,
    /// Unlock or install a keyring.
    UnlockKeyring,
    /// Start LANrage, and look again.
    StartLanrage,
    /// Wait a moment, and look again.
    LookAgain,
    /// Enter a party, and look again.
    EnterParty,
    /// Enter a party, wait a moment, and look again.
    EnterPartyAndWait,
    /// Let games through the firewall, if friends cannot see yours.
    AllowGames {
        /// Lets them through.
        command: String,
    },
    /// Let the game through the system's firewall, if friends cannot see yours.
    AllowGamesInSettings,
    /// Restart LANrage.
    RestartLanrage,
    /// Restart LANrage, which restores the newest good backup.
    RestoreBackup,
    /// The server is tried again by itself; its operator may have to start it.
    AskOperator,
    /// Let UDP through the router or the firewall of the company.
    AllowUdp,
    /// Name a server by which the router can be measured.
    NameServers,
    /// Switch on port mapping in the router, or get a public address.
    OpenRouter,
    /// Switch on the setting for port mapping.
    SwitchOnPortMapping,
    /// Switch on port mapping in the router, if that is possible.
    MapPorts,
    /// Relays are tried again by themselves.
    RelaysAreRetried,
    /// Let whoever runs the relay give it the secret that the server has, or set the clock.
    MatchRelaySecret,
    /// Wait until others need the relay less, or let its limit for one user be raised.
    RaiseRelayQuota,
    /// Let another relay be offered, or this one have more room.
    AddRelay,
    /// Let whoever runs the relay look at its rules and its log.
    ChangeRelayRules,
    /// Let the relay's rules permit the friends' addresses, or offer another relay.
    LetRelayReachFriends,
    /// Use a server that offers relays.
    UseServerWithRelays,
    /// Look again when a friend is connected.
    LookAgainWithFriend,
    /// Switch off other tunnels.
    SwitchOffTunnels,
}
