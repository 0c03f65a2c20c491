//! What a session begins with.

use lanrage_nat::NetworkState;
use lanrage_party::{DeviceIdentity, NatType};

use crate::{facts::Problem, input::Settings};

/// What a session begins with.
pub struct Setup {
    /// Who this device is.
    pub identity: DeviceIdentity,
    /// The UDP port of all traffic.
    pub udp_port: u16,
    /// The settings.
    pub settings: Settings,
    /// The device's own addresses and its way to the internet.
    pub network: NetworkState,
    /// The newest sequence of all that this device ever said in a party; 0 if it has not.
    pub newest_sequence: u64,
    /// What was measured of this network in an earlier life; it holds until it is measured again.
    pub remembered_nat: NatType,
    /// What the user should know of how the start went.
    pub problems: Vec<Problem>,
}
