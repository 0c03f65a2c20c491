//! Commands that run the engine themselves and stay.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use lanrage_engine::{
    CommandError, ConnectionState, Engine, EngineOptions, Handle, LogLevel, Notice, PartyView, Request,
    Snapshot, StartError,
    api::{Ask, CreateParty, JoinParty, LeaveParty, Status},
};
use tokio::sync::{broadcast::error::RecvError, watch};

use crate::{
    arguments::{Create, Join, Player},
    failure::Failure,
    link,
    output::{Event, Output},
    running,
    say::person,
};

pub(crate) async fn create(create: Create, verbose: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: create.player.target.json };
    let control = create
        .control
        .map(|url| {
            url.parse().map_err(|_| {
                Failure::Argument(format!("--control {url}: {}", person().refusal(&CommandError::BadServer)))
            })
        })
        .transpose()?;
    let options = EngineOptions { control, ..options(&create.player, verbose) };
    let request = CreateParty { name: create.party_name };
    let Some(handle) = start(options).await? else {
        let party = hand_over(&create.player, request).await?;
        output.say(&Event::Created { link: &party.invitation.0, virtual_ip: &party.virtual_ip });
        return Ok(());
    };
    let created = handle.ask(request).await;
    stay(handle, created.map_err(Failure::from), output, started, Stay::InParty, |party| {
        output.say(&Event::Created { link: &party.invitation.0, virtual_ip: &party.virtual_ip });
    })
    .await
}

pub(crate) async fn join(join: Join, verbose: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: join.player.target.json };
    let link = link::read(join.link.as_deref(), join.link_file.as_deref())?;
    let request = JoinParty { link, accepted_network: join.accept_network };
    let Some(handle) = start(options(&join.player, verbose)).await? else {
        let party = hand_over(&join.player, request).await?;
        output.say(&Event::Joined { party: &party.name, virtual_ip: &party.virtual_ip });
        return Ok(());
    };
    let joined = handle.ask(request).await;
    stay(handle, joined.map_err(Failure::from), output, started, Stay::InParty, |party| {
        output.say(&Event::Joined { party: &party.name, virtual_ip: &party.virtual_ip });
    })
    .await
}

/// Brings the last party back.
pub(crate) async fn run(player: Player, verbose: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: player.target.json };
    let options = EngineOptions { restore: Some(true), ..options(&player, verbose) };
    let handle = Engine::start(options).await?;
    // The first snapshot says whether a party came back.
    let mut snapshots = handle.snapshots();
    let has_party =
        snapshots.wait_for(|snapshot| snapshot.revision > 0).await.is_ok_and(|s| s.party.is_some());
    if !has_party {
        output.say(&Event::Idle);
    }
    stay(handle, Ok(()), output, started, Stay::WithoutParty, |party| {
        output.say(&Event::Joined { party: &party.name, virtual_ip: &party.virtual_ip });
    })
    .await
}

fn options(player: &Player, verbose: bool) -> EngineOptions {
    EngineOptions {
        data_dir: player.target.data_dir.clone(),
        player_name: player.name.clone(),
        udp_port: player.udp_port,
        // What was asked for is another party.
        restore: Some(false),
        network_log: true,
        log_to_stderr: Some(if verbose { LogLevel::Debug } else { LogLevel::Error }),
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
async fn hand_over<Q>(player: &Player, request: Q) -> Result<PartyView, Failure>
where
    Q: Ask<Answer = ()> + Into<Request>,
{
    let mut client = running::connect(&player.target).await?;
    client.ask(request).await?;
    let left = || Failure::Argument(person().say("terminal-left-at-once"));
    client.ask(Status {}).await?.party.ok_or_else(left)
}

/// When a foreground command has done its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stay {
    /// With the party that it is for; Ctrl-C leaves it.
    InParty,
    /// Never; Ctrl-C ends the program, and the membership stays.
    WithoutParty,
}

/// Stays until a signal, or until the party is left from elsewhere, and says what happens.
async fn stay(
    handle: Handle,
    entered: Result<(), Failure>,
    output: Output,
    started: Instant,
    stay: Stay,
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
    let signal = loop {
        let has_party = report(&mut snapshots, &mut connected, output, started);
        if !has_party && stay == Stay::InParty {
            break None;
        }
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() { break None },
            notice = notices.recv() => match notice {
                Ok(notice) => say_notice(output, &notice),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break None,
            },
            signal = &mut stop => break Some(signal),
        }
    };
    if stay == Stay::InParty && signal == Some(Signal::Interrupt) {
        // Nobody who presses Ctrl-C expects to be in the party still.
        let _ = handle.ask(LeaveParty {}).await;
    }
    handle.shutdown().await;
    output.say(if signal == Some(Signal::Terminate) { &Event::Stopped } else { &Event::Left });
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
                connection_type: peer.connection_type.into(),
                since_start_ms: started.elapsed().as_secs_f64() * 1_000.0,
            });
        }
    }
    true
}

fn say_notice(output: Output, notice: &Notice) {
    output.say(&Event::Notice { notice });
}

/// What ends a foreground command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// Ctrl-C: the player.
    Interrupt,
    /// A service manager, or the system going down.
    Terminate,
}

async fn stop_signal() -> Signal {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = terminate.recv() => Signal::Terminate,
                _ = tokio::signal::ctrl_c() => Signal::Interrupt,
            };
        }
    }
    let _ = tokio::signal::ctrl_c().await;
    Signal::Interrupt
}
