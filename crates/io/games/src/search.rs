//! Asks everybody in the party for games, as whoever looks for them on a LAN does.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_games::{Catalogue, Search, Statement};
use tokio::{net::UdpSocket, sync::mpsc, time::timeout_at};

/// Between two questions: none pushes a game's own aside.
const PAUSE: Duration = Duration::from_millis(150);
/// How long answers are waited for after the last one.
const PATIENCE: Duration = Duration::from_millis(900);
/// Longest answer that is read, in bytes.
const BYTES: usize = 2_048;

/// Where games are searched for.
#[derive(Debug, Clone)]
pub struct SearchOrder {
    /// This computer's address in the party.
    pub lease: Ipv4Addr,
    /// Everybody's.
    pub broadcast: Ipv4Addr,
    /// The games that are known.
    pub known: Arc<Catalogue>,
}

/// What has come of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Who hosts what, at which address.
    pub found: Vec<(Ipv4Addr, Statement)>,
    /// Whether nothing more comes of this one.
    pub is_over: bool,
}

/// Searches as is wanted, one search after the other, and tells who hosts what. Ends when nobody can want any more.
pub async fn search_each(mut wanted: mpsc::Receiver<SearchOrder>, told: mpsc::Sender<Sought>) {
    while let Some(wish) = wanted.recv().await {
        if let Err(error) = search(&wish, &told).await {
            // The adapter may be gone by now.
            tracing::debug!(%error, "nobody can be asked for games");
        }
    }
}

async fn search(
    SearchOrder { lease, broadcast, known }: &SearchOrder,
    told: &mpsc::Sender<Sought>,
) -> io::Result<()> {
    let mut token = [0; 4];
    getrandom::fill(&mut token).expect("the system has a source of randomness");
    let mut search = Search::new(known, token);
    let socket = UdpSocket::bind((*lease, 0)).await?;
    socket.set_broadcast(true)?;
    for (port, question) in search.questions() {
        socket.send_to(&question, (*broadcast, port)).await?;
        listen(&socket, &mut search, *lease, PAUSE).await;
        let found = search.take_found();
        if !found.is_empty() {
            let _ = told.send(Sought { found, is_over: false }).await;
        }
    }
    listen(&socket, &mut search, *lease, PATIENCE).await;
    let _ = told.send(Sought { found: search.take_found(), is_over: true }).await;
    Ok(())
}

/// Takes what comes until the time is over.
async fn listen(socket: &UdpSocket, search: &mut Search, lease: Ipv4Addr, time: Duration) {
    let end = (Instant::now() + time).into();
    let mut buffer = vec![0; BYTES];
    while let Ok(heard) = timeout_at(end, socket.recv_from(&mut buffer)).await {
        // Whoever does not listen there may say so by ICMP, which is nobody's answer.
        let Ok((len, from)) = heard else { continue };
        let IpAddr::V4(host) = from.ip() else { continue };
        if host == lease {
            continue;
        }
        if let Some(next) = search.handle(host, from.port(), &buffer[..len]) {
            let _ = socket.send_to(&next, from).await;
        }
    }
}
