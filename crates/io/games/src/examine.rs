use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lanrage_games::{Answer, Catalogue, Examined, Profile, Slug, SystemFirewall};
use lanrage_party::{Place, Transport};
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use crate::{
    IS_POSSIBLE,
    ask::{connect, inquire},
    eyes::Eyes,
};

/// Looks at once: most of the time they wait for a server.
const AT_ONCE: usize = 8;
/// How often a server is asked that does not answer.
const TRIES: usize = 2;
/// How long a friend's server may take each time.
const PATIENCE: Duration = Duration::from_millis(900);

/// What is to be found out of a game.
#[derive(Debug, Clone)]
pub struct Examination {
    /// Which.
    pub slug: Slug,
    /// This computer's address in the party.
    pub lease: Ipv4Addr,
    /// When the party's adapter came; `None` if it is not there.
    pub opened: Option<Instant>,
    /// Where a friend hosts it, to be tried from here.
    pub try_at: Option<(Ipv4Addr, Place)>,
    /// The games that are known.
    pub known: Arc<Catalogue>,
    /// Says which firewall is on; may block for a moment.
    pub firewall: fn() -> SystemFirewall,
}

/// Does what is wanted, several at a time, and tells it with whatever came with the wish. Ends when nobody can wish any more.
pub async fn examine_each<W>(
    mut wanted: mpsc::Receiver<(Examination, W)>,
    told: mpsc::Sender<(Examined, W)>,
) {
    let mut looks = FuturesUnordered::new();
    loop {
        tokio::select! {
            wish = wanted.recv(), if looks.len() < AT_ONCE => match wish {
                Some((wish, whose)) => looks.push(async { (examine(wish).await, whose) }),
                None => return,
            },
            Some(found) = looks.next(), if !looks.is_empty() => {
                if told.send(found).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Looks at this computer, asks the game's server if there is one, and tries a friend's.
async fn examine(wish: Examination) -> Examined {
    let game = wish.known.game(&wish.slug).cloned();
    let (mut examined, reached) = tokio::join!(look(&wish, game.as_ref()), try_friend(&wish, game.as_ref()));
    examined.side.reached = reached;
    examined
}

async fn look(wish: &Examination, game: Option<&Profile>) -> Examined {
    let Examination { slug, lease, opened, known, firewall, .. } = wish.clone();
    let look = move || {
        let mut examined = seen(&slug, lease, opened, &known).unwrap_or_default();
        examined.side.firewall = firewall();
        examined
    };
    let mut examined = spawn_blocking(look).await.unwrap_or_default();
    let hosted = examined.side.hosted().map(|bound| bound.place);
    if let Some((place, query)) = hosted.zip(game.and_then(|game| game.query)) {
        let protocol = query.protocol;
        let ask = || inquire(protocol, lease, (lease, query.port(place.port)));
        let answer = again(protocol.patience(), ask).await;
        examined.handle_answer(answer.and_then(Result::ok).flatten());
    }
    examined
}

/// What is seen of the game on this computer; `None` where nothing can be.
fn seen(slug: &Slug, lease: Ipv4Addr, opened: Option<Instant>, known: &Catalogue) -> Option<Examined> {
    if !IS_POSSIBLE {
        return None;
    }
    let seen = Eyes::default().look(known, Instant::now(), true).inspect_err(|error| {
        tracing::debug!(%error, "what runs cannot be seen");
    });
    let seen = seen.ok()?;
    Some(known.examine(slug, &seen.running, &seen.heard.unwrap_or_default(), lease, opened))
}

/// Whether the friend's server answers from here; `None` if nobody knows how it is asked.
async fn try_friend(wish: &Examination, game: Option<&Profile>) -> Option<bool> {
    let (address, place) = wish.try_at?;
    if let Some(query) = game.and_then(|game| game.query) {
        let server = (address, query.port(place.port));
        let answer = again(PATIENCE, || inquire(query.protocol, wish.lease, server)).await;
        return Some(matches!(answer, Some(Ok(Some(_)))));
    }
    match place.transport {
        Transport::Tcp => {
            let connecting = connect(wish.lease, (address, place.port));
            Some(matches!(timeout(PATIENCE * 2, connecting).await, Ok(Ok(_))))
        }
        Transport::Udp => None,
    }
}

/// Asks until there is an answer.
async fn again<F: Future<Output = std::io::Result<Option<Answer>>>>(
    patience: Duration,
    ask: impl Fn() -> F,
) -> Option<std::io::Result<Option<Answer>>> {
    let mut last = None;
    for _ in 0..TRIES {
        let begun = Instant::now();
        last = timeout(patience, ask()).await.ok();
        if matches!(last, Some(Ok(Some(_)))) {
            break;
        }
        // Who is refused at once would ask twice in one moment.
        sleep(patience.saturating_sub(begun.elapsed())).await;
    }
    last
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use lanrage_games::{Server, Sight};

    use super::*;

    fn wish(game: &str, try_at: Option<Place>) -> Examination {
        let program = std::env::current_exe().unwrap();
        let file = program.file_name().unwrap().to_str().unwrap();
        let text = format!(
            r#"{{"version":1,"games":[{{"slug":"test","name":"Test","servers":["{file}"],{game}}}]}}"#
        );
        Examination {
            slug: Slug::new("test").unwrap(),
            lease: Ipv4Addr::LOCALHOST,
            // The system tells a program's start by hundredths of a second only.
            opened: Some(Instant::now() + Duration::from_secs(1)),
            try_at: try_at.map(|place| (Ipv4Addr::LOCALHOST, place)),
            known: Arc::new(Catalogue::parse(&text).unwrap()),
            firewall: || SystemFirewall::On,
        }
    }

    #[tokio::test]
    async fn a_server_that_listens_and_says_nothing_is_silent_and_whoever_takes_connections_is_reached() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let place = Place { transport: Transport::Udp, port };
        let game = format!(r#""ports":["udp {port}"],"query":"bzflag""#);
        let examined = examine(wish(&game, Some(place))).await;
        assert_eq!((examined.side.sight, examined.side.server), (Sight::Seen, Server::Silent));
        assert_eq!(examined.side.firewall, SystemFirewall::On);
        assert!(examined.side.is_running && examined.side.is_older, "this test was started before");
        assert_eq!(examined.side.hosted().map(|bound| bound.place), Some(place));
        assert_eq!(examined.side.reached, Some(false));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = Place { transport: Transport::Tcp, port: listener.local_addr().unwrap().port() };
        let game = format!(r#""ports":["{place}"]"#);
        let reached = |place| examine(wish(&game, place));
        assert_eq!(reached(Some(place)).await.side.reached, Some(true));
        assert_eq!(reached(None).await.side.reached, None);
        drop(listener);
        assert_eq!(reached(Some(place)).await.side.reached, Some(false));
    }
}
