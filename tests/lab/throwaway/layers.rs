//! Memory laid over the machine's file systems: what is changed in it is known, and the file systems stay as they are.

use std::{
    collections::BTreeMap,
    ffi::CString,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    os::{
        fd::AsRawFd,
        unix::fs::{FileTypeExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use rustix::mount::{MountFlags, mount};

/// Where machines keep what packages bring, on file systems of their own beside the root's.
const PLACES: [&str; 8] =
    ["/etc", "/opt", "/usr", "/usr/local", "/var", "/var/cache", "/var/lib", "/var/log"];

/// What differs from the real file systems: a digest of each file that is new or another, nothing where one is gone.
pub type Changes = BTreeMap<PathBuf, Option<u64>>;

/// The layers, mounted at one place as the real file systems are at `/`.
#[derive(Debug)]
pub struct Layers {
    root: PathBuf,
    /// Of each layer, what it lies over, and what was written into it.
    uppers: Vec<(PathBuf, PathBuf)>,
}

impl Layers {
    /// Lays memory, which is mounted at the folder `base`, over the file systems. Only inside a world.
    ///
    /// # Errors
    /// If the kernel has no overlays, or not over these file systems; over the root's it has them for root alone.
    pub fn new(base: &Path) -> Result<Self> {
        Self::over(&own_file_systems(&fs::read_to_string("/proc/self/mountinfo")?), base)
    }

    fn over(places: &[&str], base: &Path) -> Result<Self> {
        mount("tmpfs", base, "tmpfs", MountFlags::empty(), None).context("mount memory")?;
        let root = base.join("root");
        let mut uppers = Vec::new();
        for (number, place) in places.iter().enumerate() {
            let place = Path::new(place);
            let at = root.join(place.strip_prefix("/")?);
            fs::create_dir_all(&at)?;
            let upper = base.join(format!("upper{number}"));
            lay_over(place, &upper, &base.join(format!("work{number}")), &at)
                .with_context(|| format!("lay memory over {}", place.display()))?;
            uppers.push((place.to_owned(), upper));
        }
        Ok(Self { root, uppers })
    }

    /// Where they are mounted.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What differs from the real file systems now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn changes(&self) -> Result<Changes> {
        let mut changes = Changes::new();
        for (place, upper) in &self.uppers {
            let mut folders = vec![upper.clone()];
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(&folder)? {
                    let path = entry?.path();
                    let real = place.join(path.strip_prefix(upper)?);
                    let metadata = fs::symlink_metadata(&path)?;
                    // How an overlay marks what is gone (overlayfs in the kernel's documentation).
                    if metadata.file_type().is_char_device() && metadata.rdev() == 0 {
                        changes.insert(real, None);
                        continue;
                    }
                    if metadata.is_dir() {
                        folders.push(path.clone());
                    }
                    let digest = digest(&path)?;
                    if self::digest(&real).ok() != Some(digest) {
                        changes.insert(real, Some(digest));
                    }
                }
            }
        }
        Ok(changes)
    }
}

/// Mounts at `at` what lies at `place`, with whatever is changed there written into `upper`.
fn lay_over(place: &Path, upper: &Path, work: &Path, at: &Path) -> Result<()> {
    fs::create_dir(upper)?;
    fs::create_dir(work)?;
    // Named by its descriptor: the options' own separators cannot be in it.
    let lower = File::open(place)?;
    let options = format!(
        "lowerdir=/proc/self/fd/{},upperdir={},workdir={}",
        lower.as_raw_fd(),
        upper.display(),
        work.display()
    );
    Ok(mount("overlay", at, "overlay", MountFlags::empty(), Some(CString::new(options)?.as_c_str()))?)
}

/// The places of file systems in a list of mounts (`/proc/self/mountinfo`): the root and those of [`PLACES`] that are
/// not on it, the outer ones first. An overlay shows nothing of what is mounted on what it lies over.
fn own_file_systems(mounts: &str) -> Vec<&'static str> {
    let is_mount = |place: &&str| mounts.lines().any(|line| line.split(' ').nth(4) == Some(place));
    std::iter::once("/").chain(PLACES.into_iter().filter(is_mount)).collect()
}

/// Of what a file says, or where a link leads; folders are all the same.
fn digest(path: &Path) -> Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    let mut hasher = DefaultHasher::new();
    if metadata.is_symlink() {
        ("link", fs::read_link(path)?).hash(&mut hasher);
    } else if metadata.is_file() {
        ("file", fs::read(path)?).hash(&mut hasher);
    } else {
        ensure!(metadata.is_dir(), "{} is neither file nor folder", path.display());
        "folder".hash(&mut hasher);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use anyhow::ensure;
    use rustix::mount::{MountFlags, mount};

    use super::{Layers, own_file_systems};
    use crate::world;

    #[test]
    fn file_systems_of_their_own_are_found_where_packages_write() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      23 22 0:21 / /proc rw - proc proc rw\n\
                      30 31 8:4 / /var/log rw - ext4 /dev/sda4 rw\n\
                      31 22 8:3 / /var rw - ext4 /dev/sda3 rw\n\
                      32 22 8:5 / /home/a\\040b rw - ext4 /dev/sda5 rw\n";
        assert_eq!(own_file_systems(mounts), ["/", "/var", "/var/log"]);
    }

    #[test]
    fn memory_over_file_systems_knows_their_changes_and_leaves_them_as_they_are() {
        world::test(|| {
            let [base, real] = ["/run/layers", "/opt"].map(Path::new);
            fs::create_dir(base)?;
            mount("tmpfs", real, "tmpfs", MountFlags::empty(), None)?;
            fs::write(real.join("taken"), "before")?;
            fs::write(real.join("changed"), "before")?;
            fs::write(real.join("read"), "before")?;
            fs::create_dir(real.join("own"))?;
            mount("tmpfs", real.join("own"), "tmpfs", MountFlags::empty(), None)?;
            fs::write(real.join("own/taken"), "before")?;

            let layers = Layers::over(&["/opt", "/opt/own"], base)?;
            let inside = layers.root().join("opt");
            ensure!(layers.changes()?.is_empty());
            fs::remove_file(inside.join("taken"))?;
            fs::remove_file(inside.join("own/taken"))?;
            fs::write(inside.join("changed"), "after")?;
            fs::write(inside.join("new"), "after")?;
            ensure!(fs::read_to_string(inside.join("read"))? == "before");

            let changes = layers.changes()?;
            let paths: Vec<_> = changes.keys().map(|path| path.display().to_string()).collect();
            ensure!(paths == ["/opt/changed", "/opt/new", "/opt/own/taken", "/opt/taken"], "{paths:?}");
            ensure!(changes[Path::new("/opt/taken")].is_none());
            ensure!(fs::read_to_string(real.join("taken"))? == "before");
            ensure!(fs::read_to_string(real.join("changed"))? == "before");
            Ok(())
        });
    }
}
