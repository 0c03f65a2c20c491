use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lanrage_games::{Catalogue, Statement, Watch};
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::sleep_until,
};

use crate::{ask::ask, eyes::Eyes};

/// Between two looks. One at which nothing has changed takes a tenth of a millisecond.
const LOOK: Duration = Duration::from_secs(1);

/// What is to be watched.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// For whoever reaches this address; nothing is watched without one.
    pub address: Option<Ipv4Addr>,
    /// The games that are known.
    pub catalogue: Arc<Catalogue>,
}

/// Watches as is wished, and tells what is played and hosted whenever that changes. Ends when nobody can wish any more.
pub async fn run(mut wishes: watch::Receiver<Wish>, told: mpsc::Sender<Vec<Statement>>) {
    loop {
        let wish = wishes.borrow_and_update().clone();
        let goes_on = match wish.address {
            Some(address) => follow(&wish.catalogue, address, &mut wishes, &told).await,
            None => wishes.changed().await.is_ok(),
        };
        if !goes_on {
            return;
        }
    }
}

/// Watches until there is another wish. False if there will be none.
async fn follow(
    catalogue: &Arc<Catalogue>,
    address: Ipv4Addr,
    wishes: &mut watch::Receiver<Wish>,
    told: &mpsc::Sender<Vec<Statement>>,
) -> bool {
    let (mut eyes, mut watch) = (Eyes::default(), Watch::default());
    // The first look is told whatever it finds: what was told before was by another wish.
    let (mut asked, mut last) = (FuturesUnordered::new(), None);
    let mut due = Instant::now();
    loop {
        let next = watch.poll_timeout().map_or(due, |at| at.min(due));
        tokio::select! {
            changed = wishes.changed() => return changed.is_ok(),
            Some((question, answer)) = asked.next(), if !asked.is_empty() => {
                watch.handle_answer(Instant::now(), &question, answer);
            }
            () = sleep_until(next.into()) => {
                let now = Instant::now();
                if now >= due {
                    due = now + LOOK;
                    let known = Arc::clone(catalogue);
                    let look = move || {
                        let seen = eyes.look(&known, now);
                        (seen, eyes)
                    };
                    let Ok((seen, used)) = spawn_blocking(look).await else { return false };
                    eyes = used;
                    match seen {
                        Ok(seen) => watch.handle_detected(now, catalogue.detect(&seen, address)),
                        Err(error) => tracing::debug!(%error, "what runs cannot be seen"),
                    }
                }
            }
        }
        for question in watch.poll_questions(Instant::now()) {
            asked.push(ask(question, address));
        }
        let statements = watch.statements();
        if last.as_ref() != Some(&statements) {
            if told.send(statements.clone()).await.is_err() {
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

    #[tokio::test]
    async fn a_server_is_seen_asked_and_gone_with_its_socket() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let catalogue = this_program(&format!("udp {port}"));
        assert!(catalogue.games().all(|game: &Profile| game.slug == Slug::new("test").unwrap()));
        let (wish, wishes) = watch::channel(Wish::default());
        let (tell, mut told) = mpsc::channel(4);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(run(wishes, tell));
        wish.send_replace(Wish { address: Some(Ipv4Addr::LOCALHOST), catalogue });
        let said = told.recv().await.unwrap();
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
        let said = told.recv().await.unwrap();
        assert_eq!(said[0].hosted.as_ref().unwrap().players, Some(3));
        drop(answers.join().unwrap());
        assert_eq!(told.recv().await.unwrap(), []);
        // A wish that leaves nothing to be seen takes back what was told by the one before.
        let other = Arc::new(Catalogue::default());
        wish.send_replace(Wish { address: Some(Ipv4Addr::LOCALHOST), catalogue: other });
        assert_eq!(told.recv().await.unwrap(), []);
        drop(wish);
        assert!(tasks.join_next().await.unwrap().is_ok(), "it ends with whoever wishes");
    }
}
