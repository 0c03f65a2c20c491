//! Replacing a file as a whole, so that a crash leaves either the old or the new one.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Writes `bytes` to `path`, readable by the owner only: temporary file, flush to disk, rename, flush of the
/// folder.
///
/// # Errors
/// What the system says; the file is then as it was.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = beside(path, ".new");
    write_synced(&temporary, bytes)?;
    fs::rename(&temporary, path)?;
    sync_folder(path)
}

/// Writes `bytes` to `path`, readable by the owner only, and waits until they are on the disk: the first step of a
/// replacement, for a caller that renames by itself.
///
/// # Errors
/// What the system says; the file may then hold a part of `bytes`.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().truncate(true).create(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The file beside `path` whose name has this at its end: no other file's, whatever their endings.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(suffix);
    path.with_file_name(name)
}

/// How a file that only its owner may read is opened for writing.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder, and those above it, that only their owner may enter; nothing happens if it is there.
///
/// # Errors
/// What the system says.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Whether other users of this computer may put their files in the place of ours there. On Windows a folder's rights are
/// inherited, and nothing is asked.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub fn is_open_to_all(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let metadata = folder.metadata()?;
    let owner = |entry: io::Result<fs::DirEntry>| Some(entry.ok()?.metadata().ok()?.uid());
    // Most folders are closed, and need not be read.
    let owners = || Ok(folder.read_dir()?.map(owner));
    is_shared(metadata.mode(), metadata.uid(), owners)
}

/// The same where nothing is asked.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn is_open_to_all(_folder: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Whether a folder of this mode and owner, with files of these owners, is everybody's. A disk in memory begins as one where all may
/// write and each removes only their own; it is as good as closed while nobody but its owner has anything there.
#[cfg(unix)]
fn is_shared<I: Iterator<Item = Option<u32>>>(
    mode: u32,
    owner: u32,
    owners: impl FnOnce() -> io::Result<I>,
) -> io::Result<bool> {
    let (all_write, is_sticky) = (mode & 0o002 != 0, mode & 0o1_000 != 0);
    Ok(all_write && (!is_sticky || owners()?.any(|other| other != Some(owner))))
}

/// Makes what happened to names in the folder of `path` durable. Windows has no such call; its journal orders them.
///
/// # Errors
/// What the system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        let here = Path::new(".");
        File::open(if folder.as_os_str().is_empty() { here } else { folder })?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_is_everybodys_where_all_may_write_and_others_have_something_or_may_remove_ours() {
        let shared =
            |mode, owners: &[u32]| is_shared(mode, 5, || Ok(owners.iter().copied().map(Some))).unwrap();
        assert!([0o700, 0o750, 0o775, 0o2_775].iter().all(|mode| !shared(*mode, &[6])));
        assert!([0o777, 0o702, 0o40_777].iter().all(|mode| shared(*mode, &[])));
        assert!(!shared(0o1_777, &[]) && !shared(0o1_777, &[5, 5]));
        assert!(shared(0o1_777, &[5, 0]));
        assert!(is_shared(0o1_777, 5, || Ok([None].into_iter())).unwrap(), "whose it is cannot be seen");
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for bytes in [&b"first"[..], b"the second one", b""] {
            write_private(&path, bytes).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_private(&path, b"old").unwrap();
        fs::create_dir(folder.path().join("secret.new")).unwrap();
        assert!(write_private(&path, b"new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
