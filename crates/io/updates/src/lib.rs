//! Whether there is a newer version of this program: a signed file says so, at an address that the build names.
//!
//! A build that names none asks nobody. Nothing is fetched but that file and its signature, and nothing is installed: packages
//! are the system's business.

mod release;
mod source;

pub use release::{Release, ReleaseFault, own_version};
pub use semver::Version;
pub use source::{LookFault, Source};
