//! Commands that run the engine themselves and stay.

mod reply;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_engine::{
    CommandError, ConnectionState, ControlView, Engine, EngineOptions, Handle, LogLevel, Notice, PartyView,
    Request, Snapshot, StartError,
    api::{Ask, CreateParty, JoinParty, LeaveParty, PauseParty, ResumeParty, Status, is_name, preview},
};
use tokio::sync::{broadcast::error::RecvError, watch};

use reply::Offer;

use crate::{
    arguments::{Create, Join, Player, Target},
    failure::Failure,
    link,
    output::{Event, Output},
    running::{
        self,
        stop::{Signal, stop_signal},
    },
    say::person,
};

pub(crate) async fn create(create: Create, target: &Target, verbose: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: target.json };
    let control = create
        .control
        .map(|url| {
            url.parse().map_err(|_| {
                Failure::Argument(format!("--control {url}: {}", person().refusal(&CommandError::BadServer)))
            })
        })
        .transpose()?;
    engine_name(&create.party_name)?;
    let options = EngineOptions { control, ..options(&create.player, target, verbose)? };
    let request = CreateParty { name: create.party_name };
    let created = |party: &PartyView| {
        output.say(&Event::Created { link: &party.invitation.0, virtual_ip: &party.virtual_ip });
    };
    let handle = match start_or_hand_over(options, target, &request).await? {
        Done::Elsewhere(party) => {
            created(&party);
            return Ok(());
        }
        Done::Here(handle) => handle,
    };
    let entered = handle.ask(request).await;
    stay(handle, entered.map_err(Failure::from), output, started, Stay::InParty, created).await
}

pub(crate) async fn join(join: Join, target: &Target, verbose: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: target.json };
    let link = link::read(join.link.as_deref(), join.link_file.as_deref())?;
    if reply::is_reply(&link.0) {
        return running::reply(&link.0, target).await;
    }
    // Nothing is started for what is neither a link nor a code.
    match preview(&link.0) {
        Ok(_) => {}
        Err(CommandError::ShortCode) => {
            if !output.json {
                println!("{}", person().say("terminal-code-looking"));
            }
        }
        Err(error) => return Err(error.into()),
    }
    let request = JoinParty { link, accepted_network: join.accept_network };
    let joined = |party: &PartyView| {
        output.say(&Event::Joined { party: &party.name, virtual_ip: &party.virtual_ip });
    };
    let options = options(&join.player, target, verbose)?;
    let started_or_joined = tokio::select! {
        done = start_or_hand_over(options, target, &request) => done?,
        never = reply::offer_of_running(target, Offer::new(output, join.await_reply)) => match never {},
    };
    let handle = match started_or_joined {
        Done::Elsewhere(party) => {
            joined(&party);
            return Ok(());
        }
        Done::Here(handle) => handle,
    };
    let entered = reply::join(&handle, request, Offer::new(output, join.await_reply)).await;
    stay(handle, entered.map_err(Failure::from), output, started, Stay::InParty, joined).await
}

/// Brings the last party back.
pub(crate) async fn run(player: Player, target: &Target, verbose: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let output = Output { json: target.json };
    let options = EngineOptions { restore: Some(true), ..options(&player, target, verbose)? };
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

fn options(player: &Player, target: &Target, verbose: bool) -> Result<EngineOptions, Failure> {
    // A name that does not fit would be cut in silence.
    if let Some(name) = &player.name {
        engine_name(name)?;
    }
    Ok(EngineOptions {
        data_dir: target.data_dir(),
        player_name: player.name.clone(),
        udp_port: player.udp_port,
        // What was asked for is another party.
        restore: Some(false),
        network_log: true,
        log_to_stderr: Some(if verbose { LogLevel::Debug } else { LogLevel::Error }),
        ..EngineOptions::default()
    })
}

/// Whether the engine takes this for a name.
fn engine_name(text: &str) -> Result<(), Failure> {
    if is_name(text) { Ok(()) } else { Err(CommandError::bad_name().into()) }
}

/// Where a party is entered.
enum Done {
    /// Not yet: by this engine.
    Here(Handle),
    /// In the LANrage that runs already.
    Elsewhere(Box<PartyView>),
}

/// How often it is tried anew when the LANrage that runs ends meanwhile, and how long between two tries.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// Starts an engine; where one runs with this data folder already, has that do it. One in the foreground of a terminal ends
/// with its party, which makes room for one here.
async fn start_or_hand_over<Q>(options: EngineOptions, target: &Target, request: &Q) -> Result<Done, Failure>
where
    Q: Ask<Answer = ()> + Into<Request> + Clone,
{
    let mut tries = 0;
    loop {
        match Engine::start(options.clone()).await {
            Ok(handle) => return Ok(Done::Here(handle)),
            Err(StartError::AlreadyRunning) => {}
            Err(error) => return Err(error.into()),
        }
        tries += 1;
        match hand_over(target, request).await {
            Err(Failure::NotRunning | Failure::Local(_) | Failure::Refused(CommandError::Stopped))
                if tries < TRIES =>
            {
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            done => return done.map(|party| Done::Elsewhere(Box::new(party))),
        }
    }
}

/// Lets the LANrage that runs already do it. A party that it is in is paused, and entered again if the other cannot be.
async fn hand_over<Q>(target: &Target, request: &Q) -> Result<PartyView, Failure>
where
    Q: Ask<Answer = ()> + Into<Request> + Clone,
{
    let mut client = running::connect(target).await?;
    match client.ask(request.clone()).await.map_err(Failure::from) {
        Err(Failure::Refused(CommandError::AlreadyInParty)) => {
            let present = client.ask(Status {}).await?.party.map(|party| party.id);
            client.ask(PauseParty {}).await?;
            let entered = client.ask(request.clone()).await.map_err(Failure::from);
            if let (Err(Failure::Refused(_)), Some(party)) = (&entered, present) {
                client.ask(ResumeParty { party }).await?;
            }
            entered?;
        }
        entered => entered?,
    }
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
    let mut announced = None;
    let signal = loop {
        announce(&snapshots.borrow(), &mut announced, output);
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
    if signal.is_none() {
        // Why there is no party any more, if that was told behind the end.
        std::iter::from_fn(|| notices.try_recv().ok()).for_each(|notice| say_notice(output, &notice));
    }
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

/// Says what the server's operator tells everybody, once.
fn announce(snapshot: &Snapshot, announced: &mut Option<String>, output: Output) {
    let text = snapshot.announcement.as_ref().map(ToString::to_string);
    // While the server is away nothing is taken back.
    let is_known =
        text == *announced || (text.is_none() && !matches!(snapshot.control, ControlView::Connected { .. }));
    if !is_known {
        output.say(&Event::Announcement { announcement: text.as_deref() });
        *announced = text;
    }
}

fn say_notice(output: Output, notice: &Notice) {
    output.say(&Event::Notice { notice });
}
