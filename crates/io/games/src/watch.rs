use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lanrage_games::{Catalogue, Door, Slug, Statement, Watch};
use lanrage_party::SearchRedirect;
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::sleep_until,
};

use crate::{ask::ask, eyes::Eyes, seen::Seen};

/// Between two looks. On Linux one at which nothing has changed takes a tenth of a millisecond; elsewhere each reads all.
const LOOK: Duration = Duration::from_secs(if cfg!(target_os = "linux") { 1 } else { 3 });

/// What is to be watched.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// For whoever reaches this address; nothing is watched without one.
    pub address: Option<Ipv4Addr>,
    /// Whether it is to be told what is played and hosted.
    pub games: bool,
    /// Whether it is to be told what listens.
    pub doors: bool,
    /// The games of which may be told.
    pub shown: Arc<Catalogue>,
    /// All games that are known.
    pub known: Arc<Catalogue>,
    /// The games whose searches come to the port where they are hosted.
    pub brought: Vec<Slug>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// What is played and hosted.
    Games {
        /// What friends are told.
        statements: Vec<Statement>,
        /// Where their searches go for what is hosted where no list asks.
        redirects: Vec<SearchRedirect>,
    },
    /// What listens.
    Doors {
        /// The number of the last look that was asked for before this one.
        look: u64,
        /// All that listens; `None` if that cannot be seen.
        doors: Option<Vec<Door>>,
    },
}

/// Watches as is wished, and tells what is played and hosted, and what listens, whenever that changes. `looks` asks for a look
/// at once, by a number that grows; what listens is told then in any case. Ends when nobody can wish any more.
pub async fn run(
    mut wishes: watch::Receiver<Wish>,
    mut looks: watch::Receiver<u64>,
    told: mpsc::Sender<Told>,
) {
    loop {
        let wish = wishes.borrow_and_update().clone();
        let goes_on = match wish.address {
            Some(address) => follow(&wish, address, &mut wishes, &mut looks, &told).await,
            None => wishes.changed().await.is_ok(),
        };
        if !goes_on {
            return;
        }
    }
}

/// Watches until there is another wish. False if there will be none.
async fn follow(
    wish: &Wish,
    address: Ipv4Addr,
    wishes: &mut watch::Receiver<Wish>,
    looks: &mut watch::Receiver<u64>,
    told: &mpsc::Sender<Told>,
) -> bool {
    let (mut eyes, mut watch) = (Eyes::default(), Watch::default());
    // The first look is told whatever it finds: what was told before was by another wish.
    let (mut asked, mut last, mut last_doors) = (FuturesUnordered::new(), None, None);
    let mut due = Instant::now();
    loop {
        let next = watch.poll_timeout().map_or(due, |at| at.min(due));
        tokio::select! {
            changed = wishes.changed() => return changed.is_ok(),
            Ok(()) = looks.changed() => due = Instant::now(),
            Some((question, answer)) = asked.next(), if !asked.is_empty() => {
                watch.handle_answer(Instant::now(), &question, answer);
            }
            () = sleep_until(next.into()) => {
                let now = Instant::now();
                if now >= due {
                    due = now + LOOK;
                    let number = *looks.borrow_and_update();
                    let (known, finds_owners) = (Arc::clone(&wish.known), wish.doors);
                    let look = move || {
                        let seen = eyes.look(&known, now, finds_owners);
                        (seen, eyes)
                    };
                    let Ok((seen, used)) = spawn_blocking(look).await else { return false };
                    eyes = used;
                    let seen = seen.unwrap_or_else(|error| {
                        tracing::debug!(%error, "what runs cannot be seen");
                        Seen::default()
                    });
                    if wish.games {
                        watch.handle_detected(now, wish.shown.detect(&seen.running, address));
                    }
                    let heard = seen.heard.as_ref();
                    let doors = heard.map(|heard| wish.known.doors(heard, &seen.running, address));
                    let doors = (number, doors);
                    if wish.doors && last_doors.as_ref() != Some(&doors) {
                        let (look, found) = doors.clone();
                        if told.send(Told::Doors { look, doors: found }).await.is_err() {
                            return false;
                        }
                        last_doors = Some(doors);
                    }
                }
            }
        }
        if !wish.games {
            continue;
        }
        for question in watch.poll_questions(Instant::now()) {
            asked.push(ask(question, address));
        }
        let statements = watch.statements();
        if last.as_ref() != Some(&statements) {
            let redirects = wish.shown.redirects(&wish.brought, &statements);
            let games = Told::Games { statements: statements.clone(), redirects };
            if told.send(games).await.is_err() {
                return false;
            }
            last = Some(statements);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{net::UdpSocket, thread};

    use lanrage_games::{Profile, Slug};

    use super::*;

    /// The test's own program as a game that hosts on these ports.
    fn this_program(ports: &str) -> Arc<Catalogue> {
        let program = std::env::current_exe().unwrap();
        let file = program.file_name().unwrap().to_str().unwrap();
        let text = format!(
            r#"{{"version":1,"games":[{{"slug":"test","name":"Test","servers":["{file}"],
                "ports":["{ports}"],"query":"bzflag"}}]}}"#
        );
        Arc::new(Catalogue::parse(&text).unwrap())
    }

    fn games(told: Option<Told>) -> Vec<Statement> {
        match told {
            Some(Told::Games { statements, .. }) => statements,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_server_is_seen_asked_and_gone_with_its_socket() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let catalogue = this_program(&format!("udp {port}"));
        assert!(catalogue.games().all(|game: &Profile| game.slug == Slug::new("test").unwrap()));
        let (wish, wishes) = watch::channel(Wish::default());
        let (tell, mut told) = mpsc::channel(4);
        let mut tasks = tokio::task::JoinSet::new();
        let (look, looks) = watch::channel(0);
        tasks.spawn(run(wishes, looks, tell));
        let wishing = |games: bool, known: Arc<Catalogue>| Wish {
            address: Some(Ipv4Addr::LOCALHOST),
            games,
            doors: !games,
            shown: Arc::clone(&known),
            known,
            brought: Vec::new(),
        };
        wish.send_replace(wishing(true, catalogue));
        let said = games(told.recv().await);
        let hosted = said[0].hosted.as_ref().unwrap();
        assert_eq!((said.len(), hosted.place.port, hosted.players), (1, port, None));
        // The game's server, which answers as BZFlag's does.
        let answers = thread::spawn(move || {
            let mut question = [0; 64];
            let (len, from) = server.recv_from(&mut question).unwrap();
            assert_eq!(question[..len], [0, 2, 4, 4, 0, 0]);
            let mut answer = [0, 56, 3, 3].to_vec();
            answer.extend(b"BZFS0221");
            answer.extend([0; 29]);
            answer.extend([20, 1, 20, 2, 20, 0, 20, 0, 20, 0, 20, 0, 20]);
            server.send_to(&answer, from).unwrap();
            server
        });
        let said = games(told.recv().await);
        assert_eq!(said[0].hosted.as_ref().unwrap().players, Some(3));
        drop(answers.join().unwrap());
        assert_eq!(games(told.recv().await), []);
        // A wish that leaves nothing to be seen takes back what was told by the one before.
        wish.send_replace(wishing(true, Arc::default()));
        assert_eq!(games(told.recv().await), []);
        // What listens is told as often as a look is asked for, and games no more.
        wish.send_replace(wishing(false, Arc::default()));
        for number in [0, 7] {
            look.send_replace(number);
            let Some(Told::Doors { look, doors: Some(_) }) = told.recv().await else { panic!("no doors") };
            assert_eq!(look, number);
        }
        drop(wish);
        assert!(tasks.join_next().await.unwrap().is_ok(), "it ends with whoever wishes");
    }
}
