use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
    time::Instant,
};

use parking_lot::Mutex;

use crate::{
    AdapterConfig, AdapterError, AdapterEye, Device, Ready, endpoints,
    os::{self, Listeners, OwnAddresses, Packets, SystemSide},
    routes,
    test_packets::TestPackets,
};

#[cfg(target_os = "linux")]
use crate::Searches;

/// An adapter as one process hands it to another: it lives until the last copy of its descriptors is closed.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct OpenDescriptors {
    /// The interface's name as the operating system shows it.
    pub name: String,
    /// The device's queues, one or two; non-blocking.
    pub queues: Vec<std::os::fd::OwnedFd>,
    /// Whether packets carry an offload header (`IFF_VNET_HDR`).
    pub offload: bool,
    /// What programs send to everybody by other interfaces, where that may be seen. It stays here: whoever has it could send
    /// whatever they like, by any interface.
    pub searches: Option<Searches>,
}

/// Does what [`Adapter::open`] does, with this process's own rights alone, for the user with this number: no other may
/// use the device, but who may change the system's network anyway.
///
/// # Errors
/// As [`AdapterError`] says. Whatever was done before the error is undone.
#[cfg(target_os = "linux")]
pub fn open_descriptors(config: &AdapterConfig, owner: u32) -> Result<OpenDescriptors, AdapterError> {
    let (packets, name) = create(config, |name| os::create_for(name, config, owner))?;
    let offload = packets.offloads();
    let (queues, tap) = packets.into_descriptors();
    let searches = tap.map(|tap| Searches::new(tap, &name, config.address.0));
    Ok(OpenDescriptors { name, queues, offload, searches })
}

/// What programs search by other interfaces, to be passed on to the user with this number, whose open adapter has the
/// configuration.
///
/// # Errors
/// [`AdapterError::PermissionDenied`] if that user has no such adapter; the system's.
#[cfg(target_os = "linux")]
pub fn open_searches(config: &AdapterConfig, owner: u32) -> Result<Searches, AdapterError> {
    os::searches_for(config, owner)
}

/// Checks the configuration against the system, and tries the names in order.
fn create(
    config: &AdapterConfig,
    create_named: impl Fn(&str) -> Result<(Packets, String), AdapterError>,
) -> Result<(Packets, String), AdapterError> {
    config.validate()?;
    let table = routes::read_or_empty();
    if let Some(route) = routes::holder(config.address, &table) {
        let interface = route.interface.clone();
        return Err(AdapterError::AddressInUse { address: config.address, interface });
    }
    if let Some(route) = routes::overlap(config.subnet, "", &table) {
        let interface = route.interface.clone();
        return Err(AdapterError::SubnetOverlaps { subnet: config.subnet, route: route.net, interface });
    }
    match endpoints::held(config.subnet, &table) {
        Some((None, address)) => {
            return Err(AdapterError::SubnetHoldsResolver { subnet: config.subnet, address });
        }
        Some((Some(used_as), address)) => {
            return Err(AdapterError::SubnetHoldsEndpoint { subnet: config.subnet, address, used_as });
        }
        None => {}
    }
    for name in config.names() {
        match create_named(&name) {
            Err(AdapterError::NameTaken { .. }) => {}
            result => return result,
        }
    }
    Err(AdapterError::NameTaken { name: config.name.clone() })
}

/// [`create`], and where this process has no right to, the privileged helper.
fn create_or_ask(config: &AdapterConfig) -> Result<(Packets, String), AdapterError> {
    let result = create(config, |name| os::create(name, config));
    #[cfg(any(target_os = "linux", windows))]
    if let Err(AdapterError::PermissionDenied) = result {
        return os::ask_helper(config);
    }
    result
}

/// A virtual network device of the operating system. Dropping it removes the device with its address and routes.
#[derive(Debug)]
pub struct Adapter {
    name: String,
    packets: Packets,
    config: AdapterConfig,
    tests: Arc<TestPackets>,
    listeners: Listeners,
    own_addresses: Mutex<OwnAddresses>,
    #[cfg(target_os = "linux")]
    groups: Mutex<os::Groups>,
}

impl Adapter {
    /// Creates the device, gives it its address and MTU, brings it up, and adds its routes.
    ///
    /// On Linux and Windows, a process without the right to do so has the privileged helper do it.
    ///
    /// If the name is taken, the next seven are tried: [`name`](Self::name) tells which one it is.
    ///
    /// # Errors
    /// As [`AdapterError`] says. Whatever was done before the error is undone.
    pub fn open(config: &AdapterConfig) -> Result<Self, AdapterError> {
        Self::opened(config, create_or_ask(config)?)
    }

    /// The same with this process's own rights alone: for the helper itself.
    ///
    /// # Errors
    /// As those of [`open`](Self::open).
    #[cfg(windows)]
    pub fn open_without_helper(config: &AdapterConfig) -> Result<Self, AdapterError> {
        Self::opened(config, create(config, |name| os::create(name, config))?)
    }

    fn opened(config: &AdapterConfig, (packets, name): (Packets, String)) -> Result<Self, AdapterError> {
        tracing::info!(name, address = %config.address, subnet = %config.subnet.net(), mtu = config.mtu, "adapter is up");
        let tests = Arc::new(TestPackets::new(config.address, config.subnet));
        let listeners = Listeners::new(&name);
        #[cfg(target_os = "linux")]
        let groups = Mutex::new(os::Groups::new(&name));
        Ok(Self {
            name,
            packets,
            config: config.clone(),
            tests,
            listeners,
            own_addresses: Mutex::default(),
            #[cfg(target_os = "linux")]
            groups,
        })
    }

    /// The interface's name as the operating system shows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What looks at this adapter, from outside of its packet threads. It does not keep the adapter.
    pub fn eye(&self) -> AdapterEye {
        AdapterEye::new(
            SystemSide::new(&self.name, &self.packets),
            self.config.clone(),
            Arc::clone(&self.tests),
        )
    }
}

impl Device for Adapter {
    fn name(&self) -> &str {
        &self.name
    }

    fn queues(&self) -> usize {
        self.packets.queues()
    }

    fn offloads(&self) -> bool {
        self.packets.offloads()
    }

    #[cfg(target_os = "linux")]
    fn has_copies(&self) -> bool {
        self.packets.copies().is_some()
    }

    fn wait(&self, queue: usize) -> io::Result<Ready> {
        self.packets.wait(queue)
    }

    #[cfg(unix)]
    fn descriptor(&self, queue: usize) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.packets.descriptor(queue)
    }

    fn try_read(&self, queue: usize, buf: &mut [u8]) -> io::Result<Option<usize>> {
        // What is a test of ours goes no further: the next packet is asked for.
        while let Some(length) = self.packets.try_read(queue, buf)? {
            if !self.tests.answer(&self.packets, queue, &buf[..length]) {
                return Ok(Some(length));
            }
        }
        Ok(None)
    }

    fn write(&self, queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        self.packets.write(queue, packet)
    }

    fn udp_receiver(&self, from: SocketAddrV4, to: SocketAddrV4) -> Option<Ipv4Addr> {
        self.listeners.udp_receiver(from, to)
    }

    fn is_own(&self, address: Ipv4Addr) -> bool {
        self.own_addresses.lock().contains(address, Instant::now())
    }

    #[cfg(target_os = "linux")]
    fn hear(&self, group: Ipv4Addr) {
        self.groups.lock().hear(group, Instant::now());
    }

    #[cfg(target_os = "linux")]
    fn is_deaf(&self, group: Ipv4Addr, from: SocketAddrV4, to: SocketAddrV4) -> bool {
        // The lock is let go before the kernel is asked.
        let is_ours_alone = self.groups.lock().is_ours_alone(group, Instant::now());
        is_ours_alone && self.listeners.hears_own_groups_alone(from, to)
    }

    fn wake(&self) {
        self.packets.wake();
    }
}
