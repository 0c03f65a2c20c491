//! PCP and NAT-PMP: a datagram to the router of the default route, and its answer.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    num::NonZeroU16,
    time::Duration,
};

use lanrage_nat::port_mapping::{
    MappingFailure, MappingProtocol,
    messages::{ADDRESS_REQUEST, Denial, Given, MESSAGE_BYTES, MapRequest, ROUTER_PORT, read_address},
};
use tokio::{
    net::UdpSocket,
    time::{Instant, sleep, timeout_at},
};

use super::{is_no_address, way_out::WayOut};

/// For how long a port is asked for (RFC 6886 §3.3 recommends two hours); it is asked for again after half of what is given.
const LIFETIME: Duration = Duration::from_secs(7_200);
/// When a question is asked again that nobody answers, and when it is given up. RFC 6886 §3.1 begins with 250 ms and goes on for
/// a minute; whoever has no answer so soon may still have one by another protocol, and all are tried again.
const TRIES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(450)];
/// A mapping that is not renewed is asked for again after half of what is left of it, but not more often than this.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// A mapping that a router gave.
pub(super) struct Mapped {
    asked: Asked,
    external: SocketAddrV4,
    lifetime: Duration,
}

/// What a router was asked, to be asked again, and to give it back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    way: WayOut,
    protocol: MappingProtocol,
    request: MapRequest,
}

/// Asks for a mapping of `port`, best reached at `outside`, in the one protocol and then in the other.
pub(super) async fn map(
    way: WayOut,
    port: NonZeroU16,
    outside: SocketAddrV4,
) -> Result<Mapped, MappingFailure> {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(|_| MappingFailure::NotOffered)?;
    let lifetime_s = LIFETIME.as_secs() as u32;
    let request = MapRequest { own: way.own, port, outside, lifetime_s, nonce };
    let mut failure = MappingFailure::NotOffered;
    for protocol in [MappingProtocol::Pcp, MappingProtocol::NatPmp] {
        let asked = Asked { way, protocol, request };
        match asked.ask().await {
            Some(Ok((external, lifetime))) => return Ok(Mapped { asked, external, lifetime }),
            Some(Err(Denial::OtherVersion)) | None => {}
            Some(Err(Denial::NoAddress)) => failure = MappingFailure::NoAddress,
            Some(Err(Denial::Refused(code))) => {
                tracing::debug!(code, ?protocol, "the router refuses a mapping");
                failure = MappingFailure::Refused;
            }
        }
    }
    Err(failure)
}

impl Asked {
    pub(super) const fn protocol(&self) -> MappingProtocol {
        self.protocol
    }

    /// Asks the router; `None` if it does not answer.
    async fn ask(&self) -> Option<Result<(SocketAddrV4, Duration), Denial>> {
        let socket = self.socket().await.ok()?;
        let Given { ip, port, lifetime } = match self.request_mapping(&socket).await? {
            Ok(given) => given,
            Err(denial) => return Some(Err(denial)),
        };
        let ip = match ip {
            Some(ip) => Ok(ip),
            None => exchange(&socket, &ADDRESS_REQUEST, read_address).await?,
        };
        Some(match ip {
            Ok(ip) if is_no_address(&ip) => Err(Denial::NoAddress),
            Ok(ip) => Ok((SocketAddrV4::new(ip, port.get()), lifetime)),
            Err(denial) => Err(denial),
        })
    }

    /// Gives the mapping back.
    pub(super) async fn release(mut self) {
        self.request.lifetime_s = 0;
        let Ok(socket) = self.socket().await else { return };
        if self.request_mapping(&socket).await.is_none() {
            tracing::debug!("the router does not confirm that the mapping is removed");
        }
    }

    /// Sends the request in its protocol; `None` if nobody answers.
    async fn request_mapping(&self, socket: &UdpSocket) -> Option<Result<Given, Denial>> {
        let request = &self.request;
        if self.protocol == MappingProtocol::Pcp {
            exchange(socket, &request.to_pcp(), |bytes| request.read_pcp(bytes)).await
        } else {
            exchange(socket, &request.to_nat_pmp(), |bytes| request.read_nat_pmp(bytes)).await
        }
    }

    /// What comes at it is the router's.
    async fn socket(&self) -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind((self.way.own, 0)).await?;
        socket.connect((self.way.router, ROUTER_PORT)).await?;
        Ok(socket)
    }
}

/// Asks until something comes that `read` takes for the answer; `None` if nobody is there.
async fn exchange<T>(socket: &UdpSocket, request: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let mut buffer = [0; MESSAGE_BYTES];
    for pause in TRIES {
        socket.send(request).await.ok()?;
        let until = Instant::now() + pause;
        while let Ok(received) = timeout_at(until, socket.recv(&mut buffer)).await {
            // The system says that nobody listens there.
            let length = received.ok()?;
            if let Some(answer) = read(&buffer[..length]) {
                return Some(answer);
            }
        }
    }
    None
}

impl Mapped {
    pub(super) const fn external(&self) -> SocketAddrV4 {
        self.external
    }

    pub(super) const fn asked(&self) -> Asked {
        self.asked
    }

    /// Waits until the mapping is renewed; false if the router does not give it any more.
    pub(super) async fn renew(&mut self) -> bool {
        // Where it is now: friends know that.
        self.asked.request.outside = self.external;
        let mut left = self.lifetime;
        loop {
            let pause = (left / 2).max(LEAST_PAUSE);
            sleep(pause).await;
            left = left.saturating_sub(pause);
            if let Some(Ok((external, lifetime))) = self.asked.ask().await {
                (self.external, self.lifetime) = (external, lifetime);
                return true;
            }
            if left < LEAST_PAUSE {
                return false;
            }
        }
    }
}

/// Where a port is best reached of which nothing is known outside: at its own number.
pub(super) const fn same(port: NonZeroU16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port.get())
}
