//! The one-time set-up of the helper that opens the adapter for a program without privileges.

use std::{
    io,
    process::{ExitStatus, Stdio},
};

use lanrage_engine::{CommandError, HELPER_UNIT, helper_is_installed};
use tokio::process::Command;

/// Asks the system to switch the helper on; the system asks the user for permission.
///
/// # Errors
/// `helper_missing`, `setup_declined`, `setup_failed`, or `not_needed` where adapters are opened otherwise.
pub(crate) async fn set_up() -> Result<(), CommandError> {
    if !cfg!(target_os = "linux") {
        let text =
            "On this system the installer sets up everything that the adapter needs. Install LANrage again.";
        return Err(refusal("not_needed", text));
    }
    if !helper_is_installed() {
        let text = "LANrage's helper is not installed. Install LANrage with its package (.deb or .rpm), or start it \
                    as root.";
        return Err(refusal("helper_missing", text));
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
    let by_hand = format!("Run `sudo systemctl enable --now {HELPER_UNIT}` in a terminal.");
    match outcome {
        Ok(Some(0)) => Ok(()),
        Ok(Some(126)) => {
            Err(refusal("setup_declined", "The set-up was not allowed. Try again when you like."))
        }
        Ok(Some(127)) => {
            Err(refusal("setup_failed", format!("Nobody could be asked for permission. {by_hand}")))
        }
        Ok(code) => {
            let code = code.map_or_else(|| "by a signal".to_owned(), |code| format!("with code {code}"));
            Err(refusal("setup_failed", format!("The set-up ended {code}. {by_hand}")))
        }
        Err(error) => Err(refusal("setup_failed", format!("The set-up could not begin: {error}. {by_hand}"))),
    }
}

fn refusal(code: &str, text: impl Into<String>) -> CommandError {
    CommandError { code: code.to_owned(), text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_keeps_the_setup_from_being_done_is_told_with_what_to_do() {
        let code = |outcome| judge(outcome).unwrap_err().code;
        assert_eq!(judge(Ok(Some(0))), Ok(()));
        assert_eq!(code(Ok(Some(126))), "setup_declined");
        let missing = io::Error::from(io::ErrorKind::NotFound);
        for outcome in [Ok(Some(127)), Ok(Some(1)), Ok(None), Err(&missing)] {
            let refused = judge(outcome).unwrap_err();
            assert_eq!(refused.code, "setup_failed");
            assert!(
                refused.text.contains("sudo systemctl enable --now lanrage-helper.socket"),
                "{}",
                refused.text
            );
        }
    }
}
