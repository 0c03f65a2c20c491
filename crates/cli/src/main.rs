//! LANrage on a terminal: the same engine as the desktop app, without a window.

mod arguments;
mod failure;
mod foreground;
mod output;
mod running;
mod table;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(arguments.verbose);
    let done = match arguments.command {
        Command::Create(create) => foreground::create(create).await,
        Command::Join(join) => foreground::join(join).await,
        Command::Leave(target) => running::leave(target).await,
        Command::Status(status) => running::status(status).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}

/// The log goes to standard error, so that standard output stays a script's.
fn start_log(verbose: bool) {
    let level = if verbose { "debug" } else { "error" };
    let filter = EnvFilter::try_from_env("LANRAGE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::registry().with(fmt::layer().with_writer(std::io::stderr)).with(filter).init();
}
