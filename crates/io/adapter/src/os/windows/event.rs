//! An event of Windows.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    ptr,
    time::Duration,
};

use windows_sys::Win32::{
    Foundation::{HANDLE, WAIT_FAILED, WAIT_OBJECT_0},
    System::Threading::{CreateEventW, INFINITE, SetEvent, WaitForMultipleObjects, WaitForSingleObject},
};

/// Something that is set once, and stays so.
#[derive(Debug)]
pub struct Event(OwnedHandle);

/// The event of a session of the driver's, which keeps it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readable(HANDLE);

// SAFETY: the handle of an event may be waited for by any thread.
unsafe impl Send for Readable {}
// SAFETY: as above.
unsafe impl Sync for Readable {}

impl Readable {
    pub(crate) const fn of(event: HANDLE) -> Self {
        Self(event)
    }
}

impl Event {
    /// One that is not set.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no security descriptor and no name are asked for; the handle is this value's alone.
        unsafe {
            let handle = CreateEventW(ptr::null(), 1, 0, ptr::null());
            if handle.is_null() {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(OwnedHandle::from_raw_handle(handle)))
        }
    }

    /// Sets it.
    pub fn set(&self) {
        // SAFETY: the handle is open. It cannot fail then.
        unsafe { SetEvent(self.raw()) };
    }

    /// Waits for it at most so long. True if it is set.
    pub(crate) fn is_set_within(&self, timeout: Duration) -> bool {
        let milliseconds = u32::try_from(timeout.as_millis()).unwrap_or(INFINITE);
        // SAFETY: the handle is open. It cannot fail then.
        unsafe { WaitForSingleObject(self.raw(), milliseconds) == WAIT_OBJECT_0 }
    }

    /// Waits for this one or the other. True if it is this one, which comes first.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn wait_before(&self, other: &Readable) -> io::Result<bool> {
        let handles = [self.raw(), other.0];
        // SAFETY: both handles are open.
        let first = unsafe { WaitForMultipleObjects(handles.len() as u32, handles.as_ptr(), 0, INFINITE) };
        if first == WAIT_FAILED { Err(io::Error::last_os_error()) } else { Ok(first == WAIT_OBJECT_0) }
    }

    pub(crate) fn raw(&self) -> HANDLE {
        self.0.as_raw_handle()
    }
}
