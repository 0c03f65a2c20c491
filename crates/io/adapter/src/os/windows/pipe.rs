//! The pipe between an app and the helper on Windows: one message a packet, read and written at the same time.
//!
//! Its owner is the system itself, which no other program can make it: an app that finds another owner has met somebody who
//! took the name first. Who is logged on at this computer may read and write, nobody else, and nobody by the network; only the
//! system may make another instance.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    ptr,
    time::Duration,
};

use windows_sys::Win32::{
    Foundation::{
        ERROR_IO_PENDING, ERROR_PIPE_CONNECTED, GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE,
        LocalFree, WAIT_OBJECT_0,
    },
    Security::{
        Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
        PSECURITY_DESCRIPTOR, RevertToSelf, SECURITY_ATTRIBUTES,
    },
    Storage::FileSystem::{
        CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_DUPLEX,
        ReadFile, SECURITY_IDENTIFICATION, SECURITY_SQOS_PRESENT, WriteFile,
    },
    System::{
        IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED},
        Pipes::{
            ConnectNamedPipe, CreateNamedPipeW, ImpersonateNamedPipeClient, PIPE_READMODE_MESSAGE,
            PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_MESSAGE, PIPE_WAIT, SetNamedPipeHandleState,
        },
        Threading::{INFINITE, WaitForMultipleObjects},
    },
};

use super::{
    account::{Owner, owner, thread_account},
    event::Event,
    system::wide,
};
use crate::helper::batch::BATCH_BYTES;

/// Where the helper listens.
const NAME: &str = r"\\.\pipe\lanrage-helper";

/// Owner: the system. Nothing for who comes by the network; all for the system; reading and writing, without another instance,
/// for who is logged on here.
const RIGHTS: &str = "O:SYD:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;0x0012019b;;;IU)";

/// Most instances: as many apps as are answered and served at a time, and one that waits.
const INSTANCES: u32 = 24;

/// One end of a connection.
#[derive(Debug)]
pub struct Pipe {
    handle: OwnedHandle,
    /// Set for good when nothing is to be waited for any more.
    closed: Event,
}

impl Pipe {
    /// Reaches the helper.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if there is none; [`io::ErrorKind::PermissionDenied`] if this user may not;
    /// [`io::ErrorKind::InvalidData`] if the pipe is another's than the system's; the system's.
    pub fn connect() -> io::Result<Self> {
        let how = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
        // SAFETY: the name ends with 0 and lives until the call is over.
        let handle = owned(unsafe {
            CreateFileW(
                wide(NAME).as_ptr(),
                GENERIC_READ | GENERIC_WRITE,
                0,
                ptr::null(),
                OPEN_EXISTING,
                how,
                ptr::null_mut(),
            )
        })?;
        if owner(&handle)? != Owner::System {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mode = PIPE_READMODE_MESSAGE;
        // SAFETY: the handle is open, and the mode lives until the call is over.
        let done = unsafe {
            SetNamedPipeHandleState(handle.as_raw_handle(), &raw const mode, ptr::null(), ptr::null())
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { handle, closed: Event::new()? })
    }

    /// Makes an instance that [`accept`](Self::accept)s one app; the first must find nobody there before.
    ///
    /// # Errors
    /// The system's.
    pub fn listen(is_first: bool) -> io::Result<Self> {
        let mut rights: PSECURITY_DESCRIPTOR = ptr::null_mut();
        // SAFETY: the text ends with 0; what is made is freed below.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                wide(RIGHTS).as_ptr(),
                SDDL_REVISION_1,
                &raw mut rights,
                ptr::null_mut(),
            )
        };
        if made == 0 {
            return Err(io::Error::last_os_error());
        }
        let security = SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: rights,
            bInheritHandle: 0,
        };
        let first = if is_first { FILE_FLAG_FIRST_PIPE_INSTANCE } else { 0 };
        let mode = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
        let room = 4 * BATCH_BYTES as u32;
        // SAFETY: name and rights live until the call is over.
        let handle = owned(unsafe {
            CreateNamedPipeW(
                wide(NAME).as_ptr(),
                PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
                mode,
                INSTANCES,
                room,
                room,
                0,
                &raw const security,
            )
        });
        // SAFETY: it was made above, and is freed once.
        unsafe { LocalFree(rights) };
        Ok(Self { handle: handle?, closed: Event::new()? })
    }

    /// Waits for an app. False if none came.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::Interrupted`] once `stop` is set.
    pub fn accept(&self, stop: &Event, limit: Duration) -> io::Result<bool> {
        // SAFETY: the handle is open, and `overlapped` keeps what the call needs until it is over.
        let came = self.overlapped(stop, Some(limit), |state| unsafe { ConnectNamedPipe(self.raw(), state) });
        match came {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Who is at the other end: the account's SID as text. To be asked when something was read.
    ///
    /// # Errors
    /// The system's.
    pub fn user(&self) -> io::Result<String> {
        // SAFETY: the handle is open. The thread speaks for the other until it is taken back below, and does nothing meanwhile
        // but look at whom it speaks for.
        unsafe {
            if ImpersonateNamedPipeClient(self.raw()) == 0 {
                return Err(io::Error::last_os_error());
            }
            let user = thread_account();
            if RevertToSelf() == 0 {
                // Nothing may be done in another's name.
                std::process::abort();
            }
            user
        }
    }

    /// Waits for a message, and reads it; a longer one is an error.
    ///
    /// # Errors
    /// The system's: above all [`io::ErrorKind::BrokenPipe`]. [`io::ErrorKind::TimedOut`] after the limit, and
    /// [`io::ErrorKind::Interrupted`] after [`close`](Self::close).
    pub fn read(&self, buf: &mut [u8], limit: Option<Duration>) -> io::Result<usize> {
        let (at, room) = (buf.as_mut_ptr(), buf.len() as u32);
        // SAFETY: the handle is open, and `overlapped` does not return before the call is over: the buffer lives longer.
        self.overlapped(&self.closed, limit, |state| unsafe {
            ReadFile(self.raw(), at, room, ptr::null_mut(), state)
        })
    }

    /// Writes a message.
    ///
    /// # Errors
    /// As those of [`read`](Self::read).
    pub fn write(&self, message: &[u8], limit: Option<Duration>) -> io::Result<()> {
        let (at, length) = (message.as_ptr(), message.len() as u32);
        // SAFETY: as for reading.
        let sent = self.overlapped(&self.closed, limit, |state| unsafe {
            WriteFile(self.raw(), at, length, ptr::null_mut(), state)
        })?;
        if sent == message.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }

    /// Ends what waits, and all that would wait later.
    pub fn close(&self) {
        self.closed.set();
    }

    fn raw(&self) -> HANDLE {
        self.handle.as_raw_handle()
    }

    /// Does something that takes its time, until it is done, `stop` is set, or the limit has passed; it is over in each case.
    fn overlapped(
        &self,
        stop: &Event,
        limit: Option<Duration>,
        start: impl FnOnce(*mut OVERLAPPED) -> i32,
    ) -> io::Result<usize> {
        let done = Event::new()?;
        let mut state = OVERLAPPED { hEvent: done.raw(), ..Default::default() };
        if start(&raw mut state) == 0 {
            let error = io::Error::last_os_error();
            match error.raw_os_error().map(|code| code as u32) {
                Some(ERROR_IO_PENDING) => {}
                Some(ERROR_PIPE_CONNECTED) => return Ok(0),
                _ => return Err(error),
            }
        }
        let ms = limit.map_or(INFINITE, |limit| limit.as_millis() as u32);
        let handles = [done.raw(), stop.raw()];
        // SAFETY: both handles are open.
        let first = unsafe { WaitForMultipleObjects(handles.len() as u32, handles.as_ptr(), 0, ms) };
        if first != WAIT_OBJECT_0 {
            // SAFETY: the handle is open; what was started is ended, or over already.
            unsafe { CancelIoEx(self.raw(), &raw const state) };
        }
        let mut bytes = 0;
        // SAFETY: it waits until the call is over, after which nothing refers to `state` any more.
        let is_done = unsafe { GetOverlappedResult(self.raw(), &raw const state, &raw mut bytes, 1) };
        match first {
            _ if is_done != 0 => Ok(bytes as usize),
            WAIT_OBJECT_0 => Err(io::Error::last_os_error()),
            _ if first == WAIT_OBJECT_0 + 1 => Err(io::ErrorKind::Interrupted.into()),
            _ => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, and nobody else has it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}
