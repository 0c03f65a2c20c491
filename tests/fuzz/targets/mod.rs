//! What is fuzzed: whatever reads bytes of strangers, and the decisions behind it, each with what must hold
//! whatever comes. A target is a function that panics when it does not.
//!
//! Compiled twice: by `cargo fuzz`, which looks for inputs, and by the test `corpus`, which replays those that are
//! kept in `corpus/`. Neither sockets nor time pass in here; the keys are fixed, so that a found input stays found.

mod channel_data;
mod frames;
mod helper_request;
mod input;
mod invitation;
mod offload;
mod path_agent;
mod probe;
mod relay_pool;
mod relay_uri;
mod sessions;
mod signal;
mod stream;
mod stun;
mod turn_client;
mod turn_server;
mod turn_wire;
mod turn_world;

/// Takes one input apart.
pub(crate) type Target = fn(&[u8]);

/// Every target by its name: that of its file in `fuzz_targets/` and of its folder in `corpus/`.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("channel_data", channel_data::run),
    ("client_frame", frames::client),
    ("control_client", sessions::client),
    ("control_server", sessions::server),
    ("helper_request", helper_request::run),
    ("invitation", invitation::run),
    ("offload", offload::run),
    ("path_agent", path_agent::run),
    ("probe", probe::run),
    ("relay_offer", frames::relay_offer),
    ("relay_pool", relay_pool::run),
    ("relay_uri", relay_uri::run),
    ("server_frame", frames::server),
    ("signal", signal::run),
    ("stun", stun::run),
    ("turn_client", turn_client::run),
    ("turn_server", turn_server::run),
    ("turn_stream", stream::run),
];
