//! The app's side of the privileged helper: asks it for an adapter and takes the descriptors over.

use std::{io, mem::MaybeUninit, os::fd::OwnedFd, path::Path, time::Duration};

use lanrage_party::facts::Cause;
use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendFlags,
        SocketAddrUnix, SocketFlags, SocketType, connect, recvmsg, send, socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
};

use super::{Packets, linux::copies::Source, linux_netlink::index};
use crate::{
    AdapterConfig, AdapterError,
    helper::{DESCRIPTORS, MessageError, Reply, Request, SOCKET, Wish},
};

/// How long the helper may take; it asks polkit, and answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where another helper listens: for tests.
const SOCKET_VARIABLE: &str = "LANRAGE_HELPER_SOCKET";

/// Has the helper open the adapter.
///
/// # Errors
/// [`AdapterError::PermissionDenied`] if there is no helper; its refusals; [`AdapterError::Io`].
pub(crate) fn ask(config: &AdapterConfig) -> Result<(Packets, String), AdapterError> {
    let path = std::env::var_os(SOCKET_VARIABLE).unwrap_or_else(|| SOCKET.into());
    let Taken { name, queues, offload, copies } = open_at(Path::new(&path), config)?;
    let packets =
        Packets::new(queues, offload).map_err(|source| AdapterError::from_io("take it over", source))?;
    Ok((packets.with_copies(copies.map(Source::Helper)), name))
}

/// Has the helper pass on what programs search by other interfaces, for an open adapter with the name in the configuration.
///
/// # Errors
/// [`AdapterError::PermissionDenied`] if there is no helper; its refusals; [`AdapterError::Io`].
pub(crate) fn ask_for_searches(config: &AdapterConfig) -> Result<OwnedFd, AdapterError> {
    let path = std::env::var_os(SOCKET_VARIABLE).unwrap_or_else(|| SOCKET.into());
    let (reply, mut descriptors) = ask_at(Path::new(&path), Wish::Searches, config)?;
    match (reply, descriptors.pop()) {
        (Reply::Searching, Some(searches)) if descriptors.is_empty() => Ok(searches),
        (reply, _) => Err(refusal(reply)),
    }
}

/// What the helper has handed over.
#[derive(Debug)]
struct Taken {
    name: String,
    queues: Vec<OwnedFd>,
    offload: bool,
    /// By which searches come.
    copies: Option<OwnedFd>,
}

fn open_at(path: &Path, config: &AdapterConfig) -> Result<Taken, AdapterError> {
    let (reply, mut queues) = ask_at(path, Wish::Adapter, config)?;
    let Reply::Opened { name, queues: count, offload, copies } = reply else { return Err(refusal(reply)) };
    let failed = |cause| AdapterError::HelperFailed { cause };
    if queues.len() != usize::from(count) + usize::from(copies) {
        return Err(failed(Cause::BadMessage));
    }
    let copies = if copies { queues.pop() } else { None };
    if index(&name).is_none() {
        return Err(failed(Cause::OtherNamespace));
    }
    Ok(Taken { name, queues, offload, copies })
}

/// What a reply means that is none to what was asked.
fn refusal(reply: Reply) -> AdapterError {
    match reply {
        Reply::Denied { why, uid } => AdapterError::HelperDenied { why, uid },
        Reply::Unfit { cause } => AdapterError::HelperRefused { cause },
        Reply::Failed { cause } => AdapterError::HelperFailed { cause },
        Reply::Opened { .. } | Reply::Searching => AdapterError::HelperFailed { cause: Cause::BadMessage },
    }
}

fn ask_at(path: &Path, wish: Wish, config: &AdapterConfig) -> Result<(Reply, Vec<OwnedFd>), AdapterError> {
    let socket = dial(path)?;
    let (reply, descriptors) = exchange(&socket, &Request::new(wish, config.clone()))
        .map_err(|source| AdapterError::Io { step: "asking the helper", source })?;
    let reply = reply.map_err(|error| AdapterError::HelperFailed { cause: error.cause() })?;
    Ok((reply, descriptors))
}

fn dial(path: &Path) -> Result<OwnedFd, AdapterError> {
    let broken = |source: Errno| AdapterError::Io { step: "reaching the helper", source: source.into() };
    let address = SocketAddrUnix::new(path).map_err(broken)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .map_err(broken)?;
    for direction in [Timeout::Recv, Timeout::Send] {
        // The sending one bounds connecting as well.
        set_socket_timeout(&socket, direction, Some(PATIENCE)).map_err(broken)?;
    }
    connect(&socket, &address).map_err(|error| match error {
        Errno::NOENT | Errno::NOTDIR => AdapterError::PermissionDenied,
        // A socket's file without a socket, or a queue that stays full.
        Errno::CONNREFUSED | Errno::AGAIN => AdapterError::HelperNotRunning,
        error => broken(error),
    })?;
    Ok(socket)
}

type Answer = (Result<Reply, MessageError>, Vec<OwnedFd>);

fn exchange(socket: &OwnedFd, request: &Request) -> io::Result<Answer> {
    send(socket, &request.to_bytes(), SendFlags::NOSIGNAL)?;

    let mut bytes = [0; Reply::MAX_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let parts = &mut [io::IoSliceMut::new(&mut bytes)];
    let received =
        rustix::io::retry_on_intr(|| recvmsg(socket, parts, &mut beside, RecvFlags::CMSG_CLOEXEC))?;
    let mut queues = Vec::new();
    for message in beside.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            queues.extend(descriptors);
        }
    }
    if received.bytes == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the helper hung up"));
    }
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    for queue in &queues {
        fcntl_setfl(queue, fcntl_getfl(queue)? | OFlags::NONBLOCK)?;
    }
    Ok((Reply::parse(&bytes[..received.bytes]), queues))
}

#[cfg(test)]
mod tests {
    use lanrage_party::{Subnet, VirtualIp};
    use rustix::net::{bind, listen};

    use super::*;

    fn config() -> AdapterConfig {
        AdapterConfig {
            name: "lanrage0".into(),
            address: VirtualIp([10, 66, 0, 7].into()),
            subnet: Subnet::DEFAULT,
            mtu: 1420,
            offload: true,
        }
    }

    #[test]
    fn without_a_helper_the_right_is_missing_and_with_a_dead_one_the_helper_is() {
        let folder = std::env::temp_dir().join(format!("lanrage-helper-test-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("helper.sock");
        assert!(matches!(open_at(&path, &config()), Err(AdapterError::PermissionDenied)));

        let socket =
            socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        bind(&socket, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        listen(&socket, 1).unwrap();
        drop(socket);
        assert!(matches!(open_at(&path, &config()), Err(AdapterError::HelperNotRunning)));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
