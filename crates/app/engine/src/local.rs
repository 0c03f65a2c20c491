//! How other programs of the same user talk with a running LANrage: one JSON object a line over a local
//! socket (a named pipe on Windows) in the data folder. Nothing listens on the network.

mod client;
mod server;
mod wire;

pub use client::{LocalClient, LocalError};
pub(crate) use server::serve;

#[cfg(unix)]
use std::path::PathBuf;
use std::{fs::File, io, path::Path};

use interprocess::local_socket::{Name, prelude::*, tokio::Stream};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// Longest line in either direction, in bytes: a snapshot of a full party fits several times.
const LINE_BYTES: usize = 256 * 1024;

/// The next line, or `None` at the end. A longer one than [`LINE_BYTES`] is an error, after which nothing can be read.
async fn read_line(stream: &mut BufReader<Stream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    match stream.take(LINE_BYTES as u64).read_line(&mut line).await? {
        0 => Ok(None),
        LINE_BYTES if !line.ends_with('\n') => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long"))
        }
        _ => Ok(Some(line)),
    }
}

/// The socket: a file in the data folder, so that the folder's permissions guard it.
#[cfg(unix)]
fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join("lanrage.sock")
}

/// Most bytes of a socket's name (unix(7): `sun_path`, without the last NUL; other systems take a few less).
#[cfg(unix)]
const NAME_BYTES: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The socket's name, and what must stay open for as long as the name is used.
///
/// A folder with a longer path is reached by a descriptor of it (proc(5): `/proc/self/fd`), so that the socket is in the data
/// folder wherever that is.
#[cfg(unix)]
fn socket_name(data_dir: &Path) -> io::Result<(Name<'static>, Option<File>)> {
    use std::os::fd::AsRawFd;
    let path = socket_path(data_dir);
    let is_short = path.as_os_str().len() <= NAME_BYTES;
    let folder = (!is_short && cfg!(target_os = "linux")).then(|| File::open(data_dir)).transpose()?;
    let path = match &folder {
        Some(folder) => socket_path(Path::new(&format!("/proc/self/fd/{}", folder.as_raw_fd()))),
        None => path,
    };
    Ok((path.to_fs_name::<interprocess::local_socket::GenericFilePath>()?, folder))
}

/// The pipe's name: one for each data folder.
#[cfg(not(unix))]
fn socket_name(data_dir: &Path) -> io::Result<(Name<'static>, Option<File>)> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    // However it is spelt.
    dunce::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned()).hash(&mut hasher);
    format!("lanrage-{:016x}", hasher.finish())
        .to_ns_name::<interprocess::local_socket::GenericNamespaced>()
        .map(|name| (name, None))
}
