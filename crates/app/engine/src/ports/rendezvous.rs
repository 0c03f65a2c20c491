//! The public stores in which friends find each other, open while they are wanted.

use lanrage_rendezvous_engines::{EngineEvent, EngineOrder, EngineSettings, Entrance, run};
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
    pub(crate) tx: mpsc::Sender<EngineOrder>,
    pub(crate) rx: mpsc::Receiver<EngineEvent>,
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

/// The same order, as the engines take it.
pub(crate) fn order(order: RendezvousOrder) -> EngineOrder {
    match order {
        RendezvousOrder::Look { id, key, engine } => EngineOrder::Look { id, key, engine },
        RendezvousOrder::Put { id, item, engine } => EngineOrder::Put { id, item, engine },
        RendezvousOrder::Reopen => EngineOrder::Reopen,
        RendezvousOrder::Rest => EngineOrder::Rest,
    }
}

/// What the session hears of an event; `None` of what is not its concern.
pub(crate) fn event(event: EngineEvent) -> Option<RendezvousEvent> {
    match event {
        EngineEvent::Replica(look, item) => Some(RendezvousEvent::Replica(look, item)),
        EngineEvent::LookEnded(look) => Some(RendezvousEvent::LookEnded(look)),
        EngineEvent::PutEnded(put, outcome) => Some(RendezvousEvent::PutEnded(put, outcome)),
        EngineEvent::Nodes(_) => None,
    }
}

/// What the session hears of an order that found no room.
pub(crate) fn refused(order: &EngineOrder) -> Option<RendezvousEvent> {
    match order {
        EngineOrder::Look { id, .. } => Some(RendezvousEvent::LookEnded(*id)),
        EngineOrder::Put { id, .. } => Some(RendezvousEvent::put_refused(*id)),
        EngineOrder::Reopen | EngineOrder::Rest => None,
    }
}
