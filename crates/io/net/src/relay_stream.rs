//! The shell of a relay that is reached by TCP or TLS: a connection that decides nothing.
//!
//! [`RelayStream::new`] gives two halves: [`RelayStream::run`], a future to be spawned, and a [`RelayStreamHandle`] to
//! write with, from any thread and without ever waiting.

mod dial;
mod queue;

use std::{io, sync::Arc, time::Duration};

use lanrage_nat::{
    relay_stream::{RelayStreamEvent, RelayStreamTarget},
    turn::{StreamDecoder, is_channel_data},
};
use lanrage_party::{AllocationId, facts::Cause};
use rustls::ClientConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};
use tracing::info;

use dial::Connection;
pub use queue::QUEUE_BYTES;
use queue::Queue;

use crate::tls;

/// Implementation: how long to try to connect, with the TLS handshake.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Implementation: how long last words may take.
const LINGER: Duration = Duration::from_millis(500);
/// Read at once: a batch of full packets.
const READ_BYTES: usize = 16 * 1_024;
/// STUN's type field of a Data indication (RFC 8656 §18).
const DATA_INDICATION: [u8; 2] = [0x00, 0x17];

/// Writes to a stream and closes it. Clones write to the same one.
#[derive(Debug, Clone)]
pub struct RelayStreamHandle(Arc<Queue>);

impl RelayStreamHandle {
    /// Queues a message, padded to a multiple of four bytes (RFC 8656 §12.5). Never waits. False if the stream is over,
    /// or if the queue of [`QUEUE_BYTES`] is full: the message is dropped and counted, as UDP would drop it. Before the
    /// stream stands, messages wait in the queue.
    pub fn send(&self, message: &[u8]) -> bool {
        self.0.push(message)
    }

    /// Closes the stream once what was queued is written, or half a second later.
    pub fn close(&self) {
        self.0.close();
    }

    /// What was dropped so far.
    pub fn dropped(&self) -> RelayStreamDrops {
        self.0.drops()
    }
}

/// Messages dropped by a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RelayStreamDrops {
    /// On their way out, because the queue was full.
    pub outgoing: u64,
    /// On their way in, because whoever was to take them was full.
    pub incoming: u64,
}

/// A connection to a relay that is to be made and run.
#[derive(Debug)]
pub struct RelayStream {
    target: RelayStreamTarget,
    tls: Arc<ClientConfig>,
    queue: Arc<Queue>,
}

/// Why a stream ended.
enum End {
    /// We closed it.
    Asked,
    Broken(Cause),
}

impl RelayStream {
    /// A stream that connects when it is run.
    pub fn new(target: RelayStreamTarget, tls: Arc<ClientConfig>) -> (Self, RelayStreamHandle) {
        let queue = Arc::new(Queue::new());
        let handle = RelayStreamHandle(Arc::clone(&queue));
        (Self { target, tls, queue }, handle)
    }

    /// Connects, and carries messages until the stream ends, is closed, or nobody listens to `events`.
    ///
    /// Every ChannelData message, without its padding, goes to `packets`, which must not block; false means that it had
    /// no room, and the message is counted as dropped. Everything else goes to `events`.
    pub async fn run(
        self,
        events: mpsc::Sender<(AllocationId, RelayStreamEvent)>,
        mut packets: impl FnMut(&[u8]) -> bool + Send,
    ) {
        let Self { target, tls, queue } = self;
        let allocation = target.allocation;
        let dialled = tokio::select! {
            dialled = tokio::time::timeout(DIAL_TIMEOUT, dial::dial(&target, &tls)) => dialled,
            () = queue.closed() => return,
        };
        let end = match dialled {
            Ok(Ok(connection)) => {
                if events.send((allocation, RelayStreamEvent::Connected)).await.is_err() {
                    return queue.close();
                }
                let sink = Sink { allocation, events: &events, queue: &queue };
                match connection {
                    Connection::Tcp(stream) => pump(stream, &sink, &mut packets).await,
                    Connection::Tls(stream) => pump(*stream, &sink, &mut packets).await,
                }
            }
            Ok(Err(cause)) => End::Broken(cause),
            Err(_) => End::Broken(Cause::TooSlow),
        };
        queue.close();
        if let End::Broken(cause) = end {
            // Nobody listens any more: then nobody needs to know.
            let _ = events.send((allocation, RelayStreamEvent::Closed { cause })).await;
        }
    }
}

struct Sink<'a> {
    allocation: AllocationId,
    events: &'a mpsc::Sender<(AllocationId, RelayStreamEvent)>,
    queue: &'a Queue,
}

async fn pump<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    sink: &Sink<'_>,
    packets: &mut (impl FnMut(&[u8]) -> bool + Send),
) -> End {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let end = tokio::select! {
        end = read(&mut reader, sink, packets) => end,
        end = write(&mut writer, sink.queue) => end,
        () = linger(sink.queue) => End::Asked,
    };
    if let End::Asked = end {
        // A goodbye of TLS, if it can be said at once.
        let _ = tokio::time::timeout(LINGER, writer.shutdown()).await;
    }
    end
}

async fn linger(queue: &Queue) {
    queue.closed().await;
    tokio::time::sleep(LINGER).await;
}

async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    sink: &Sink<'_>,
    packets: &mut (impl FnMut(&[u8]) -> bool + Send),
) -> End {
    let mut decoder = StreamDecoder::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = match reader.read(&mut buffer).await {
            Ok(0) => return End::Broken(Cause::ConnectionClosed),
            Ok(read) => read,
            Err(error) => return End::Broken(broken(&error)),
        };
        if let Err(error) = decoder.push(&buffer[..read]) {
            return End::Broken(nonsense(&error));
        }
        loop {
            match decoder.next_message() {
                Ok(None) => break,
                Ok(Some(message)) => {
                    if !take(message, sink, packets).await {
                        return End::Asked;
                    }
                }
                Err(error) => return End::Broken(nonsense(&error)),
            }
        }
    }
}

fn nonsense(error: &impl std::fmt::Display) -> Cause {
    info!(%error, "a relay sent what makes no sense");
    Cause::BadMessage
}

fn broken(error: &io::Error) -> Cause {
    info!(%error, "the connection to a relay broke");
    tls::cause(error)
}

/// False if nobody listens any more.
async fn take(message: &[u8], sink: &Sink<'_>, packets: &mut (impl FnMut(&[u8]) -> bool + Send)) -> bool {
    if is_channel_data(message) {
        if !packets(message) {
            sink.queue.count_incoming();
        }
        return true;
    }
    let event = (sink.allocation, RelayStreamEvent::Message(message.to_vec()));
    if !message.starts_with(&DATA_INDICATION) {
        return sink.events.send(event).await.is_ok();
    }
    match sink.events.try_send(event) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Full(_)) => {
            sink.queue.count_incoming();
            true
        }
        Err(mpsc::error::TrySendError::Closed(_)) => false,
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), queue: &Queue) -> End {
    let mut batch = Vec::new();
    while queue.take(&mut batch).await {
        let written = async {
            writer.write_all(&batch).await?;
            writer.flush().await
        };
        if let Err(error) = written.await {
            return End::Broken(broken(&error));
        }
    }
    End::Asked
}

#[cfg(test)]
mod tests;
