use std::{collections::VecDeque, time::Instant};

use lanrage_party::PeerId;

use crate::{
    ControlEvent, ControlPlane, Now,
    protocol::{Request, ServerMessage},
    registry::{Registry, RegistrySettings},
};

/// A control plane inside the app: the registry without a network in between. It is always connected.
#[derive(Debug)]
pub struct LocalControlPlane {
    registry: Registry,
    me: PeerId,
    events: VecDeque<ControlEvent>,
    next_sweep: Instant,
}

impl LocalControlPlane {
    /// An empty registry, with this device as the only one that speaks to it.
    pub fn new(me: PeerId, now: Now) -> Self {
        let registry = Registry::new(RegistrySettings::default(), now.wall);
        let next_sweep = now.instant + registry.settings().sweep_interval;
        Self { registry, me, events: [ControlEvent::Connected { stun: Vec::new(), server_time: None }].into(), next_sweep }
    }

    fn drain(&mut self) {
        // Nothing is kept on a disk: the engine stores its memberships and creates the party again.
        self.registry.take_changes();
        self.registry.take_silent();
        while let Some(outgoing) = self.registry.poll_outgoing() {
            if outgoing.to.contains(&self.me) {
                self.events.extend(event(outgoing.message));
            }
        }
    }
}

impl ControlPlane for LocalControlPlane {
    fn request(&mut self, now: Now, request: Request) {
        self.registry.handle(self.me, request, now.wall);
        self.drain();
    }

    fn handle_timeout(&mut self, now: Now) {
        if now.instant < self.next_sweep {
            return;
        }
        self.next_sweep = now.instant + self.registry.settings().sweep_interval;
        self.registry.heartbeat(self.me, now.wall);
        self.registry.sweep(now.wall);
        self.drain();
    }

    fn poll_event(&mut self) -> Option<ControlEvent> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next_sweep)
    }
}

fn event(message: ServerMessage) -> Option<ControlEvent> {
    match message {
        ServerMessage::Party { snapshot } => Some(ControlEvent::Party(snapshot)),
        ServerMessage::Delta { party, revision, change } => {
            Some(ControlEvent::Change { party, revision, change })
        }
        ServerMessage::Signal { party, from, signal } => Some(ControlEvent::Signal { party, from, signal }),
        ServerMessage::Left { party } => Some(ControlEvent::Left { party }),
        ServerMessage::Error(refusal) => Some(ControlEvent::Refused { refusal, retry_at: None }),
        ServerMessage::Challenge { .. } | ServerMessage::Welcome { .. } | ServerMessage::Alive => None,
    }
}
