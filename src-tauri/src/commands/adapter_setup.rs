//! The one-time set-up of the helper that opens the adapter for a program without privileges.

use std::{
    io,
    process::{ExitStatus, Stdio},
};

use lanrage_engine::{
    CommandError, HELPER_UNIT,
    facts::{Cause, ENABLE_HELPER},
    helper_is_installed,
};
use tokio::process::Command;

/// Asks the system to switch the helper on; the system asks the user for permission.
///
/// # Errors
/// `helper_missing`, `setup_declined`, `setup_failed`, or `not_needed` where adapters are opened otherwise.
pub(crate) async fn set_up() -> Result<(), CommandError> {
    if !cfg!(target_os = "linux") {
        return Err(CommandError::NotNeeded);
    }
    if !helper_is_installed() {
        return Err(CommandError::HelperMissing);
    }
    let outcome = Command::new("pkexec")
        .args(["systemctl", "enable", "--now", HELPER_UNIT])
        .stdin(Stdio::null())
        .status()
        .await;
    judge(outcome.as_ref().map(ExitStatus::code))
}

/// What came of asking: the exit code of pkexec(1), `None` if it was killed.
fn judge(outcome: Result<Option<i32>, &io::Error>) -> Result<(), CommandError> {
    let failed = |cause| {
        let command = ENABLE_HELPER.to_owned();
        Err(CommandError::SetupFailed { cause, command })
    };
    match outcome {
        Ok(Some(0)) => Ok(()),
        Ok(Some(126)) => Err(CommandError::SetupDeclined),
        // Nobody could be asked.
        Ok(Some(127)) => failed(None),
        Ok(Some(code)) => failed(Some(Cause::ExitCode { number: code.unsigned_abs().into() })),
        Ok(None) => failed(Some(Cause::Killed)),
        Err(error) => failed(Some(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_keeps_the_setup_from_being_done_is_told_with_what_to_do() {
        assert_eq!(judge(Ok(Some(0))), Ok(()));
        assert_eq!(judge(Ok(Some(126))), Err(CommandError::SetupDeclined));
        let missing = io::Error::from(io::ErrorKind::NotFound);
        for outcome in [Ok(Some(127)), Ok(Some(1)), Ok(None), Err(&missing)] {
            let Err(CommandError::SetupFailed { command, .. }) = judge(outcome) else { panic!() };
            assert_eq!(command, "sudo systemctl enable --now lanrage-helper.socket");
        }
    }
}
