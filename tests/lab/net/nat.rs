//! A translator as nftables rules.

use std::net::Ipv4Addr;

use crate::expected::{Dependence, Nat, PortAssignment};

/// External ports of translators that choose them at random, below those that players' sockets have.
const RANDOM_PORTS: &str = "20000-29999";

/// The rule set of a router with the external address `external`, between its interfaces `lan` and `wan`.
///
/// TCP and ICMP are translated, and never let in. Linux' own translation *is* endpoint-independent where nothing
/// random is asked of it: a second connection of one internal endpoint takes the external one of the first, a random
/// choice within a range included. And its filter is address- and port-dependent: only the connection tracker's exact
/// reply passes. The other mappings choose the port by themselves, or anew each time; the wider filters remember what
/// was mapped, and let strangers in by a destination translation.
pub(crate) fn rules(nat: &Nat, external: Ipv4Addr, udp: bool) -> String {
    let own_port = match (nat.mapping, nat.ports) {
        (Dependence::EndpointIndependent, PortAssignment::Preserving) => String::new(),
        (Dependence::EndpointIndependent, PortAssignment::Random) => format!(": {RANDOM_PORTS}"),
        // Which port is of no importance, only that the same three parts always give the same.
        (Dependence::AddressDependent, _) => {
            ": jhash ip daddr . ip saddr . udp sport mod 8192 offset 20000".to_owned()
        }
        (Dependence::AddressAndPortDependent, _) => " fully-random".to_owned(),
    };
    let first_port = if (nat.mapping, nat.ports)
        == (Dependence::AddressAndPortDependent, PortAssignment::Preserving)
    {
        format!(
            "ip saddr . udp sport != @started update @started {{ ip saddr . udp sport }} snat to {external}"
        )
    } else {
        String::new()
    };
    let mapped = "dnat ip to udp dport map @mapped";
    let admit = match nat.filtering {
        Dependence::EndpointIndependent => format!("iifname \"wan\" {mapped}"),
        Dependence::AddressDependent => format!("iifname \"wan\" ip saddr . udp dport @contacted {mapped}"),
        Dependence::AddressAndPortDependent => String::new(),
    };
    let turn_back = if nat.hairpin {
        format!("iifname \"lan\" ip daddr {external} {mapped}")
    } else {
        format!("iifname \"lan\" ip daddr {external} meta l4proto udp drop")
    };
    let block = if udp { "" } else { "oifname \"wan\" meta l4proto udp drop" };
    // A stranger's datagram must be dropped, not refused: an entry it left in the connection tracker would
    // take the external port that the host's own first datagram is about to need (simultaneous punching).
    format!(
        "table ip lab {{
            map mapped {{
                type inet_service : ipv4_addr . inet_service
                size 65535
                flags dynamic,timeout
                timeout 5m
            }}
            set contacted {{
                type ipv4_addr . inet_service
                size 65535
                flags dynamic,timeout
                timeout 5m
            }}
            set started {{
                type ipv4_addr . inet_service
                size 65535
                flags dynamic,timeout
                timeout 5m
            }}
            chain prerouting {{
                type nat hook prerouting priority dstnat
                {admit}
                {turn_back}
            }}
            chain postrouting {{
                type nat hook postrouting priority srcnat
                oifname \"lan\" ct status & dnat == 0 accept
                oifname \"lan\" iifname != \"lan\" accept
                {first_port}
                meta l4proto udp snat to {external}{own_port}
                snat to {external}
            }}
            chain remember {{
                type filter hook postrouting priority srcnat + 10
                oifname \"wan\" meta l4proto udp ct direction original update @mapped {{ udp sport : ct original ip saddr . ct original proto-src }}
                oifname \"wan\" meta l4proto udp ct direction original update @contacted {{ ip daddr . udp sport }}
            }}
            chain input {{
                type filter hook input priority filter
                iifname \"wan\" ct state new drop
            }}
            chain forward {{
                type filter hook forward priority filter
                {block}
                iifname \"wan\" ct state new ct status & dnat == 0 drop
            }}
        }}\n"
    )
}

/// The rule set of an IPv6 router that translates nothing, and lets only in what answers.
pub(crate) fn firewall(udp: bool) -> String {
    let block = if udp { "" } else { "oifname \"wan\" meta l4proto udp drop" };
    format!(
        "table ip6 lab {{
            chain forward {{
                type filter hook forward priority filter
                {block}
                iifname \"wan\" ct state new drop
            }}
        }}\n"
    )
}
