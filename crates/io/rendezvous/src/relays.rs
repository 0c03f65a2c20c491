//! Relays into the DHT over HTTPS, in pkarr's format: `PUT` and `GET` of signature (64 bytes), number (8, big-endian) and
//! value under the key in z-base-32. For networks that let no UDP out, or filter the DHT.

use std::{pin::pin, time::Duration};

use futures_util::{
    Stream, StreamExt,
    stream::{self, FuturesUnordered},
};
use lanrage_net::exchange::{Answer, exchange};
use lanrage_rendezvous::{ItemKey, PutFault, SignedItem, VALUE_BYTES};
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tracing::debug;
use url::Url;

use crate::Rendezvous;

const SIGNATURE: usize = 64;
const HEAD: usize = SIGNATURE + 8;
/// Pause between two requests to a relay: they count two a second for each address, which a household may share.
const PAUSE: Duration = Duration::from_millis(600);
/// How long a relay may take for an answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// How much longer than the first that answers the others may take: one that is not there holds back nobody.
const OTHERS: Duration = Duration::from_secs(1);
/// Most relays.
pub const RELAYS: usize = 4;

/// Some relays, all of which are asked: whoever writes may use another than whoever reads.
#[derive(Debug)]
pub struct Relays(Vec<Relay>);

#[derive(Debug)]
struct Relay {
    url: Url,
    /// When it may be asked next.
    free_at: Mutex<Instant>,
}

impl Relays {
    /// The relays at these addresses (`https`, or `http` where somebody runs one of their own); further ones than
    /// [`RELAYS`] are left out.
    pub fn new(urls: &[Url]) -> Self {
        let relay = |url: &Url| Relay { url: url.clone(), free_at: Mutex::new(Instant::now()) };
        Self(urls.iter().take(RELAYS).map(relay).collect())
    }
}

impl Relay {
    async fn ask(&self, method: http::Method, key: ItemKey, body: Vec<u8>) -> Option<Answer> {
        let at = {
            let mut free_at = self.free_at.lock().await;
            let at = (*free_at).max(Instant::now());
            *free_at = at + PAUSE;
            at
        };
        sleep_until(at).await;
        let mut url = self.url.clone();
        url.path_segments_mut().ok()?.pop_if_empty().push(&key.to_z32());
        if method == http::Method::GET {
            // Otherwise what it heard within five minutes is told again.
            url.set_query(Some("policy=NetworkOnly"));
        }
        match timeout(PATIENCE, exchange(&url, method, body, ANSWER_BYTES)).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(cause)) => {
                debug!(relay = %self.url, ?cause, "no answer of a relay into the DHT");
                None
            }
            Err(_) => None,
        }
    }
}

impl Relays {
    /// What each relay answers, and `None` for each that does not; nothing of those that take much longer than the first.
    fn ask(&self, method: http::Method, key: ItemKey, body: Vec<u8>) -> impl Stream<Item = Option<Answer>> {
        let asked = self.0.iter().map(|relay| relay.ask(method.clone(), key, body.clone()));
        let asked: FuturesUnordered<_> = asked.collect();
        stream::unfold((asked, None), |(mut asked, until)| async move {
            let next = match until {
                Some(until) => timeout_at(until, asked.next()).await.ok()??,
                None => asked.next().await?,
            };
            let until = until.or_else(|| next.is_some().then(|| Instant::now() + OTHERS));
            Some((next, (asked, until)))
        })
    }
}

impl Rendezvous for Relays {
    async fn look(&self, key: ItemKey, replicas: mpsc::Sender<SignedItem>) {
        let mut answers = pin!(self.ask(http::Method::GET, key, Vec::new()));
        while let Some(answer) = answers.next().await {
            if let Some(item) =
                answer.filter(|answer| answer.status == 200).and_then(|answer| read(key, &answer.body))
                && replicas.send(item).await.is_err()
            {
                return;
            }
        }
    }

    async fn publish(&self, item: SignedItem) -> Result<(), PutFault> {
        let mut answers = pin!(self.ask(http::Method::PUT, item.key, write(&item)));
        let mut outcome = Err(PutFault::NoNodes);
        while let Some(answer) = answers.next().await {
            let told = match answer.map(|answer| answer.status) {
                Some(200..=299) => Ok(()),
                Some(409) => Err(PutFault::Older),
                Some(_) | None => Err(PutFault::NoAnswer),
            };
            // One is enough; of faults, that of a relay that answered says most.
            outcome = match (outcome, told) {
                (Ok(()), _) | (_, Ok(())) => Ok(()),
                (Err(PutFault::Older), _) => Err(PutFault::Older),
                (_, fault) => fault,
            };
        }
        outcome
    }
}

fn write(item: &SignedItem) -> Vec<u8> {
    [item.signature.as_slice(), &item.seq.to_be_bytes(), &item.value].concat()
}

/// The item that a relay gives. What it is worth shows when it is opened.
fn read(key: ItemKey, body: &[u8]) -> Option<SignedItem> {
    let (signature, rest) = body.split_first_chunk::<SIGNATURE>()?;
    let (seq, value) = rest.split_first_chunk::<8>()?;
    let (signature, seq) = (*signature, i64::from_be_bytes(*seq));
    (value.len() == VALUE_BYTES).then(|| SignedItem { key, seq, value: value.to_vec(), signature })
}

/// Longest answer that is read, in bytes.
const ANSWER_BYTES: usize = HEAD + VALUE_BYTES;

#[cfg(test)]
mod tests {
    use lanrage_party::PartySecret;
    use lanrage_rendezvous::{Keys, Kind, PLAIN_BYTES, Place, Window};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn item() -> SignedItem {
        let keys = Keys::new(&PartySecret::from_random([5; 32]), 1);
        let place = Place { kind: Kind::Beacon, window: Window(20_000), slot: 0 };
        keys.seal(place, 1_800_000_000_000_000, &[7; PLAIN_BYTES], [7; 24])
    }

    #[test]
    fn an_item_is_written_as_pkarr_has_it_and_read_back() {
        let (item, bytes) = (item(), write(&item()));
        assert_eq!(bytes.len(), ANSWER_BYTES);
        assert_eq!(bytes[64..72], 1_800_000_000_000_000_u64.to_be_bytes());
        assert_eq!(read(item.key, &bytes), Some(item.clone()));
        for cut in [0, 63, 71, 72, bytes.len() - 1] {
            assert_eq!(read(item.key, &bytes[..cut]), None, "{cut}");
        }
    }

    /// What a relay that answers with these bytes is asked, and what comes of it.
    async fn with_relay<T>(answer: Vec<u8>, ask: impl AsyncFnOnce(Relays) -> T) -> (Vec<u8>, T) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/pkarr", listener.local_addr().unwrap()).parse().unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            let ends = |asked: &[u8]| {
                let head = asked.windows(4).position(|part| part == b"\r\n\r\n").map(|at| at + 4);
                let wanted = if asked.starts_with(b"PUT") { ANSWER_BYTES } else { 0 };
                head.is_some_and(|head| asked.len() >= head + wanted)
            };
            while !ends(&asked) {
                assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
            }
            // Whoever refuses an answer may hang up.
            let _ = stream.write_all(&answer).await;
            asked
        };
        tokio::join!(serve, ask(Relays::new(&[url])))
    }

    fn response(status: u16, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    #[tokio::test]
    async fn a_relay_is_asked_for_what_the_network_holds_now() {
        let (asked, found) = with_relay(response(200, &write(&item())), async |relays| {
            let (found, mut replicas) = mpsc::channel(4);
            relays.look(item().key, found).await;
            replicas.recv().await
        })
        .await;
        let wanted = format!("GET /pkarr/{}?policy=NetworkOnly HTTP/1.1\r\n", item().key.to_z32());
        assert!(asked.starts_with(wanted.as_bytes()), "{}", asked.escape_ascii());
        assert_eq!(found, Some(item()));
    }

    #[tokio::test]
    async fn what_a_relay_says_of_an_item_that_is_put_is_told() {
        for (status, outcome) in [
            (204, Ok(())),
            (409, Err(PutFault::Older)),
            (429, Err(PutFault::NoAnswer)),
            (500, Err(PutFault::NoAnswer)),
        ] {
            let (asked, told) =
                with_relay(response(status, b""), async |relays| relays.publish(item()).await).await;
            assert!(asked.starts_with(b"PUT /pkarr/") && asked.ends_with(&write(&item())));
            assert_eq!(told, outcome, "{status}");
        }
        assert_eq!(Relays::new(&[]).publish(item()).await, Err(PutFault::NoNodes));
    }

    #[tokio::test]
    async fn a_relay_that_never_answers_holds_back_nobody() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let silent: Url = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
        for put in [false, true] {
            let begun = Instant::now();
            with_relay(response(200, &write(&item())), async |Relays(mut relays)| {
                relays.insert(0, Relay { url: silent.clone(), free_at: Mutex::new(Instant::now()) });
                let relays = Relays(relays);
                if put {
                    assert_eq!(relays.publish(item()).await, Ok(()));
                } else {
                    let (found, mut replicas) = mpsc::channel(4);
                    relays.look(item().key, found).await;
                    assert_eq!(replicas.recv().await, Some(item()));
                }
            })
            .await;
            assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_cut_off() {
        let endless = response(200, &vec![0; 4_000_000]);
        let (_, found) = with_relay(endless, async |relays| {
            let (found, mut replicas) = mpsc::channel(4);
            relays.look(item().key, found).await;
            replicas.recv().await
        })
        .await;
        assert_eq!(found, None);
    }
}
