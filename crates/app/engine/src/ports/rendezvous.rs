//! The public stores in which friends find each other, open while they are wanted.

use std::net::SocketAddrV4;

use lanrage_rendezvous_engines::{EngineSettings, run};
use lanrage_session::{RendezvousEvent, RendezvousOrder};
use lanrage_store::Config;
use tokio::sync::{mpsc, watch};

use crate::tasks::Tasks;

/// Questions and items that may wait. A finder has a few at a time; what finds no room counts as unanswered.
const ORDERS: usize = 64;
/// Answers that may wait; an engine that brings more waits itself.
const EVENTS: usize = 64;

/// What is asked of the stores, what they say, and by whom they are entered. Where there is no room for a question or an
/// item, it counts as unanswered.
pub(crate) struct RendezvousPort {
    pub(crate) tx: mpsc::Sender<RendezvousOrder>,
    pub(crate) rx: mpsc::Receiver<RendezvousEvent>,
    pub(crate) settings: watch::Sender<EngineSettings>,
}

/// Starts nothing but the task: an engine begins with the first question.
pub(crate) fn spawn(tasks: &mut Tasks, config: &Config) -> RendezvousPort {
    let (tx, orders) = mpsc::channel(ORDERS);
    let (events, rx) = mpsc::channel(EVENTS);
    let mut entrances = EngineSettings::default();
    configure(&mut entrances, config);
    let (settings, known) = watch::channel(entrances);
    tasks.spawn("rendezvous", run(known, orders, events));
    RendezvousPort { tx, rx, settings }
}

impl RendezvousPort {
    /// Nodes that have answered in an earlier life: the DHT is entered by them.
    pub(crate) fn remember(&self, nodes: Vec<SocketAddrV4>) {
        self.settings.send_modify(|settings| settings.dht.kept = nodes);
    }

    /// Settings have changed.
    pub(crate) fn configure(&self, config: &Config) {
        self.settings.send_modify(|settings| configure(settings, config));
    }
}

/// How the stores are entered, by the settings.
fn configure(settings: &mut EngineSettings, config: &Config) {
    settings.dht.names = config.dht_nodes.servers().to_vec();
    settings.relays = config.pkarr_relays.urls().to_vec();
}
