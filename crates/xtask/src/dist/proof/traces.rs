//! Which changes of a machine's files are a package's own traces.
//!
//! On every machine other packages, and the package manager itself, rewrite files when any package comes or goes: caches of
//! icons, of desktop entries, of manual pages. Which ones they are here is shown by a stand-in, which holds the same kinds
//! of files in the same folders under another name and runs nothing: what it leaves behind is no work of ours.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use lanrage_lab::throwaway::{Changes, is_below};

use crate::shell;

/// What the product is called in files and their names.
const NAME: &str = "lanrage";
/// What its stand-in is called in its place.
const STAND_IN: &str = "stand-in";

/// Of files larger than that the stand-in has an empty one: programs, which nothing of a machine reads.
const LARGE: u64 = 100_000;

/// Histories of every package that came or went, and the lists of users as they were one change before.
const RECORDS: &[&str] = &[
    "/etc/.git",
    "/etc/group-",
    "/etc/gshadow-",
    "/etc/passwd-",
    "/etc/shadow-",
    "/home",
    "/var/cache",
    "/var/lib/PackageKit",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/log",
];

/// A machine as it is before the package comes.
#[derive(Debug)]
pub(super) struct Baseline {
    changes: Changes,
    /// What other packages rewrite when any package comes or goes.
    rewritten: BTreeSet<PathBuf>,
}

impl Baseline {
    /// Of a machine on which the stand-in came and went between these two looks.
    pub(super) fn new(before: &Changes, after: Changes) -> Self {
        Self { rewritten: differing(before, &after).cloned().collect(), changes: after }
    }

    /// How many files there are that were not before.
    pub(super) fn new_files(&self, now: &Changes) -> usize {
        now.keys().filter(|path| !self.changes.contains_key(*path)).count()
    }

    /// What the package left, took or changed, by what differs now; `names_us` tells whether a file says our name.
    pub(super) fn traces(&self, now: &Changes, names_us: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let is_ours = |path: &Path| !self.rewritten.contains(path) || names_us(path);
        not_of_records(&self.changes, now).filter(|path| is_ours(path)).cloned().collect()
    }
}

/// The same, without what every package that comes or goes leaves in histories.
pub(super) fn not_of_records<'c>(
    before: &'c Changes,
    after: &'c Changes,
) -> impl Iterator<Item = &'c PathBuf> {
    differing(before, after).filter(|path| !is_below(path, RECORDS))
}

/// Each file that is not the same in two lists of changes.
pub(super) fn differing<'c>(before: &'c Changes, after: &'c Changes) -> impl Iterator<Item = &'c PathBuf> {
    let all = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
    all.filter(|path| before.get(*path) != after.get(*path))
}

/// Whether a file says the product's name, however it is written; one that is gone does not.
pub(super) fn names_us(file: &Path) -> bool {
    let content = fs::read(file).unwrap_or_default();
    content.windows(NAME.len()).any(|bytes| bytes.eq_ignore_ascii_case(NAME.as_bytes()))
}

/// Makes the stand-in of a package, and returns its name and its file.
pub(super) fn stand_in(package: &Path, folder: &Path) -> Result<(&'static str, PathBuf)> {
    let tree = folder.join("tree");
    shell::run(shell::command("dpkg-deb", &["--raw-extract"]).args([package, &tree]))?;
    rename(&tree)?;
    let control = tree.join("DEBIAN");
    for file in fs::read_dir(&control)? {
        let file = file?.path();
        if !file.ends_with("control") {
            fs::remove_file(file)?;
        }
    }
    let packed = folder.join(format!("{STAND_IN}.deb"));
    shell::run(
        shell::command("dpkg-deb", &["--build", "--root-owner-group", "-Znone"]).args([&tree, &packed]),
    )?;
    Ok((STAND_IN, packed))
}

/// Gives everything in a folder the stand-in's name.
fn rename(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(&path)?;
        if metadata.is_dir() {
            rename(&path)?;
        } else if metadata.len() > LARGE {
            fs::write(&path, "")?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, renamed(&text))?;
        }
        let name = path.file_name().and_then(|name| name.to_str()).context("a name that is text")?;
        fs::rename(&path, path.with_file_name(renamed(name)))?;
    }
    Ok(())
}

fn renamed(text: &str) -> String {
    text.replace(NAME, STAND_IN).replace("LANrage", STAND_IN)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Baseline, Changes, renamed};

    fn changes(files: &[(&str, Option<u64>)]) -> Changes {
        files.iter().map(|(path, digest)| (path.into(), *digest)).collect()
    }

    /// A machine with a cache that some package rewrites, and a list of users.
    fn baseline() -> Baseline {
        let before = changes(&[("/etc/passwd", Some(1))]);
        let after = changes(&[("/etc/passwd", Some(1)), ("/usr/share/icons/icon-theme.cache", Some(2))]);
        Baseline::new(&before, after)
    }

    fn traces(now: &[(&str, Option<u64>)], names_us: bool) -> Vec<String> {
        let found = baseline().traces(&changes(now), |_| names_us);
        found.iter().map(|path: &std::path::PathBuf| path.display().to_string()).collect()
    }

    #[test]
    fn a_cache_that_others_rewrote_is_a_trace_only_while_it_names_us() {
        let now = [("/etc/passwd", Some(1)), ("/usr/share/icons/icon-theme.cache", Some(3))];
        assert!(traces(&now, false).is_empty());
        assert_eq!(traces(&now, true), ["/usr/share/icons/icon-theme.cache"]);
    }

    #[test]
    fn what_no_other_package_touches_must_be_as_it_was() {
        let cache = ("/usr/share/icons/icon-theme.cache", Some(2));
        assert_eq!(traces(&[("/etc/passwd", Some(9)), cache], false), ["/etc/passwd"]);
        assert_eq!(traces(&[cache], false), ["/etc/passwd"]);
        let left = [("/etc/passwd", Some(1)), cache, ("/usr/lib/forgotten", Some(4))];
        assert_eq!(traces(&left, false), ["/usr/lib/forgotten"]);
        let taken = [("/etc/passwd", Some(1)), cache, ("/usr/lib/libc.so", None)];
        assert_eq!(traces(&taken, false), ["/usr/lib/libc.so"]);
    }

    #[test]
    fn histories_of_every_package_are_no_traces() {
        let now = [
            ("/etc/passwd", Some(1)),
            ("/usr/share/icons/icon-theme.cache", Some(2)),
            ("/var/log/dpkg.log", Some(5)),
        ];
        assert!(traces(&now, true).is_empty());
    }

    #[test]
    fn a_file_names_us_in_any_spelling() {
        let folder = std::env::temp_dir().join(format!("lanrage-traces-{}", std::process::id()));
        std::fs::write(&folder, b"\0x-scheme-handler/LANrage\0").unwrap();
        assert!(super::names_us(&folder));
        std::fs::write(&folder, b"\0x-scheme-handler/other\0").unwrap();
        assert!(!super::names_us(&folder));
        std::fs::remove_file(&folder).unwrap();
        assert!(!super::names_us(Path::new("/nonexistent")));
    }

    #[test]
    fn the_stand_in_has_nothing_of_our_name() {
        assert_eq!(
            renamed("Package: lanrage\nDescription: LANrage, x-scheme-handler/lanrage"),
            "Package: stand-in\nDescription: stand-in, x-scheme-handler/stand-in"
        );
    }
}
