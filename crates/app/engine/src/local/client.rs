use std::{io, path::Path};

use interprocess::local_socket::tokio::{Stream, prelude::*};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::{LINE_BYTES, LocalRequest, LocalResponse, socket_name};
use crate::{CommandError, DataAnswer, DataRequest, DoctorReport, Snapshot};

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
        match Stream::connect(socket_name(data_dir)?).await {
            Ok(stream) => Ok(Self { stream: BufReader::new(stream) }),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Err(LocalError::NotRunning)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a request. Every request but [`LocalRequest::Watch`] has one answer.
    ///
    /// # Errors
    /// [`LocalError::Io`].
    pub async fn send(&mut self, request: &LocalRequest) -> Result<(), LocalError> {
        let mut line = serde_json::to_vec(request).map_err(io::Error::from)?;
        line.push(b'\n');
        Ok(self.stream.get_mut().write_all(&line).await?)
    }

    /// The next answer.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn receive(&mut self) -> Result<LocalResponse, LocalError> {
        let mut line = String::new();
        let read = (&mut self.stream).take(LINE_BYTES as u64).read_line(&mut line).await?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        match serde_json::from_str(&line).map_err(io::Error::from)? {
            LocalResponse::Error(error) => Err(error.into()),
            response => Ok(response),
        }
    }

    /// Asks for a command to be carried out.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn command(&mut self, request: &LocalRequest) -> Result<(), LocalError> {
        self.send(request).await?;
        self.receive().await.map(drop)
    }

    /// Asks the stored data.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn data(&mut self, request: DataRequest) -> Result<DataAnswer, LocalError> {
        self.send(&LocalRequest::Data(request)).await?;
        match self.receive().await? {
            LocalResponse::Data(answer) => Ok(*answer),
            _ => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }

    /// Asks what may keep a player from playing.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn doctor(&mut self) -> Result<DoctorReport, LocalError> {
        self.send(&LocalRequest::Doctor).await?;
        match self.receive().await? {
            LocalResponse::Doctor(report) => Ok(report),
            _ => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }

    /// The next snapshot, after [`LocalRequest::Status`] or [`LocalRequest::Watch`].
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn snapshot(&mut self) -> Result<Snapshot, LocalError> {
        match self.receive().await? {
            LocalResponse::Snapshot(snapshot) => Ok(*snapshot),
            _ => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }
}
