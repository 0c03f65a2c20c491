use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use interprocess::local_socket::{
    ListenerOptions,
    tokio::{Listener, Stream, prelude::*},
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    task::JoinSet,
    time::sleep,
};
use tracing::{debug, warn};

use super::{
    read_line, socket_name,
    wire::{self, Call},
};
use crate::{Handle, api::to_json};

/// Most programs that may be connected at once; a further one waits.
const CLIENTS: usize = 16;

/// From one look at the socket to the next, and from one try to make it to the next.
const LOOK: Duration = Duration::from_secs(5);

/// Serves other programs of the same user until it is cancelled: a socket that cannot be made is tried again, and one that somebody
/// deletes is made anew. The caller holds the data folder's lock, so a socket that is there at first belongs to nobody.
pub(crate) async fn serve(data_dir: PathBuf, handle: Handle) {
    let mut clients = JoinSet::new();
    let mut is_told = false;
    loop {
        match listen(&data_dir) {
            Ok((listener, _folder)) => {
                is_told = false;
                tokio::select! {
                    () = accept(listener, &handle, &mut clients) => {}
                    () = deleted(&data_dir) => warn!("the socket for other programs was deleted; it is made anew"),
                }
            }
            Err(error) => {
                if !is_told {
                    warn!(%error, "other programs cannot reach this one");
                }
                is_told = true;
                sleep(LOOK).await;
            }
        }
    }
}

/// Waits until the socket is no longer where other programs look for it. One of another program's in its place stays.
#[cfg(unix)]
async fn deleted(data_dir: &Path) {
    while !matches!(
        std::fs::symlink_metadata(super::socket_path(data_dir)),
        Err(error) if error.kind() == io::ErrorKind::NotFound
    ) {
        sleep(LOOK).await;
    }
}

/// A pipe of Windows lies in no folder.
#[cfg(not(unix))]
async fn deleted(_data_dir: &Path) {
    std::future::pending().await
}

fn listen(data_dir: &Path) -> io::Result<(Listener, Option<File>)> {
    #[cfg(unix)]
    match std::fs::remove_file(super::socket_path(data_dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (name, folder) = socket_name(data_dir)?;
    let options = ListenerOptions::new().name(name);
    #[cfg(windows)]
    let options = {
        use interprocess::os::windows::local_socket::ListenerOptionsExt;
        options.security_descriptor(own_alone()?)
    };
    let listener = options.create_tokio()?;
    // The folder is its owner's alone; should somebody open it to others, the socket is not.
    #[cfg(unix)]
    std::fs::set_permissions(
        super::socket_path(data_dir),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )?;
    Ok((listener, folder))
}

/// What lets nobody but this account and the system reach a pipe, whichever of its rights the program was started with. Without it
/// everybody may read.
#[cfg(windows)]
fn own_alone() -> io::Result<interprocess::os::windows::security_descriptor::SecurityDescriptor> {
    let account = lanrage_adapter::helper::own_account()?;
    let text = format!("O:{account}D:P(A;;GA;;;{account})(A;;GA;;;SY)");
    let text = widestring::U16CString::from_str(text).map_err(io::Error::other)?;
    interprocess::os::windows::security_descriptor::SecurityDescriptor::deserialize(&text)
}

/// Accepts other programs, and never ends by itself.
async fn accept(listener: Listener, handle: &Handle, clients: &mut JoinSet<()>) {
    loop {
        while clients.len() >= CLIENTS {
            clients.join_next().await;
        }
        match listener.accept().await {
            Ok(stream) => {
                let handle = handle.clone();
                clients.spawn(async move {
                    if let Err(error) = converse(stream, handle).await {
                        debug!(%error, "local client hung up");
                    }
                });
            }
            Err(error) => debug!(%error, "local client lost"),
        }
        while clients.try_join_next().is_some() {}
    }
}

async fn converse(stream: Stream, handle: Handle) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(line) = read_line(&mut stream).await? {
        let outcome = match Call::read(&line) {
            Ok(Call::Ask(request)) => request.answer(&handle).await,
            Ok(Call::Watch) => return watch(stream, handle).await,
            Err(refusal) => Err(refusal),
        };
        stream.get_mut().write_all(&wire::reply(outcome)?).await?;
    }
    Ok(())
}

async fn watch(mut stream: BufReader<Stream>, handle: Handle) -> io::Result<()> {
    let mut snapshots = handle.snapshots();
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        stream.get_mut().write_all(&wire::reply(to_json(&*snapshot))?).await?;
        if snapshots.changed().await.is_err() {
            return Ok(());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn nobody_elses_program_may_connect_whatever_the_folder_allows() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let _listener = listen(folder.path()).unwrap();
        let mode = std::fs::metadata(super::super::socket_path(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_that_somebody_deletes_is_missed_and_one_that_is_there_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let _listener = listen(folder.path()).unwrap();
        let waited = tokio::time::timeout(LOOK * 20, deleted(folder.path())).await;
        assert!(waited.is_err(), "it is there");
        std::fs::remove_file(super::super::socket_path(folder.path())).unwrap();
        tokio::time::timeout(LOOK * 2, deleted(folder.path())).await.unwrap();
    }
}
