//! What outlives the program: the data folder with its lock, and the secrets in it.

mod atomic_file;
mod data_dir;
mod identity;
mod secret;

pub use data_dir::{DataDir, DataDirError, DataDirLock};
pub use identity::load_or_create_identity;
pub use secret::{FileSecretStore, Secret, SecretError, SecretStore};
