//! A BitTorrent DHT of the lab's own: nodes of another implementation than the product's, one public address each. On one
//! address they would count as eight at most (BEP 42), and lie.

mod liars;

use std::net::{Ipv4Addr, SocketAddrV4};

use anyhow::{Context, Result, ensure};
use mainline::Dht;

pub use self::liars::Liars;
use crate::{Host, Lab, Player};

/// How many nodes: as many as hold one item, and some that do not.
pub const NODES: u8 = 24;
/// The port of all of them.
pub const PORT: u16 = 6_881;
/// How many a player begins with.
const ENTRANCE: usize = 3;
/// The last number of the first one's address, after all that labs use otherwise.
const FIRST: u8 = 150;

/// The nodes, which run until this is dropped.
#[derive(Debug)]
pub struct LabDht {
    nodes: Vec<(Dht, SocketAddrV4)>,
}

impl LabDht {
    /// Starts all nodes on a public host.
    ///
    /// # Errors
    /// If an address is taken, or the nodes do not find each other.
    pub fn start(lab: &Lab, host: &Host) -> Result<Self> {
        let addresses = lab.more_public_addresses(host, FIRST, NODES)?;
        host.enter(|| {
            let mut nodes: Vec<(Dht, SocketAddrV4)> = Vec::new();
            for address in addresses {
                let known: Vec<String> = nodes.iter().take(4).map(|(_, node)| node.to_string()).collect();
                let dht = node(address, &known).with_context(|| format!("the node on {address}"))?;
                nodes.push((dht, SocketAddrV4::new(address, PORT)));
            }
            for (dht, address) in &nodes[1..] {
                #[expect(deprecated, reason = "the other way needs a runtime, which a lab has not")]
                let is_in = dht.bootstrapped();
                ensure!(is_in, "{address} finds no other node");
            }
            Ok(Self { nodes })
        })
    }

    /// Has a player look for friends here, and learn from this STUN server alone where it is: it asks nobody else.
    ///
    /// # Errors
    /// If a setting is refused.
    pub fn show_to(&self, host: &Host, stun: &str) -> Result<()> {
        let entrance: Vec<String> =
            self.nodes.iter().take(ENTRANCE).map(|(_, node)| node.to_string()).collect();
        let entrance = entrance.join(",");
        let settings = [("dht_nodes", entrance.as_str()), ("pkarr_relays", ""), ("stun_servers", stun)];
        settings.into_iter().try_for_each(|(key, value)| Player::choose(host, host.name(), key, value))
    }

    /// Where the nodes are; whoever wants in begins with the first ones.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddrV4> {
        self.nodes.iter().map(|(_, address)| *address).collect()
    }

    /// From now on so many of them, the last ones, do not exist any more, and nobody is told.
    pub fn silence(&mut self, count: usize) {
        self.nodes.truncate(self.nodes.len().saturating_sub(count));
    }
}

fn node(address: Ipv4Addr, known: &[String]) -> std::io::Result<Dht> {
    let mut builder = Dht::builder();
    builder.bind_address(address).public_ip(address).port(PORT).server_mode();
    if known.is_empty() {
        builder.no_bootstrap();
    } else {
        builder.bootstrap(known);
    }
    builder.build()
}
