//! What this device's network and the data plane say.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU16,
    time::Duration,
};

use lanrage_control::protocol::Request;
use lanrage_games::read_beacon;
use lanrage_nat::{Found, Names, NatReport, NetworkState, port_mapping::MappingRequest, stun};
use lanrage_party::{
    AdapterLook, AllocationId, Candidate, CandidateType, NatType, PeerId, Subnet, TunnelEvent,
    facts::{AdapterFault, EndpointUse, LostPart, News},
    limits,
};
use tracing::{info, warn};

use super::State;
use crate::{
    facts::GameSource,
    input::Ticket,
    network::{
        adapter_watch::{Care, Endpoint},
        nat_status::NetworkNews,
    },
    output::{Output, StoreAction, Turn},
    peers::gossip::message::is_gossip,
};

/// The longest that a measurement of the router takes, and a little: nobody waits longer for one.
const MEASURING: Duration = Duration::from_secs(18);

/// The shortest time between two doubts of what the router has opened: friends come and go, and are no sign of the router.
const MAPPING_DOUBTS: Duration = Duration::from_secs(30);

impl State {
    pub(super) fn handle_tunnel(&mut self, turn: &mut Turn<'_>, event: TunnelEvent) {
        match event {
            TunnelEvent::Datagram { from, bytes } => {
                let straight = from.via.is_none();
                if straight
                    && !self.relays.handle_datagram(turn, from.address, &bytes)
                    && self.nat.handle_datagram(turn.now.instant, from.address, &bytes)
                {
                    self.update_candidates(turn);
                }
                if let (Ok(stun::Message::BindingIndication { .. }), Some(connections)) =
                    (stun::parse(&bytes), self.connections())
                {
                    connections.handle_punch(turn, from);
                }
            }
            TunnelEvent::DeviceFailed { error } => {
                if let Some(party) = &mut self.party {
                    warn!(%error, "the adapter failed");
                    let fault = AdapterFault::AdapterLost { cause: (&error).into() };
                    party.adapter.handle_lost(turn.now.instant, fault);
                    turn.push(Output::CloseAdapter);
                }
            }
            TunnelEvent::TooBig { to, packet_bytes } => {
                let is_relay = self.relays.is_server(to);
                if let Some(connections) = self.connections() {
                    connections.handle_refused_size(turn, to, packet_bytes, is_relay);
                }
            }
            TunnelEvent::PacketTooBig { mtu } => {
                if let Some(connections) = self.connections() {
                    connections.handle_packet_too_big(turn, mtu);
                }
            }
            TunnelEvent::SocketsFailed { error } => {
                warn!(%error, "the UDP sockets failed");
                self.troubles.sockets = Some((&error).into());
            }
            TunnelEvent::SessionEstablished { peer, from } => {
                if let Some(connections) = self.connections() {
                    connections.handle_session(turn, peer, from);
                }
            }
            TunnelEvent::Knock { from, bytes } => self.handle_knock(turn, from, &bytes),
            TunnelEvent::Probe { peer, payload, .. } if is_gossip(&payload) => {
                self.handle_gossip(turn, peer, &payload);
            }
            TunnelEvent::Probe { peer, from, payload } => {
                if let Some(connections) = self.connections() {
                    connections.handle_probe(turn, peer, from, &payload);
                }
            }
            TunnelEvent::Flood { by, port } => {
                let port = port.unwrap_or_default();
                match by {
                    None => turn.notice(News::OwnFlood { port }),
                    Some(peer) => {
                        if let Some(connections) = self.connections() {
                            connections.handle_flood(turn, peer, port);
                        }
                    }
                }
            }
            TunnelEvent::Announced { peer, port, bytes } => {
                let heard = read_beacon(port, &bytes);
                heard.into_iter().for_each(|heard| self.note_game(turn, peer, heard, GameSource::Announced));
            }
            TunnelEvent::Refused { peer, place, is_for_all } => {
                self.handle_refused(turn, peer, place, is_for_all);
            }
            TunnelEvent::NewRemote { peer, from } => {
                if let Some(connections) = self.connections() {
                    connections.handle_remote(turn, peer, from);
                }
            }
        }
    }

    /// What the system has of the open adapter, and whether packets pass it.
    pub(super) fn handle_adapter_look(&mut self, turn: &mut Turn<'_>, look: &AdapterLook) {
        // The adapter may have been closed while it was looked at.
        let endpoint = self.endpoint_in_network();
        let Some(party) = self.party.as_mut().filter(|party| party.adapter.is_open()) else { return };
        party.adapter.set_name(&look.name);
        let subnet = party.membership.invitation.subnet;
        match party.watch.handle_look(turn.now.instant, look, subnet, endpoint) {
            Care::None => {}
            Care::Mend => {
                info!(?look, "the adapter is mended");
                turn.push(Output::MendAdapter);
            }
            Care::Reopen => {
                info!(?look, "the adapter is opened anew");
                let part = LostPart::default();
                let fault = party.watch.failure().map(|(_, failure)| failure.fault.clone());
                let fault = fault.unwrap_or(AdapterFault::AdapterStripped { part });
                party.adapter.handle_lost(turn.now.instant, fault);
                turn.push(Output::CloseAdapter);
            }
        }
    }

    /// These peers' packets have been moving lately.
    pub(super) fn handle_traffic(&mut self, turn: &mut Turn<'_>, peers: &[PeerId]) {
        let Some(party) = &mut self.party else { return };
        let busy: Vec<AllocationId> =
            peers.iter().filter_map(|peer| party.connections.handle_traffic(turn, *peer)).collect();
        self.relays.set_busy(turn.now.instant, &busy);
    }

    /// The device's own addresses and its way to the internet, whenever they change.
    pub(super) fn handle_network(&mut self, turn: &mut Turn<'_>, network: NetworkState) {
        let news = self.nat.set_network(turn.now.instant, network);
        if news != NetworkNews::None {
            // Before anything is sent: what was answered from an address that is gone would go nowhere.
            turn.push(Output::ChooseSources);
        }
        match news {
            NetworkNews::None => {}
            NetworkNews::Addresses => self.update_candidates(turn),
            NetworkNews::Network => {
                if let Some(connections) = self.connections() {
                    connections.handle_network_change(turn);
                }
                self.check_everything(turn);
                self.begin_knocking(turn);
                self.find_anew(turn);
                self.ask_for_codes_anew(turn);
            }
        }
    }

    /// The device has slept, or this program was stopped, for so long: nothing is as it was.
    pub(super) fn handle_woken(&mut self, turn: &mut Turn<'_>, slept: Duration) {
        info!(seconds = slept.as_secs(), "woken up");
        self.nat.handle_network_change(turn.now.instant);
        if let Some(connections) = self.connections() {
            connections.handle_resume(turn);
        }
        self.check_everything(turn);
        self.begin_knocking(turn);
        self.find_anew(turn);
        self.ask_for_codes_anew(turn);
    }

    /// Tries every path, relay and server anew, without leaving what still works.
    fn check_everything(&mut self, turn: &mut Turn<'_>) {
        self.checks += 1;
        self.names.handle_network_change();
        self.look_up_names(turn);
        self.map_port(turn);
        self.control.handle_network_change(turn.now);
        self.relays.handle_network_change(turn.now.instant);
        self.measure_nat(turn);
        self.update_candidates(turn);
    }

    /// The user wants to know how the way to the internet is now. Who asks while it is being found out waits for that.
    pub(super) fn measure_again(&mut self, turn: &mut Turn<'_>, ticket: Ticket) {
        self.measuring.waiting.push(ticket);
        if self.measuring.until.is_none() {
            self.measuring.until = Some(turn.now.instant + MEASURING);
            self.check_everything(turn);
        }
    }

    /// The router is measured anew, or that takes too long.
    pub(super) fn answer_measured(&mut self, turn: &mut Turn<'_>) {
        self.measuring.until = None;
        for ticket in std::mem::take(&mut self.measuring.waiting) {
            turn.complete(ticket, Ok(()));
        }
    }

    /// Addresses of servers whose names were to be looked up.
    pub(super) fn handle_names(&mut self, turn: &mut Turn<'_>, found: Found) {
        self.relays.set_relays(turn.now.instant, found.relays);
        if std::mem::replace(&mut self.translator, found.translator) != found.translator
            && let Some(connections) = self.connections()
        {
            connections.set_translator(turn, found.translator);
        }
        if self.nat.set_servers(turn.now.instant, &found.stun) {
            self.measure_nat(turn);
        }
    }

    /// What was measured of the way to the internet.
    pub(super) fn handle_nat_report(&mut self, turn: &mut Turn<'_>, report: NatReport) {
        if self.nat.set_report(report) {
            if let Some(result) = self.nat.to_stored(turn.now.wall) {
                turn.store(StoreAction::SaveNat(result));
            }
            self.update_candidates(turn);
        }
        self.answer_measured(turn);
    }

    /// Every address at which this device may be reached, best first.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let relayed = self.relays.candidates();
        let room = if self.relay_only { 0 } else { limits::CANDIDATES.saturating_sub(relayed.len()) };
        let mut candidates = self.nat.candidates(room);
        candidates.extend(relayed);
        candidates
    }

    /// Those without a relay, the likeliest to be of use to somebody far away first: as the outside sees this device, then its
    /// own. Who is on the same LAN sees where a datagram comes from.
    pub(super) fn straight_candidates(&self) -> Vec<Candidate> {
        let room = if self.relay_only { 0 } else { limits::CANDIDATES };
        let mut candidates = self.nat.candidates(room);
        candidates.sort_by_key(|candidate| match candidate.kind {
            CandidateType::Host if candidate.address.is_ipv6() => 1,
            CandidateType::Host => 2,
            CandidateType::Predicted => 3,
            _ => 0,
        });
        candidates
    }

    /// Those of them that may be told to who comes later, and may be sent to.
    pub(super) fn lasting_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let lasting = self.straight_candidates().into_iter().filter(|c| c.is_usable() && c.kind.lasts());
        lasting.map(|candidate| candidate.address)
    }

    /// Peers hear where this device may be reached, and the control plane of its NAT.
    pub(super) fn update_candidates(&mut self, turn: &mut Turn<'_>) {
        let candidates = self.candidates();
        let distances = self.relays.distances();
        let nat_type = self.nat.nat_type();
        if self.nat.is_placed() {
            self.first_link.is_good(turn);
        }
        self.renew_reply(turn);
        let Some(party) = &mut self.party else { return };
        party.connections.set_candidates(turn, candidates, distances, nat_type);
        if nat_type != NatType::Unknown && party.told_nat_type != nat_type {
            party.told_nat_type = nat_type;
            let party = party.membership.invitation.party;
            let request = Request::UpdatePeer { party, record: None, nat_type: Some(nat_type) };
            self.control.request(turn.now, request);
        }
    }

    /// Friends learn no address of this device from now on, or are reached by any way. The data plane hears first: it
    /// holds back what is still under way.
    pub(super) fn set_relay_only(&mut self, turn: &mut Turn<'_>, relay_only: bool) {
        if std::mem::replace(&mut self.relay_only, relay_only) == relay_only {
            return;
        }
        info!(relay_only, "addresses are hidden from friends, or not");
        // A farewell that goes by a friend would show the address.
        self.finish_parting(turn);
        turn.push(Output::RelayOnly(relay_only));
        self.stop_relaying(turn);
        if let Some(connections) = self.connections() {
            connections.set_relay_only(turn, relay_only);
        }
        self.begin_knocking(turn);
        self.choose_finder(turn);
        self.map_port(turn);
        self.update_candidates(turn);
    }

    /// The connections know of every allocation that can be used.
    pub(super) fn follow_allocations(&mut self, turn: &mut Turn<'_>) {
        let allocations = self.relays.allocations();
        if let Some(connections) = self.connections() {
            connections.set_allocations(turn, allocations);
        }
    }

    /// While there is a party, friends may come in by a port of the router.
    pub(super) fn map_port(&self, turn: &mut Turn<'_>) {
        let is_wanted = self.party.is_some() && !self.relay_only;
        let port = NonZeroU16::new(self.nat.port()).filter(|_| is_wanted);
        turn.push(Output::MapPort(MappingRequest { port, network: self.checks }));
    }

    /// What the router opened may be open no more: it was started again, has another address, or has forgotten it. Whether
    /// that is so shows only when it is asked anew, which keeps the port where it is.
    pub(super) fn doubt_mapping(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now.instant;
        let is_fresh = self.mapping_doubted.is_some_and(|at| now < at + MAPPING_DOUBTS);
        if self.nat.port_mapping().external().is_some() && !is_fresh {
            info!("the router is asked anew for its port");
            self.mapping_doubted = Some(now);
            self.checks += 1;
            self.map_port(turn);
        }
    }

    fn measure_nat(&self, turn: &mut Turn<'_>) {
        turn.push(Output::MeasureNat(self.nat.servers().to_vec()));
    }

    /// Wants the addresses of every server that is known by name.
    pub(super) fn look_up_names(&self, turn: &mut Turn<'_>) {
        let (stun, relays) = (self.nat.server_names(), self.relays.offers().to_vec());
        turn.push(Output::LookUp(Names { stun, relays, round: self.names.round() }));
    }

    /// Whom LANrage uses of those whose addresses lie in the party's network.
    pub(super) fn endpoint_in_network(&self) -> Option<Endpoint> {
        self.party.as_ref().and_then(|party| self.endpoint_in(party.membership.invitation.subnet))
    }

    /// The same of any network. Friends' addresses in their own party's network are never used, so none is among them.
    pub(super) fn endpoint_in(&self, subnet: Subnet) -> Option<Endpoint> {
        let control = self.control.address().map(|ip| (EndpointUse::ControlServer, ip));
        let stun = self.nat.servers().iter().map(|server| (EndpointUse::StunServer, server.ip()));
        let relays = self.relays.servers().map(|server| (EndpointUse::Relay, server.ip()));
        let gateways = self.nat.gateways().iter().map(|ip| (EndpointUse::Gateway, *ip));
        let mut used = control.into_iter().chain(gateways).chain(relays).chain(stun);
        used.find_map(|(used_as, ip)| match ip.to_canonical() {
            IpAddr::V4(address) => subnet.covers(ip).then_some((used_as, address)),
            IpAddr::V6(_) => None,
        })
    }

    /// Whether there are servers to help with paths, and none of a kind answers: their addresses may be wrong.
    pub(super) fn servers_are_silent(&self) -> bool {
        let relays = self.party.is_some() && !self.relays.offers().is_empty() && self.relays.are_missing();
        relays || self.nat.is_unseen()
    }
}
