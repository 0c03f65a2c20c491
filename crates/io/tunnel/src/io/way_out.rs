//! By which interface the system would send (rtnetlink(7), RTM_GETROUTE).

use std::net::{IpAddr, SocketAddr};

use rustix::{
    io::Result,
    net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with},
};

/// Specification: rtnetlink's numbers (linux/rtnetlink.h, linux/netlink.h).
const GET_ROUTE: u16 = 26;
const NEW_ROUTE: u16 = 24;
const REQUEST: u16 = 1;
const DESTINATION: u16 = 1;
const SOURCE: u16 = 2;
const INTERFACE: u16 = 4;
/// Bytes of `nlmsghdr` and `rtmsg`.
const HEADER: usize = 16;
const ROUTE: usize = 12;

/// Whether the system sends from `local` to `remote` through this interface.
pub(super) fn leads_by(remote: SocketAddr, local: IpAddr, interface: u32) -> bool {
    ask(remote.ip(), local).is_ok_and(|found| found == Some(interface))
}

fn ask(remote: IpAddr, local: IpAddr) -> Result<Option<u32>> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        // NETLINK_ROUTE is number 0.
        None,
    )?;
    send(&socket, &question(remote, local), SendFlags::empty())?;
    let mut room = [0; 1_024];
    // The kernel answers such a question before the call returns.
    let (bytes, _) = recv(&socket, &mut room, RecvFlags::empty())?;
    Ok(interface_of(&room[..bytes]))
}

fn question(remote: IpAddr, local: IpAddr) -> Vec<u8> {
    let (family, bits) = if remote.is_ipv4() { (2, 32) } else { (10, 128) };
    let mut route = vec![family, bits, bits, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (kind, ip) in [(DESTINATION, remote), (SOURCE, local)] {
        let octets = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        route.extend((octets.len() as u16 + 4).to_ne_bytes());
        route.extend(kind.to_ne_bytes());
        route.extend(octets);
    }
    let mut message = ((HEADER + route.len()) as u32).to_ne_bytes().to_vec();
    message.extend(GET_ROUTE.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(route);
    message
}

/// The interface of an answer; `None` if it is a refusal.
fn interface_of(answer: &[u8]) -> Option<u32> {
    let kind = u16::from_ne_bytes(*answer.get(4..)?.first_chunk()?);
    let mut attributes = answer.get(HEADER + ROUTE..).filter(|_| kind == NEW_ROUTE)?;
    loop {
        let length = usize::from(u16::from_ne_bytes(*attributes.first_chunk()?));
        let kind = u16::from_ne_bytes(*attributes.get(2..)?.first_chunk()?);
        let value = attributes.get(4..length)?;
        if kind == INTERFACE {
            return Some(u32::from_ne_bytes(*value.first_chunk()?));
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_is_reached_by_its_interface_from_any_of_its_addresses_and_from_no_other() {
        let lo = 1;
        let remote = |text: &str| SocketAddr::new(text.parse().unwrap(), 1);
        assert!(leads_by(remote("127.0.0.5"), "127.0.0.2".parse().unwrap(), lo));
        assert!(!leads_by(remote("127.0.0.5"), "127.0.0.2".parse().unwrap(), lo + 1_000));
        assert!(!leads_by(remote("127.0.0.5"), "192.0.2.77".parse().unwrap(), lo), "nobody's");
    }

    #[test]
    fn any_bytes_are_an_answer_or_none() {
        for length in 0..200 {
            for fill in [0, 1, 4, 24, 0xFF] {
                let mut bytes = vec![fill; length];
                if let Some(kind) = bytes.get_mut(4..6) {
                    kind.copy_from_slice(&NEW_ROUTE.to_ne_bytes());
                }
                let _ = interface_of(&bytes);
            }
        }
    }
}
