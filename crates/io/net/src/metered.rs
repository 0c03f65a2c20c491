//! Whether the player pays for what passes the connection to the internet, as with a phone's.

#[cfg(target_os = "linux")]
mod network_manager;

use tokio::sync::watch::Sender;

/// Tells whether the connection to the internet is metered, now and whenever that changes, until nobody listens any more: what
/// the player has set for it, or what the system guesses from the network. Where nobody can say, it is not.
///
/// NetworkManager is asked, on Linux alone. It tells of changes; one look a minute finds what it did not tell.
pub async fn run(told: Sender<bool>) {
    #[cfg(target_os = "linux")]
    network_manager::run(&told).await;
    #[cfg(not(target_os = "linux"))]
    told.closed().await;
}
