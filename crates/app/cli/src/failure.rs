use std::{io, process::ExitCode};

use lanrage_engine::{CommandError, LocalError, StartError, facts::Cause};

use lanrage_words::Value;

use crate::say::person;

/// Why a command failed: one sentence for people, one code for scripts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", person().refusal(.0))]
    Refused(#[from] CommandError),
    #[error("{}", person().say("terminal-not-running"))]
    NotRunning,
    /// What the LANrage that runs answered instead.
    #[error("{}", person().say_with("terminal-no-answer", [because(.0)]))]
    Local(io::Error),
    #[error("{}", person().refusal(&CommandError::from(.0)))]
    Start(#[from] StartError),
    #[error("{0}")]
    Argument(String),
    #[error("{}", person().say("terminal-unwell"))]
    Unwell,
    /// The terminal has gone away.
    #[error("{}", person().say_with("terminal-not-written", [because(.0)]))]
    Output(#[from] io::Error),
    /// Nobody has answered a ping.
    #[error("{}", person().say_with("terminal-ping-silent", [("friend", .0.as_str().into())]))]
    Silent(String),
    /// The window cannot be opened.
    #[error("{0}")]
    NoWindow(String),
}

/// Why the system did not do as asked, as an argument of a sentence.
pub(crate) fn because(error: &io::Error) -> (&'static str, Value<'static>) {
    ("cause", person().cause(&Cause::from(error)).into())
}

impl From<LocalError> for Failure {
    fn from(error: LocalError) -> Self {
        match error {
            LocalError::Refused(error) => Self::Refused(error),
            LocalError::NotRunning => Self::NotRunning,
            LocalError::Io(error) => Self::Local(error),
        }
    }
}

impl Failure {
    /// The standard input could not be read.
    pub(crate) fn input(error: &io::Error) -> Self {
        Self::Argument(person().say_with("terminal-input-not-read", [because(error)]))
    }

    pub(crate) fn report(&self) {
        eprintln!("lanrage: {self}");
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Unwell | Self::Silent(_) => 1,
            Self::Argument(_) => 2,
            Self::Refused(error) if is_of_an_argument(error) => 2,
            Self::NotRunning | Self::Local(_) => 3,
            Self::Refused(_) => 4,
            Self::Start(_) | Self::NoWindow(_) | Self::Output(_) => 5,
        })
    }
}

/// Whether what was typed is at fault, whatever LANrage does at the moment.
const fn is_of_an_argument(error: &CommandError) -> bool {
    matches!(
        error,
        CommandError::BadPartyId
            | CommandError::BadName { .. }
            | CommandError::BadServer
            | CommandError::BadExpiry { .. }
            | CommandError::BadUses { .. }
            | CommandError::BadSetting { .. }
            | CommandError::UnknownSetting { .. }
            | CommandError::UnknownFavorite { .. }
            | CommandError::UnknownPeer
            | CommandError::UnknownLink
            | CommandError::NotFound { .. }
            | CommandError::BadPorts { .. }
            | CommandError::BadGame { .. }
            | CommandError::NothingSaid
            | CommandError::NotAnExport { .. }
            | CommandError::NotABackup { .. }
            | CommandError::FileNotWritten { .. }
            | CommandError::FileNotRead { .. }
            | CommandError::ReplyNotALink
            | CommandError::ReplyDamaged
            | CommandError::ReplyVersion { .. }
            | CommandError::CodeMistyped
            | CommandError::InvitationTooLong
            | CommandError::InvitationNotALink
            | CommandError::ReplyOutside
            | CommandError::InvitationDamaged
            | CommandError::InvitationVersion { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a number, which the standard library keeps to itself.
    fn code(failure: &Failure) -> String {
        format!("{:?}", failure.exit_code())
    }

    #[test]
    fn what_was_typed_wrong_ends_with_two_wherever_it_is_found_out() {
        let typed = [
            Failure::Argument("there is none".to_owned()),
            CommandError::UnknownSetting { key: "nosuch".to_owned() }.into(),
            CommandError::NotFound { name: "nosuch".to_owned() }.into(),
            CommandError::UnknownFavorite { name: "nosuch".to_owned() }.into(),
            CommandError::UnknownPeer.into(),
            CommandError::UnknownLink.into(),
            CommandError::bad_name().into(),
            CommandError::InvitationNotALink.into(),
        ];
        for failure in typed {
            assert_eq!(code(&failure), format!("{:?}", ExitCode::from(2)), "{failure}");
        }
        for (failure, number) in [
            (Failure::Unwell, 1),
            (Failure::Silent("Bo".to_owned()), 1),
            (Failure::NotRunning, 3),
            (CommandError::NotInParty.into(), 4),
            (CommandError::InvitationExpired.into(), 4),
            (Failure::NoWindow("there is none".to_owned()), 5),
        ] {
            assert_eq!(code(&failure), format!("{:?}", ExitCode::from(number)), "{failure}");
        }
    }
}
