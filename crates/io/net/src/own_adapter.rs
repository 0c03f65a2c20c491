//! Which of the system's interfaces is our own adapter, whatever its name.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
};

use netdev::Interface;

use crate::interfaces;

/// Our own adapter among the interfaces: shared by whoever opens it, and by whoever must leave it out. Names tell nothing:
/// another may have ours, and anybody may rename it while it is open.
#[derive(Debug, Clone, Default)]
pub struct OwnAdapter(Arc<Mutex<Identity>>);

#[derive(Debug, Clone, Copy, Default)]
struct Identity {
    /// Nobody else has it while the adapter is open; known before the adapter is there.
    lease: Option<Ipv4Addr>,
    /// Holds while the adapter is open, whoever takes the address away or renames it.
    index: Option<u32>,
}

impl OwnAdapter {
    /// An adapter with this address is about to be opened.
    pub fn expect(&self, lease: Ipv4Addr) {
        self.set(Identity { lease: Some(lease), index: None });
    }

    /// It was opened under this name.
    pub fn opened(&self, name: &str) {
        let index = interfaces::index_of(name);
        let identity = self.get();
        self.set(Identity { index, ..identity });
    }

    /// It is closed.
    pub fn closed(&self) {
        self.set(Identity::default());
    }

    /// Whether an interface is our adapter.
    pub(crate) fn is(&self, interface: &Interface) -> bool {
        let Identity { lease, index } = self.get();
        let has_lease = |lease| interface.ipv4.iter().any(|network| network.addr() == lease);
        index == Some(interface.index) || lease.is_some_and(has_lease)
    }

    /// The addresses of this device but for our adapter's, each with the index of its interface.
    pub(crate) fn others(&self) -> Vec<(u32, IpAddr)> {
        interfaces::host_addresses_by_interface(|interface| self.is(interface))
    }

    fn get(&self) -> Identity {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, identity: Identity) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = identity;
    }
}
