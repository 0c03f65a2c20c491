//! File work off the runtime's threads.

/// Runs `work` on a thread that may block. Once begun it runs to its end, whatever becomes of the caller.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and nobody will look at the result.
            Err(_) => std::future::pending().await,
        },
    }
}
