//! What the whole process of a host has by the engine: its heap and its runtime.

use std::{io, time::Duration};

use tokio::runtime::{Builder, Runtime};

/// How long a thread that may block waits for more work: longer than from one look of each second to the next, so that one
/// thread makes them all, and shorter than from one to the next but one. What has work wakes those that wait in turn, so that
/// with a longer time as many as ever were busy at once would stay for ever.
const IDLE_THREAD: Duration = Duration::from_millis(1_200);

/// glibc gives each thread a heap of its own, up to eight a processor, and each keeps what its thread once needed and
/// freed: a program of seventeen threads that lives for hours holds a third more than it uses, and more each hour. How many
/// heaps this one has is set where it is built, in `.cargo/config.toml`.
#[cfg(target_os = "linux")]
#[global_allocator]
static HEAP: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The runtime of a program that hosts the engine.
///
/// # Errors
///
/// The system gives no thread, or nothing to wait by.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_keep_alive(IDLE_THREAD).build()
}
