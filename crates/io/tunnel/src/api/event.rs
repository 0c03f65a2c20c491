//! How a host hears from the packet threads.

use std::sync::Arc;

use lanrage_party::TunnelEvent;

/// Takes what the packet threads report; false if there is no room for it, which is counted. They call it, so it must not block and must not call the
/// [`Tunnel`](crate::Tunnel), which may wait for them; a bounded channel's `try_send` is right.
pub type EventSink = Arc<dyn Fn(TunnelEvent) -> bool + Send + Sync>;
