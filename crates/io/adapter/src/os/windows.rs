//! Windows: an adapter of the driver WinTUN (wintun.h of version 0.14), opened by this process where that is permitted, and
//! kept by the helper where not.

mod account;
mod driver;
mod event;
mod helped;
mod network_list;
mod pipe;
mod service;
mod system;

use std::{
    io::{self, IoSlice},
    path::PathBuf,
    thread,
    time::Duration,
};

use lanrage_party::{SEARCHES, SearchRule, SearchWays, limits::DATAGRAM_BYTES};

pub use self::{
    account::{is_own, own_account},
    event::Event,
    pipe::Pipe,
};
use self::{
    driver::{Driver, Session},
    helped::Helped,
    network_list::PrivateNetwork,
    system::Interface,
};
use crate::{AdapterConfig, AdapterError, Ready};
pub(crate) use helped::ask as ask_helper;

/// Bytes of the ring that the driver shares with us, for each direction: a power of two from 128 KiB to 64 MiB.
/// Small, because a long queue is a delay.
const RING_BYTES: u32 = 1 << 20;

/// Any fixed number of 128 bits; a name is folded into it.
const GUID_NAMESPACE: u128 = 0x6c61_6e72_6167_6500_8a3f_1d5c_7be2_9041;

/// How often an adapter is tried that the system fails to make, and the pause before the next time: while another device is
/// being installed, it cannot make any.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(700);

/// An open adapter.
#[derive(Debug)]
pub(crate) enum Packets {
    Own(Own),
    Helped(Helped),
}

/// An open session of the driver's. The reader waits for the driver's own event, and no packet is copied on its way to it.
#[derive(Debug)]
pub(crate) struct Own {
    session: Session,
    /// Set for good when reading is to end.
    woken: Event,
    /// None where it cannot be kept, which is told.
    _network: Option<PrivateNetwork>,
}

/// Windows itself keeps routes for broadcast and multicast on every interface and takes the one with the best
/// metric: the metric is all that is needed, and nobody sees searches that leave elsewhere, so they cannot be copied. A gateway
/// must not be set, it would become the default route.
pub(crate) fn create(name: &str, config: &AdapterConfig) -> Result<(Packets, String), AdapterError> {
    let driver = library().and_then(|library| Driver::load(&library)).ok_or(AdapterError::NoDriver)?;
    let adapter = if Interface::named(name).is_some() {
        // What a program has left behind that was killed; one that is in use lets nobody begin a session.
        driver.open(name).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => AdapterError::PermissionDenied,
            _ => AdapterError::NameTaken { name: name.to_owned() },
        })?
    } else {
        patiently(|| driver.create(name, guid(name)))
            .map_err(|error| AdapterError::from_io("create it", error))?
    };
    let ways = SearchWays::new(SearchRule::OWN, false, [true; SEARCHES.len()]);
    let interface = adapter.interface();
    let subnet = config.subnet.net();
    interface
        .set_address(config.address.0, subnet.prefix_len())
        .map_err(|error| AdapterError::from_io("give it its address", error))?;
    interface
        .configure(config.mtu, ways.metric.map(|rank| rank.metric()))
        .map_err(|error| AdapterError::from_io("set its packet size", error))?;
    let session = adapter.start(RING_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => AdapterError::PermissionDenied,
        _ => AdapterError::Io { step: "start it", source: error },
    })?;
    let woken = Event::new().map_err(|error| AdapterError::from_io("start reading", error))?;
    let network = PrivateNetwork::keep(guid(name))
        .inspect_err(|error| tracing::warn!(%error, "nobody keeps the network of the adapter private"))
        .ok();
    Ok((Packets::Own(Own { session, woken, _network: network }), name.to_owned()))
}

impl Packets {
    pub(crate) const fn queues(&self) -> usize {
        1
    }

    pub(crate) const fn offloads(&self) -> bool {
        false
    }

    pub(crate) fn wait(&self, _queue: usize) -> io::Result<Ready> {
        match self {
            Self::Own(Own { session, woken, .. }) => {
                let is_woken = woken.wait_before(session.readable())?;
                Ok(if is_woken { Ready::Woken } else { Ready::Packets })
            }
            Self::Helped(helped) => Ok(helped.wait()),
        }
    }

    pub(crate) fn try_read(&self, _queue: usize, buf: &mut [u8]) -> io::Result<Option<usize>> {
        match self {
            Self::Own(own) => own.session.receive(buf),
            Self::Helped(helped) => helped.try_read(buf),
        }
    }

    pub(crate) fn write(&self, _queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        // Without offload a packet is one piece.
        let packet = packet.first().map_or(&[][..], |whole| whole);
        // The driver takes the length as 16 bits and has no use for nothing.
        if packet.is_empty() || packet.len() > DATAGRAM_BYTES {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        match self {
            Self::Own(own) => own.session.send(packet),
            Self::Helped(helped) => helped.write(packet),
        }
    }

    pub(crate) fn wake(&self) {
        match self {
            Self::Own(own) => own.woken.set(),
            Self::Helped(helped) => helped.wake(),
        }
    }
}

/// By its absolute path: a bare name would be looked for in directories that others can write to.
fn library() -> Option<PathBuf> {
    let library = std::env::current_exe().ok()?.parent()?.join("wintun.dll");
    library.is_file().then_some(library)
}

/// Does it again where it fails for another reason than a missing right.
fn patiently<T>(mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..TRIES {
        match work() {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                tracing::warn!(%error, "the driver made no adapter; it is asked again");
                thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
    work()
}

/// The same name has the same identity every time, or Windows would ask for its network profile at every start.
fn guid(name: &str) -> u128 {
    name.bytes()
        .take(16)
        .enumerate()
        .fold(GUID_NAMESPACE, |guid, (place, byte)| guid ^ (u128::from(byte) << (8 * place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_own_identity_which_stays() {
        assert_eq!(guid("lanrage0"), guid("lanrage0"));
        assert_ne!(guid("lanrage0"), guid("lanrage1"));
    }

    #[test]
    fn what_fails_is_tried_again_unless_a_right_is_missing() {
        let mut times = 0;
        let done = patiently(|| {
            times += 1;
            if times < TRIES { Err(io::ErrorKind::TimedOut.into()) } else { Ok(times) }
        });
        assert_eq!(done.unwrap(), TRIES);
        let mut times = 0;
        let denied: io::Result<()> = patiently(|| {
            times += 1;
            Err(io::ErrorKind::PermissionDenied.into())
        });
        assert!(denied.is_err());
        assert_eq!(times, 1);
    }
}
