use super::fault::ConfigFault;
use crate::StoreError;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Values that their settings do not take; the user can repair or reset them.
    #[error("{}", list(faults))]
    Invalid {
        /// All of them, in the order of the declarations.
        faults: Vec<ConfigFault>,
    },
    /// They cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(faults: &[ConfigFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
