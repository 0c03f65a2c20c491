use strum::{Display, EnumString};
use tracing::metadata::LevelFilter;

/// How important a line of the log must be to be written; the table is in the module's documentation. In the
/// order of what they let through: `Error < Trace`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Display, EnumString)]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
#[strum(parse_err_ty = UnknownLogLevel, parse_err_fn = unknown)]
pub enum LogLevel {
    /// Faults of the program itself.
    Error,
    /// What the player may notice.
    Warn,
    /// The milestones of a session.
    #[default]
    Info,
    /// What explains a connection, friends' addresses included.
    Debug,
    /// Single steps.
    Trace,
}

/// The text is not the name of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log level is one of error, warn, info, debug and trace")]
pub struct UnknownLogLevel;

const fn unknown(_: &str) -> UnknownLogLevel {
    UnknownLogLevel
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_comes_back_from_its_text_and_other_words_are_refused() {
        for level in [LogLevel::Error, LogLevel::Debug, LogLevel::Trace] {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!("WARN".parse(), Ok(LogLevel::Warn));
        assert_eq!("loud".parse::<LogLevel>(), Err(UnknownLogLevel));
    }
}
