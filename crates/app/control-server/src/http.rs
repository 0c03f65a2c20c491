//! HTTP: the accept loop, `/v1/session` and `/healthz`.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    extract::{State, WebSocketUpgrade, ws::WebSocket},
    http::{StatusCode, header},
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
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::connection::{Context, serve};

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

/// One of the connections that the server may have. Held by the HTTP connection, then by the WebSocket.
type Place = Arc<OwnedSemaphorePermit>;

#[derive(Clone)]
struct AppState {
    upgraded: mpsc::Sender<(WebSocket, Place)>,
    healthy: watch::Receiver<bool>,
}

/// Accepts and serves connections until shutdown. Owns the task of each.
pub(crate) async fn accept(listener: TcpListener, context: Arc<Context>, healthy: watch::Receiver<bool>) {
    let (upgraded, mut sockets) = mpsc::channel(UPGRADED);
    let app = Router::new()
        .route(SESSION_PATH, get(session))
        .route("/healthz", get(health))
        .with_state(AppState { upgraded, healthy });
    let places = Arc::new(Semaphore::new(context.limits.connections));
    let mut shutdown = context.shutdown.clone();
    let mut tasks = JoinSet::new();
    let mut next_id = 0;
    let mut accept_from = Instant::now();
    loop {
        let accepted = async {
            sleep_until(accept_from).await;
            listener.accept().await
        };
        tokio::select! {
            accepted = accepted => match accepted {
                Ok((stream, _)) => match places.clone().try_acquire_owned() {
                    Ok(place) => {
                        tasks.spawn(serve_http(stream, app.clone(), Arc::new(place), context.clone()));
                    }
                    // Closed at once, so that the client tries again later instead of waiting.
                    Err(_) => tracing::warn!("full: a connection was turned away"),
                },
                Err(error) => {
                    // The whole system is out of descriptors, most likely: without a pause this would be a busy loop.
                    tracing::error!(%error, "cannot accept connections");
                    accept_from = Instant::now() + ACCEPT_PAUSE;
                }
            },
            Some((socket, place)) = sockets.recv() => {
                next_id += 1;
                let (id, context) = (ConnectionId(next_id), context.clone());
                tasks.spawn(async move {
                    serve(socket, id, context).await;
                    drop(place);
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

async fn serve_http(stream: TcpStream, app: Router, place: Place, context: Arc<Context>) {
    // Frames are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let mut shutdown = context.shutdown.clone();
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(context.limits.hello)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.layer(Extension(place))))
        .with_upgrades();
    tokio::select! {
        served = connection => if let Err(error) = served {
            tracing::debug!(%error, "HTTP connection ended");
        },
        () = shutdown.requested() => {}
    }
}

async fn session(
    State(state): State<AppState>,
    Extension(place): Extension<Place>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !*state.healthy.borrow() {
        return unavailable();
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

async fn health(State(state): State<AppState>) -> Response {
    if *state.healthy.borrow() { Json(json!({ "status": "ok" })).into_response() } else { unavailable() }
}

fn unavailable() -> Response {
    let body = Json(json!({ "status": "unavailable", "reason": "the database cannot be written" }));
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], body).into_response()
}
