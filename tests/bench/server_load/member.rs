//! One member: the client's state machine, its WebSocket, and what it is told to do.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use lanrage_base::clock::now;
use lanrage_control::{
    ControlEvent, LinkAction, LinkClosed, LinkEvent, LinkId, RemoteControlPlane, RemoteSettings,
    protocol::Change,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};
use url::Url;

use crate::{party::Party, tally::Tally};

/// How long a login and what follows may take; a client that waits longer has no server.
const ENTER: Duration = Duration::from_secs(30);
/// A connection's read buffer, of which there are as many as members.
const READ_BYTES: usize = 4 * 1024;

/// What a member is told to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    /// Change a little, and send a signal.
    Change,
    /// Say what came of it.
    End,
}

/// Tells a member what to do.
#[derive(Debug)]
pub(crate) struct Handle(UnboundedSender<Order>);

impl Handle {
    pub(crate) fn tell(&self, order: Order) {
        // One that has failed says so when it is waited for.
        let _ = self.0.send(order);
    }
}

/// What came of a member.
#[derive(Debug)]
pub(crate) struct End {
    /// Number of its party.
    pub(crate) party: usize,
    /// Changes that it made.
    pub(crate) changes: u64,
    /// Changes of its party that it saw, its own included.
    pub(crate) seen: u64,
    /// How often it was without a server.
    pub(crate) lost_sessions: u64,
}

pub(crate) struct Member {
    party: Arc<Party>,
    index: usize,
    plane: RemoteControlPlane,
    socket: Option<(LinkId, WebSocketStream<TcpStream>)>,
    orders: UnboundedReceiver<Order>,
    tally: Arc<Tally>,
    is_in: bool,
    end: End,
}

impl Member {
    pub(crate) fn new(
        party: Arc<Party>,
        index: usize,
        server: SocketAddr,
        tally: Arc<Tally>,
    ) -> (Handle, Self) {
        let endpoint = format!("ws://{server}").parse().expect("an address makes an endpoint");
        let mut settings = RemoteSettings::new(endpoint, (party.number as u64) << 16 | index as u64);
        settings.timings.dial = ENTER;
        let mut plane = RemoteControlPlane::new(settings, party.identity(index), now());
        plane.hold_door(party.id, party.door());
        let (handle, orders) = unbounded_channel();
        let end = End { party: party.number, changes: 0, seen: 0, lost_sessions: 0 };
        (Handle(handle), Self { party, index, plane, socket: None, orders, tally, is_in: false, end })
    }

    /// Logs in and becomes a member.
    pub(crate) async fn enter(mut self) -> Result<Self> {
        self.plane.request(now(), self.party.enter(self.index)?);
        let entered = async {
            while !self.is_in {
                self.step().await?;
            }
            Ok::<_, anyhow::Error>(())
        };
        timeout(ENTER, entered).await.context("a member waited too long to come in")??;
        Ok(self)
    }

    /// Is a member until it is told to end.
    pub(crate) async fn stay(mut self) -> Result<End> {
        while self.step().await? {}
        Ok(self.end)
    }

    /// Carries out what the plane wants, and waits for the next thing to happen. Says whether to go on.
    async fn step(&mut self) -> Result<bool> {
        while let Some(action) = self.plane.poll_transmit() {
            self.act(action).await;
        }
        if let Some(event) = self.plane.poll_event() {
            return self.take_in(event).map(|()| true);
        }
        let Some(wake) = self.plane.poll_timeout() else { bail!("the plane has stopped") };
        let socket = &mut self.socket;
        let frame = async {
            match socket {
                Some((link, socket)) => (*link, next_text(socket).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            (link, text) = frame => {
                let event = text.map_or(LinkEvent::Closed(link, LinkClosed::Ended), |text| LinkEvent::Frame(link, text));
                if matches!(event, LinkEvent::Closed(..)) {
                    self.socket = None;
                }
                self.plane.handle_link(now(), event);
            }
            order = self.orders.recv(), if self.is_in => match order {
                Some(Order::Change) => self.change()?,
                Some(Order::End) | None => return Ok(false),
            },
            () = sleep_until(wake.into()) => self.plane.handle_timeout(now()),
        }
        Ok(true)
    }

    async fn act(&mut self, action: LinkAction) {
        match action {
            LinkAction::Dial { link, url } => {
                self.socket = None;
                let event = match self.dial(&url).await {
                    Ok(socket) => {
                        self.socket = Some((link, socket));
                        LinkEvent::Opened(link)
                    }
                    Err(_) => LinkEvent::Closed(link, LinkClosed::TimedOut),
                };
                self.plane.handle_link(now(), event);
            }
            LinkAction::Send(text) => {
                let Some((link, socket)) = &mut self.socket else { return };
                if socket.send(Message::text(text)).await.is_err() {
                    let closed = LinkEvent::Closed(*link, LinkClosed::Ended);
                    self.socket = None;
                    self.plane.handle_link(now(), closed);
                }
            }
            LinkAction::Close => self.socket = None,
        }
    }

    async fn dial(&self, url: &Url) -> Result<WebSocketStream<TcpStream>> {
        let server = url.socket_addrs(|| None)?.into_iter().next().context("no address")?;
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.party.source, 0).into())?;
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(READ_BYTES).write_buffer_size(0);
        Ok(client_async_with_config(url.as_str(), stream, Some(config)).await?.0)
    }

    fn change(&mut self) -> Result<()> {
        self.end.changes += 1;
        // When it was sent is in what is sent.
        let sent = self.tally.now();
        self.plane.request(now(), self.party.update(self.index, sent)?);
        let signal = self.party.signal(self.index, &self.tally.now().to_be_bytes())?;
        self.plane.request(now(), signal);
        Ok(())
    }

    fn take_in(&mut self, event: ControlEvent) -> Result<()> {
        match event {
            ControlEvent::Party(_) => {
                self.tally.hear();
                self.is_in = true;
            }
            ControlEvent::Change { change, .. } => {
                self.tally.hear();
                if let Change::PeerUpdated { entry } = change {
                    self.end.seen += 1;
                    self.tally.delta(entry.record.claimed().sequence);
                }
            }
            ControlEvent::Signal { from, signal, .. } => {
                self.tally.hear();
                let message = self.party.open(self.index, from, &signal)?;
                let sent = <[u8; 8]>::try_from(message.as_slice()).context("a signal of another length")?;
                self.tally.signal(u64::from_be_bytes(sent));
            }
            ControlEvent::Disconnected { reason, .. } => {
                if !self.is_in {
                    bail!("a member did not come in: {reason}");
                }
                self.end.lost_sessions += 1;
            }
            ControlEvent::Refused { refusal, .. } => bail!("refused: {refusal:?}"),
            ControlEvent::Left { .. } => bail!("a member was put out"),
            ControlEvent::Connected { .. } | ControlEvent::Relays(_) | ControlEvent::Announcement(_) => {}
        }
        Ok(())
    }
}

/// The next text of the other side; `None` once there is none any more.
async fn next_text(socket: &mut WebSocketStream<TcpStream>) -> Option<String> {
    loop {
        match socket.next().await? {
            Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}
