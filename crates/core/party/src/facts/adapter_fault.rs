use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use super::Cause;

/// Why there is no virtual network adapter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AdapterFault {
    /// Nobody may create network devices for this user.
    AdapterPermission {
        /// Who says so.
        by: PermissionTrouble,
    },
    /// The privileged helper does not do its work.
    AdapterHelper {
        /// What it does instead.
        trouble: HelperTrouble,
        /// What is wrong with what was asked of it; of no meaning where it is off.
        cause: Cause,
    },
    /// The system has no virtual network device to offer.
    #[default]
    AdapterDriver,
    /// The adapter cannot have its name.
    AdapterName {
        /// What is wrong with the name.
        trouble: NameTrouble,
        /// The name.
        name: String,
    },
    /// The adapter cannot have its address.
    AdapterAddress {
        /// What is wrong with the address.
        trouble: AddressTrouble,
        /// The address.
        address: String,
        /// The interface that has the address, or the network in which it is not.
        place: String,
    },
    /// Part of the party's network is already reached another way.
    AdapterSubnet {
        /// The party's network.
        subnet: String,
        /// The network in the way.
        route: String,
        /// The interface that leads there.
        interface: String,
    },
    /// The party's network holds a name server of this computer.
    AdapterResolver {
        /// The party's network.
        subnet: String,
        /// The name server's address.
        address: String,
    },
    /// The party's network holds the address of somebody whom this computer talks to.
    AdapterEndpoint {
        /// The party's network.
        subnet: String,
        /// The address.
        address: String,
        /// What it is used as.
        used_as: EndpointUse,
    },
    /// The system refused a route.
    AdapterRoute {
        /// The destination.
        route: String,
        /// Why.
        cause: Cause,
    },
    /// The system failed for another reason.
    AdapterFailed {
        /// Why.
        cause: Cause,
    },
    /// Another program takes a part of the open adapter away, again and again.
    AdapterStripped {
        /// What it takes.
        part: LostPart,
    },
    /// The system leads packets for the party past the adapter.
    AdapterBypassed {
        /// The destination.
        route: String,
        /// The interface that they leave through.
        interface: String,
    },
    /// The system drops packets for the party: a route or rule of somebody's forbids them.
    AdapterForbidden {
        /// The destination.
        route: String,
    },
    /// The adapter is as it should be, and packets do not pass it.
    AdapterBlocked {
        /// Which do not.
        way: BlockedWay,
    },
    /// What games send to find others does not go everywhere that it should.
    AdapterSearches {
        /// Where it does not go.
        trouble: SearchTrouble,
    },
    /// The adapter worked, and does no more.
    AdapterLost {
        /// Why.
        cause: Cause,
    },
}

/// Who does not let this program create an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PermissionTrouble {
    /// The system: the program has no privileges, and there is no helper.
    #[default]
    System,
    /// The helper: polkit lets who sits at the computer, and this user has no such session, or is not in front of it.
    Away,
    /// The helper: a rule of polkit's forbids it to this user.
    Forbidden,
    /// The helper: the system has no polkit, so only the users on the helper's list are let.
    NoPolkit,
    /// The helper: polkit does not answer.
    PolkitSilent,
}

/// What the helper does instead of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HelperTrouble {
    /// It is installed and does not run.
    #[default]
    Off,
    /// It creates no such adapter for anybody.
    Refused,
}

/// What is wrong with an adapter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NameTrouble {
    /// Other interfaces have it and the ones after it.
    #[default]
    Taken,
    /// No interface can have it.
    Invalid,
}

/// What is wrong with an adapter's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AddressTrouble {
    /// Another interface of this computer has it.
    #[default]
    InUse,
    /// It is outside the party's network.
    Outside,
}

/// What an address in the party's network is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter, strum::Display)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EndpointUse {
    /// The router that leads out of a network of this computer.
    #[default]
    Gateway,
    /// The control server.
    ControlServer,
    /// A STUN server, which tells this device how it looks from outside.
    StunServer,
    /// A relay.
    Relay,
    /// The other end of a connection of some program.
    Connection,
}

/// What another program takes away from the adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LostPart {
    /// Its address.
    #[default]
    Address,
    /// Its routes.
    Routes,
    /// That it is up.
    State,
    /// Its largest packet size.
    PacketSize,
}

/// Which packets do not pass the adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BlockedWay {
    /// What is sent to friends.
    #[default]
    Out,
    /// All that friends send.
    In,
    /// What friends send without having been asked, as to a game that is hosted here.
    Unasked,
}

/// Who does not hear games' searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SearchTrouble {
    /// The real LAN: no copies of them may be made, and they are led into the party.
    #[default]
    NotOnLan,
    /// The party: whoever made copies has ended.
    NotInParty,
}

impl AdapterFault {
    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        self.into()
    }
}
