//! Who may come in, by the address that it comes from.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use axum::http::HeaderMap;
use lanrage_base::sources::{Arrival, Source, SourceBuckets, VisitorLimits, Visitors};
use lanrage_control::session::SourceLimits;
use tokio::sync::Notify;

use super::proxies::{Proxies, is_forwarded};
use crate::counters::{Cause, Counters};

/// Counts connections, and what they send, by address.
#[derive(Debug)]
pub(crate) struct Door {
    proxies: Proxies,
    /// Whether the operator was told of a proxy that is not believed.
    warned: AtomicBool,
    counters: Arc<Counters>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    last: u64,
    visitors: Visitors,
    /// How to tell a connection that it has to go.
    leaving: HashMap<u64, Arc<Notify>>,
    connects: SourceBuckets,
    frames: SourceBuckets,
}

/// A place for one connection, held by HTTP and then by the WebSocket. Dropping the last holder frees it.
#[derive(Debug)]
pub(crate) struct Place {
    door: Arc<Door>,
    number: u64,
    peer: Source,
    by_proxy: bool,
    /// For whom the proxy speaks, once it has said so.
    client: OnceLock<Source>,
    leave: Arc<Notify>,
}

impl Door {
    pub(crate) fn new(
        connections: usize,
        limits: SourceLimits,
        proxies: Proxies,
        counters: Arc<Counters>,
    ) -> Self {
        let visitors = VisitorLimits {
            all: connections,
            per_source: limits.connections,
            per_near_source: limits.near_connections,
            unproven_per_source: limits.unproven,
        };
        let inner = Inner {
            last: 0,
            visitors: Visitors::new(visitors),
            leaving: HashMap::new(),
            connects: limits.buckets(limits.connects),
            frames: limits.buckets(limits.frames),
        };
        Self { proxies, warned: AtomicBool::new(false), counters, inner: Mutex::new(inner) }
    }

    /// A connection from `address`; `None` if it has to be closed at once.
    pub(crate) fn arrive(self: &Arc<Self>, now: Instant, address: IpAddr) -> Option<Arc<Place>> {
        let peer = Source::of(address);
        let by_proxy = self.proxies.trusts(address);
        let leave = Arc::new(Notify::new());
        let mut inner = self.lock();
        if !by_proxy && !inner.connects.take(now, peer, 1) {
            self.counters.add(Cause::Connects);
            return None;
        }
        inner.last += 1;
        let number = inner.last;
        let arrival = if by_proxy {
            inner.visitors.arrive_by_proxy(number)
        } else {
            inner.visitors.arrive(number, peer)
        };
        if !self.settle(&mut inner, arrival) {
            return None;
        }
        inner.leaving.insert(number, leave.clone());
        drop(inner);
        Some(Arc::new(Place { door: self.clone(), number, peer, by_proxy, client: OnceLock::new(), leave }))
    }

    /// Sends off whoever makes room. Says whether there is a place.
    fn settle(&self, inner: &mut Inner, arrival: Arrival) -> bool {
        match arrival {
            Arrival::Admitted => true,
            Arrival::Instead(oldest) => {
                self.counters.add(Cause::Replaced);
                if let Some(leave) = inner.leaving.remove(&oldest) {
                    leave.notify_one();
                }
                true
            }
            Arrival::SourceFull => {
                self.counters.add(Cause::SourceFull);
                false
            }
            Arrival::Full => {
                self.counters.add(Cause::Full);
                false
            }
        }
    }

    /// Connections now.
    pub(crate) fn connections(&self) -> usize {
        self.lock().visitors.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Who is behind the connection.
    pub(crate) fn source(&self) -> Source {
        *self.client.get().unwrap_or(&self.peer)
    }

    /// What the headers of a request say of whom it came for, if it came through a proxy that is believed; a proxy that
    /// says nothing answers for it itself. Says whether there is a place.
    pub(crate) fn identify(&self, now: Instant, headers: &HeaderMap) -> bool {
        if !self.by_proxy {
            if is_forwarded(headers) && !self.door.warned.swap(true, Relaxed) {
                tracing::warn!(
                    "requests say for whom a proxy passes them on, which is not believed: all of them count for the \
                     proxy's address. If the proxy is yours, name it with --trust-proxy"
                );
            }
            return true;
        }
        let source = self.door.proxies.client(headers).map_or(self.peer, Source::of);
        let mut inner = self.door.lock();
        if self.client.set(source).is_err() {
            return true;
        }
        if !inner.connects.take(now, source, 1) {
            self.door.counters.add(Cause::Connects);
            return false;
        }
        let arrival = inner.visitors.identify(self.number, source);
        self.door.settle(&mut inner, arrival)
    }

    /// The client has proven who it is: it does not make room any more.
    pub(crate) fn prove(&self) {
        self.door.lock().visitors.prove(self.number);
    }

    /// Whether one more frame of this source is taken.
    pub(crate) fn admits_frame(&self, now: Instant) -> bool {
        let admitted = self.door.lock().frames.take(now, self.source(), 1);
        if !admitted {
            self.door.counters.add(Cause::Frames);
        }
        admitted
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, cause: Cause) {
        self.door.counters.add(cause);
    }

    /// Waits until the place is needed for somebody else.
    pub(crate) async fn needed(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.door.lock();
        inner.visitors.leave(self.number);
        inner.leaving.remove(&self.number);
    }
}
