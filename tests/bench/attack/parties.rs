//! Identities and parties without end; and a member who only looks.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use lanrage_control::protocol::{ClientMessage, ServerMessage};
use lanrage_party::Invitation;
use serde_json::{Value, json};

use crate::{
    connections::resolve,
    say_ready,
    session::{Party, Session, Somebody},
};

/// Says how many identities were let in and how many parties were made.
pub(crate) async fn make_many(
    server: SocketAddr,
    identities: usize,
    parties: usize,
    seconds: f64,
) -> Result<Value> {
    let end = Instant::now() + Duration::try_from_secs_f64(seconds)?;
    say_ready();
    let (mut tried, mut let_in, mut made) = (0, 0, 0);
    while tried < identities && Instant::now() < end {
        tried += 1;
        let somebody = Somebody::new("Eve")?;
        let Ok(mut session) = Session::sign_in(server, &somebody).await else { continue };
        let_in += 1;
        made += make(&mut session, &somebody, parties).await.unwrap_or(0);
    }
    Ok(json!({ "tried": tried, "let_in": let_in, "made": made }))
}

async fn make(session: &mut Session, somebody: &Somebody, parties: usize) -> Result<usize> {
    for _ in 0..parties {
        session.send(ClientMessage::Request(somebody.create(&Party::new()?)?)).await?;
    }
    let mut made = 0;
    for _ in 0..parties {
        made += usize::from(matches!(session.receive().await?, ServerMessage::Party { .. }));
    }
    Ok(made)
}

/// The names and WireGuard keys of a party's members.
pub(crate) async fn roster(link: &str) -> Result<Value> {
    let invitation: Invitation = link.parse()?;
    let control = invitation.control.first().context("the link names no server")?.url().clone();
    let host = control.host_str().context("no host")?;
    let authority = format!("{host}:{}", control.port_or_known_default().context("no port")?);
    let somebody = Somebody::new("Eve")?;
    let party = Party::of(&invitation);
    let mut session = Session::sign_in_at(resolve(&authority).await?, &authority, &somebody).await?;
    let snapshot = session.enter(&party, somebody.join(&party)?).await?;
    let peers: Vec<_> = snapshot
        .peers
        .iter()
        .map(|peer| {
            let record = peer.record.claimed();
            json!({ "name": record.name, "wireguard_key": record.wireguard_key })
        })
        .collect();
    Ok(json!({ "peers": peers }))
}
