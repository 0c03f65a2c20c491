//! What the kernel knows and does of interfaces, by rtnetlink(7), where other crates cannot say it.

use std::{
    io,
    net::{Ipv4Addr, UdpSocket},
};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload, Nla,
};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    address::{AddressAttribute, AddressMessage},
    link::{InfoData, InfoTun, LinkAttribute, LinkFlags, LinkInfo, LinkMessage},
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use rustix::net::netdevice::name_to_index;

// linux/if_link.h
const IFLA_TUN_OWNER: u16 = 1;
const IFLA_TUN_PERSIST: u16 = 6;
const IFLA_TUN_NUM_QUEUES: u16 = 8;
const IFLA_TUN_NUM_DISABLED_QUEUES: u16 = 9;

/// What the kernel says of a TUN device.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TunState {
    /// Who may attach a queue; without one, everybody may.
    pub(super) owner: Option<u32>,
    /// Whether it stays when its last queue is closed.
    pub(super) persists: bool,
    /// Queues of all processes, those included that are switched off; zero for a device made for one alone.
    pub(super) queues: u32,
}

/// The number of the interface with this name.
pub(super) fn index(name: &str) -> Option<u32> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    name_to_index(socket, name).ok()
}

/// Who has what of the device; None if it is no TUN device, or the kernel is older than this question (Linux 4.17).
pub(super) fn tun_state(interface: u32) -> io::Result<Option<TunState>> {
    let mut link = LinkMessage::default();
    link.header.index = interface;
    let Some(RouteNetlinkMessage::NewLink(link)) = request(RouteNetlinkMessage::GetLink(link), 0)? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let infos = link.attributes.into_iter().filter_map(|attribute| match attribute {
        LinkAttribute::LinkInfo(infos) => Some(infos),
        _ => None,
    });
    let tun = infos.flatten().find_map(|info| match info {
        LinkInfo::Data(InfoData::Tun(attributes)) => Some(attributes),
        _ => None,
    });
    Ok(tun.map(|attributes| {
        let mut state = TunState { owner: None, persists: false, queues: 0 };
        for attribute in &attributes {
            match (attribute.kind(), number(attribute)) {
                (IFLA_TUN_OWNER, owner) => state.owner = Some(owner),
                (IFLA_TUN_PERSIST, persists) => state.persists = persists != 0,
                (IFLA_TUN_NUM_QUEUES | IFLA_TUN_NUM_DISABLED_QUEUES, queues) => state.queues += queues,
                _ => {}
            }
        }
        state
    }))
}

/// What the kernel says of an interface.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LinkState {
    pub(super) name: String,
    pub(super) is_up: bool,
    /// Largest packet (bytes).
    pub(super) mtu: u32,
}

/// The interface with this number as it is now.
pub(super) fn link_state(interface: u32) -> io::Result<LinkState> {
    let mut question = LinkMessage::default();
    question.header.index = interface;
    let Some(RouteNetlinkMessage::NewLink(link)) = request(RouteNetlinkMessage::GetLink(question), 0)? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut state =
        LinkState { name: String::new(), is_up: link.header.flags.contains(LinkFlags::Up), mtu: 0 };
    for attribute in link.attributes {
        match attribute {
            LinkAttribute::IfName(name) => state.name = name,
            LinkAttribute::Mtu(mtu) => state.mtu = mtu,
            _ => {}
        }
    }
    Ok(state)
}

/// Brings an interface up, with this largest packet.
pub(super) fn bring_up(interface: u32, mtu: u32) -> io::Result<()> {
    let mut link = LinkMessage::default();
    link.header.index = interface;
    link.header.flags = LinkFlags::Up;
    link.header.change_mask = LinkFlags::Up;
    link.attributes.push(LinkAttribute::Mtu(mtu));
    request(RouteNetlinkMessage::SetLink(link), 0).map(|_| ())
}

/// Gives an interface an address in a network, to which the kernel then makes a route.
pub(super) fn add_address(interface: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = prefix;
    message.header.index = interface;
    message.attributes =
        vec![AddressAttribute::Local(address.into()), AddressAttribute::Address(address.into())];
    request(RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL).map(|_| ())
}

/// Gives an interface that is down another name.
pub(super) fn rename(interface: u32, name: &str) -> io::Result<()> {
    let mut link = LinkMessage::default();
    link.header.index = interface;
    link.attributes.push(LinkAttribute::IfName(name.to_owned()));
    request(RouteNetlinkMessage::SetLink(link), 0).map(|_| ())
}

/// Removes an interface, whoever has it open.
pub(super) fn delete(interface: u32) -> io::Result<()> {
    let mut link = LinkMessage::default();
    link.header.index = interface;
    request(RouteNetlinkMessage::DelLink(link), 0).map(|_| ())
}

/// Asks for one thing, and gives what was answered before or instead of the acknowledgement.
pub(super) fn request(message: RouteNetlinkMessage, flags: u16) -> io::Result<Option<RouteNetlinkMessage>> {
    let mut header = NetlinkHeader::default();
    // Who asks for something gets it, and no acknowledgement is wanted behind it.
    let asks = matches!(message, RouteNetlinkMessage::GetLink(_) | RouteNetlinkMessage::GetRoute(_));
    let wanted = if asks { 0 } else { NLM_F_ACK };
    header.flags = NLM_F_REQUEST | wanted | flags;
    let mut request = NetlinkMessage::new(header, message.into());
    request.finalize();
    let mut bytes = vec![0; request.buffer_len()];
    request.serialize(&mut bytes);

    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&bytes, 0)?;
    let (answer, _) = socket.recv_from_full()?;
    let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    match answer.payload {
        // An error without a code is the acknowledgement.
        NetlinkPayload::Error(error) if error.code.is_some() => Err(error.to_io()),
        NetlinkPayload::Error(_) => Ok(None),
        NetlinkPayload::InnerMessage(message) => Ok(Some(message)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// An attribute's value of one byte or four.
fn number(attribute: &InfoTun) -> u32 {
    let mut value = vec![0; attribute.value_len()];
    attribute.emit_value(&mut value);
    match value[..] {
        [byte] => byte.into(),
        [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]),
        _ => 0,
    }
}
