//! Two machines and a cable between them: where programs are measured.

use std::net::Ipv4Addr;

use anyhow::Result;

use super::{Host, ip};

/// Two hosts on one virtual Ethernet cable, with an MTU of 1500. Build it inside a [`world`](crate::world).
#[derive(Debug)]
pub struct Wire {
    /// One end.
    pub one: Host,
    /// The other.
    pub two: Host,
}

impl Wire {
    /// Lays the cable; each end is the other's way to everywhere.
    ///
    /// # Errors
    /// If namespaces cannot be made here.
    pub fn lay() -> Result<Self> {
        let [first, second] = [Ipv4Addr::new(192, 168, 77, 1), Ipv4Addr::new(192, 168, 77, 2)];
        let wire = Self { one: Host::new("one", first.into())?, two: Host::new("two", second.into())? };
        ip::run("link add eth0 netns one type veth peer name eth0 netns two")?;
        for (host, other) in [(&wire.one, second), (&wire.two, first)] {
            let address = host.address();
            ip::batch(
                host.name(),
                &format!(
                    "address add {address}/24 brd + dev eth0\nlink set eth0 up\nroute add default via {other}\n"
                ),
            )?;
        }
        Ok(wire)
    }
}
