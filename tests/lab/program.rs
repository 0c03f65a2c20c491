use std::{
    env, io,
    path::{Path, PathBuf},
};

/// What Linux appends to the path of a program whose file was removed or replaced since it was started (proc(5)).
const DELETED: &str = " (deleted)";

/// This program, to be started once more. Where Cargo has built it anew meanwhile, as it does when it is built with others and not
/// alone, it is the new one.
pub(crate) fn this_program() -> io::Result<PathBuf> {
    let own = env::current_exe()?;
    Ok(replacement(&own).filter(|new| new.exists()).unwrap_or(own))
}

/// What lies where a program lay that was removed, if that is what the path says.
fn replacement(path: &Path) -> Option<PathBuf> {
    path.to_str()?.strip_suffix(DELETED).map(PathBuf::from)
}

/// A program of ours, as `cargo build` leaves it beside the one that asks.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    let folder = own.parent().unwrap_or(Path::new("."));
    // Tests and examples lie one folder deeper than programs.
    let is_deeper = folder.ends_with("deps") || folder.ends_with("examples");
    folder.parent().filter(|_| is_deeper).unwrap_or(folder).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_built_anew_is_found_where_the_old_one_was() {
        let own = env::current_exe().unwrap();
        assert_eq!((replacement(&own), this_program().unwrap()), (None, own.clone()));
        let mut gone = own.clone().into_os_string();
        gone.push(DELETED);
        assert_eq!(replacement(Path::new(&gone)), Some(own));
    }
}
