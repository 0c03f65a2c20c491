//! The helper's service, as the system knows it.

use std::io;

use windows_service::{
    Error,
    service::{ServiceAccess, ServiceState},
    service_manager::{ServiceManager, ServiceManagerAccess},
};

use crate::helper::SERVICE;

/// ERROR_SERVICE_DOES_NOT_EXIST, and ERROR_SERVICE_ALREADY_RUNNING.
const NO_SERVICE: i32 = 1060;
const RUNS_ALREADY: i32 = 1056;

/// Starts it. False if there is none.
///
/// # Errors
/// The system's: it is disabled, say.
pub(super) fn start() -> io::Result<bool> {
    let service = match open(ServiceAccess::START | ServiceAccess::QUERY_STATUS) {
        Ok(service) => service,
        Err(Error::Winapi(error)) if error.raw_os_error() == Some(NO_SERVICE) => return Ok(false),
        Err(error) => return Err(plain(error)),
    };
    if service.query_status().is_ok_and(|status| status.current_state == ServiceState::Running) {
        return Ok(true);
    }
    match service.start::<&str>(&[]) {
        Ok(()) => Ok(true),
        Err(Error::Winapi(error)) if error.raw_os_error() == Some(RUNS_ALREADY) => Ok(true),
        Err(error) => Err(plain(error)),
    }
}

fn open(access: ServiceAccess) -> Result<windows_service::service::Service, Error> {
    ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)?.open_service(SERVICE, access)
}

fn plain(error: Error) -> io::Error {
    match error {
        Error::Winapi(error) => error,
        error => io::Error::other(error),
    }
}
