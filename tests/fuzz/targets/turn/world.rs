//! A relay and who may use it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_nat::turn::{
    AllocationId, FiveTuple, IpFamily, PeerFilter, RelayFamilies, RestSecret, Transport, TurnClient,
    TurnClientConfig, TurnCredentials, TurnLimits, TurnServer, TurnServerConfig, TurnServerOutput,
};

pub(crate) const REALM: &str = "fuzz";
/// The time of day at the beginning, in seconds.
pub(crate) const UNIX: u64 = 1_800_000_000;
pub(crate) const LIMITS: TurnLimits = TurnLimits {
    allocations: 4,
    allocations_per_user: 2,
    allocations_per_group: 4,
    allocations_per_source: 3,
    permissions: 4,
    channels: 4,
    bytes_per_second: 10_000,
    bytes_per_second_in_all: 20_000,
    burst_bytes: 10_000,
    longest_lifetime: Duration::from_secs(3_600),
};

pub(crate) fn server_address() -> SocketAddr {
    ([198, 51, 100, 1], 3_478).into()
}

pub(crate) fn client_address() -> SocketAddr {
    ([203, 0, 113, 1], 1_000).into()
}

/// Good for a day.
pub(crate) fn credentials(user: &str) -> TurnCredentials {
    secret().issue(user, UNIX + 86_400)
}

pub(crate) fn server(now: Instant) -> TurnServer {
    let config = TurnServerConfig {
        realm: REALM.to_owned(),
        families: RelayFamilies { v4: true, v6: true },
        peers: PeerFilter::default(),
        limits: LIMITS,
    };
    TurnServer::new(now, UNIX, config, secret(), [1; 32])
}

pub(crate) fn client(now: Instant) -> TurnClient {
    let config = TurnClientConfig {
        server: server_address(),
        transport: Transport::Udp,
        credentials: credentials("ann"),
        family: IpFamily::V4,
    };
    TurnClient::new(now, config, [2; 32])
}

pub(crate) fn tuple(client: SocketAddr) -> FiveTuple {
    FiveTuple { transport: Transport::Udp, client, server: server_address() }
}

/// Carries what client and server say to each other until they have no more to say; opens the sockets that are
/// asked for. Returns the allocation that was made.
pub(crate) fn settle(now: Instant, client: &mut TurnClient, server: &mut TurnServer) -> Option<AllocationId> {
    let mut made = None;
    loop {
        let mut idle = true;
        while let Some((_, datagram)) = client.poll_transmit() {
            idle = false;
            server.handle_client_datagram(now, tuple(client_address()), &datagram);
        }
        while let Some(output) = server.poll_output() {
            idle = false;
            match output {
                TurnServerOutput::Transmit { datagram, .. } => {
                    client.handle_datagram(now, server_address(), &datagram);
                }
                TurnServerOutput::OpenRelay { allocation, .. } => {
                    made = Some(allocation);
                    server.handle_relay(now, allocation, Ok(([198, 51, 100, 1], 50_000).into()));
                }
                TurnServerOutput::CloseRelay { .. } => {}
            }
        }
        if idle {
            return made;
        }
    }
}

fn secret() -> RestSecret {
    RestSecret::new("a shared secret")
}
