use std::{io, path::PathBuf, sync::Arc};

use interprocess::local_socket::{
    ListenerOptions,
    tokio::{Listener, Stream, prelude::*},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    task::JoinSet,
};
use tracing::{debug, warn};

use super::{LINE_BYTES, LocalRequest, LocalResponse, socket_name};
use crate::{CommandError, Handle, Snapshot};

/// Most programs that may be connected at once; a further one waits.
const CLIENTS: usize = 16;

/// Serves other programs of the same user until it is cancelled. The caller holds the data folder's lock, so
/// a socket that is there already belongs to nobody.
pub(crate) async fn serve(data_dir: PathBuf, handle: Handle) {
    match listen(&data_dir) {
        Ok(listener) => accept(listener, handle).await,
        Err(error) => warn!(%error, "other programs cannot reach this one"),
    }
}

fn listen(data_dir: &std::path::Path) -> io::Result<Listener> {
    #[cfg(unix)]
    match std::fs::remove_file(data_dir.join("lanrage.sock")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    ListenerOptions::new().name(socket_name(data_dir)?).create_tokio()
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
    loop {
        let mut line = String::new();
        if (&mut stream).take(LINE_BYTES as u64).read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let done = match serde_json::from_str(&line) {
            Ok(LocalRequest::Status) => {
                let snapshot = handle.snapshots().borrow().clone();
                send_snapshot(&mut stream, &snapshot).await?;
                continue;
            }
            Ok(LocalRequest::Watch) => return watch(stream, handle).await,
            Ok(LocalRequest::CreateParty { name }) => handle.create_party(name).await,
            Ok(LocalRequest::JoinParty { link }) => handle.join_party(link.0).await,
            Ok(LocalRequest::LeaveParty) => handle.leave_party().await,
            Ok(LocalRequest::PauseParty) => handle.pause_party().await,
            Ok(LocalRequest::ResumeParty { party }) => handle.resume_party(party).await,
            Ok(LocalRequest::ExportDiagnostics { path }) => handle.export_diagnostics(path).await,
            Ok(LocalRequest::Doctor) => {
                let report = handle.run_doctor().await;
                send(&mut stream, &LocalResponse::Doctor(report)).await?;
                continue;
            }
            Ok(LocalRequest::Data(request)) => {
                let answer = handle.data(request).await;
                let response =
                    answer.map_or_else(LocalResponse::Error, |answer| LocalResponse::Data(Box::new(answer)));
                send(&mut stream, &response).await?;
                continue;
            }
            Err(error) => Err(CommandError::new("bad_request", error.to_string())),
        };
        let response = done.map_or_else(LocalResponse::Error, |()| LocalResponse::Done);
        send(&mut stream, &response).await?;
    }
}

async fn watch(mut stream: BufReader<Stream>, handle: Handle) -> io::Result<()> {
    let mut snapshots = handle.snapshots();
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        send_snapshot(&mut stream, &snapshot).await?;
        if snapshots.changed().await.is_err() {
            return Ok(());
        }
    }
}

async fn send_snapshot(stream: &mut BufReader<Stream>, snapshot: &Arc<Snapshot>) -> io::Result<()> {
    send(stream, &LocalResponse::Snapshot(Box::new(Snapshot::clone(snapshot)))).await
}

async fn send(stream: &mut BufReader<Stream>, response: &LocalResponse) -> io::Result<()> {
    let mut line = serde_json::to_vec(response)?;
    line.push(b'\n');
    stream.get_mut().write_all(&line).await
}
