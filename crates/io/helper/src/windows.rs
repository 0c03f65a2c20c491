//! The helper on Windows: a service that is started when an app asks for an adapter, keeps it for as long as the app's pipe is
//! open, and copies packets in between, of which it reads nothing but the length.
//!
//! # What an attacker on this computer meets
//! - **The pipe** ([`Pipe`]) belongs to the system, has no name that anybody could have taken before, and
//!   is for who is logged on here. Apps let the helper see who they are and no more.
//! - **The request** is the same as on Linux, and follows the same [`rules`](crate::rules); whoever sends none is hung up on
//!   after a second. A user has two adapters, all together four.
//! - **The adapter** can be had by this pipe alone; it goes with it, also if the app is killed.
//! - **Messages** hold packets of bounded length, for the driver, which checks them itself; whatever else is in them ends the message.

mod serve;
mod service;

use std::process::ExitCode;

/// As the system starts it, or with `--console` in a window of the one who looks for a fault.
pub(crate) fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("--console") => serve::run_until_idle(),
        None => service::run(),
        Some(_) => {
            eprintln!("lanrage-helper is started by Windows when it is needed");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lanrage-helper: {error}");
            ExitCode::FAILURE
        }
    }
}
