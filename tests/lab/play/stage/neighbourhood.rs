use anyhow::Result;

use super::start_stun;
use crate::{Host, Lab, Lan, Player, Process, dht::LabDht, expected::Nat, networks::HOME};

/// Players' computers, each behind a router of its own that opens no ports, with a public store and what tells them where they are
/// seen.
#[derive(Debug)]
pub struct Neighbourhood {
    /// All of it.
    pub lab: Lab,
    /// The players' networks.
    pub homes: Vec<Lan>,
    /// Their computers.
    pub hosts: Vec<Host>,
    _nodes: LabDht,
    _stun: Process,
}

impl Neighbourhood {
    /// Builds it for players of these names, behind routers that let no stranger in, and waits until packets pass.
    ///
    /// # Errors
    /// If the lab cannot be built here.
    pub fn build(names: &[&str]) -> Result<Self> {
        Self::behind(HOME, names)
    }

    /// The same with routers of this kind.
    ///
    /// # Errors
    /// If the lab cannot be built here.
    pub fn behind(router: Nat, names: &[&str]) -> Result<Self> {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let (mut homes, mut hosts) = (Vec::new(), Vec::new());
        for name in names {
            let home = lab.lan(router)?;
            hosts.push(lab.host(&home, name)?);
            homes.push(home);
        }
        lab.settle()?;
        let nodes = LabDht::start(&lab, &server)?;
        let (stun_server, stun) = start_stun(&server)?;
        for (host, name) in hosts.iter().zip(names) {
            nodes.show_to(host, &stun)?;
            Player::choose(host, name, "port_mapping", "no")?;
        }
        Ok(Self { lab, homes, hosts, _nodes: nodes, _stun: stun_server })
    }
}
