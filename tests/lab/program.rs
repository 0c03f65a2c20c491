use std::{
    env,
    path::{Path, PathBuf},
};

/// A program of ours, as `cargo build` leaves it beside the one that asks.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    let folder = own.parent().unwrap_or(Path::new("."));
    // Tests and examples lie one folder deeper than programs.
    let is_deeper = folder.ends_with("deps") || folder.ends_with("examples");
    folder.parent().filter(|_| is_deeper).unwrap_or(folder).join(name)
}
