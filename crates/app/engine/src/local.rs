//! How other programs of the same user talk with a running LANrage: one JSON object a line over a local
//! socket (a named pipe on Windows) in the data folder. Nothing listens on the network.

mod client;
mod server;
mod wire;

pub use client::{LocalClient, LocalError};
pub(crate) use server::serve;

#[cfg(unix)]
use std::path::PathBuf;
use std::{io, path::Path};

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

/// The socket's name.
#[cfg(unix)]
fn socket_name(data_dir: &Path) -> io::Result<Name<'static>> {
    socket_path(data_dir).to_fs_name::<interprocess::local_socket::GenericFilePath>()
}

/// The pipe's name: one for each data folder.
#[cfg(not(unix))]
fn socket_name(data_dir: &Path) -> io::Result<Name<'static>> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    data_dir.hash(&mut hasher);
    format!("lanrage-{:016x}", hasher.finish()).to_ns_name::<interprocess::local_socket::GenericNamespaced>()
}
