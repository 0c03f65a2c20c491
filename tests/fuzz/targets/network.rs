//! What a network's own devices say: its router, and the proxy on the way out.

pub(crate) mod port_mapping;
pub(crate) mod proxy_answer;
