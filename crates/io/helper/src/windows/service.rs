//! What the system's manager of services hears.
#![allow(unsafe_code)]

use std::{ffi::OsString, io, sync::OnceLock, time::Duration};

use lanrage_adapter::helper::{Event, SERVICE};
use windows_service::{
    Error, define_windows_service,
    service::{
        ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
    },
    service_control_handler::{self, ServiceControlHandlerResult},
    service_dispatcher,
};

use super::serve;

/// Set when the service is to stop.
static STOP: OnceLock<Event> = OnceLock::new();

// The macro's function is what the system calls, and takes its arguments apart.
define_windows_service!(begin, work);

/// Runs as the service, until it stops.
pub(super) fn run() -> io::Result<()> {
    service_dispatcher::start(SERVICE, begin).map_err(plain)
}

fn work(_words: Vec<OsString>) {
    if let Err(error) = try_work() {
        eprintln!("lanrage-helper: {error}");
    }
}

fn try_work() -> io::Result<()> {
    let event = Event::new()?;
    let stop = STOP.get_or_init(|| event);
    let heard = move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            stop.set();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let status = service_control_handler::register(SERVICE, heard).map_err(plain)?;
    let say = |current_state, code| {
        let status_now = ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state,
            controls_accepted: ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN,
            exit_code: ServiceExitCode::Win32(code),
            checkpoint: 0,
            wait_hint: Duration::ZERO,
            process_id: None,
        };
        status.set_service_status(status_now).map_err(plain)
    };
    say(ServiceState::Running, 0)?;
    let done = serve::run(stop);
    let code = done.as_ref().err().map_or(0, |error| error.raw_os_error().unwrap_or(1) as u32);
    say(ServiceState::Stopped, code)?;
    done
}

fn plain(error: Error) -> io::Error {
    match error {
        Error::Winapi(error) => error,
        error => io::Error::other(error),
    }
}
