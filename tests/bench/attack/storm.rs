//! A question that costs its sender a line and the server a whole party.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Result;
use lanrage_control::protocol::{ClientMessage, Request};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    say_ready,
    session::{Party, Session, Somebody},
};

/// As many members as the server lets in from one address ask as fast as they can.
pub(crate) async fn ask(server: SocketAddr, members: usize, seconds: f64) -> Result<Value> {
    let party = Party::new()?;
    let host = Somebody::new(&"N".repeat(48))?;
    let mut first = Session::sign_in(server, &host).await?;
    first.enter(&party, host.create(&party)?).await?;
    let mut sessions = vec![first];
    for _ in 1..members {
        let somebody = Somebody::new(&"N".repeat(48))?;
        let Ok(mut session) = Session::sign_in(server, &somebody).await else { break };
        if session.enter(&party, somebody.join(&party)?).await.is_err() {
            break;
        }
        sessions.push(session);
    }
    let members = sessions.len();
    say_ready();
    let end = Instant::now() + Duration::try_from_secs_f64(seconds)?;
    let mut tasks = JoinSet::new();
    for mut session in sessions {
        let request = session.proven(&party, Request::GetParty { party: party.id, proof: None });
        tasks.spawn(async move {
            let mut asked = 0_u64;
            while let Some(left) = end.checked_duration_since(Instant::now()) {
                let message = ClientMessage::Request(request.clone());
                match timeout(left, session.feed(message)).await {
                    Ok(Ok(())) => asked += 1,
                    Ok(Err(_)) | Err(_) => break,
                }
            }
            asked
        });
    }
    let asked: u64 = tasks.join_all().await.iter().sum();
    Ok(json!({ "members": members, "asked": asked }))
}
