//! How a router translates addresses, in the words of RFC 4787.

use std::fmt;

/// A router's NAT behaviour for UDP (RFC 4787 sections 4 and 5).
///
/// Each one is endpoint-independent in its mapping, except [`Symmetric`](Self::Symmetric). External ports are
/// preserved where the mapping is endpoint-independent, as most home routers do; no router here hairpins.
/// TCP and ICMP are masqueraded, and never let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NatBehaviour {
    /// Endpoint-independent filtering: once mapped, anybody may send to the external port.
    FullCone,
    /// Address-dependent filtering: only addresses the host has sent to may answer, from any port.
    AddressRestricted,
    /// Address- and port-dependent filtering: only the very endpoints the host has sent to may answer.
    PortRestricted,
    /// Address- and port-dependent mapping and filtering: another external port for each destination.
    Symmetric,
}

impl NatBehaviour {
    /// The nftables rule set of a router with this behaviour, between its interfaces `lan` and `wan`.
    ///
    /// Linux' own masquerade with preserved ports *is* a port-restricted NAT: one external port per internal
    /// one, and only the connection tracker's exact reply passes. The wider filters remember what was mapped and
    /// let strangers in by a destination NAT.
    pub(crate) fn rules(self) -> String {
        let remember = match self {
            Self::FullCone | Self::AddressRestricted => {
                "oifname \"wan\" update @mapped { udp sport : ip saddr }
                 oifname \"wan\" update @contacted { ip daddr . udp sport }"
            }
            Self::PortRestricted | Self::Symmetric => "",
        };
        let admit = match self {
            Self::FullCone => "iifname \"wan\" dnat to udp dport map @mapped",
            Self::AddressRestricted => {
                "iifname \"wan\" ip saddr . udp dport @contacted dnat to udp dport map @mapped"
            }
            Self::PortRestricted | Self::Symmetric => "",
        };
        let masquerade = match self {
            Self::Symmetric => "masquerade fully-random",
            Self::FullCone | Self::AddressRestricted | Self::PortRestricted => "masquerade",
        };
        // A stranger's datagram must be dropped, not refused: an entry it left in the connection tracker would
        // take the external port that the host's own first datagram is about to need (simultaneous punching).
        format!(
            "table ip lab {{
                map mapped {{
                    type inet_service : ipv4_addr
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
                chain prerouting {{
                    type nat hook prerouting priority dstnat
                    {admit}
                }}
                chain postrouting {{
                    type nat hook postrouting priority srcnat
                    {remember}
                    oifname \"wan\" {masquerade}
                }}
                chain input {{
                    type filter hook input priority filter
                    iifname \"wan\" ct state new drop
                }}
                chain forward {{
                    type filter hook forward priority filter
                    iifname \"wan\" ct state new ct status & dnat == 0 drop
                }}
            }}\n"
        )
    }
}

impl fmt::Display for NatBehaviour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::FullCone => "full-cone",
            Self::AddressRestricted => "address-restricted",
            Self::PortRestricted => "port-restricted",
            Self::Symmetric => "symmetric",
        })
    }
}
