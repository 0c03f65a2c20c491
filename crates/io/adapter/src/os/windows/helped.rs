//! An adapter that the helper keeps: packets pass through its pipe, as many at a time as there are. The adapter lives as long
//! as the pipe.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use lanrage_party::facts::Cause;

use super::{pipe::Pipe, service};
use crate::{
    AdapterConfig, AdapterError, Ready,
    helper::{Denial, Reply, Request, Wish, batch},
    queue::{PacketQueue, Refused},
};

/// How long the helper may take: the driver is installed when it is asked for the first time.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the service may take to start, and the pause between two looks.
const START: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);

/// Packets that wait in each direction; more are dropped.
const QUEUE_PACKETS: usize = 512;

/// ERROR_PIPE_BUSY: all instances of the pipe are with others.
const BUSY: i32 = 231;

#[derive(Debug)]
pub(crate) struct Helped {
    pipe: Arc<Pipe>,
    /// From the system.
    incoming: Arc<PacketQueue>,
    /// For the system.
    outgoing: Arc<PacketQueue>,
    threads: Vec<JoinHandle<()>>,
}

/// Has the helper open the adapter.
///
/// # Errors
/// [`AdapterError::PermissionDenied`] if there is no helper; its refusals; [`AdapterError::Io`].
pub(crate) fn ask(config: &AdapterConfig) -> Result<(super::Packets, String), AdapterError> {
    let asking = |source| AdapterError::Io { step: "asking the helper", source };
    let pipe = reach()?;
    pipe.write(&Request::new(Wish::Adapter, config.clone()).to_bytes(), Some(PATIENCE)).map_err(asking)?;
    let mut bytes = [0; Reply::MAX_BYTES];
    let length = pipe.read(&mut bytes, Some(PATIENCE)).map_err(asking)?;
    let name = match Reply::parse(&bytes[..length]) {
        Ok(Reply::Opened { name, .. }) => name,
        Ok(Reply::Denied { why, uid }) => return Err(AdapterError::HelperDenied { why, uid }),
        Ok(Reply::Unfit { cause }) => return Err(AdapterError::HelperRefused { cause }),
        Ok(Reply::Failed { cause }) => return Err(AdapterError::HelperFailed { cause }),
        Ok(Reply::Searching) => return Err(AdapterError::HelperFailed { cause: Cause::BadMessage }),
        Err(error) => return Err(AdapterError::HelperFailed { cause: error.cause() }),
    };
    let helped = Helped::start(pipe).map_err(|source| AdapterError::Io { step: "start reading", source })?;
    Ok((super::Packets::Helped(helped), name))
}

/// The helper's pipe, once its service runs.
fn reach() -> Result<Pipe, AdapterError> {
    let deadline = Instant::now() + START;
    let mut is_started = false;
    loop {
        match Pipe::connect() {
            Ok(pipe) => return Ok(pipe),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_started => match service::start() {
                Ok(true) => is_started = true,
                Ok(false) => return Err(AdapterError::PermissionDenied),
                Err(error) => {
                    tracing::warn!(%error, "the helper's service does not start");
                    return Err(AdapterError::HelperNotRunning);
                }
            },
            // It starts, or is with others.
            Err(error)
                if Instant::now() < deadline
                    && (error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(BUSY)) =>
            {
                thread::sleep(LOOK);
            }
            Err(error) => {
                tracing::warn!(%error, "the helper's pipe");
                return Err(match error.kind() {
                    io::ErrorKind::NotFound => AdapterError::HelperNotRunning,
                    // Who is not logged on at this computer.
                    io::ErrorKind::PermissionDenied => {
                        AdapterError::HelperDenied { why: Denial::Away, uid: 0 }
                    }
                    // Somebody took its place.
                    io::ErrorKind::InvalidData => AdapterError::HelperFailed { cause: Cause::NotAllowed },
                    _ => AdapterError::Io { step: "reaching the helper", source: error },
                });
            }
        }
    }
}

impl Helped {
    fn start(pipe: Pipe) -> io::Result<Self> {
        let pipe = Arc::new(pipe);
        let queue = || Arc::new(PacketQueue::new(QUEUE_PACKETS));
        let mut helped = Self { pipe, incoming: queue(), outgoing: queue(), threads: Vec::new() };
        let (pipe, queue) = (Arc::clone(&helped.pipe), Arc::clone(&helped.incoming));
        helped.begin("adapter-read", move || read(&pipe, &queue))?;
        let (pipe, queue) = (Arc::clone(&helped.pipe), Arc::clone(&helped.outgoing));
        helped.begin("adapter-write", move || write(&pipe, &queue))?;
        Ok(helped)
    }

    fn begin(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.threads.push(thread::Builder::new().name(name.into()).spawn(work)?);
        Ok(())
    }

    pub(super) fn wait(&self) -> Ready {
        self.incoming.wait()
    }

    pub(super) fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.incoming.try_pop(buf)
    }

    pub(super) fn write(&self, packet: &[u8]) -> io::Result<()> {
        self.outgoing.push(packet).map_err(|refused| match refused {
            Refused::Full => io::ErrorKind::WouldBlock.into(),
            Refused::Closed => io::ErrorKind::BrokenPipe.into(),
        })
    }

    pub(super) fn wake(&self) {
        self.incoming.wake();
    }
}

impl Drop for Helped {
    fn drop(&mut self) {
        self.incoming.close();
        self.outgoing.wake();
        self.pipe.close();
        for thread in self.threads.drain(..) {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

fn read(pipe: &Pipe, to: &PacketQueue) {
    let mut message = vec![0; batch::BATCH_BYTES];
    while let Ok(length) = pipe.read(&mut message, None) {
        for packet in batch::packets(&message[..length]) {
            // A full queue drops the packet.
            if to.push(packet) == Err(Refused::Closed) {
                return;
            }
        }
    }
    to.close();
}

fn write(pipe: &Pipe, from: &PacketQueue) {
    let (mut message, mut packet) = (Vec::with_capacity(batch::BATCH_BYTES), vec![0; batch::PACKET_BYTES]);
    while from.wait() == Ready::Packets {
        if batch::fill(&mut message, &mut packet, |packet| from.try_pop(packet)).is_err() {
            return;
        }
        if !message.is_empty() && pipe.write(&message, None).is_err() {
            from.close();
            return;
        }
    }
}
