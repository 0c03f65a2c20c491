//! What a session looks like from outside.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddr,
    num::NonZeroU16,
};

use lanrage_control::Now;
use lanrage_nat::{NatReport, port_mapping::PortMapping, relay_pool::RelayState};
use lanrage_party::{
    Admission, Glance, Invitation, Link, Name, NatType, Party, Pass, Peer, PeerId, Standing,
    facts::{Fault, HostHint, Meeting, PortMappingFault, StoreEngine},
    limits,
};
use lanrage_rendezvous::{FinderView, Health};

use super::{
    State, games,
    gossip::{chat, ready, voice},
};
use crate::{
    facts::{
        AdapterView, CodeSearchView, CodeView, ControlView, DataPlaneView, DroppedView, InvitationLink,
        JoiningView, LinkView, NetworkView, PartyView, PeerView, PortMappingView, Problem, RelayView,
        RemovedView, RequestView, Severity, Snapshot, StoreView, Traffic, UndoView,
    },
    network::adapter::AdapterFailure,
    party::{active::ActiveParty, codes::OwnCode},
    peers::{
        connection::{Connection, RelayAddress, Surroundings},
        connections::Connections,
    },
};

/// From how many milliseconds a difference between two clocks is worth a word.
const WRONG_CLOCK_MS: u64 = 5 * 60_000;

/// Most addresses of this device's own in a link: the rest is for other members, who are there when this one is not.
const OWN_ADDRESSES: usize = 4;

impl State {
    /// The party as a value, this device included.
    fn current_party(&self) -> Option<Party> {
        let active = self.party.as_ref()?;
        let membership = &active.membership;
        let own = Peer {
            id: self.identity.peer_id(),
            name: self.player_name.clone(),
            public_key: membership.private_key.public(),
            virtual_ip: membership.virtual_ip,
            endpoint: None,
            latency_ms: None,
            connection_type: lanrage_party::ConnectionType::Direct,
            nat_type: self.nat.nat_type(),
            joined_at: membership.created_at,
        };
        let friends = active.connections.connections().values().map(peer);
        Some(Party {
            id: membership.invitation.party,
            name: membership.invitation.name.clone(),
            host_id: active.host,
            peers: friends.chain([own]).map(|peer| (peer.id, peer)).collect(),
            created_at: membership.created_at,
        })
    }

    /// The whole state as shown. `traffic` is what the data plane counted for a peer, `data_plane` for all together.
    pub(crate) fn snapshot(
        &self,
        now: Now,
        traffic: impl Fn(&PeerId) -> Traffic,
        data_plane: DataPlaneView,
    ) -> Snapshot {
        Snapshot {
            revision: 0,
            peer_id: self.identity.peer_id().to_string(),
            player_name: self.player_name.to_string(),
            nat_type: self.nat.nat_type(),
            network: self.network_view(),
            control: self.control.view(now),
            announcement: self.control.announcement().cloned(),
            adapter: self.adapter_view(now),
            party: self.shown_party().map(|party| self.party_view(party, now, traffic)),
            joining: self.joining_view(),
            code_search: self.code_search.as_ref().map(|typed| CodeSearchView { since_ms: typed.since.0 }),
            data_plane,
            problems: self.problems(now),
        }
    }

    /// Stands for what a player is to see at once when it changes: how it is with each friend and with the control
    /// server. What else time and probes change are figures, which wait for the next second.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.control.phase(), self.control.announcement()).hash(&mut hasher);
        self.code_search.is_some().hash(&mut hasher);
        if let Some(party) = &self.party {
            (party.watch.works(), party.watch.failure().is_some()).hash(&mut hasher);
            party.reply.as_ref().map(|reply| &reply.text).hash(&mut hasher);
            party.games.revision().hash(&mut hasher);
            party.chat.revision().hash(&mut hasher);
            (party.ready.revision(), party.voice.revision()).hash(&mut hasher);
            party.sightings.revision().hash(&mut hasher);
            self.shield.revision().hash(&mut hasher);
            for own in &party.codes {
                (own.is_good(), own.ticket).hash(&mut hasher);
            }
        }
        for connection in self.party.iter().flat_map(|party| party.connections.connections().values()) {
            let by = connection.path().map(|path| path.remote);
            (connection.record.peer_id(), connection.state(), connection.online(), by).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn adapter_view(&self, now: Now) -> AdapterView {
        let view = |party: &ActiveParty| party.adapter.view(now, party.watch.works());
        self.party.as_ref().map(view).unwrap_or_default()
    }

    fn network_view(&self) -> NetworkView {
        let behaviour = self.nat.report().and_then(NatReport::nat_behaviour);
        let relay = |relay: lanrage_nat::relay_pool::RelayView| RelayView {
            name: relay.name,
            region: relay.region,
            rtt_ms: relay.rtt.map(milliseconds),
            load_percent: relay.load_percent,
            is_held: matches!(relay.state, RelayState::Held { .. }),
            fault: match relay.state {
                RelayState::Failed { reason, .. } => Some(reason),
                _ => None,
            },
        };
        NetworkView {
            relay_only: self.relay_only,
            spares_connection: self.spares_connection(),
            nat_summary: self.nat.report().map(NatReport::summary),
            mapping_behaviour: behaviour.map(|b| b.mapping),
            filtering_behaviour: behaviour.map(|b| b.filtering),
            hairpinning: behaviour.and_then(|b| b.hairpinning),
            public_address: self.nat.public_address().map(|address| address.to_string()),
            udp_is_blocked: self.udp_is_blocked(),
            port_mapping: match self.nat.port_mapping() {
                PortMapping::Off => PortMappingView::Off,
                PortMapping::Searching => PortMappingView::Searching,
                mapping if mapping.is_behind_another_router() => {
                    PortMappingView::Unavailable { fault: PortMappingFault::SecondRouter }
                }
                PortMapping::Mapped { external, .. } => {
                    PortMappingView::Open { external: external.to_string() }
                }
                PortMapping::Unavailable { reason } => {
                    PortMappingView::Unavailable { fault: (*reason).into() }
                }
            },
            relays: self.relays.views().into_iter().map(relay).collect(),
            dropped: DroppedView {
                stun_answers: self.nat.unasked_answers(),
                ..self.party.as_ref().map(ActiveParty::dropped).unwrap_or_default()
            },
        }
    }

    /// Whether nothing but TCP gets through. Where the server, by TCP, answers no more than anybody by UDP, that is not said.
    fn udp_is_blocked(&self) -> bool {
        let tcp_fails = self.control.endpoint().is_some()
            && !self.control.is_connected()
            && self.relays.allocations().is_empty();
        self.nat.udp_is_blocked() && !tcp_fails
    }

    fn surroundings<'a>(&self, relays: &'a [RelayAddress], peers: &Connections) -> Surroundings<'a> {
        let refused = |peer: &&PeerId| self.relays.refuse(peer);
        Surroundings {
            nat_type: self.nat.nat_type(),
            udp_is_blocked: self.udp_is_blocked(),
            relays_are_missing: self.relays.are_missing(),
            refused: peers.connections().keys().filter(refused).copied().collect(),
            relays,
        }
    }

    /// The party, once this device is in it: one that is still being joined may come to nothing.
    fn shown_party(&self) -> Option<&ActiveParty> {
        self.party.as_ref().filter(|party| !party.is_being_joined())
    }

    fn joining_view(&self) -> Option<JoiningView> {
        let party = self.party.as_ref().filter(|party| party.is_being_joined())?;
        let pending = party.pending.as_ref()?;
        Some(JoiningView {
            party: party.membership.invitation.name.to_string(),
            since_ms: pending.since.0,
            reply: party.reply.as_ref().map(|reply| reply.text.clone()),
            is_replied: pending.is_replied,
        })
    }

    fn party_view(&self, active: &ActiveParty, now: Now, traffic: impl Fn(&PeerId) -> Traffic) -> PartyView {
        let membership = &active.membership;
        let own = self.identity.peer_id();
        let rulings = &membership.rulings;
        // A party in which nothing was ruled is whose the server says.
        let owner = if rulings.owner() == membership.invitation.host { active.host } else { rulings.owner() };
        let names = ShownNames::new(&self.player_name, active);
        let mut relays = self.relays.addresses();
        relays.extend(active.carried.friends().filter_map(|(friend, id, address)| {
            let friend = active.connections.connections().get(friend)?;
            let label = names.of(&friend.record.name, &friend.record.peer_id());
            Some(RelayAddress { ip: address.ip(), allocation: Some(id), label })
        }));
        let surroundings = self.surroundings(&relays, &active.connections);
        let party = self.current_party();
        let order = party.iter().flat_map(Party::get_peer_list).map(|peer| peer.id);
        let mut peers: Vec<_> = order
            .filter_map(|id| active.connections.connections().get(&id))
            .map(|connection| {
                let id = connection.record.peer_id();
                let view = connection.path();
                PeerView {
                    id: id.to_string(),
                    name: names.of(&connection.record.name, &id),
                    is_host: owner == id,
                    role: rulings.role(&id),
                    is_muted: active.connections.is_muted(&id),
                    virtual_ip: connection.record.virtual_ip.to_string(),
                    state: connection.state(),
                    connection_type: connection.connection_type(),
                    situation: connection.situation(&surroundings, now.instant),
                    endpoint: view.map(|path| path.remote.address.to_string()),
                    latency_ms: view.and_then(|path| path.rtt).map(milliseconds),
                    jitter_ms: view.map(|path| milliseconds(path.jitter)),
                    loss: view.map(|path| f64::from(path.loss)),
                    quality: connection.quality(&self.quality_thresholds),
                    history_ms: connection.history().map(|rtt| rtt.map(milliseconds)).collect(),
                    is_sent_twice: connection.agent.second().is_some(),
                    mtu: view.map(|path| path.mtu),
                    next_direct_try_at_ms: view
                        .filter(|path| path.is_relayed)
                        .and_then(|_| connection.agent.next_direct_try())
                        .map(|at| {
                            let wait = at.saturating_duration_since(now.instant);
                            now.wall.plus(wait.as_millis() as u64).0
                        }),
                    nat_type: connection.info.nat_type,
                    online: connection.online(),
                    trust: self.shield.rules().trust(&id),
                    away_since_ms: connection.away_since().map(|at| at.0),
                    joined_at_ms: connection.info.joined_at.0,
                    first_packet_ms: connection.first_packet.map(milliseconds),
                    games: games::of_friend(active, connection, now.instant),
                    readiness: active.ready.of(&id),
                    traffic: traffic(&id),
                }
            })
            .collect();
        // Who may be played with comes first, else as the party has them.
        peers.sort_by_key(|peer| peer.online == Some(false));
        PartyView {
            id: membership.invitation.party.to_string(),
            name: membership.invitation.name.to_string(),
            is_host: owner == own,
            role: rulings.role(&own),
            admission: rulings.admission(),
            older_links_ask: rulings.admission() == Admission::Open && membership.epochs.has_shares(),
            requests: requests(active, now),
            removed: removed(active),
            undo: active.undo.removal().map(|removal| UndoView {
                name: removal.name.clone(),
                is_banned: removal.is_banned,
                until_ms: removal.until.0,
            }),
            links: self.links(active, now, &names),
            codes: active.codes.iter().filter(|own| own.is_good()).map(code).collect(),
            virtual_ip: membership.virtual_ip.to_string(),
            subnet: membership.invitation.subnet.net().to_string(),
            invitation: InvitationLink(self.invitation(active).link()),
            page: self.control.page(),
            meeting: self.meeting(active),
            store: active.finder.as_ref().map(|finder| store(&finder.view())),
            host_hint: self.host_hint(active, &names),
            created_at_ms: membership.created_at.0,
            games: games::own(active),
            chat: chat::view(active, &own),
            ready_check: ready::view(active, &own, &self.player_name, |friend, id| names.of(friend, id)),
            voice: voice::view(active, &own, &self.player_name, |friend, id| names.of(friend, id)),
            shield: self.shield_view(|id| {
                let friend = active.connections.connections().get(id)?;
                Some(names.of(&friend.record.name, id))
            }),
            peers,
        }
    }

    /// The limited links of the party.
    fn links(&self, active: &ActiveParty, now: Now, names: &ShownNames) -> Vec<LinkView> {
        let own = self.identity.peer_id();
        let friends = active.connections.connections();
        let name = |id: &PeerId| {
            let friend = friends.get(id).map(|friend| names.of(&friend.record.name, id));
            if *id == own { Some(self.player_name.to_string()) } else { friend }
        };
        let party = active.membership.invitation.party;
        let links = active.membership.rulings.links().into_iter();
        let view = |link: Link| LinkView {
            serial: link.terms.serial.to_string(),
            made_by: name(&link.maker).unwrap_or_else(|| link.maker.short()),
            // A link that an owner before has made is the present one's too, and its pass that owner's.
            is_own: link.maker == own
                && Pass::of(&self.identity, &party, link.terms.serial).key() == link.terms.key,
            made_at_ms: link.made_at.0,
            uses: link.terms.uses.map(NonZeroU16::get),
            expires_at_ms: link.terms.ends.map(|ends| ends.0),
            needs_approval: link.terms.needs_approval,
            for_guests: link.terms.for_guests,
            fault: link.fault(now.wall),
            came: link
                .came
                .iter()
                .map(|(id, then)| {
                    let then = || then.as_ref().map_or_else(|| id.short(), ToString::to_string);
                    name(id).unwrap_or_else(then)
                })
                .collect(),
        };
        links.map(view).collect()
    }

    /// Who should host the game that those play who are here.
    fn host_hint(&self, active: &ActiveParty, names: &ShownNames) -> Option<HostHint> {
        let mut party = self.current_party()?;
        let friends = active.connections.connections();
        party.peers.retain(|id, _| {
            friends.get(id).is_none_or(|friend| friend.path().is_some() || friend.online() == Some(true))
        });
        let host = party.best_host()?;
        Some(if host.id == self.identity.peer_id() {
            HostHint::You
        } else {
            HostHint::Friend { peer: names.of(&host.name, &host.id) }
        })
    }

    /// How friends who have the link find this device.
    fn meeting(&self, active: &ActiveParty) -> Meeting {
        if !active.membership.is_serverless() {
            return Meeting::Server;
        }
        if self.relay_only {
            return Meeting::Hidden;
        }
        if self.nat.is_reachable() || matches!(self.nat.nat_type(), NatType::Open | NatType::FullCone) {
            return Meeting::Straight;
        }
        match active.finder.as_ref().map(|finder| finder.view().health) {
            None => Meeting::Link,
            Some(Health::Unknown) => Meeting::Store { holders: None },
            Some(Health::Well { holders }) => Meeting::Store { holders: Some(holders) },
            Some(Health::Unwell(_)) => Meeting::StoreSilent,
        }
    }

    /// What this member passes on: the invitation by which it is in the party, with the party as it is now.
    pub(super) fn invitation(&self, active: &ActiveParty) -> Invitation {
        let friends = active.connections.connections();
        let host_name = if active.host == self.identity.peer_id() {
            Some(self.player_name.clone())
        } else {
            friends.get(&active.host).map(|host| host.record.name.clone())
        };
        let members = u16::try_from(friends.len() + 1).ok();
        let addresses = self.link_addresses(active);
        Invitation {
            glance: Glance { host_name, members },
            addresses,
            pass: None,
            ..active.membership.invitation.clone()
        }
    }

    /// Where whoever follows a link may knock: at this device, as the internet and its neighbours see it, and at members that it
    /// reaches straight.
    fn link_addresses(&self, active: &ActiveParty) -> Vec<SocketAddr> {
        if self.relay_only {
            return Vec::new();
        }
        let own = self.lasting_addresses();
        let paths = active.connections.connections().values().filter_map(Connection::path);
        let others = paths.filter(|path| !path.is_relayed).map(|path| path.remote.address);
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in own.take(OWN_ADDRESSES).chain(others) {
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses.truncate(limits::INVITATION_ADDRESSES);
        addresses
    }

    fn problems(&self, now: Now) -> Vec<Problem> {
        let mut problems = self.troubles.standing.clone();
        if let Some(cause) = self.troubles.log.clone() {
            problems.push(Problem::new(Severity::Warning, Fault::LogNotWritten { cause }));
        }
        if let Some(cause) = self.troubles.store.clone() {
            problems.push(Problem::new(Severity::Error, Fault::NotKept { cause }));
        }
        if let Some(cause) = self.troubles.sockets.clone() {
            problems.push(Problem::new(Severity::Error, Fault::SocketsFailed { cause }));
        }
        if let Some(party) = &self.party {
            if let Some(AdapterFailure { fault, remedy }) = party.adapter.failure().cloned() {
                let fault = Fault::Adapter(fault);
                problems.push(Problem { severity: Severity::Error, fault, remedy: Some(remedy) });
            }
            if let Some((severity, AdapterFailure { fault, remedy })) =
                party.watch.failure().filter(|_| party.adapter.is_open())
            {
                let (fault, remedy) = (Fault::Adapter(fault.clone()), Some(remedy.clone()));
                problems.push(Problem { severity, fault, remedy });
            }
            for (name, refusal) in party.roster.refused() {
                problems.push(Problem::new(Severity::Warning, Fault::Peer(refusal.fact(name))));
            }
        }
        if self.troubles.clock_error_ms > WRONG_CLOCK_MS {
            problems.push(Problem::new(
                Severity::Warning,
                Fault::ClockWrong { minutes: self.troubles.clock_error_ms / 60_000 },
            ));
        }
        if let ControlView::Disconnected { server, why, .. } = self.control.view(now) {
            let in_party = self.party.is_some();
            problems
                .push(Problem::new(Severity::Warning, Fault::ControlDisconnected { server, why, in_party }));
        }
        problems
    }
}

/// What goes on in the public store.
fn code(own: &OwnCode) -> CodeView {
    CodeView {
        code: InvitationLink(own.code.to_string()),
        serial: own.serial.to_string(),
        expires_at_ms: own.ends.0,
        is_stored: own.ticket.is_none(),
    }
}

fn store(finder: &FinderView) -> StoreView {
    let (serves, holders) = match finder.health {
        Health::Unknown => (None, None),
        Health::Well { holders } => (Some(true), Some(holders)),
        Health::Unwell(_) => (Some(false), None),
    };
    StoreView {
        engine: if finder.asks_relays { StoreEngine::DhtAndRelays } else { StoreEngine::Dht },
        serves,
        holders,
        looked_at_ms: finder.looked.map(|at| at.0),
        stored_at_ms: finder.stored.map(|at| at.0),
        is_keeper: finder.keeper,
    }
}

/// Who waits to be let in: whom this device's player may let in.
fn requests(active: &ActiveParty, now: Now) -> Vec<RequestView> {
    let mut requests: Vec<RequestView> = active
        .requests
        .waiting(now.wall)
        .map(|(record, since)| RequestView {
            id: record.claimed().peer_id().to_string(),
            name: record.claimed().name.to_string(),
            since_ms: since.0,
            link: record.approval().map(|approval| approval.serial().to_string()),
        })
        .collect();
    requests.sort_by_key(|request| request.since_ms);
    requests
}

/// Who was removed.
fn removed(active: &ActiveParty) -> Vec<RemovedView> {
    let mut removed: Vec<RemovedView> = active
        .membership
        .rulings
        .removed()
        .into_iter()
        .map(|out| RemovedView {
            name: out.name.map_or_else(|| out.peer.short(), Into::into),
            id: out.peer.to_string(),
            is_banned: out.standing == Standing::Banned,
            at_ms: out.at.0,
        })
        .collect();
    removed.sort_by_key(|out| std::cmp::Reverse(out.at_ms));
    removed
}
/// The names of a party's players as they are shown: who looks like another is told apart by the identity, which nobody else
/// can have.
struct ShownNames {
    /// Friends whose names look like another player's.
    twins: BTreeSet<PeerId>,
}

impl ShownNames {
    fn new(own: &Name, active: &ActiveParty) -> Self {
        let mut seen = BTreeMap::from([(own.appearance(), None)]);
        let mut twins = BTreeSet::new();
        for (id, friend) in active.connections.connections() {
            // The second of two makes both of them twins.
            if let Some(other) = seen.insert(friend.record.name.appearance(), Some(*id)) {
                twins.extend(other.into_iter().chain([*id]));
            }
        }
        Self { twins }
    }

    fn of(&self, name: &Name, id: &PeerId) -> String {
        if self.twins.contains(id) { format!("{name} ({})", id.short()) } else { name.to_string() }
    }
}

fn peer(connection: &Connection) -> Peer {
    let path = connection.path();
    Peer {
        id: connection.record.peer_id(),
        name: connection.record.name.clone(),
        public_key: connection.record.wireguard_key,
        virtual_ip: connection.record.virtual_ip,
        endpoint: path.map(|path| path.remote.address),
        latency_ms: path.and_then(|path| path.rtt).map(milliseconds),
        connection_type: connection.connection_type(),
        nat_type: connection.info.nat_type,
        joined_at: connection.info.joined_at,
    }
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
