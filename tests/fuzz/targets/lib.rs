//! What is fuzzed: whatever reads bytes of strangers, and the decisions behind it, each with what must hold
//! whatever comes. A target is a function that panics when it does not.
//!
//! `cargo fuzz` looks for inputs with it (the package around this one), and the test `corpus` replays those that are
//! kept. Neither sockets nor time pass in here; the keys are fixed, so that a found input stays found.

pub mod corpus;
mod frames;
mod games;
mod helper_request;
mod input;
mod invitation;
mod network;
mod packet;
mod peer;
mod relay;
mod rendezvous;
mod sessions;
mod stun;
mod turn;

/// Takes one input apart, and panics if something does not hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its file in `corpus/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("channel_data", turn::channel_data::run),
    ("client_frame", frames::client),
    ("control_client", sessions::client),
    ("control_server", sessions::server),
    ("game_answer", games::answer),
    ("game_beacon", games::beacon),
    ("game_catalogue", games::catalogue),
    ("game_search", games::search),
    ("game_side", games::side),
    ("game_statement", games::statement),
    ("gossip", peer::gossip::run),
    ("helper_request", helper_request::run),
    ("invitation", invitation::run),
    ("knock", peer::knock::run),
    ("krpc_filter", rendezvous::filter),
    ("offload", packet::offload::run),
    ("path_agent", peer::path_agent::run),
    ("port_mapping", network::port_mapping::run),
    ("probe", peer::probe::run),
    ("proxy_answer", network::proxy_answer::run),
    ("relay_offer", frames::relay_offer),
    ("relay_pool", relay::pool::run),
    ("relay_uri", relay::uri::run),
    ("rendezvous_finder", rendezvous::finder),
    ("rendezvous_item", rendezvous::item),
    ("reply", rendezvous::reply),
    ("rulings", peer::rulings::run),
    ("search_copy", packet::search_copy::run),
    ("server_frame", frames::server),
    ("shield", packet::shield::run),
    ("short_code", rendezvous::short_code::run),
    ("signal", peer::signal::run),
    ("stun", stun::run),
    ("turn_client", turn::client::run),
    ("turn_server", turn::server::run),
    ("turn_stream", turn::stream::run),
];
