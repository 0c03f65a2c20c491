//! The driver's library: calls into it, and nothing else.
//!
//! What the library's own API says of each call (wintun.h) is what the safety of these calls stands on: handles are valid from
//! the call that returns them until they are closed, which is when the value here that has them is dropped.
#![allow(unsafe_code)]

use std::{ffi::c_void, io, path::Path, ptr, slice, sync::Arc};

use windows_sys::{
    Win32::{
        Foundation::{ERROR_NO_MORE_ITEMS, HANDLE},
        NetworkManagement::Ndis::NET_LUID_LH,
    },
    core::{GUID, PCWSTR},
};
use wintun_bindings::Wintun;

use super::{
    event::Readable,
    system::{Interface, wide},
};

/// What Windows shows as the kind of our adapters.
const KIND: &str = "LANrage";

/// The loaded library.
#[derive(Clone)]
pub(super) struct Driver(Wintun);

/// An adapter; dropping it removes the one that was made, and lets go of the one that was opened.
pub(super) struct DriverAdapter {
    driver: Driver,
    handle: *mut c_void,
}

/// A session with the adapter: the two rings of packets.
pub(super) struct Session {
    handle: *mut c_void,
    readable: Readable,
    // After the session has ended.
    adapter: Arc<DriverAdapter>,
}

// SAFETY: the library's handles are for any thread (wintun.h: all calls are thread-safe).
unsafe impl Send for DriverAdapter {}
// SAFETY: as above.
unsafe impl Sync for DriverAdapter {}
// SAFETY: as above.
unsafe impl Send for Session {}
// SAFETY: as above; each packet that was received or allocated is one call's alone until it is given back.
unsafe impl Sync for Session {}

impl Driver {
    /// Loads it; `None` if it is no such library. Its folder is what protects it: whoever may write there may as well put
    /// another program in the place of this one.
    pub(super) fn load(path: &Path) -> Option<Self> {
        // SAFETY: loading runs the library's start, which is WireGuard's or what stands in for it in tests.
        match unsafe { wintun_bindings::load_from_path(path) } {
            Ok(library) => {
                // SAFETY: the function has the type that the library calls, and lives as long as the program.
                unsafe { library.WintunSetLogger(Some(log)) };
                Some(Self(library))
            }
            Err(error) => {
                tracing::warn!(%error, "the driver's library cannot be loaded");
                None
            }
        }
    }

    /// Makes an adapter.
    ///
    /// # Errors
    /// The driver's.
    pub(super) fn create(&self, name: &str, guid: u128) -> io::Result<Arc<DriverAdapter>> {
        let guid = GUID::from_u128(guid);
        // SAFETY: both texts end with 0, and live until the call is over, as the number does.
        let handle =
            unsafe { self.0.WintunCreateAdapter(wide(name).as_ptr(), wide(KIND).as_ptr(), &raw const guid) };
        self.adapter(handle.cast())
    }

    /// Opens an adapter that is there.
    ///
    /// # Errors
    /// The driver's.
    pub(super) fn open(&self, name: &str) -> io::Result<Arc<DriverAdapter>> {
        // SAFETY: the text ends with 0, and lives until the call is over.
        let handle = unsafe { self.0.WintunOpenAdapter(wide(name).as_ptr()) };
        self.adapter(handle.cast())
    }

    fn adapter(&self, handle: *mut c_void) -> io::Result<Arc<DriverAdapter>> {
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Arc::new(DriverAdapter { driver: self.clone(), handle }))
    }
}

impl DriverAdapter {
    /// What the system knows it as.
    pub(super) fn interface(&self) -> Interface {
        let mut luid = NET_LUID_LH::default();
        // SAFETY: the handle is valid, and the number is written before the call is over.
        unsafe { self.driver.0.WintunGetAdapterLUID(self.handle.cast(), &raw mut luid) };
        Interface::of(luid)
    }

    /// Begins the session, with rings of so many bytes. There is one of each adapter.
    ///
    /// # Errors
    /// The driver's.
    pub(super) fn start(self: Arc<Self>, ring_bytes: u32) -> io::Result<Session> {
        // SAFETY: the handle is valid.
        let handle = unsafe { self.driver.0.WintunStartSession(self.handle.cast(), ring_bytes) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is valid; the event is the session's, and this value keeps that.
        let event: HANDLE = unsafe { self.driver.0.WintunGetReadWaitEvent(handle) };
        Ok(Session { handle: handle.cast(), readable: Readable::of(event), adapter: self })
    }
}

impl Session {
    /// What says that there are packets.
    pub(super) const fn readable(&self) -> &Readable {
        &self.readable
    }

    /// Takes the next packet, cut to the room for it.
    ///
    /// # Errors
    /// The adapter is gone.
    pub(super) fn receive(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        let library = &self.adapter.driver.0;
        let mut size = 0;
        // SAFETY: the handle is valid, and the number is written before the call is over.
        let packet = unsafe { library.WintunReceivePacket(self.handle.cast(), &raw mut size) };
        if packet.is_null() {
            let error = io::Error::last_os_error();
            let is_empty = error.raw_os_error() == Some(ERROR_NO_MORE_ITEMS as i32);
            return if is_empty { Ok(None) } else { Err(error) };
        }
        // SAFETY: the driver has that many bytes there until they are given back, which is below.
        let whole = unsafe { slice::from_raw_parts(packet, size as usize) };
        let length = whole.len().min(buf.len());
        buf[..length].copy_from_slice(&whole[..length]);
        // SAFETY: the packet was received from this session, and is given back once.
        unsafe { library.WintunReleaseReceivePacket(self.handle.cast(), packet) };
        Ok(Some(length))
    }

    /// Hands a packet to the system.
    ///
    /// # Errors
    /// The ring is full, or the adapter gone.
    pub(super) fn send(&self, packet: &[u8]) -> io::Result<()> {
        let library = &self.adapter.driver.0;
        // SAFETY: the handle is valid, and the caller has seen to it that a packet is no longer than the driver takes.
        let room = unsafe { library.WintunAllocateSendPacket(self.handle.cast(), packet.len() as u32) };
        if room.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the driver has given that much room to this call alone; it is sent once.
        unsafe {
            ptr::copy_nonoverlapping(packet.as_ptr(), room, packet.len());
            library.WintunSendPacket(self.handle.cast(), room);
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the handle is valid until here, and nobody reads or writes while the value is dropped.
        unsafe { self.adapter.driver.0.WintunEndSession(self.handle.cast()) };
    }
}

impl Drop for DriverAdapter {
    fn drop(&mut self) {
        // SAFETY: the handle is valid until here.
        unsafe { self.driver.0.WintunCloseAdapter(self.handle.cast()) };
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Notes what the driver says.
unsafe extern "system" fn log(level: i32, _time: u64, text: PCWSTR) {
    if text.is_null() {
        return;
    }
    // SAFETY: the library's texts end with 0, and live until the call is over.
    let text = unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        String::from_utf16_lossy(slice::from_raw_parts(text, length))
    };
    match level {
        0 => tracing::debug!(text, "driver"),
        _ => tracing::warn!(text, "driver"),
    }
}
