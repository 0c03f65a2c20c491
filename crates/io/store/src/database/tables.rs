//! What the database holds, a file for each kind.

pub(super) mod departures;
pub(super) mod dht_nodes;
pub(super) mod favorite_parties;
pub(super) mod favorite_servers;
pub(super) mod friend_trust;
pub(super) mod game_profiles;
pub(super) mod memberships;
pub(super) mod muted_friends;
pub(super) mod nat_results;
pub(super) mod port_grants;
pub(super) mod roster;
pub(super) mod server_configs;
pub(super) mod settings;
