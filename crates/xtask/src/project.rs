//! Where things are in the checkout.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}

/// The user interface's folder.
pub(crate) fn ui() -> PathBuf {
    root().join("ui")
}

/// Cargo's target folder: where this program was built, whatever told Cargo so.
pub(crate) fn target() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    // …/debug/lanrage-xtask
    own.ancestors().nth(2).map_or_else(|| root().join("target"), Path::to_owned)
}

/// Where development tools are installed, apart from the user's own.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}
