//! A place to build in that every library's own build can use.

use std::{
    env,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};

use crate::{project, shell};

/// Starts this command anew with another target folder where the present one cannot be used, and gives how that ended. The heap of
/// the programs on Linux is configured by a script that takes no white space in a path.
pub(crate) fn move_away() -> Result<Option<ExitCode>> {
    let target = project::target();
    if !cfg!(target_os = "linux") || is_plain(&target) {
        return Ok(None);
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let away =
        cache.filter(|cache| cache.is_absolute() && is_plain(cache)).map(|cache| away(&cache, &target));
    let away = away
        .context("say CARGO_TARGET_DIR, a folder whose path has no space: a library cannot be built here")?;
    eprintln!("Builds in {}, as a library cannot be built in {}", away.display(), target.display());
    let mut again = shell::cargo(&["run", "--quiet", "--package", "lanrage-xtask", "--"]);
    again.args(env::args_os().skip(1)).env("CARGO_TARGET_DIR", away).env_remove("CARGO_BUILD_TARGET_DIR");
    let status = again.status().context("cargo")?;
    Ok(Some(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)))
}

fn is_plain(path: &Path) -> bool {
    path.to_str().is_some_and(|path| !path.contains(char::is_whitespace))
}

/// One folder for each target folder that there would be.
fn away(cache: &Path, target: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    cache.join(format!("lanrage-target-{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_with_a_space_has_a_place_of_its_own_without_one() {
        assert!(is_plain(Path::new("/home/ü/lanrage/target")));
        let [one, two] = ["/tmp/a b/target", "/tmp/a c/target"].map(Path::new);
        assert!(!is_plain(one) && !is_plain(Path::new("/tmp/a\tb")));
        let places = [one, two].map(|target| away(Path::new("/home/ü/.cache"), target));
        assert!(places.iter().all(|place| is_plain(place)) && places[0] != places[1], "{places:?}");
    }
}
