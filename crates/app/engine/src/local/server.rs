use std::{fs::File, io, path::PathBuf};

use interprocess::local_socket::{
    ListenerOptions,
    tokio::{Listener, Stream, prelude::*},
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    task::JoinSet,
};
use tracing::{debug, warn};

use super::{
    read_line, socket_name,
    wire::{self, Call},
};
use crate::{Handle, api::to_json};

/// Most programs that may be connected at once; a further one waits.
const CLIENTS: usize = 16;

/// Serves other programs of the same user until it is cancelled. The caller holds the data folder's lock, so
/// a socket that is there already belongs to nobody.
pub(crate) async fn serve(data_dir: PathBuf, handle: Handle) {
    match listen(&data_dir) {
        Ok((listener, _folder)) => accept(listener, handle).await,
        Err(error) => warn!(%error, "other programs cannot reach this one"),
    }
}

fn listen(data_dir: &std::path::Path) -> io::Result<(Listener, Option<File>)> {
    #[cfg(unix)]
    match std::fs::remove_file(super::socket_path(data_dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (name, folder) = socket_name(data_dir)?;
    let listener = ListenerOptions::new().name(name).create_tokio()?;
    // The folder is its owner's alone; should somebody open it to others, the socket is not.
    #[cfg(unix)]
    std::fs::set_permissions(
        super::socket_path(data_dir),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )?;
    Ok((listener, folder))
}

async fn accept(listener: Listener, handle: Handle) {
    let mut clients = JoinSet::new();
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
}
