//! The public stores in which friends find each other, open while they are wanted.

use lanrage_rendezvous_engines::{EngineSettings, Entrance, run};
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
    let (settings, known) = watch::channel(settings(config));
    tasks.spawn("rendezvous", run(known, orders, events));
    RendezvousPort { tx, rx, settings }
}

/// How the stores are entered, by the settings.
pub(crate) fn settings(config: &Config) -> EngineSettings {
    let names = config.dht_nodes.servers().to_vec();
    EngineSettings { dht: Entrance { kept: Vec::new(), names }, relays: Vec::new() }
}
