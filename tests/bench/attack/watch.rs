//! What others notice.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use lanrage_control::protocol::{ClientMessage, ServerMessage, SessionMessage};
use serde_json::{Value, json};
use tokio::{
    net::UdpSocket,
    time::{sleep, timeout},
};

use crate::{
    say_ready,
    session::{Party, Session, Somebody},
};

/// Time between two questions.
const PAUSE: Duration = Duration::from_millis(50);
/// An answer that takes longer counts as none.
const LIMIT: Duration = Duration::from_secs(10);
const STUN_LIMIT: Duration = Duration::from_secs(1);
/// A Binding request without attributes (RFC 8489 §5), but for its transaction id.
const BINDING_REQUEST: [u8; 8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];

#[derive(Default)]
struct Times {
    sorted: Vec<f64>,
    lost: u32,
}

impl Times {
    fn add(&mut self, answered: bool, since: Instant) {
        if answered {
            self.sorted.push(since.elapsed().as_secs_f64() * 1e3);
        } else {
            self.lost += 1;
        }
    }

    fn into_json(mut self) -> Value {
        self.sorted.sort_by(f64::total_cmp);
        let at =
            |share: f64| self.sorted.get((self.sorted.len() as f64 * share) as usize).or(self.sorted.last());
        json!({ "median_ms": at(0.5), "worst_ms": at(1.0), "answered": self.sorted.len(), "lost": self.lost })
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
        let answered = matches!(timeout(LIMIT, alive).await, Ok(Ok(())));
        times.add(answered, begun);
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

pub(crate) async fn stun(server: SocketAddr, seconds: f64) -> Result<Value> {
    let socket = UdpSocket::bind("0.0.0.0:0").await?;
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
        socket.send(&request).await?;
        let mut answer = [0; 600];
        let answered = async {
            // A late answer is another request's.
            loop {
                match socket.recv(&mut answer).await {
                    Ok(length) if length >= 20 && answer[4..20] == request[4..20] => return true,
                    Ok(_) => {}
                    Err(_) => return false,
                }
            }
        };
        times.add(timeout(STUN_LIMIT, answered).await.unwrap_or(false), begun);
        sleep(PAUSE).await;
    }
    Ok(times.into_json())
}
