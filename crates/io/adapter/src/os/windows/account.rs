//! Accounts: whose an object is, and for whom we act.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle},
    ptr,
};

use windows_sys::{
    Win32::{
        Foundation::{HANDLE, LocalFree},
        Security::{
            Authorization::{ConvertSidToStringSidW, GetSecurityInfo, SE_KERNEL_OBJECT},
            GetTokenInformation, IsWellKnownSid, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
            TOKEN_QUERY, TOKEN_USER, TokenUser, WinLocalSystemSid,
        },
        System::Threading::{GetCurrentProcess, GetCurrentThread, OpenProcessToken, OpenThreadToken},
    },
    core::PWSTR,
};

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// LocalSystem's.
    System,
    /// The account's with this SID.
    Account(String),
}

/// Whose an object is.
///
/// # Errors
/// The system's.
pub(super) fn owner(object: &impl AsHandle) -> io::Result<Owner> {
    let (mut owner, mut descriptor): (PSID, PSECURITY_DESCRIPTOR) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the handle is open; the owner lies in the descriptor, which is freed when it was looked at.
    unsafe {
        let error = GetSecurityInfo(
            object.as_handle().as_raw_handle(),
            SE_KERNEL_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &raw mut owner,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut descriptor,
        );
        if error != 0 {
            return Err(io::Error::from_raw_os_error(error as i32));
        }
        let found = if owner.is_null() {
            Err(io::ErrorKind::NotFound.into())
        } else if IsWellKnownSid(owner, WinLocalSystemSid) != 0 {
            Ok(Owner::System)
        } else {
            text(owner).map(Owner::Account)
        };
        LocalFree(descriptor);
        found
    }
}

/// Whether an object is of the account that runs this program.
///
/// # Errors
/// The system's.
pub fn is_own(object: &impl AsHandle) -> io::Result<bool> {
    Ok(owner(object)? == Owner::Account(own_account()?))
}

/// The SID of the account that runs this program.
///
/// # Errors
/// The system's.
pub fn own_account() -> io::Result<String> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the token is this value's alone, and is closed when it is dropped.
    unsafe {
        if OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) == 0 {
            return Err(io::Error::last_os_error());
        }
        account(&OwnedHandle::from_raw_handle(token))
    }
}

/// The SID of the account that this thread speaks for.
///
/// # Errors
/// The system's.
pub(super) fn thread_account() -> io::Result<String> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: as above.
    unsafe {
        if OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, 1, &raw mut token) == 0 {
            return Err(io::Error::last_os_error());
        }
        account(&OwnedHandle::from_raw_handle(token))
    }
}

fn account(token: &OwnedHandle) -> io::Result<String> {
    // As long as a SID can be, with what stands before it, and aligned for it.
    let mut buffer = [0_u64; 32];
    let mut length = 0;
    let (at, room) = (buffer.as_mut_ptr(), size_of_val(&buffer) as u32);
    // SAFETY: the token is open; what is read lies in the buffer.
    unsafe {
        if GetTokenInformation(token.as_raw_handle(), TokenUser, at.cast(), room, &raw mut length) == 0 {
            return Err(io::Error::last_os_error());
        }
        text((*at.cast::<TOKEN_USER>()).User.Sid)
    }
}

/// # Safety
/// The SID must be a valid one.
unsafe fn text(sid: PSID) -> io::Result<String> {
    let mut text: PWSTR = ptr::null_mut();
    // SAFETY: the caller's; the text ends with 0, and is freed when it was copied.
    unsafe {
        if ConvertSidToStringSidW(sid, &raw mut text) == 0 {
            return Err(io::Error::last_os_error());
        }
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let copied = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Ok(copied)
    }
}
