//! The machine's own file system, to install into and to throw away: an overlay in memory over the real one, which stays
//! as it is.

use std::{
    collections::BTreeMap,
    ffi::{CString, OsStr},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::{
        fd::OwnedFd,
        unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use rustix::{
    mount::{MountFlags, mount, mount_bind_recursive},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with},
};

use crate::Host;

/// Such a file system, with processes and devices of its own beside it. Gone with the world.
#[derive(Debug)]
pub struct Throwaway {
    root: PathBuf,
    upper: PathBuf,
}

/// What differs from the real file system: a digest of each file that is new or another, nothing where one is gone.
pub type Changes = BTreeMap<PathBuf, Option<u64>>;

impl Throwaway {
    /// Mounts it. Only inside a world.
    ///
    /// # Errors
    /// If the kernel has no overlays, or not over this file system.
    pub fn new() -> Result<Self> {
        let base = Path::new("/run/throwaway");
        fs::create_dir(base)?;
        mount("tmpfs", base, "tmpfs", MountFlags::empty(), None).context("mount memory")?;
        let [root, upper, work] = ["root", "upper", "work"].map(|name| base.join(name));
        for folder in [&root, &upper, &work] {
            fs::create_dir(folder)?;
        }
        let options = format!("lowerdir=/,upperdir={},workdir={}", upper.display(), work.display());
        let options = CString::new(options)?;
        mount("overlay", &root, "overlay", MountFlags::empty(), Some(options.as_c_str()))
            .context("lay memory over the file system")?;
        for (place, mode) in [("run", "755"), ("tmp", "1777")] {
            let options = CString::new(format!("mode={mode}"))?;
            mount("tmpfs", root.join(place), "tmpfs", MountFlags::empty(), Some(options.as_c_str()))?;
        }
        for place in ["proc", "sys", "dev"] {
            mount_bind_recursive(Path::new("/").join(place), root.join(place)).context(place)?;
        }
        // As udev makes it; machines without udev keep the device to root.
        let devices = root.join("dev/net");
        mount("tmpfs", &devices, "tmpfs", MountFlags::empty(), None).context("mount on /dev/net")?;
        checked(Command::new("mknod").args(["-m", "666"]).arg(devices.join("tun")).args(["c", "10", "200"]))?;
        Ok(Self { root, upper })
    }

    /// Where it is seen from outside.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Runs a command of it on a lab host, and returns what it wrote.
    ///
    /// # Errors
    /// If it fails, with what it wrote.
    pub fn run(&self, host: &Host, words: &[&str]) -> Result<String> {
        let mut command = host.command("chroot");
        command.arg(&self.root).args(words).env("DEBIAN_FRONTEND", "noninteractive");
        checked(&mut command).with_context(|| words.join(" "))
    }

    /// Listens at a path in it as systemd does for a socket unit of type `SOCK_SEQPACKET` that everybody may reach.
    ///
    /// # Errors
    /// If the path is taken.
    pub fn listen(&self, path: &str) -> Result<OwnedFd> {
        let path = self.root.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().context("a path in a folder")?)?;
        let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        bind(&socket, &SocketAddrUnix::new(&path)?)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
        listen(&socket, 16)?;
        Ok(socket)
    }

    /// What differs from the real file system now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn changes(&self) -> Result<Changes> {
        let mut changes = Changes::new();
        let mut folders = vec![self.upper.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                let real = Path::new("/").join(path.strip_prefix(&self.upper)?);
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
        Ok(changes)
    }
}

/// Runs a command and returns what it wrote.
fn checked(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "it failed ({}):\n{out}{err}", output.status);
    Ok(out.into_owned())
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

/// Whether a path lies in one of these folders, or is one of them.
#[must_use]
pub fn is_below(path: &Path, folders: &[&str]) -> bool {
    folders.iter().any(|folder| path.starts_with(OsStr::new(folder)))
}
