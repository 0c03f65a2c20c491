//! On loopback, with a server that sends every message back.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::*;
use lanrage_nat::stun::{self, TransactionId};
use lanrage_party::RelayTransport;

const ID: AllocationId = AllocationId(7);
const SOON: Duration = Duration::from_secs(10);

/// A running stream, and its server.
struct Bench {
    handle: RelayStreamHandle,
    events: mpsc::Receiver<(AllocationId, RelayStreamEvent)>,
    packets: Arc<Mutex<Vec<Vec<u8>>>>,
    tasks: JoinSet<()>,
}

impl Bench {
    fn start(transport: RelayTransport, server: SocketAddr, name: &str, tls: Arc<ClientConfig>) -> Self {
        Self::start_with(transport, server, name, tls, true)
    }

    fn start_with(
        transport: RelayTransport,
        server: SocketAddr,
        name: &str,
        tls: Arc<ClientConfig>,
        takes_packets: bool,
    ) -> Self {
        let target = RelayStreamTarget { allocation: ID, transport, server, server_name: name.to_owned() };
        let (stream, handle) = RelayStream::new(target, tls);
        let (sender, events) = mpsc::channel(4);
        let packets = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&packets);
        let mut tasks = JoinSet::new();
        tasks.spawn(stream.run(sender, move |packet| {
            taken.lock().unwrap().push(packet.to_vec());
            takes_packets
        }));
        Self { handle, events, packets, tasks }
    }

    async fn next(&mut self) -> Option<RelayStreamEvent> {
        let event = timeout(SOON, self.events.recv()).await.expect("an event");
        event.map(|(id, event)| {
            assert_eq!(id, ID);
            event
        })
    }

    async fn end(&mut self) {
        timeout(SOON, self.tasks.join_next()).await.expect("the end").unwrap().unwrap();
    }

    async fn closed(&mut self) -> Cause {
        match self.next().await {
            Some(RelayStreamEvent::Closed { cause }) => cause,
            other => panic!("{other:?}"),
        }
    }
}

fn binding(id: u8) -> Vec<u8> {
    stun::binding_request(TransactionId([id; 12]))
}

/// A listener, and the roots that its certificate for `localhost` hangs on.
async fn listen() -> (TcpListener, SocketAddr, TlsAcceptor, Vec<u8>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address, TlsAcceptor::from(Arc::new(config)), ca.pem().into_bytes())
}

/// Believes the root of a test, and no other.
fn trusting(pem: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
    tls::client_of(roots).unwrap()
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut buffer = vec![0; 4_096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        // In two pieces, so that messages are cut.
        let (first, second) = buffer[..read].split_at(read / 2);
        for piece in [first, second] {
            if stream.write_all(piece).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    }
}

async fn carries_messages(mut bench: Bench) {
    assert_eq!(bench.next().await, Some(RelayStreamEvent::Connected));
    assert!(bench.handle.send(&[0x40, 0x01, 0, 5, b'h', b'e', b'l', b'l', b'o', 0, 0, 0]));
    assert!(bench.handle.send(&binding(1)));
    assert_eq!(bench.next().await, Some(RelayStreamEvent::Message(binding(1))));
    assert_eq!(*bench.packets.lock().unwrap(), [b"\x40\x01\x00\x05hello"]);
    bench.handle.send(&binding(2));
    bench.handle.close();
    bench.end().await;
    assert!(!bench.handle.send(&binding(3)), "it is over");
    assert!(
        matches!(bench.next().await, None | Some(RelayStreamEvent::Message(_))),
        "no Closed of our own doing"
    );
}

#[tokio::test]
async fn tcp_carries_messages_both_ways() {
    let (listener, server, ..) = listen().await;
    let bench = Bench::start(RelayTransport::Tcp, server, "", tls::client().unwrap());
    tokio::join!(carries_messages(bench), async { echo(listener.accept().await.unwrap().0).await });
}

#[tokio::test]
async fn tls_carries_messages_both_ways_under_a_certificate_of_ones_own() {
    let (listener, server, acceptor, ca) = listen().await;
    let tls = trusting(&ca);
    let bench = Bench::start(RelayTransport::Tls, server, "localhost", tls);
    tokio::join!(carries_messages(bench), async {
        let (stream, _) = listener.accept().await.unwrap();
        echo(acceptor.accept(stream).await.unwrap()).await;
    });
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_or_of_somebody_else_is_refused() {
    let (listener, server, acceptor, ca) = listen().await;
    let extra = trusting(&ca);
    for (name, tls, expected) in [
        ("localhost", tls::client().unwrap(), Cause::CertificateUnknown),
        ("relay.example", extra.clone(), Cause::CertificateOfOther),
        ("not a name", extra, Cause::CertificateOfOther),
    ] {
        let mut bench = Bench::start(RelayTransport::Tls, server, name, tls);
        let (cause, _) = tokio::join!(bench.closed(), async {
            let (stream, _) = listener.accept().await.unwrap();
            acceptor.accept(stream).await.is_err()
        });
        assert_eq!(cause, expected);
        bench.end().await;
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_drops_the_newest_and_never_blocks() {
    let (listener, server, ..) = listen().await;
    let mut bench = Bench::start(RelayTransport::Tcp, server, "", tls::client().unwrap());
    assert_eq!(bench.next().await, Some(RelayStreamEvent::Connected));
    let (_stream, _) = listener.accept().await.unwrap();
    let start = Instant::now();
    let message = [0x40; 1_200];
    let (mut sent, mut refused) = (0, 0);
    while refused < 1_000 {
        match bench.handle.send(&message) {
            true => sent += 1,
            false => refused += 1,
        }
        tokio::task::yield_now().await;
        assert!(start.elapsed() < SOON, "{sent} sent, {refused} refused");
    }
    assert_eq!(bench.handle.dropped(), RelayStreamDrops { outgoing: refused, incoming: 0 });
    bench.handle.close();
    bench.end().await;
}

#[tokio::test]
async fn packets_that_find_no_room_are_counted() {
    let (listener, server, ..) = listen().await;
    let mut bench = Bench::start_with(RelayTransport::Tcp, server, "", tls::client().unwrap(), false);
    let (mut stream, _) = listener.accept().await.unwrap();
    assert_eq!(bench.next().await, Some(RelayStreamEvent::Connected));
    let mut indication = binding(0);
    indication[..2].copy_from_slice(&DATA_INDICATION);
    // Four events find room; the other indications are dropped. A reply is waited with.
    for _ in 0..20 {
        stream.write_all(&indication).await.unwrap();
    }
    stream.write_all(&[0x40, 0x01, 0, 0, 0x40, 0x01, 0, 0]).await.unwrap();
    stream.write_all(&binding(9)).await.unwrap();
    timeout(SOON, async {
        while bench.handle.dropped().incoming < 18 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("16 indications and 2 packets dropped");
    for _ in 0..4 {
        assert_eq!(bench.next().await, Some(RelayStreamEvent::Message(indication.clone())));
    }
    assert_eq!(bench.next().await, Some(RelayStreamEvent::Message(binding(9))));
}

#[tokio::test]
async fn the_end_of_a_stream_is_said_with_its_reason() {
    let (listener, server, ..) = listen().await;
    let say = async |bytes: &'static [u8], stream: TcpStream| {
        let mut stream = stream;
        stream.write_all(bytes).await.unwrap();
    };
    for (bytes, expected) in [(&b""[..], "connection_closed"), (b"SSH-2.0", "bad_message")] {
        let mut bench = Bench::start(RelayTransport::Tcp, server, "", tls::client().unwrap());
        say(bytes, listener.accept().await.unwrap().0).await;
        assert_eq!(bench.next().await, Some(RelayStreamEvent::Connected));
        assert_eq!(bench.closed().await.code(), expected);
        bench.end().await;
        assert_eq!(bench.next().await, None);
    }
    drop(listener);
    let mut bench = Bench::start(RelayTransport::Tcp, server, "", tls::client().unwrap());
    assert!(matches!(bench.closed().await, Cause::ConnectionRefused));
}

#[tokio::test]
async fn closing_ends_a_stream_that_does_not_stand_yet() {
    let (listener, server, ..) = listen().await;
    // Nobody answers the handshake.
    let mut bench = Bench::start(RelayTransport::Tls, server, "localhost", tls::client().unwrap());
    let (_stream, _) = listener.accept().await.unwrap();
    bench.handle.close();
    bench.end().await;
    assert_eq!(bench.next().await, None);
}
