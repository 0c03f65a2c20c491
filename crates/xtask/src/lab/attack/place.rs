//! Where attackers and attacked stand, with either family of addresses.

use std::net::{IpAddr, SocketAddr};

use anyhow::Result;
use lanrage_lab::{
    Host, Lab,
    expected::{Family, Network},
    networks::HOME,
};

/// As many as a source may open connections: with one each, no single address has more than its share.
const ADDRESSES: u16 = 64;

/// A host in public: with IPv6 it has both families.
pub(super) fn public_host(lab: &mut Lab, family: Family, name: &str, last: u8) -> Result<Host> {
    match family {
        Family::V4 => lab.public_host(name, last),
        Family::V6 | Family::Both => lab.dual_stack_host(name, last),
    }
}

/// Somebody whom nobody knows, with all the addresses that it can take: with IPv6, of a network of its own.
pub(super) fn stranger(lab: &mut Lab, family: Family) -> Result<(Host, Vec<IpAddr>)> {
    if family == Family::V4 {
        let host = lab.public_host("eve", 66)?;
        let addresses = vec![host.ip()];
        return Ok((host, addresses));
    }
    let home = lab.home(&Network { family: Family::V6, ..Network::behind(HOME) }, None)?;
    let host = lab.host(&home, "eve")?;
    let addresses = lab.more_addresses(&host, &home, ADDRESSES)?;
    Ok((host, addresses))
}

/// Where a public host is reached by that family.
pub(super) fn socket_of(host: &Host, family: Family, port: u16) -> SocketAddr {
    match family {
        Family::V4 => (host.address(), port).into(),
        Family::V6 | Family::Both => (Lab::ipv6_of(host), port).into(),
    }
}
