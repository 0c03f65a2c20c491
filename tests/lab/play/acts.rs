//! What is done to a player's computer and router.

use std::{collections::BTreeSet, net::Ipv4Addr};

use anyhow::{Context, Result, ensure};

use crate::{Host, net::ip};

/// A container engine makes its bridge and starts a container.
pub(super) fn start_containers(host: &Host) -> Result<()> {
    ip::batch(
        host.name(),
        "link add docker0 type bridge\n\
         address add 172.17.0.1/16 brd + dev docker0\n\
         link set docker0 up\n\
         link add veth1a type veth peer name veth1b\n\
         link set veth1a master docker0 up\n\
         link set veth1b up\n",
    )
}

/// It ends both.
pub(super) fn end_containers(host: &Host) -> Result<()> {
    ip::batch(host.name(), "link delete veth1a\nlink delete docker0\n")
}

/// The router gives the computer the same address for another while.
pub(super) fn renew_lease(host: &Host) -> Result<()> {
    let address = host.address();
    let change = format!("address change {address}/24 brd + dev eth0 valid_lft 7200 preferred_lft 7200\n");
    ip::batch(host.name(), &change)
}

/// A router forgets all flows and their mappings.
pub(super) fn forget_flows(router: &Host) -> Result<()> {
    let mut flush = router.command("conntrack");
    let output = flush.arg("-F").output().context("cannot run `conntrack` (package conntrack)")?;
    ensure!(output.status.success(), "conntrack -F: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// How many addresses a router remembers that this computer has sent UDP to.
pub(super) fn addresses_spoken_to(router: &Host, from: Ipv4Addr) -> Result<usize> {
    let mut list = router.command("conntrack");
    list.args(["-L", "-p", "udp", "--orig-src", &from.to_string()]);
    let output = list.output().context("cannot run `conntrack` (package conntrack)")?;
    ensure!(output.status.success(), "conntrack -L: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    // Of each flow, the first is where it was sent to.
    let to = text.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("dst=")));
    Ok(to.collect::<BTreeSet<_>>().len())
}

/// A router drops everything that it should forward, until [`let_through`].
pub(super) fn drop_everything(router: &Host) -> Result<()> {
    ip::load_rules(
        router.name(),
        "table ip blackhole {\n chain forward {\n type filter hook forward priority -10; policy drop;\n }\n}\n",
    )
}

/// It forwards again.
pub(super) fn let_through(router: &Host) -> Result<()> {
    ip::load_rules(router.name(), "delete table ip blackhole\n")
}
