use std::sync::Arc;

use lanrage_party::TunnelEvent;

/// Where the packet threads report to. Called from them: it must not block and must not call the
/// [`Tunnel`](crate::Tunnel); a bounded channel's `try_send` is right.
pub type EventSink = Arc<dyn Fn(TunnelEvent) + Send + Sync>;
