//! The machine's own file system, to install into and to throw away: an overlay in memory over the real one, which stays
//! as it is.

mod layers;

use std::{
    ffi::{CString, OsStr},
    fs,
    os::{fd::OwnedFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use rustix::{
    mount::{MountFlags, mount, mount_bind, mount_bind_recursive, mount_remount},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with},
};

pub use self::layers::{Changes, Layers};
use crate::Host;

/// Such a file system, with processes and devices of its own beside it. Gone with the world.
#[derive(Debug)]
pub struct Throwaway {
    layers: Layers,
}

impl Throwaway {
    /// Mounts it. Only inside a world.
    ///
    /// # Errors
    /// If the kernel has no overlays, or not over this file system.
    pub fn new() -> Result<Self> {
        let base = Path::new("/run/throwaway");
        fs::create_dir(base)?;
        let layers = Layers::new(base)?;
        let root = layers.root();
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
        Ok(Self { layers })
    }

    /// Where it is seen from outside.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.layers.root()
    }

    /// From now on nothing can be written below one of its folders, as on systems that come as one image.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn seal(&self, folder: &str) -> Result<()> {
        let folder = self.place(Path::new(folder));
        mount_bind(&folder, &folder)?;
        Ok(mount_remount(&folder, MountFlags::BIND | MountFlags::RDONLY, "")?)
    }

    /// Copies a file of the world into it, and returns its path there: what lies below `/tmp`, or on a file system of its
    /// own, cannot be seen from inside.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn bring(&self, file: &Path) -> Result<PathBuf> {
        let inside = Path::new("/tmp").join(file.file_name().context("a file with a name")?);
        fs::copy(file, self.place(&inside)).with_context(|| format!("copy {}", file.display()))?;
        Ok(inside)
    }

    /// Where a path of it is seen from outside.
    #[must_use]
    pub fn place(&self, path: &Path) -> PathBuf {
        self.root().join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Runs a command of it on a lab host, and returns what it wrote.
    ///
    /// # Errors
    /// If it fails, with what it wrote.
    pub fn run(&self, host: &Host, words: &[&str]) -> Result<String> {
        let mut command = host.command("chroot");
        command.arg(self.root()).args(words).env("DEBIAN_FRONTEND", "noninteractive");
        checked(&mut command).with_context(|| words.join(" "))
    }

    /// Listens at a path in it as systemd does for a socket unit of type `SOCK_SEQPACKET` that everybody may reach.
    ///
    /// # Errors
    /// If the path is taken.
    pub fn listen(&self, path: &str) -> Result<OwnedFd> {
        let path = self.place(Path::new(path));
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
        self.layers.changes()
    }
}

/// Runs a command and returns what it wrote.
fn checked(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "it failed ({}):\n{out}{err}", output.status);
    Ok(out.into_owned())
}

/// Whether a path lies in one of these folders, or is one of them.
#[must_use]
pub fn is_below(path: &Path, folders: &[&str]) -> bool {
    folders.iter().any(|folder| path.starts_with(OsStr::new(folder)))
}
