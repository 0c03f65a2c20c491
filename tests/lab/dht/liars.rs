//! Nodes of a DHT that mean ill: they stand beside whatever is asked for, and say what is not so.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    net::{SocketAddr, SocketAddrV4, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};

use super::PORT;
use crate::{Host, Lab};

/// How many: with as many as hold one item, nobody else would be asked.
const LIARS: u8 = 12;
/// The last number of the first one's address, after those of the honest nodes.
const FIRST: u8 = super::FIRST + super::NODES;
/// How often one looks whether it should end.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// Of 64 kB of opened lists, the most that fits into a datagram.
const NESTED: usize = 65_000;

/// The liars, which answer until this is dropped.
#[derive(Debug)]
pub struct Liars {
    addresses: Vec<SocketAddrV4>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Liars {
    /// Starts them on a public host, one address each.
    ///
    /// # Errors
    /// If an address is taken.
    pub fn start(lab: &Lab, host: &Host) -> Result<Self> {
        let addresses = lab.more_public_addresses(host, FIRST, LIARS)?;
        let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddrV4::new(ip, PORT)).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let liar = |(number, address): (usize, &SocketAddrV4)| {
            let socket = host.enter(|| UdpSocket::bind(address).with_context(|| address.to_string()))?;
            socket.set_read_timeout(Some(STOP_CHECK))?;
            let liar = Liar { number: number as u8, all: addresses.clone(), first: BTreeMap::new() };
            let stop = Arc::clone(&stop);
            Ok(thread::spawn(move || liar.answer(&socket, &stop)))
        };
        let threads = addresses.iter().enumerate().map(liar).collect::<Result<_>>()?;
        Ok(Self { addresses, stop, threads })
    }

    /// Where they are.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddrV4] {
        &self.addresses
    }
}

impl Drop for Liars {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // Nobody waits for what a liar has to say.
            let _ = thread.join();
        }
    }
}

/// What was put at a node: the text of its key, number, signature and value.
#[derive(Debug, Clone)]
struct Put {
    key: Vec<u8>,
    seq: Vec<u8>,
    signature: Vec<u8>,
    value: Vec<u8>,
}

#[derive(Debug)]
struct Liar {
    number: u8,
    all: Vec<SocketAddrV4>,
    /// Of each target the item that was put first: it is told for ever, whatever is put later.
    first: BTreeMap<Vec<u8>, Put>,
}

impl Liar {
    fn answer(mut self, socket: &UdpSocket, stop: &AtomicBool) {
        let mut buffer = [0; 4_096];
        for turn in 0_usize.. {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let (length, from) = match socket.recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                Err(_) => return,
            };
            self.lie(turn, &buffer[..length], from, socket);
        }
    }

    fn lie(&mut self, turn: usize, request: &[u8], from: SocketAddr, socket: &UdpSocket) {
        let Some(transaction) = text_after(request, b"1:t") else { return };
        let target = after(request, b"6:target20:", 20).or_else(|| after(request, b"9:info_hash20:", 20));
        let target = target.unwrap_or(&[0; 20]).to_vec();
        if let Some((token, put)) = put(request) {
            self.first.entry(token).or_insert(put);
        }
        let known = self.first.get(&target);
        let value = match (turn % 6, known) {
            (0, _) => {
                let junk: Vec<u8> = (0..turn % 1_000).map(|at| (at * turn) as u8).collect();
                let _ = socket.send_to(&junk, from);
                known.cloned()
            }
            (1, _) => {
                let nested = [b"d1:t4:aaaa1:x".as_slice(), &b"l".repeat(NESTED)].concat();
                let _ = socket.send_to(&nested, from);
                known.cloned()
            }
            // A number that nobody exceeds, which its writer has not signed.
            (2, Some(put)) => Some(Put { seq: (1_u64 << 62).to_string().into_bytes(), ..put.clone() }),
            // Somebody else's signature.
            (3, Some(put)) => Some(Put { signature: vec![7; 64], ..put.clone() }),
            // What it was once.
            (_, known) => known.cloned(),
        };
        let answer = self.say(&target, &transaction, value.as_ref());
        let _ = socket.send_to(&answer, from);
    }

    /// An answer that has all liars stand nearer to what is asked for than any honest node can.
    fn say(&self, target: &[u8], transaction: &[u8], value: Option<&Put>) -> Vec<u8> {
        let near = |number: u8| {
            let mut id = target.to_vec();
            id[19] ^= number + 1;
            id
        };
        let nodes: Vec<u8> = (0..)
            .zip(&self.all)
            .flat_map(|(number, node)| {
                [near(number).as_slice(), &node.ip().octets(), &node.port().to_be_bytes()].concat()
            })
            .collect();
        let mut text = [b"d1:rd2:id20:".as_slice(), &near(self.number)].concat();
        if let Some(put) = value {
            text.extend([b"1:k32:", put.key.as_slice()].concat());
        }
        text.extend(format!("5:nodes{}:", nodes.len()).bytes().chain(nodes));
        if let Some(put) = value {
            text.extend([b"3:seqi".as_slice(), &put.seq, b"e3:sig64:", &put.signature].concat());
        }
        text.extend([b"5:token20:".as_slice(), target].concat());
        if let Some(put) = value {
            text.extend(format!("1:v{}:", put.value.len()).bytes().chain(put.value.iter().copied()));
        }
        text.extend([b"e1:t".as_slice(), transaction, b"1:y1:re"].concat());
        text
    }
}

/// What a request puts, with the token, which is the target.
fn put(request: &[u8]) -> Option<(Vec<u8>, Put)> {
    let key = after(request, b"1:k32:", 32)?.to_vec();
    let seq = after(request, b"3:seqi", 20)?.split(|byte| *byte == b'e').next()?.to_vec();
    let signature = after(request, b"3:sig64:", 64)?.to_vec();
    let token = after(request, b"5:token20:", 20)?.to_vec();
    let at = position(request, &[b"5:token20:", token.as_slice(), b"1:v"].concat())?;
    let text = &request[at..];
    let colon = text.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&text[..colon]).ok()?.parse().ok()?;
    let value = text.get(colon + 1..colon + 1 + length)?.to_vec();
    Some((token, Put { key, seq, signature, value }))
}

/// Where what follows `mark` begins.
fn position(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|part| part == mark).map(|at| at + mark.len())
}

/// The bytes behind `mark`, so many.
fn after<'a>(text: &'a [u8], mark: &[u8], length: usize) -> Option<&'a [u8]> {
    text.get(position(text, mark)?..)?.get(..length)
}

/// The short text behind the last `mark`, with its length before it.
fn text_after(text: &[u8], mark: &[u8]) -> Option<Vec<u8>> {
    let at = text.windows(mark.len()).rposition(|part| part == mark)? + mark.len();
    let length = usize::from(text.get(at)?.checked_sub(b'0')?);
    text.get(at..at + 2 + length).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_told_for_ever() {
        let token = [b't'; 20];
        let ask = |seq: &str, value: &str| {
            let (key, signature) = ([b'k'; 32], [b's'; 64]);
            let head = [b"d1:ad2:id20:aaaaaaaaaaaaaaaaaaaa1:k32:".as_slice(), &key].concat();
            let seq = format!("3:seqi{seq}e3:sig64:").into_bytes();
            let value = format!("1:v{}:{value}e1:q3:put1:t4:abcd1:y1:qe", value.len()).into_bytes();
            [head, seq, signature.to_vec(), b"5:token20:".to_vec(), token.to_vec(), value].concat()
        };
        let (target, first) = put(&ask("17", "first")).expect("an item is put");
        assert_eq!((target.as_slice(), first.seq.as_slice()), (token.as_slice(), b"17".as_slice()));
        let liar = Liar {
            number: 0,
            all: vec![SocketAddrV4::new([203, 0, 113, 9].into(), 1)],
            first: BTreeMap::new(),
        };
        let said =
            liar.say(&token, &text_after(&ask("17", "first"), b"1:t").expect("a number"), Some(&first));
        let said = String::from_utf8_lossy(&said);
        assert!(
            said.contains("3:seqi17e3:sig64:") && said.ends_with("1:v5:firste1:t4:abcd1:y1:re"),
            "{said}"
        );
    }
}
