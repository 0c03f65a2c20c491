//! Calls into Windows: what an interface has.
#![allow(unsafe_code)]

use std::{io, net::Ipv4Addr, thread, time::Duration};

use windows_sys::Win32::{
    Foundation::{ERROR_NOT_FOUND, ERROR_OBJECT_ALREADY_EXISTS, WIN32_ERROR},
    NetworkManagement::{
        IpHelper::{
            ConvertInterfaceAliasToLuid, CreateUnicastIpAddressEntry, GetIpInterfaceEntry,
            InitializeUnicastIpAddressEntry, MIB_IPINTERFACE_ROW, MIB_UNICASTIPADDRESS_ROW,
            SetIpInterfaceEntry,
        },
        Ndis::NET_LUID_LH,
    },
    Networking::WinSock::{ADDRESS_FAMILY, AF_INET, AF_INET6, IpDadStatePreferred},
};

/// How often an interface is looked for that the system has not set up yet, and the pause in between.
const LOOKS: u32 = 100;
const LOOK: Duration = Duration::from_millis(50);

/// Text as the system takes it, with its end.
pub(super) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A network interface.
#[derive(Clone, Copy)]
pub(super) struct Interface(NET_LUID_LH);

impl Interface {
    pub(super) const fn of(luid: NET_LUID_LH) -> Self {
        Self(luid)
    }

    /// The one that people see under this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut luid = NET_LUID_LH::default();
        // SAFETY: the text ends with 0, and the number is written before the call is over.
        let error = unsafe { ConvertInterfaceAliasToLuid(wide(name).as_ptr(), &raw mut luid) };
        (error == 0).then_some(Self(luid))
    }

    /// Gives it an address, which counts at once: nobody else can have it.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn set_address(self, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
        let mut row = MIB_UNICASTIPADDRESS_ROW::default();
        // SAFETY: the row is written before the call is over; the family says which part of the address counts.
        unsafe {
            InitializeUnicastIpAddressEntry(&raw mut row);
            row.Address.Ipv4.sin_family = AF_INET;
            row.Address.Ipv4.sin_addr.S_un.S_addr = u32::from_ne_bytes(address.octets());
        }
        row.InterfaceLuid = self.0;
        row.OnLinkPrefixLength = prefix;
        row.DadState = IpDadStatePreferred;
        // The interface is there a moment later than the adapter.
        for _ in 1..LOOKS {
            // SAFETY: the row is whole.
            match unsafe { CreateUnicastIpAddressEntry(&raw const row) } {
                ERROR_NOT_FOUND => thread::sleep(LOOK),
                ERROR_OBJECT_ALREADY_EXISTS => return Ok(()),
                error => return checked(error),
            }
        }
        checked(ERROR_NOT_FOUND)
    }

    /// Sets its packet size, and its metric where one is wanted, for IPv4; and for IPv6 where the system has that.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn configure(self, mtu: u16, metric: Option<u16>) -> io::Result<()> {
        self.configure_family(AF_INET, mtu, metric)?;
        if let Err(error) = self.configure_family(AF_INET6, mtu, metric) {
            tracing::info!(%error, "the adapter has no IPv6");
        }
        Ok(())
    }

    fn configure_family(self, family: ADDRESS_FAMILY, mtu: u16, metric: Option<u16>) -> io::Result<()> {
        let mut row = MIB_IPINTERFACE_ROW { Family: family, InterfaceLuid: self.0, ..Default::default() };
        // SAFETY: the row names family and interface, and is written before the call is over.
        checked(unsafe { GetIpInterfaceEntry(&raw mut row) })?;
        // What the system says here it does not take back (its own documentation of `SetIpInterfaceEntry`).
        row.SitePrefixLength = 0;
        row.NlMtu = mtu.into();
        if let Some(metric) = metric {
            row.UseAutomaticMetric = false;
            row.Metric = metric.into();
        }
        // SAFETY: the row is what the system has said, changed in places that may be.
        checked(unsafe { SetIpInterfaceEntry(&raw mut row) })
    }
}

fn checked(error: WIN32_ERROR) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error as i32)) }
}
