use std::{io, path::Path};

use interprocess::local_socket::tokio::{Stream, prelude::*};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncWriteExt, BufReader};

use super::{
    read_line, socket_name,
    wire::{self, Call},
};
use crate::{CommandError, Request, Snapshot, api::Ask};

/// A connection to the LANrage that runs on this device.
#[derive(Debug)]
pub struct LocalClient {
    stream: BufReader<Stream>,
}

/// Why the running LANrage could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// None runs with this data folder.
    #[error("LANrage is not running")]
    NotRunning,
    /// The command was refused.
    #[error(transparent)]
    Refused(#[from] CommandError),
    /// It hung up, or answered what nobody asked.
    #[error("the running LANrage did not answer as expected: {0}")]
    Io(#[from] io::Error),
}

impl LocalClient {
    /// Reaches the LANrage that uses this data folder.
    ///
    /// # Errors
    /// [`LocalError::NotRunning`] or [`LocalError::Io`].
    pub async fn connect(data_dir: &Path) -> Result<Self, LocalError> {
        let (name, _folder) = socket_name(data_dir)?;
        match Stream::connect(name).await {
            // Its name can be guessed: whoever took it first would be told links.
            #[cfg(windows)]
            Ok(Stream::NamedPipe(pipe)) if !lanrage_adapter::helper::is_own(&pipe)? => {
                Err(LocalError::NotRunning)
            }
            Ok(stream) => Ok(Self { stream: BufReader::new(stream) }),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Err(LocalError::NotRunning)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the running LANrage.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn ask<Q: Ask + Into<Request>>(&mut self, request: Q) -> Result<Q::Answer, LocalError> {
        self.send(&Call::Ask(request.into())).await?;
        self.receive().await
    }

    /// Asks for the state now and from now on; [`LocalClient::next_snapshot`] waits for it. Nothing else can be asked
    /// afterwards.
    ///
    /// # Errors
    /// [`LocalError::Io`].
    pub async fn watch(&mut self) -> Result<(), LocalError> {
        self.send(&Call::Watch).await
    }

    /// The next state.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn next_snapshot(&mut self) -> Result<Snapshot, LocalError> {
        self.receive().await
    }

    async fn send(&mut self, call: &Call) -> Result<(), LocalError> {
        let line = call.write().map_err(io::Error::from)?;
        Ok(self.stream.get_mut().write_all(&line).await?)
    }

    async fn receive<T: DeserializeOwned>(&mut self) -> Result<T, LocalError> {
        let line = read_line(&mut self.stream).await?;
        let line = line.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        Ok(wire::read_reply(&line).map_err(io::Error::from)??)
    }
}
