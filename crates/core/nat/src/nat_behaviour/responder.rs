use std::net::{IpAddr, SocketAddr};

use crate::{
    address::canonical,
    stun::{self, Message, StunError},
};

/// The server's side of RFC 5780 §6, without sockets: what to answer, and from which socket.
///
/// The server has two ports, best on two IP addresses, with a socket for each combination. With one IP address it
/// offers what that allows (OTHER-ADDRESS differs in the port only) and refuses to change the address (420), from
/// which a client sees that silence is not the reason. One responder serves one address family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BehaviourResponder {
    /// One or two.
    ips: Vec<IpAddr>,
    ports: [u16; 2],
}

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BehaviourAnswer {
    /// From the socket with this address.
    pub from: SocketAddr,
    /// Where to.
    pub to: SocketAddr,
    /// The datagram, at most 88 bytes unless the request was longer itself.
    pub datagram: Vec<u8>,
}

impl BehaviourResponder {
    /// A responder for the sockets on these ports of these addresses, as the clients see them. `None` unless all are
    /// different and of one family: then RFC 5780 cannot be offered, and [`stun::answer`] remains.
    pub fn new(ip: IpAddr, other_ip: Option<IpAddr>, ports: [u16; 2]) -> Option<Self> {
        let possible = ports[0] != ports[1]
            && !ports.contains(&0)
            && other_ip.is_none_or(|other| other != ip && other.is_ipv4() == ip.is_ipv4());
        possible.then(|| Self { ips: std::iter::once(ip).chain(other_ip).collect(), ports })
    }

    /// The sockets that the server needs: two or four.
    pub fn sockets(&self) -> impl Iterator<Item = SocketAddr> {
        self.ips.iter().flat_map(|ip| self.ports.map(|port| SocketAddr::new(*ip, port)))
    }

    /// What a datagram deserves that came from `from` to the socket `received_on`, one of [`Self::sockets`]. `None`
    /// for all but Binding requests.
    pub fn answer(
        &self,
        received_on: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Option<BehaviourAnswer> {
        let ip = self.ips.iter().position(|ip| *ip == received_on.ip())?;
        let port = self.ports.iter().position(|port| *port == received_on.port())?;
        let here = |datagram| Some(BehaviourAnswer { from: received_on, to: from, datagram });
        let (id, change) = match stun::parse(datagram) {
            Ok(Message::BindingRequest { id, change }) => (id, change),
            Err(StunError::UnknownAttributes { request: Some(id), types }) => {
                return here(stun::unknown_attributes_response(id, types));
            }
            _ => return None,
        };
        let other_ip = self.ips.len() - 1 - ip;
        if change.ip && other_ip == ip {
            return here(stun::unknown_attributes_response(id, vec![stun::CHANGE_REQUEST]));
        }
        let socket = |ip: usize, port: usize| SocketAddr::new(self.ips[ip], self.ports[port]);
        let origin = socket(if change.ip { other_ip } else { ip }, if change.port { 1 - port } else { port });
        let other = socket(other_ip, 1 - port);
        let datagram = stun::behaviour_response(id, canonical(from), origin, other);
        Some(BehaviourAnswer { from: origin, to: from, datagram })
    }
}
