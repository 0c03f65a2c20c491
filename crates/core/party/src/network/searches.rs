//! Searches of programs: which of them are a home's own, and how those of games are copied into the party.

use std::net::Ipv4Addr;

use super::lane::Lane;

/// The number of the device's queue of copies, after those of the lanes.
pub const COPIES_QUEUE: usize = Lane::BOTH.len();
/// Bytes in front of a copy: the number of the interface that it left by, in the machine's order.
pub const COPY_HEADER_BYTES: usize = 4;

/// UDP ports to which nothing is carried between a home and a party if it is for everybody: a friend's computer would answer in
/// a printer's place, wake up, or fill everybody's upload. A game that searches by one of them is to name it in its
/// profile; this list is then what is left.
pub const HOUSEHOLD_PORTS: [u16; 16] = [
    // Wake-on-LAN.
    7, 9, //
    // DHCP (RFC 2131).
    67, 68, //
    // NetBIOS names and datagrams (RFC 1002).
    137, 138, //
    // SSDP of UPnP.
    1900, //
    // WS-Discovery: printers, scanners, cameras.
    3702, //
    // Sound and pictures by RTP (RFC 3551 §8), which are streams and no search, and what announces them (RFC 2974).
    5004, 5005, 9875, //
    // What a router says of port mappings (RFC 6887 §8).
    5350, 5351, //
    // Names by mDNS (RFC 6762) and by LLMNR (RFC 4795).
    5353, 5355, //
    // Services by SLP (RFC 2608).
    427,
];

/// The group by which SSDP and WS-Discovery search.
pub const HOUSEHOLD_GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);

/// Whether a group is one that no router passes on (RFC 5771 §4): its traffic is between the machines of one link.
pub const fn is_link_group(destination: Ipv4Addr) -> bool {
    matches!(destination.octets(), [224, 0, 0, _])
}
