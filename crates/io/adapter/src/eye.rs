use std::{io, net::Ipv4Addr, sync::Arc};

use lanrage_party::AdapterLook;

use crate::{
    AdapterConfig, endpoints,
    os::{Found, SystemSide},
    routes,
    test_packets::TestPackets,
};

/// Looks at an open adapter as the system has it now, and puts right what another program has changed.
#[derive(Debug, Clone)]
pub struct AdapterEye {
    system: SystemSide,
    config: AdapterConfig,
    tests: Arc<TestPackets>,
}

impl AdapterEye {
    pub(crate) const fn new(system: SystemSide, config: AdapterConfig, tests: Arc<TestPackets>) -> Self {
        Self { system, config, tests }
    }

    /// Asks the system, and sends test packets through the adapter, as to the whole network so to each of these leases of friends: a
    /// route, rule or filter may concern one of them alone. Somebody must be reading the adapter meanwhile. Takes about a
    /// millisecond where packets pass, and 600 ms at most where not: not for an asynchronous task. `None` if the device
    /// is gone.
    pub fn look(&self, friends: &[Ipv4Addr]) -> Option<AdapterLook> {
        let Found { name, lost, detours, searches } = self.system.look(&self.config, friends)?;
        let overlap = routes::overlapping_route(self.config.subnet, &name);
        let held = endpoints::held_while_open(self.config.subnet, &name);
        Some(AdapterLook { name, lost, detours, overlap, held, searches, passage: self.tests.pass(friends) })
    }

    /// Puts back what the adapter was set up with. What is as it should be stays untouched.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::PermissionDenied`] where the helper has opened the adapter.
    pub fn mend(&self) -> io::Result<()> {
        self.system.mend(&self.config)
    }
}
