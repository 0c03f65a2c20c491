//! Who the peers are: how they come, are away, are missed, and go.

use lanrage_nat::PathAgent;
use lanrage_party::{Departure, Leave, PeerId, PeerRecord, SignalKey, VirtualIp, facts::News, initiates};
use tracing::info;

use super::Connections;
use crate::{
    output::{Output, StoreAction, Turn},
    peers::connection::{Connection, KnownPeer},
};

impl Connections {
    /// Whether another peer than `peer` holds the address or the WireGuard key of `record`.
    pub(crate) fn conflicts(&self, peer: PeerId, record: &PeerRecord) -> bool {
        self.connections.iter().any(|(id, other)| {
            *id != peer
                && (other.record.virtual_ip == record.virtual_ip
                    || other.record.wireguard_key == record.wireguard_key)
        })
    }

    /// Who has this lease.
    pub(crate) fn holder(&self, ip: VirtualIp) -> Option<PeerId> {
        let mut all = self.connections.iter();
        all.find(|(_, peer)| peer.record.virtual_ip == ip).map(|(id, _)| *id)
    }

    /// A peer that had gone shows that it is back.
    pub(crate) fn note_return(&mut self, peer: &PeerId) {
        if let Some(connection) = self.connections.get_mut(peer) {
            connection.note_sign();
            self.ways_changed = true;
        }
    }

    /// Takes a verified peer in, or brings what is known of it up to date.
    pub(crate) fn connect_to_peer(&mut self, turn: &mut Turn<'_>, peer: KnownPeer) {
        let id = peer.record.peer_id();
        let returned = match self.connections.get_mut(&id) {
            Some(known) if known.record.wireguard_key == peer.record.wireguard_key => {
                let returned = known.info.online == Some(false) && peer.info.online == Some(true);
                let moved = known.record.virtual_ip != peer.record.virtual_ip;
                if known.record.name != peer.record.name {
                    let name = peer.record.name.to_string();
                    turn.notice(News::PeerRenamed { peer: known.record.name.to_string(), name });
                }
                let KnownPeer { signed, record, info } = peer;
                (known.signed, known.record, known.info, known.unlisted) = (signed, record, info, false);
                if returned {
                    known.note_sign();
                }
                if moved {
                    self.configure(turn, id);
                    self.renew_session(turn, id);
                }
                returned
            }
            other => {
                let replaced = other.is_some();
                let own = self.private_key.public();
                let key = SignalKey::new(&self.secret, &self.private_key, &peer.record.wireguard_key);
                let initiator = initiates(&own, &peer.record.wireguard_key);
                info!(peer = %id.short(), initiator, replaced, "peer added");
                if !replaced {
                    turn.notice(News::PeerJoined { peer: peer.record.name.to_string() });
                }
                let mut connection = Connection::new(peer, key, initiator, turn.now.instant);
                connection.agent.set_relay_only(turn.now.instant, self.relay_only);
                connection.agent.set_doubling(turn.now.instant, self.sends_twice);
                connection.agent.set_allocations(turn.now.instant, &self.allocations_for(&id));
                self.connections.insert(id, connection);
                self.configure(turn, id);
                true
            }
        };
        self.ways_changed = true;
        self.keep(turn, &id);
        if returned {
            self.send_candidates(turn, id);
        }
    }

    /// This device has another address in the party: the data plane knows nobody any more.
    pub(crate) fn enter_again(&mut self, turn: &mut Turn<'_>) {
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        for peer in peers {
            self.configure(turn, peer);
            self.renew_session(turn, peer);
        }
    }

    /// The data plane has no session with a peer any more, as one of the two has another address.
    fn renew_session(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        if let Some(path) = connection.path() {
            turn.push(Output::SetPath { peer, to: path.remote });
            turn.push(Output::SetSecondPath { peer, to: connection.agent.second() });
        }
        connection.agent.handle_resume(turn.now.instant);
        self.drive(turn, peer);
    }

    fn keep(&self, turn: &mut Turn<'_>, peer: &PeerId) {
        if let Some(connection) = self.connections.get(peer) {
            let peer = Box::new(connection.to_stored());
            turn.store(StoreAction::SavePeer { party: self.party, peer });
        }
    }

    /// Ends the connection to a peer that another has the lease of, until it comes with another one.
    pub(crate) fn set_aside(&mut self, turn: &mut Turn<'_>, peer: &PeerId) {
        if self.connections.remove(peer).is_some() {
            info!(peer = %peer.short(), "peer set aside: another one has its address");
            turn.push(Output::RemovePeer(*peer));
            (self.peers_moved, self.ways_changed) = (true, true);
        }
    }

    /// Ends the connection to a peer that has left the party.
    pub(crate) fn disconnect_peer(&mut self, turn: &mut Turn<'_>, peer: &PeerId) {
        if let Some(gone) = self.drop_peer(turn, peer).filter(|gone| !gone.has_left()) {
            turn.notice(News::PeerLeft { peer: gone.record.name.to_string() });
        }
    }

    /// Ends the connection to a peer that was removed from the party.
    pub(crate) fn remove_peer(&mut self, turn: &mut Turn<'_>, peer: &PeerId) {
        if let Some(gone) = self.drop_peer(turn, peer) {
            turn.notice(News::Removed { peer: gone.record.name.to_string() });
        }
    }

    fn drop_peer(&mut self, turn: &mut Turn<'_>, peer: &PeerId) -> Option<Connection> {
        let gone = self.connections.remove(peer);
        if gone.is_some() {
            info!(peer = %peer.short(), "peer removed");
            turn.push(Output::RemovePeer(*peer));
            turn.store(StoreAction::RemovePeer { party: self.party, peer: *peer });
            (self.peers_moved, self.ways_changed) = (true, true);
            self.missed.remove(peer);
        }
        gone
    }

    /// Says farewell, for now or for good, to every peer that there is a path to. False if there is none.
    ///
    /// `word` is said to each before that.
    pub(crate) fn say_farewell(&mut self, turn: &mut Turn<'_>, leaves: bool, word: Option<&[u8]>) -> bool {
        let now = turn.now.instant;
        if let Some(word) = word {
            self.reached().iter().for_each(|peer| self.tell(turn, peer, word.to_vec()));
        }
        let told = self
            .connections
            .iter_mut()
            .filter_map(|(peer, connection)| connection.agent.say_farewell(now, leaves).then_some(*peer));
        let told: Vec<PeerId> = told.collect();
        told.iter().for_each(|peer| self.drive(turn, *peer));
        !told.is_empty()
    }

    /// The members that there is a path to.
    pub(crate) fn reached(&self) -> Vec<PeerId> {
        let reached = self.connections.iter().filter(|(_, connection)| connection.path().is_some());
        reached.map(|(peer, _)| *peer).collect()
    }

    /// Whether a path to somebody was lost, or not found in a whole round, and there is none to anybody.
    pub(crate) fn is_lonely(&self) -> bool {
        let mut all = self.connections.values();
        all.clone().any(Connection::is_missed) && all.all(|peer| peer.path().is_none())
    }

    /// Whether there should be a path to somebody, and none is found.
    pub(crate) fn misses_somebody(&self) -> bool {
        self.connections.values().any(Connection::is_missed)
    }

    /// Tells a member something inside the session, if there is a path.
    pub(crate) fn tell(&self, turn: &mut Turn<'_>, peer: &PeerId, payload: Vec<u8>) {
        if let Some(path) = self.connections.get(peer).and_then(Connection::path) {
            turn.push(Output::Probe { peer: *peer, to: path.remote, payload });
        }
    }

    /// The server lists these peers. One that it does not list stays while its path works: a server that lost
    /// its memory does not end a game.
    pub(crate) fn retain_listed(&mut self, turn: &mut Turn<'_>, listed: impl Fn(&PeerId) -> bool) {
        let ids: Vec<PeerId> = self.connections.keys().copied().collect();
        for id in ids.into_iter().filter(|id| !listed(id)) {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            connection.unlisted = true;
            connection.info.online = Some(false);
            if connection.path().is_none() {
                self.disconnect_peer(turn, &id);
            }
        }
    }

    /// The server says that a peer has left. If it is the peer's own word, that is given back; otherwise the peer
    /// stays while its path works, as one that the server has forgotten.
    pub(crate) fn handle_departure(
        &mut self,
        turn: &mut Turn<'_>,
        peer: &PeerId,
        leave: Option<Leave>,
    ) -> Option<Departure> {
        let record = &self.connections.get(peer)?.record;
        let own = leave.filter(|leave| leave.is_of(&record.identity, &self.party, record.sequence));
        let own = own.map(|leave| Departure { identity: record.identity, leave });
        if own.is_some() {
            self.disconnect_peer(turn, peer);
        } else {
            self.retain_listed(turn, |listed| listed != peer);
        }
        own
    }

    /// The server says whether a peer is there.
    pub(crate) fn handle_online(&mut self, turn: &mut Turn<'_>, peer: PeerId, online: bool) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        self.ways_changed = true;
        let returned = online && connection.info.online != Some(true);
        connection.info.online = Some(online);
        if returned {
            connection.note_sign();
        }
        Self::tell_away(turn, connection);
        if returned {
            self.send_candidates(turn, peer);
        }
        if !online {
            // The server's word is no proof, but worth a closer look: see `handle_control_lost`.
            self.handle_traffic(turn, peer);
        }
    }

    /// Whoever paused or closed the program is no broken line.
    pub(super) fn tell_away(turn: &mut Turn<'_>, connection: &mut Connection) {
        if connection.note_away(turn.now.wall) {
            let peer = connection.record.name.to_string();
            turn.notice(if connection.has_left() {
                News::PeerLeft { peer }
            } else {
                News::PeerAway { peer }
            });
        }
    }

    /// There is no control server any more. Whatever ended it may have ended peers too: the host of a party without a
    /// server is both. Their paths are watched for a moment as if packets flowed, so that a death shows within a
    /// second, and not only by the next probe at rest.
    pub(crate) fn handle_control_lost(&mut self, turn: &mut Turn<'_>) {
        self.with_every_agent(turn, PathAgent::handle_traffic);
    }
}
