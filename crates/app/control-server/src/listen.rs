pub(crate) mod acme;
pub(crate) mod certificate;
pub(crate) mod descriptors;

use std::{io, net::SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::ServerError;

/// Connections that wait to be accepted; the system may hold fewer.
const BACKLOG: i32 = 4_096;

/// Listens for TCP connections.
pub(crate) fn tcp(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let listener = socket(address, Type::STREAM, Protocol::TCP).and_then(|socket| {
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    });
    listener.map_err(|source| ServerError::Listen { what: "HTTP, TCP", address, source })
}

/// Listens for TCP connections, outside of the runtime.
pub(crate) fn std_tcp(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // One socket for both families, on every system alike.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    #[cfg(unix)]
    if kind == Type::STREAM {
        // A restarted server need not wait for the old one's last connections. (On Windows the option would
        // let two servers share the port.)
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
