use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_base::clock::now;
use lanrage_control::{GuestEvent, LinkAction, LinkEvent, persist::StatePersister};
use lanrage_nat::{
    behaviour_shell::NatReport,
    net_watch::NetworkState,
    port_mapping::{MappingRequest, PortMapping},
    relay_stream::RelayStreamEvent,
};
use lanrage_party::{AllocationId, PartyId, PeerId, Subnet};
use lanrage_session::{
    Action, AdapterFailure, Found, GuestCommand, Kept, Names, RelayStreamCommand, Session, Ticket,
    TunnelAction,
};
use lanrage_store::{SecretStore, SettingsDatabase};
use lanrage_tunnel::{PeerCounters, RelayLink, Tunnel, TunnelEvent};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{Instant as TokioInstant, sleep_until},
};
use tracing::warn;

use crate::{
    CommandError, NetworkLogGuard, Notice, Snapshot,
    adapter_shell::AdapterCommand,
    data_plane,
    handle::{Answer, Command},
    keeper::{self, Keeper},
    tasks::Tasks,
};

/// Shortest time between two snapshots.
const SNAPSHOT_PAUSE: Duration = Duration::from_millis(50);
/// Longest time between two snapshots while there is a party, for its figures.
const SNAPSHOT_PERIOD: Duration = Duration::from_secs(1);

/// How long the last words to the control server and the adapter may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the event loop hears.
pub(crate) struct Inputs {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) tunnel: mpsc::Receiver<TunnelEvent>,
    pub(crate) link: mpsc::Receiver<LinkEvent>,
    pub(crate) adapter: mpsc::Receiver<Result<String, AdapterFailure>>,
    pub(crate) network: mpsc::Receiver<NetworkState>,
    /// How long the device slept.
    pub(crate) woken: mpsc::Receiver<Duration>,
    pub(crate) port_mapping: watch::Receiver<PortMapping>,
    pub(crate) nat_reports: watch::Receiver<Option<NatReport>>,
    pub(crate) names: mpsc::Receiver<Found>,
    pub(crate) relay_streams: mpsc::Receiver<(AllocationId, RelayStreamEvent)>,
    pub(crate) guests: mpsc::Receiver<GuestEvent>,
    pub(crate) listening: mpsc::Receiver<Option<u16>>,
    pub(crate) kept: mpsc::Receiver<(Ticket, Option<Kept>)>,
    /// Why nothing can be kept, while that is so.
    pub(crate) trouble: watch::Receiver<Option<String>>,
}

/// Whom the event loop speaks to.
pub(crate) struct Outputs {
    pub(crate) tunnel: Arc<Tunnel>,
    /// Full only if the link's task hangs; then its session is lost anyway, and is dialled anew.
    pub(crate) link: mpsc::Sender<LinkAction>,
    pub(crate) adapter: mpsc::Sender<AdapterCommand>,
    pub(crate) names: watch::Sender<Names>,
    /// The STUN servers to measure with. Full if several wishes wait already: those will do.
    pub(crate) measure_nat: mpsc::Sender<Vec<SocketAddr>>,
    /// `None` where the settings say no.
    pub(crate) map_port: Option<watch::Sender<MappingRequest>>,
    pub(crate) relay_streams: mpsc::Sender<RelayStreamCommand>,
    pub(crate) guests: mpsc::Sender<GuestCommand>,
    pub(crate) control_state: StatePersister,
    /// This process's log, if it is the engine's.
    pub(crate) log: Option<NetworkLogGuard>,
    pub(crate) keeper: Keeper,
    pub(crate) kept: mpsc::Sender<(Ticket, Option<Kept>)>,
    pub(crate) database: Arc<SettingsDatabase>,
    pub(crate) secrets: Arc<dyn SecretStore>,
    /// The network that new parties take where nothing is in the way.
    pub(crate) default_subnet: Subnet,
    pub(crate) snapshots: watch::Sender<Arc<Snapshot>>,
    pub(crate) notices: broadcast::Sender<Notice>,
}

/// The one loop that owns every decision: it waits for anything to happen, lets the [`Session`] decide,
/// and carries out what it decided. Reading [`EventLoop::run`] is reading the product.
pub(crate) struct EventLoop {
    manager: Session,
    inputs: Inputs,
    outputs: Outputs,
    /// Tasks that run until they are cancelled.
    endless: Tasks,
    /// Tasks that end by themselves when nobody speaks to them any more.
    closing: Tasks,
    answers: HashMap<Ticket, Answer>,
    last_ticket: Ticket,
    last_snapshot: Instant,
    snapshot_is_due: bool,
    /// [`Session::digest`] of the last snapshot.
    shown_digest: u64,
    moved_packets: HashMap<PeerId, u64>,
}

impl EventLoop {
    pub(crate) fn new(
        manager: Session,
        inputs: Inputs,
        outputs: Outputs,
        endless: Tasks,
        closing: Tasks,
    ) -> Self {
        Self {
            manager,
            inputs,
            outputs,
            endless,
            closing,
            answers: HashMap::new(),
            last_ticket: 0,
            last_snapshot: Instant::now(),
            snapshot_is_due: true,
            shown_digest: 0,
            moved_packets: HashMap::new(),
        }
    }

    /// Runs until it is told to shut down. `held` is let go when all is closed, before anybody hears of that.
    pub(crate) async fn run<T: Send>(mut self, held: T) {
        let farewell = loop {
            self.perform_actions().await;
            self.publish();
            let wake = TokioInstant::from_std(self.next_wake());
            // With many friends probes come all the time, and most of them change a figure.
            let mut is_small = false;
            tokio::select! {
                command = self.inputs.commands.recv() => match command {
                    Some(Command::Shutdown { answer }) => break Some(answer),
                    Some(command) => self.handle_command(command),
                    None => break None,
                },
                Some(event) = self.inputs.tunnel.recv() => {
                    is_small = matches!(event, TunnelEvent::Probe { .. });
                    self.manager.handle_tunnel(now(), event);
                }
                Some(event) = self.inputs.link.recv() => self.manager.handle_link(now(), event),
                Some(result) = self.inputs.adapter.recv() => self.manager.handle_adapter(now(), result),
                Some(network) = self.inputs.network.recv() => self.manager.handle_network(now(), network),
                Some(slept) = self.inputs.woken.recv() => self.manager.handle_woken(now(), slept),
                Some(found) = self.inputs.names.recv() => self.manager.handle_names(now(), found),
                Ok(()) = self.inputs.nat_reports.changed() => {
                    let report = self.inputs.nat_reports.borrow_and_update().clone();
                    if let Some(report) = report {
                        self.manager.handle_nat_report(now(), report);
                    }
                }
                Ok(()) = self.inputs.port_mapping.changed() => {
                    let mapping = *self.inputs.port_mapping.borrow_and_update();
                    self.manager.handle_port_mapping(now(), mapping);
                }
                Some((allocation, event)) = self.inputs.relay_streams.recv() => {
                    self.manager.handle_relay_stream(now(), allocation, event);
                }
                Some(event) = self.inputs.guests.recv() => self.manager.handle_guest(now(), event),
                Some(port) = self.inputs.listening.recv() => self.manager.handle_listening(port),
                Some((ticket, kept)) = self.inputs.kept.recv() => {
                    self.manager.resume_party(now(), ticket, kept);
                }
                Ok(()) = self.inputs.trouble.changed() => {
                    let trouble = self.inputs.trouble.borrow_and_update().clone();
                    self.manager.keep_trouble = trouble;
                }
                () = sleep_until(wake) => {
                    is_small = true;
                    self.manager.handle_timeout(now());
                }
            }
            self.snapshot_is_due =
                self.snapshot_is_due || !is_small || self.manager.digest() != self.shown_digest;
        };
        self.shut_down(farewell, held).await;
    }

    /// Ends the party's work, closes what is open, ends every task, in this order. The membership stays.
    async fn shut_down<T: Send>(mut self, farewell: Option<Answer>, held: T) {
        self.manager.suspend(now());
        self.perform_actions().await;
        drop(self.outputs.adapter);
        drop(self.outputs.link);
        drop(self.outputs.guests);
        drop(self.outputs.relay_streams);
        drop(self.outputs.map_port);
        self.outputs.keeper.close();
        self.closing.finish(FAREWELL).await;
        self.endless.finish(Duration::ZERO).await;
        if let Err(error) = self.outputs.control_state.close().await {
            warn!(%error, "the last changes of the local control plane are not kept");
        }
        let tunnel = Arc::clone(&self.outputs.tunnel);
        let _ = tokio::task::spawn_blocking(move || tunnel.shutdown()).await;
        drop(self.outputs.log);
        drop(held);
        if let Some(answer) = farewell {
            let _ = answer.send(Ok(()));
        }
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::CreateParty { name, answer } => match free_subnet(self.outputs.default_subnet) {
                Some(subnet) => {
                    let ticket = self.ticket(Some(answer));
                    self.manager.create_party(now(), ticket, name, subnet);
                }
                None => {
                    let text = "Every network that a party could use overlaps one of this computer's. \
                                Disconnect a VPN and try again.";
                    let _ = answer.send(Err(CommandError::new("no_free_subnet", text)));
                }
            },
            Command::JoinParty { invitation, answer } => {
                let ticket = self.ticket(Some(answer));
                self.manager.join_party(now(), ticket, *invitation);
            }
            Command::LeaveParty { answer } => {
                let ticket = self.ticket(Some(answer));
                self.manager.leave_party(now(), ticket);
            }
            Command::PauseParty { answer } => {
                let ticket = self.ticket(Some(answer));
                self.manager.pause_party(now(), ticket);
            }
            Command::ResumeParty { party, answer } => {
                let ticket = self.ticket(Some(answer));
                let load = resume(
                    ticket,
                    party,
                    Arc::clone(&self.outputs.database),
                    Arc::clone(&self.outputs.secrets),
                    self.outputs.kept.clone(),
                );
                self.endless.reap();
                self.endless.spawn("load-party", load);
            }
            Command::Configure { config } => {
                self.outputs.default_subnet = config.default_subnet;
                self.manager.quality_thresholds = config.quality_thresholds();
                let stun_servers = config.stun_servers.servers().to_vec();
                self.manager.configure(now(), config.player_name, config.control_server, stun_servers);
            }
            Command::Shutdown { answer } => {
                // Handled by the loop itself; a second one only waits for the first.
                let _ = answer.send(Ok(()));
            }
        }
    }

    fn ticket(&mut self, answer: Option<Answer>) -> Ticket {
        self.last_ticket += 1;
        self.answers.extend(answer.map(|answer| (self.last_ticket, answer)));
        self.last_ticket
    }

    async fn perform_actions(&mut self) {
        while let Some(action) = self.manager.poll_action() {
            match action {
                Action::Tunnel(action) => self.perform_tunnel(action),
                Action::Link(action) => {
                    let _ = self.outputs.link.send(action).await;
                }
                Action::Guests(command) => {
                    let _ = self.outputs.guests.send(command).await;
                }
                Action::OpenAdapter { address, subnet } => {
                    let _ = self.outputs.adapter.send(AdapterCommand::Open { address, subnet }).await;
                }
                Action::CloseAdapter => {
                    let _ = self.outputs.adapter.send(AdapterCommand::Close).await;
                }
                Action::LookUp(names) => {
                    self.outputs.names.send_if_modified(|wanted| {
                        let changed = *wanted != names;
                        *wanted = names;
                        changed
                    });
                }
                Action::MeasureNat(servers) => {
                    let _ = self.outputs.measure_nat.try_send(servers);
                }
                Action::MapPort(request) => {
                    if let Some(map_port) = &self.outputs.map_port {
                        map_port.send_replace(request);
                    }
                }
                Action::RelayStream(command) => {
                    let _ = self.outputs.relay_streams.send(command).await;
                }
                Action::Store(action) => self.outputs.keeper.keep(action),
                Action::Notice(notice) => {
                    // Nobody listening is no fault: the snapshot says what is.
                    let _ = self.outputs.notices.send(notice);
                }
                Action::Complete { ticket, result } => {
                    // The answer must find the state that it speaks of.
                    self.snapshot_is_due = true;
                    self.publish_now();
                    if let Some(answer) = self.answers.remove(&ticket) {
                        let _ = answer.send(result);
                    }
                }
            }
        }
    }

    fn perform_tunnel(&self, action: TunnelAction) {
        let tunnel = &self.outputs.tunnel;
        match action {
            TunnelAction::Enter(end) => tunnel.enter(end),
            TunnelAction::Leave => tunnel.leave(),
            TunnelAction::AddPeer(config) => {
                if let Err(error) = tunnel.add_peer(config) {
                    warn!(%error, "peer not added to the data plane");
                }
            }
            TunnelAction::RemovePeer(peer) => tunnel.remove_peer(&peer),
            TunnelAction::SetPath { peer, to } => tunnel.set_path(&peer, to),
            TunnelAction::Handshake { peer, targets } => tunnel.initiate_handshake(&peer, &targets),
            TunnelAction::Probe { peer, to, payload } => {
                // Without a session there is nothing to probe in; the path agent asks again.
                let _ = tunnel.send_probe(&peer, to, &payload);
            }
            TunnelAction::Datagram { to, bytes } => tunnel.send_datagram(to, &bytes),
            TunnelAction::SetPathMtu { peer, mtu } => tunnel.set_path_mtu(&peer, mtu),
            TunnelAction::Relayed { from, bytes } => tunnel.receive_relayed(from, &bytes),
            TunnelAction::OpenAllocation { id, server } => {
                tunnel.open_allocation(id, RelayLink::Udp { server });
            }
            TunnelAction::CloseAllocation(id) => tunnel.close_allocation(id),
            TunnelAction::SetChannel { allocation, peer, channel } => {
                tunnel.set_channel(allocation, peer, channel);
            }
        }
    }

    fn next_wake(&self) -> Instant {
        let snapshot =
            self.last_snapshot + if self.snapshot_is_due { SNAPSHOT_PAUSE } else { SNAPSHOT_PERIOD };
        self.manager.poll_timeout().map_or(snapshot, |at| at.min(snapshot))
    }

    fn publish(&mut self) {
        let age = self.last_snapshot.elapsed();
        if (self.snapshot_is_due && age >= SNAPSHOT_PAUSE) || age >= SNAPSHOT_PERIOD {
            self.publish_now();
        }
    }

    fn publish_now(&mut self) {
        self.snapshot_is_due = false;
        self.shown_digest = self.manager.digest();
        self.last_snapshot = Instant::now();
        let now = now();
        self.manager.log_trouble = self.outputs.log.as_ref().and_then(|log| log.status().failure);
        let counters = self.outputs.tunnel.counters();
        let moved = |(peer, counted): (&PeerId, &PeerCounters)| {
            let packets = counted.received.packets + counted.sent.packets;
            (self.moved_packets.insert(*peer, packets) != Some(packets)).then_some(*peer)
        };
        let busy: Vec<PeerId> = counters.peers.iter().filter_map(moved).collect();
        self.moved_packets.retain(|peer, _| counters.peers.contains_key(peer));
        self.manager.handle_traffic(now, &busy);
        let traffic = |peer: &PeerId| counters.peers.get(peer).map(data_plane::traffic).unwrap_or_default();
        let mut snapshot = self.manager.get_party_status(now, traffic, data_plane::view(&counters));
        self.outputs.snapshots.send_if_modified(|current| {
            snapshot.revision = current.revision;
            let changed = **current != snapshot;
            if changed {
                snapshot.revision += 1;
                *current = Arc::new(std::mem::take(&mut snapshot));
            }
            changed
        });
    }
}

/// The first network for a party that overlaps none of this device's routes.
fn free_subnet(preferred: Subnet) -> Option<Subnet> {
    let mut proposals = [preferred].into_iter().chain(Subnet::ALTERNATIVES);
    proposals.find(|subnet| lanrage_adapter::overlapping_route(*subnet, "").is_none())
}

/// Loads a party that is to be entered again.
async fn resume(
    ticket: Ticket,
    party: PartyId,
    database: Arc<SettingsDatabase>,
    secrets: Arc<dyn SecretStore>,
    results: mpsc::Sender<(Ticket, Option<Kept>)>,
) {
    let kept = keeper::load(&database, &secrets, Some(party)).await.unwrap_or_else(|error| {
        warn!(%error, "a party cannot be loaded");
        None
    });
    let _ = results.send((ticket, kept)).await;
}
