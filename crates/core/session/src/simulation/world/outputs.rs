//! What a session wants done, carried out in this world.

use std::time::Duration;

use lanrage_rendezvous::{Event as Answer, Order};

use super::{Event, World, trace};
use crate::{CommandError, Input, Output, StoreAction, simulation::host::Host};

impl World {
    pub(super) fn perform(&mut self, index: usize, output: Output) {
        if self.traced {
            match &output {
                Output::Probe { to, .. } => trace!(self, "host {index}: probe to {to}"),
                Output::Datagram { to, bytes } => {
                    trace!(self, "host {index}: datagram of {} bytes to {to}", bytes.len());
                }
                Output::Relayed { .. } | Output::Link(_) | Output::LookUp(_) | Output::Store(_) => {}
                Output::Notice(notice) => trace!(self, "host {index}: {}", notice.news.code()),
                output => trace!(self, "host {index}: {output:?}"),
            }
        }
        let now = self.clock.elapsed();
        let host = &mut self.hosts[index];
        let plane = &mut host.plane;
        match output {
            Output::Enter(end) => plane.enter(&end),
            Output::Leave => plane.leave(),
            Output::AddPeer(config) => plane.add_peer(config),
            Output::RemovePeer(peer) => plane.remove_peer(&peer),
            Output::SetPath { peer, to } => plane.set_path(&peer, Some(to)),
            Output::OpenAllocation { id, server } => plane.open_allocation(id, Some(server)),
            Output::CloseAllocation(id) => plane.close_allocation(id),
            // Rates are the real one's concern.
            Output::Forward { pairs, .. } => plane.set_forwarding(pairs),
            // Each device has one address at a time here.
            Output::ChooseSources => {}
            Output::RelayOnly(only) => plane.set_relay_only(only),
            Output::SetChannel { allocation, peer, channel } => plane.set_channel(allocation, peer, channel),
            Output::Handshake { peer, targets } => {
                let effects = plane.initiate(now, &peer, &targets, &mut self.vault);
                self.follow_output(index, effects);
            }
            Output::Probe { peer, to, payload } => {
                let effects = plane.probe(now, &peer, to, payload, &mut self.vault);
                self.follow_output(index, effects);
            }
            Output::Datagram { to, bytes } => {
                let effects = plane.datagram(to, bytes);
                self.follow_output(index, effects);
            }
            Output::Relayed { from, bytes } => {
                let effects = plane.receive(now, from, bytes, &mut self.vault);
                self.follow_output(index, effects);
            }
            Output::Link(action) => self.perform_link(index, action),
            Output::RelayStream(command) => self.perform_stream(index, command),
            Output::LookUp(names) => {
                host.name_wishes += 1;
                let (life, wish) = (host.life, host.name_wishes);
                let pause = self.rng.millis(1..30);
                self.after(pause, Event::Names { host: index, life, names, wish });
            }
            Output::OpenAdapter { .. } => {
                let life = host.life;
                self.after(Duration::from_millis(20), Event::Adapter { host: index, life });
            }
            Output::Rendezvous(order) => self.perform_order(index, order),
            Output::ReadRoutes => host.inputs.push_back(Input::Routes(Vec::new())),
            Output::Store(action) => host.keep(action),
            Output::Complete { result, .. } => host.completed.push(result),
            Output::Notice(notice) => host.news.push(notice.news),
            Output::Mute { .. }
            | Output::SetSecondPath { .. }
            | Output::SetPathMtu { .. }
            | Output::CloseAdapter
            | Output::MendAdapter
            | Output::MeasureNat(_)
            | Output::MapPort(_)
            | Output::WatchPrograms(_)
            | Output::LookAgain(_)
            | Output::ExamineGame(_)
            | Output::SearchGames(_)
            | Output::GameExplained { .. }
            | Output::CodeOpened { .. }
            | Output::Pong { .. }
            | Output::SetGates { .. }
            | Output::RedirectSearches(_) => {}
            Output::Load { ticket, .. } => {
                host.inputs.push_back(Input::Kept(ticket, Err(CommandError::NotAMember)))
            }
        }
    }
}

impl World {
    /// The public store: an item that was written counts for whoever looks later, and for some time the one before it, too.
    fn perform_order(&mut self, index: usize, order: Order) {
        let host = &self.hosts[index];
        if host.offline {
            return;
        }
        let (life, pause) = (host.life, self.rng.millis(80..600));
        match order {
            Order::Look { id, key, .. } => {
                let held = self.store.get(&key).cloned().unwrap_or_default();
                for item in held {
                    let event = Answer::Replica(id, item);
                    self.after(pause, Event::Store { host: index, life, event });
                }
                let event = Answer::LookEnded(id);
                self.after(pause * 2, Event::Store { host: index, life, event });
            }
            Order::Put { id, item, .. } => {
                let held = self.store.entry(item.key).or_default();
                held.insert(0, item);
                held.truncate(2);
                let event = Answer::PutEnded(id, Ok(()));
                self.after(pause, Event::Store { host: index, life, event });
            }
            Order::Reopen | Order::Rest => {}
        }
    }
}

impl Host {
    fn keep(&mut self, action: StoreAction) {
        match action {
            StoreAction::SaveMembership { membership, host, .. } => {
                self.saved = Some((*membership, host));
            }
            StoreAction::ForgetMembership { .. } => {
                self.saved = None;
                self.saved_peers.clear();
                self.saved_departures.clear();
            }
            StoreAction::SavePeer { peer, .. } => {
                if self.saved.is_none() {
                    violation!("{:?} is kept without the membership that it belongs to", peer.peer);
                }
                self.saved_peers.insert(peer.peer, *peer);
            }
            StoreAction::SaveDepartures { departures, .. } => self.saved_departures = departures,
            StoreAction::RemovePeer { peer, .. } => {
                self.saved_peers.remove(&peer);
            }
            StoreAction::SaveNat(_) | StoreAction::SaveDhtNodes(_) => {}
        }
    }
}
