//! The shells around the loop, each behind a port: what it is asked goes in at one end, what it tells comes out at the other.
//!
//! The loop never waits for a shell. Either a port keeps only the newest wish, so that it is never full, or it says here
//! what is lost when it is, and what the session hears instead.

pub(crate) mod adapter;
pub(crate) mod device;
pub(crate) mod games;
pub(crate) mod keeper;
pub(crate) mod open;
pub(crate) mod port;
pub(crate) mod relay_streams;
pub(crate) mod rendezvous;
pub(crate) mod reports;
pub(crate) mod routes;
pub(crate) mod settings;
pub(crate) mod store;

use std::{net::SocketAddr, time::Duration};

use lanrage_control::{LinkAction, LinkEvent};
use lanrage_nat::{
    NatReport, NetworkState,
    port_mapping::{MappingRequest, PortMapping},
};
use lanrage_party::facts::Cause;
use lanrage_session::{Found, Names};
use tokio::sync::{mpsc, watch};

use self::{keeper::Keeper, port::Port};
use crate::handle::Command;

/// The shells' ports.
pub(crate) struct Ports {
    /// Whoever sends more than fit waits.
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) reports: reports::ReportsPort,
    /// Full only if the link's task hangs: the session hears that the connection is over, and dials anew.
    pub(crate) link: Port<LinkAction, LinkEvent>,
    pub(crate) adapter: adapter::AdapterPort,
    pub(crate) routes: routes::RoutesPort,
    pub(crate) network: mpsc::Receiver<NetworkState>,
    /// How long the device slept.
    pub(crate) woken: mpsc::Receiver<Duration>,
    /// Whether the player pays for what passes the connection to the internet.
    pub(crate) is_metered: watch::Receiver<bool>,
    pub(crate) names: NamesPort,
    pub(crate) nat_test: NatTestPort,
    pub(crate) port_mapping: PortMappingPort,
    pub(crate) relay_streams: relay_streams::RelayStreamsPort,
    pub(crate) rendezvous: rendezvous::RendezvousPort,
    pub(crate) games: games::GamesPort,
    pub(crate) settings: settings::SettingsPort,
    pub(crate) store: store::StorePort,
    /// Never full: later words on the same thing replace earlier ones.
    pub(crate) keeper: Keeper,
    /// Why nothing can be kept, while that is so.
    pub(crate) trouble: watch::Receiver<Option<Cause>>,
}

/// The names that are wanted, the newest alone, and what is found of them.
pub(crate) struct NamesPort {
    pub(crate) wanted: watch::Sender<Names>,
    pub(crate) rx: mpsc::Receiver<Found>,
}

/// The STUN servers to measure with. Full if several wishes wait already: those will do.
pub(crate) struct NatTestPort {
    pub(crate) tx: mpsc::Sender<Vec<SocketAddr>>,
    pub(crate) reports: watch::Receiver<Option<NatReport>>,
}

/// The port that is wanted of the router, the newest wish alone. `None` where the settings say no.
pub(crate) struct PortMappingPort {
    pub(crate) wanted: Option<watch::Sender<MappingRequest>>,
    pub(crate) mapped: watch::Receiver<PortMapping>,
}
