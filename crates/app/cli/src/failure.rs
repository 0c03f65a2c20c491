use std::process::ExitCode;

use lanrage_engine::{CommandError, LocalError, StartError};

/// Why a command failed: one sentence for people, one code for scripts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", crate::say::refusal(.0))]
    Refused(#[from] CommandError),
    #[error("{0}. Start it first, or name its folder with --data-dir.")]
    NotRunning(LocalError),
    #[error(transparent)]
    Local(LocalError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{0}")]
    Argument(String),
    #[error("something does not work; what to do stands above")]
    Unwell,
}

impl From<LocalError> for Failure {
    fn from(error: LocalError) -> Self {
        match error {
            LocalError::Refused(error) => Self::Refused(error),
            LocalError::NotRunning => Self::NotRunning(error),
            LocalError::Io(_) => Self::Local(error),
        }
    }
}

impl Failure {
    pub(crate) fn report(&self) {
        eprintln!("lanrage: {self}");
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Unwell => 1,
            Self::Argument(_) => 2,
            Self::NotRunning(_) | Self::Local(_) => 3,
            Self::Refused(_) => 4,
            Self::Start(_) => 5,
        })
    }
}
