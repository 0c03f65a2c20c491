//! Numbers for the operator, in the text format of Prometheus, on a port of their own.

use std::{fmt::Write, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use lanrage_nat::turn::DropReason;
use tokio::{net::TcpListener, time::timeout};

use super::door::Door;
use crate::{
    RelayStats,
    counters::{Cause, Counters},
    shutdown::Shutdown,
};

/// How long one question may take. They are answered one after the other.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Where the numbers come from.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) counters: Arc<Counters>,
    pub(crate) door: Arc<Door>,
    pub(crate) relay: Option<Arc<RelayStats>>,
    pub(crate) shutdown: Shutdown,
}

/// Serves `/metrics` until the server stops.
pub(crate) async fn serve(listener: TcpListener, metrics: Metrics, mut shutdown: Shutdown) {
    let app = Router::new().route("/metrics", get(show)).with_state(metrics);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.requested() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PATIENCE).await;
            continue;
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()));
        tokio::select! {
            _ = timeout(PATIENCE, connection) => {}
            () = shutdown.requested() => return,
        }
    }
}

async fn show(State(metrics): State<Metrics>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.text()).into_response()
}

impl Metrics {
    fn text(&self) -> String {
        let mut text = String::new();
        let mut number = |kind: &str, name: &str, help: &str, value: u64| {
            let _ = write!(
                text,
                "# HELP lanrage_{name} {help}\n# TYPE lanrage_{name} {kind}\nlanrage_{name} {value}\n"
            );
        };
        number("gauge", "connections", "TCP connections now.", self.door.connections() as u64);
        number("gauge", "parties", "Parties now.", self.counters.parties());
        number("gauge", "players", "Players that are there now.", self.counters.sessions());
        number(
            "gauge",
            "draining",
            "1 while it ends and lets nobody in.",
            u64::from(self.shutdown.is_draining()),
        );
        if let Some(relay) = &self.relay {
            number("gauge", "relay_allocations", "Allocations now.", relay.allocations() as u64);
            number(
                "gauge",
                "relay_streams",
                "TCP and TLS connections to the relay now.",
                relay.streams() as u64,
            );
            number("counter", "relay_allocated_total", "Allocations made.", relay.allocated());
            number("counter", "relay_packets_total", "Payloads relayed.", relay.packets());
            number("counter", "relay_bytes_total", "Bytes of payloads relayed.", relay.bytes());
            number(
                "counter",
                "relay_refused_total",
                "Requests refused to who had logged in.",
                relay.refused(),
            );
            number("gauge", "relay_load_percent", "How full it is.", u64::from(relay.load_percent()));
            number(
                "counter",
                "relay_lost_total",
                "Datagrams that found no room in a socket or stream.",
                relay.lost(),
            );
            let away = relay.streams_turned_away();
            number("counter", "relay_turned_away_total", "Connections to the relay without a place.", away);
        }
        if let Some(relay) = &self.relay {
            text.push_str("# HELP lanrage_relay_dropped_total Datagrams dropped, by cause.\n# TYPE lanrage_relay_dropped_total counter\n");
            for &reason in DropReason::ALL {
                let (name, count) = (reason.name(), relay.dropped_for(reason));
                let _ = writeln!(text, "lanrage_relay_dropped_total{{cause=\"{name}\"}} {count}");
            }
        }
        text.push_str("# HELP lanrage_refused_total What was refused, by cause.\n# TYPE lanrage_refused_total counter\n");
        for &cause in Cause::ALL {
            let count = self.counters.get(cause);
            let _ = writeln!(text, "lanrage_refused_total{{cause=\"{}\"}} {count}", cause.name());
        }
        text
    }
}
