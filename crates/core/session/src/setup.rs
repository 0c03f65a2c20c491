//! What a session begins with.

use lanrage_control::LocalControlPlane;
use lanrage_nat::NetworkState;
use lanrage_party::{DeviceIdentity, NatType};

use crate::{facts::Problem, input::Settings, party::hosting::Hosting};

/// What a session begins with.
pub struct Setup {
    /// Who this device is.
    pub identity: DeviceIdentity,
    /// The UDP port of all traffic.
    pub udp_port: u16,
    /// The control plane of parties without a server, with what it remembers.
    pub local: LocalControlPlane,
    /// How guests are let in where there is no server.
    pub hosting: Hosting,
    /// The settings.
    pub settings: Settings,
    /// The device's own addresses and its way to the internet.
    pub network: NetworkState,
    /// What was measured of this network in an earlier life; it holds until it is measured again.
    pub remembered_nat: NatType,
    /// What the user should know of how the start went.
    pub problems: Vec<Problem>,
}
