//! Commands that run the engine themselves and stay.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use lanrage_engine::{
    ConnectionState, Engine, EngineOptions, Handle, LocalRequest, Notice, PartyView, Snapshot, StartError,
};
use tokio::sync::{broadcast::error::RecvError, watch};

use crate::{
    arguments::{Create, Join, Player},
    failure::Failure,
    output::{Event, Output},
    running, table,
};

pub(crate) async fn create(create: Create) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: create.player.target.json };
    let control = create
        .control
        .map(|url| url.parse().map_err(|error| Failure::Argument(format!("--control {url}: {error}"))))
        .transpose()?;
    let options = EngineOptions { control, ..options(&create.player) };
    let Some(handle) = start(options).await? else {
        let request = LocalRequest::CreateParty { name: create.party_name };
        let party = hand_over(&create.player, request).await?;
        output.say(&Event::Created { link: &party.invitation, virtual_ip: &party.virtual_ip });
        return Ok(());
    };
    let created = handle.create_party(create.party_name).await;
    stay(handle, created.map_err(Failure::from), output, started, |party| {
        output.say(&Event::Created { link: &party.invitation, virtual_ip: &party.virtual_ip });
    })
    .await
}

pub(crate) async fn join(join: Join) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: join.player.target.json };
    let Some(handle) = start(options(&join.player)).await? else {
        let party = hand_over(&join.player, LocalRequest::JoinParty { link: join.link }).await?;
        output.say(&Event::Joined { party: &party.name, virtual_ip: &party.virtual_ip });
        return Ok(());
    };
    let joined = handle.join_party(join.link).await;
    stay(handle, joined.map_err(Failure::from), output, started, |party| {
        output.say(&Event::Joined { party: &party.name, virtual_ip: &party.virtual_ip });
    })
    .await
}

fn options(player: &Player) -> EngineOptions {
    EngineOptions {
        data_dir: player.target.data_dir.clone(),
        player_name: player.name.clone(),
        udp_port: player.udp_port,
        ..EngineOptions::default()
    }
}

/// Starts an engine, unless one runs with this data folder already.
async fn start(options: EngineOptions) -> Result<Option<Handle>, Failure> {
    match Engine::start(options).await {
        Ok(handle) => Ok(Some(handle)),
        Err(StartError::AlreadyRunning) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Lets the LANrage that runs already do it.
async fn hand_over(player: &Player, request: LocalRequest) -> Result<PartyView, Failure> {
    let mut client = running::connect(&player.target).await?;
    client.command(&request).await?;
    client.send(&LocalRequest::Status).await?;
    let left = || Failure::Argument("the party was left at once".to_owned());
    client.snapshot().await?.party.ok_or_else(left)
}

/// Stays in the party until a signal, or until it is left from elsewhere, and says what happens.
async fn stay(
    handle: Handle,
    entered: Result<(), Failure>,
    output: Output,
    started: Instant,
    welcome: impl FnOnce(&PartyView),
) -> Result<(), Failure> {
    if let Err(failure) = entered {
        handle.shutdown().await;
        return Err(failure);
    }
    let mut snapshots = handle.snapshots();
    let mut notices = handle.notices();
    if let Some(party) = &snapshots.borrow().party {
        welcome(party);
    }
    let mut stop = std::pin::pin!(stop_signal());
    let mut connected = BTreeSet::new();
    loop {
        if !report(&mut snapshots, &mut connected, output, started) {
            break;
        }
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() { break },
            notice = notices.recv() => match notice {
                Ok(notice) => say_notice(output, &notice),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
            () = &mut stop => break,
        }
    }
    handle.shutdown().await;
    output.say(&Event::Left);
    Ok(())
}

/// Says who is newly connected. False if there is no party any more.
fn report(
    snapshots: &mut watch::Receiver<Arc<Snapshot>>,
    connected: &mut BTreeSet<String>,
    output: Output,
    started: Instant,
) -> bool {
    let snapshot = snapshots.borrow_and_update().clone();
    let Some(party) = &snapshot.party else { return false };
    for peer in &party.peers {
        let is_connected = peer.state == ConnectionState::Connected;
        if is_connected && connected.insert(peer.id.clone()) {
            output.say(&Event::Connected {
                peer: &peer.name,
                virtual_ip: &peer.virtual_ip,
                connection_type: &table::word(&peer.connection_type),
                since_start_ms: started.elapsed().as_secs_f64() * 1_000.0,
            });
        }
    }
    true
}

fn say_notice(output: Output, notice: &Notice) {
    output.say(&Event::Notice { notice });
}

/// Ctrl-C, or what a service manager sends.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
