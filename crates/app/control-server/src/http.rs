//! HTTP: the accept loop, `/v1/session`, `/healthz`, `/readyz`, and the page of an invitation.

mod connection;
mod door;
mod landing;
mod metrics;
mod one_port;
mod proxies;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    extract::{State, WebSocketUpgrade, ws::WebSocket},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use lanrage_control::{
    protocol::{CLIENT_FRAME_BYTES, SESSION_PATH, WRITE_BUFFER_BYTES},
    session::ConnectionId,
};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

pub(crate) use self::{
    connection::Context,
    door::Door,
    metrics::{Metrics, serve as serve_metrics},
    one_port::OnePort,
    proxies::Proxies,
};
use self::{connection::serve, door::Place};
use crate::{counters::Cause, shutdown::Shutdown};

/// Upgraded sockets on their way to the accept loop. When it is full, upgrades wait for it.
const UPGRADED: usize = 64;
/// Largest WebSocket message that is read at all: a larger one ends the connection, one between this and
/// [`CLIENT_FRAME_BYTES`] is answered with a coded error.
const MESSAGE_BYTES: usize = 4 * CLIENT_FRAME_BYTES;
/// Read buffer of a connection; its default of 128 KiB is for bulk, and there may be thousands of idle ones.
const READ_BUFFER_BYTES: usize = 8 * 1024;
/// Pause after a connection could not be accepted; everything else goes on meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long connections may take to say goodbye at shutdown.
const GOODBYE: Duration = Duration::from_secs(3);

#[derive(Clone)]
struct AppState {
    upgraded: mpsc::Sender<(WebSocket, Arc<Place>)>,
    healthy: watch::Receiver<bool>,
    shutdown: Shutdown,
}

/// Where clients come in.
pub(crate) struct Entrances {
    /// For HTTP as it is.
    pub(crate) plain: Listening,
    /// For what [`OnePort`] tells apart.
    pub(crate) secure: Option<(Listening, OnePort)>,
}

/// A listener, and from when on it may accept again.
pub(crate) struct Listening {
    listener: TcpListener,
    accept_from: Instant,
}

impl Listening {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, accept_from: Instant::now() }
    }

    /// The next connection. May be given up at any time.
    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            sleep_until(self.accept_from).await;
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) => {
                    // The whole system is out of descriptors, most likely: without a pause this would be a busy loop.
                    tracing::error!(%error, "cannot accept connections");
                    self.accept_from = Instant::now() + ACCEPT_PAUSE;
                }
            }
        }
    }
}

/// Accepts and serves connections until shutdown. Owns the task of each. `downloads` is where visitors of an invitation get
/// LANrage.
pub(crate) async fn accept(
    Entrances { mut plain, mut secure }: Entrances,
    context: Arc<Context>,
    door: Arc<Door>,
    healthy: watch::Receiver<bool>,
    downloads: Option<String>,
) {
    let (upgraded, mut sockets) = mpsc::channel(UPGRADED);
    let app = Router::new()
        .route(SESSION_PATH, get(session))
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .merge(landing::routes(downloads.as_deref()))
        .with_state(AppState { upgraded, healthy, shutdown: context.shutdown.clone() });
    let mut shutdown = context.shutdown.clone();
    let mut tasks = JoinSet::new();
    let mut next_id = 0;
    loop {
        let to_secure = async {
            match &mut secure {
                Some((listening, port)) => (listening.accept().await, port.clone()),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // Without a place it is closed at once, so that the client tries again later instead of waiting.
            (stream, from) = plain.accept() => if let Some(place) = door.arrive(Instant::now().into(), from.ip()) {
                let (app, context) = (app.clone(), context.clone());
                tasks.spawn(serve_http(at_once(stream), app, place, context));
            },
            ((stream, from), port) = to_secure => {
                if let Some(place) = door.arrive(Instant::now().into(), from.ip()) {
                    let (app, context) = (app.clone(), context.clone());
                    tasks.spawn(serve_secure((at_once(stream), from), port, app, place, context));
                }
            }
            Some((socket, place)) = sockets.recv() => {
                next_id += 1;
                let (id, context) = (ConnectionId(next_id), context.clone());
                tasks.spawn(async move {
                    serve(socket, id, place, context).await;
                });
            }
            Some(ended) = tasks.join_next() => report(ended),
            () = shutdown.requested() => break,
        }
    }
    // Idle HTTP connections never end by themselves; the others are given time to say goodbye.
    let goodbye = async {
        while let Some(ended) = tasks.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
        tasks.shutdown().await;
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection's task panicked");
    }
}

/// Frames are small and somebody waits for each.
fn at_once(stream: TcpStream) -> TcpStream {
    let _ = stream.set_nodelay(true);
    stream
}

async fn serve_secure(
    (stream, from): (TcpStream, SocketAddr),
    port: OnePort,
    app: Router,
    place: Arc<Place>,
    context: Arc<Context>,
) {
    let mut shutdown = context.shutdown.clone();
    let received = tokio::select! {
        received = timeout(context.limits.hello, port.receive(stream, from)) => received,
        () = place.needed() => return,
        () = shutdown.requested() => return,
    };
    match received {
        Ok(Ok(Some(stream))) => serve_http(stream, app, place, context).await,
        // It is the relay's.
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended before it said what it wants"),
        Err(_) => tracing::debug!("a connection did not say what it wants"),
    }
}

async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    app: Router,
    place: Arc<Place>,
    context: Arc<Context>,
) {
    let mut shutdown = context.shutdown.clone();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(context.limits.hello)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.layer(Extension(place.clone()))))
        .with_upgrades();
    tokio::select! {
        served = connection => if let Err(error) = served {
            tracing::debug!(%error, "HTTP connection ended");
        },
        () = place.needed() => {}
        () = shutdown.requested() => {}
    }
}

/// Programs alone speak this protocol: a web page, which says where it is from (RFC 6454), is not let in. It would speak
/// from its visitor's address, and within its visitor's network.
async fn session(
    State(state): State<AppState>,
    Extension(place): Extension<Arc<Place>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if headers.contains_key(header::ORIGIN) {
        place.refused(Cause::Origin);
        return StatusCode::FORBIDDEN.into_response();
    }
    if !place.identify(Instant::now().into(), &headers) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "5")]).into_response();
    }
    upgrade
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES)
        // The library runs this in a task of its own, which only hands the socket to the accept loop's.
        .on_upgrade(async move |socket| {
            let _ = state.upgraded.send((socket, place)).await;
        })
}

/// Whether it works.
async fn health(State(state): State<AppState>) -> Response {
    if *state.healthy.borrow() { ok() } else { unavailable(DISK) }
}

/// Whether whoever is new should be sent here.
async fn readiness(State(state): State<AppState>) -> Response {
    if state.shutdown.is_draining() {
        unavailable("the server is stopping")
    } else {
        health(State(state)).await
    }
}

const DISK: &str = "the database cannot be written";

fn ok() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

fn unavailable(reason: &str) -> Response {
    let body = Json(json!({ "status": "unavailable", "reason": reason }));
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], body).into_response()
}
