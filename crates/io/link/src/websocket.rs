//! The shell of a [`lanrage_control::RemoteControlPlane`]: a WebSocket client that decides nothing.

mod cause;
mod dial;

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use self::{
    cause::cause,
    dial::{Socket, dial},
};
use lanrage_base::bucket::TokenBucket;
use lanrage_control::{LinkAction, LinkClosed, LinkEvent, LinkId, session::PINGS};
use lanrage_party::facts::Cause;

/// A good capacity of the channel into [`run_link`]. When it is full, the connection has stood still for so
/// many frames: use `try_send`, and treat a full channel as a dead connection.
pub const ACTIONS: usize = 256;
/// A good capacity of the channel out of [`run_link`]. When it is full, nothing more is read from the
/// connection until there is room again, so that a fast server is slowed down and nothing is lost.
pub const EVENTS: usize = 64;

/// How long to try to connect, over all of the host's addresses.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one frame may take to be handed to the operating system.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Carries a [`lanrage_control::RemoteControlPlane`]'s actions out, one connection at a time, until `actions` is
/// closed. `ws` and `wss` (TLS with the web's root certificates) are spoken.
///
/// Actions are taken also while `events` is full, so the two ends cannot wait for each other.
pub async fn run_link(mut actions: mpsc::Receiver<LinkAction>, events: mpsc::Sender<LinkEvent>) {
    let mut next = actions.recv().await;
    while let Some(action) = next {
        next = match action {
            LinkAction::Dial { link, url } => run_one(link, &url, &mut actions, &events).await,
            // Of a connection that is over already.
            LinkAction::Send(_) | LinkAction::Close => actions.recv().await,
        };
    }
}

/// Makes and runs one connection; returns the action that it does not concern any more.
async fn run_one(
    link: LinkId,
    url: &url::Url,
    actions: &mut mpsc::Receiver<LinkAction>,
    events: &mpsc::Sender<LinkEvent>,
) -> Option<LinkAction> {
    let dialled = async {
        match tokio::time::timeout(DIAL_TIMEOUT, dial(url)).await {
            Ok(dialled) => dialled,
            Err(_) => Err(LinkClosed::TimedOut),
        }
    };
    let socket = tokio::select! {
        dialled = dialled => dialled,
        // Nothing is sent before the connection stands: it is given up.
        action = actions.recv() => return action,
    };
    let end = match socket {
        Ok(socket) => {
            if !report(events, LinkEvent::Opened(link)).await {
                return None;
            }
            pump(link, socket, actions, events).await
        }
        Err(reason) => End::Broken(reason),
    };
    match end {
        End::Asked(next) => next,
        End::Broken(reason) => {
            if !report(events, LinkEvent::Closed(link, reason)).await {
                return None;
            }
            actions.recv().await
        }
    }
}

/// Why a connection is over.
enum End {
    /// It was given up, with the action that follows.
    Asked(Option<LinkAction>),
    /// It broke.
    Broken(LinkClosed),
}

async fn pump(
    link: LinkId,
    mut socket: Socket,
    actions: &mut mpsc::Receiver<LinkAction>,
    events: &mpsc::Sender<LinkEvent>,
) -> End {
    let mut room = None;
    let mut pings = TokenBucket::new(PINGS);
    loop {
        tokio::select! {
            action = actions.recv() => match action {
                Some(LinkAction::Send(text)) => {
                    let sent = socket.send(Message::Text(Utf8Bytes::from(text)));
                    match tokio::time::timeout(SEND_TIMEOUT, sent).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => return End::Broken(LinkClosed::Lost(cause(error))),
                        Err(_) => return End::Broken(LinkClosed::TimedOut),
                    }
                }
                Some(LinkAction::Close) => {
                    say_goodbye(socket).await;
                    return End::Asked(actions.recv().await);
                }
                other => {
                    say_goodbye(socket).await;
                    return End::Asked(other);
                }
            },
            reserved = events.reserve(), if room.is_none() => match reserved {
                Ok(permit) => room = Some(permit),
                Err(_) => return End::Asked(None),
            },
            message = socket.next(), if room.is_some() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Some(permit) = room.take() {
                        permit.send(LinkEvent::Frame(link, text.as_str().to_owned()));
                    }
                }
                // Pings are answered by the library; binary frames are not of this protocol.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => {
                    if !pings.take(Instant::now(), 1) {
                        return End::Broken(LinkClosed::Lost(Cause::TooOften));
                    }
                }
                Some(Ok(Message::Close(_))) | None => return End::Broken(LinkClosed::Ended),
                Some(Err(error)) => return End::Broken(LinkClosed::Lost(cause(error))),
            },
        }
    }
}

async fn report(events: &mpsc::Sender<LinkEvent>, event: LinkEvent) -> bool {
    events.send(event).await.is_ok()
}

/// A close frame, if it can be sent at once: the other side then need not wait for a timeout.
async fn say_goodbye(mut socket: Socket) {
    let _ = tokio::time::timeout(Duration::from_millis(250), socket.close(None)).await;
}
