use std::io::{self, IoSlice};

use crate::{
    AdapterConfig, AdapterError, Device, Ready,
    os::{self, Packets},
    routes,
};

/// A virtual network device of the operating system. Dropping it removes the device with its address and routes.
#[derive(Debug)]
pub struct Adapter {
    name: String,
    packets: Packets,
}

impl Adapter {
    /// Creates the device, gives it its address and MTU, brings it up, and adds its routes.
    ///
    /// If the name is taken, the next seven are tried: [`name`](Self::name) tells which one it is.
    ///
    /// # Errors
    /// As [`AdapterError`] says. Whatever was done before the error is undone.
    pub fn open(config: &AdapterConfig) -> Result<Self, AdapterError> {
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
        for name in config.names() {
            match os::create(&name, config) {
                Err(AdapterError::NameTaken { .. }) => {}
                Err(error) => return Err(error),
                Ok((packets, name)) => {
                    tracing::info!(name, address = %config.address, subnet = %config.subnet.net(), mtu = config.mtu, "adapter is up");
                    return Ok(Self { name, packets });
                }
            }
        }
        Err(AdapterError::NameTaken { name: config.name.clone() })
    }

    /// The interface's name as the operating system shows it.
    pub fn name(&self) -> &str {
        &self.name
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

    fn wait(&self, queue: usize) -> io::Result<Ready> {
        self.packets.wait(queue)
    }

    fn try_read(&self, queue: usize, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.packets.try_read(queue, buf)
    }

    fn write(&self, queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        self.packets.write(queue, packet)
    }

    fn wake(&self) {
        self.packets.wake();
    }
}
