use lanrage_nat::{relay_pool::ResolvedRelay, turn::TurnCredentials};

use crate::network::names::{Found, Names};

/// Every name here is an address already.
pub(super) fn found(names: &Names) -> Found {
    let address = |host: &str, port: u16| Some((host.parse::<std::net::IpAddr>().ok()?, port).into());
    let relay = |offer: &lanrage_party::RelayOffer| ResolvedRelay {
        name: offer.name.clone(),
        region: offer.region.clone(),
        load_percent: offer.load_percent,
        servers: offer
            .uris
            .iter()
            .filter_map(|uri| Some((uri.transport, address(&uri.host, uri.port)?)))
            .collect(),
        tls_name: String::new(),
        credentials: TurnCredentials {
            username: offer.credentials.username.clone(),
            password: offer.credentials.password.reveal().to_owned(),
        },
    };
    Found {
        stun: names.stun.iter().filter_map(|(host, port)| address(host, *port)).collect(),
        relays: names.relays.iter().map(relay).collect(),
    }
}
