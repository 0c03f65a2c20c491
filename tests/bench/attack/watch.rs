//! What others notice.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_control::protocol::{ClientMessage, ServerMessage, SessionMessage};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::{error::Elapsed, sleep, timeout},
};

use crate::{
    say_ready,
    session::{Party, Session, Somebody},
};

/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(50);
/// The same by TCP: a relay answers so many a second of those who have not logged in.
const TCP_PAUSE: Duration = Duration::from_millis(150);
/// An answer that takes longer counts as none.
const LIMIT: Duration = Duration::from_secs(10);
const STUN_LIMIT: Duration = Duration::from_secs(1);
/// Of a STUN message (RFC 8489 §5): its transaction id ends there.
const HEADER_BYTES: usize = 20;
/// A Binding request without attributes (RFC 8489 §5), but for its transaction id.
const BINDING_REQUEST: [u8; 8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];

#[derive(Default)]
struct Times {
    sorted: Vec<f64>,
    lost: u32,
    /// The reason of the last loss.
    why: Option<String>,
}

impl Times {
    fn add(&mut self, answered: Result<Result<()>, Elapsed>, since: Instant) {
        let why = match answered {
            Ok(Ok(())) => return self.sorted.push(since.elapsed().as_secs_f64() * 1e3),
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "no answer".to_owned(),
        };
        self.lost += 1;
        self.why = Some(why);
    }

    fn into_json(mut self) -> Value {
        self.sorted.sort_by(f64::total_cmp);
        let at =
            |share: f64| self.sorted.get((self.sorted.len() as f64 * share) as usize).or(self.sorted.last());
        json!({ "median_ms": at(0.5), "worst_ms": at(1.0), "answered": self.sorted.len(), "lost": self.lost, "why": self.why })
    }
}

/// A player with a party of its own, which it is told of in between.
pub(crate) async fn heartbeat(server: SocketAddr, seconds: f64) -> Result<Value> {
    let player = Somebody::new("Ann")?;
    let mut session = Session::sign_in(server, &player).await?;
    let party = Party::new()?;
    session.enter(&party, player.create(&party)?).await?;
    say_ready();
    let end = Instant::now() + Duration::try_from_secs_f64(seconds)?;
    let mut times = Times::default();
    while Instant::now() < end {
        let begun = Instant::now();
        session.send(ClientMessage::Session(SessionMessage::Heartbeat)).await?;
        let alive = async {
            while !matches!(session.receive().await?, ServerMessage::Alive) {}
            anyhow::Ok(())
        };
        times.add(timeout(LIMIT, alive).await, begun);
        sleep(PAUSE).await;
    }
    Ok(times.into_json())
}

/// From the first connection to the second member's party.
pub(crate) async fn meet(server: SocketAddr) -> Result<Value> {
    let begun = Instant::now();
    let meeting = async {
        let (party, host, guest) = (Party::new()?, Somebody::new("Ann")?, Somebody::new("Ben")?);
        let mut first = Session::sign_in(server, &host).await.context("the host")?;
        first.enter(&party, host.create(&party)?).await.context("the host")?;
        let mut second = Session::sign_in(server, &guest).await.context("the guest")?;
        second.enter(&party, guest.join(&party)?).await.context("the guest")?;
        anyhow::Ok(())
    };
    let met = timeout(LIMIT, meeting).await;
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    let why = match met {
        Ok(Ok(())) => return Ok(json!({ "met": true, "ms": ms })),
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => "no answer".to_owned(),
    };
    Ok(json!({ "met": false, "why": why, "ms": ms }))
}

pub(crate) async fn stun(server: SocketAddr, tcp: bool, seconds: f64) -> Result<Value> {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    say_ready();
    let end = Instant::now() + Duration::try_from_secs_f64(seconds)?;
    let mut times = Times::default();
    let mut number = 0_u32;
    while Instant::now() < end {
        number += 1;
        let mut request = BINDING_REQUEST.to_vec();
        request.extend_from_slice(&[0; 8]);
        request.extend_from_slice(&number.to_be_bytes());
        let begun = Instant::now();
        let answered = async {
            if tcp { ask_by_tcp(server, &request).await } else { ask_by_udp(&socket, &request).await }
        };
        times.add(timeout(STUN_LIMIT, answered).await, begun);
        sleep(if tcp { TCP_PAUSE } else { PAUSE }).await;
    }
    Ok(times.into_json())
}

async fn ask_by_udp(socket: &UdpSocket, request: &[u8]) -> Result<()> {
    socket.send(request).await?;
    let mut answer = [0; 600];
    // A late answer is another request's.
    loop {
        let length = socket.recv(&mut answer).await?;
        if is_answer(&answer[..length], request) {
            return Ok(());
        }
    }
}

async fn ask_by_tcp(server: SocketAddr, request: &[u8]) -> Result<()> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(request).await?;
    let mut answer = [0; HEADER_BYTES];
    stream.read_exact(&mut answer).await?;
    ensure!(is_answer(&answer, request), "another's answer");
    Ok(())
}

fn is_answer(answer: &[u8], request: &[u8]) -> bool {
    answer.len() >= HEADER_BYTES && answer[4..HEADER_BYTES] == request[4..HEADER_BYTES]
}
