//! A host's grip on the running engine. What can be asked of it stands in [`crate::api`].

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use lanrage_games::Slug;
use lanrage_party::{DeviceIdentity, Invitation, Name, PartyId, PeerId};
use lanrage_session::{CodeKeys, Explained, NewCode, Wish};
use lanrage_store::SettingsDatabase;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::{
    CommandError, Notice, Snapshot,
    api::{Ask, Serve},
    ports::keeper::Keeper,
    settings::AppSettings,
    stored::Stored,
    updates::Updates,
};

/// What the event loop is told to do. Every command is answered once.
#[derive(Debug)]
pub(crate) enum Command {
    CreateParty {
        name: Name,
        answer: Answer,
    },
    JoinParty {
        invitation: Box<Invitation>,
        answer: Answer,
    },
    /// Answered when whoever is told the code finds it.
    MakeCode {
        new: Box<NewCode>,
        answer: Answer,
    },
    /// Answered when nothing more comes; where the code leads comes first.
    FindCode {
        keys: Box<CodeKeys>,
        opened: oneshot::Sender<Box<Invitation>>,
        answer: Answer,
    },
    LeaveParty {
        answer: Answer,
    },
    PauseParty {
        answer: Answer,
    },
    TrustServer {
        answer: Answer,
    },
    ResumeParty {
        party: PartyId,
        answer: Answer,
    },
    /// Decides something about the party.
    Rule {
        wish: Wish,
        answer: Answer,
    },
    LinkCopied {
        answer: Answer,
    },
    ReplyCopied {
        answer: Answer,
    },
    TakeReply {
        reply: String,
        answer: Answer,
    },
    /// Answered when both computers were looked at; what was found comes first.
    ExplainGame {
        peer: PeerId,
        slug: Slug,
        is_own: bool,
        explained: oneshot::Sender<Explained>,
        answer: Answer,
    },
    /// Measures the path to a member; answered at once, and the answer of the member told whenever it comes.
    Ping {
        peer: PeerId,
        pong: oneshot::Sender<Duration>,
        answer: Answer,
    },
    /// Says something to the whole party.
    Say {
        text: String,
        answer: Answer,
    },
    /// Asks whether everybody is ready.
    AskReady {
        answer: Answer,
    },
    /// Answers whoever asks that.
    AnswerReady {
        is_ready: bool,
        answer: Answer,
    },
    /// Pins where the party talks.
    PinVoiceLink {
        text: String,
        answer: Answer,
    },
    /// Asks everybody in the party for games.
    LookForGames {
        answer: Answer,
    },
    /// Answered with whether the party is another one than the present.
    CheckAway {
        party: PartyId,
        answer: Answer,
    },
    /// Answered when the router is measured anew.
    MeasureAgain {
        answer: Answer,
    },
    /// Leaves the party's network, and keeps nothing of that.
    Suspend {
        answer: Answer,
    },
    /// Stored settings have changed; answered when those that take effect at once do.
    ApplySettings {
        answer: Answer,
    },
    Shutdown {
        answer: Answer,
    },
}

/// What is this device's alone.
#[derive(Debug)]
pub(crate) struct Device {
    /// Who it is.
    pub(crate) identity: DeviceIdentity,
    /// The data folder.
    pub(crate) folder: PathBuf,
    /// Whether there is a newer program for it.
    pub(crate) updates: Arc<Updates>,
}

pub(crate) type Answer = oneshot::Sender<Result<(), CommandError>>;

/// A host's grip on the running engine. Cheap to clone; the engine runs until [`Handle::shutdown`].
#[derive(Debug, Clone)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    notices: broadcast::Sender<Notice>,
    stored: Stored,
    keeper: Keeper,
    app_settings: watch::Receiver<AppSettings>,
    device: Arc<Device>,
}

impl Handle {
    pub(crate) fn new(
        commands: mpsc::Sender<Command>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        notices: broadcast::Sender<Notice>,
        stored: Stored,
        keeper: Keeper,
        app_settings: watch::Receiver<AppSettings>,
        device: Device,
    ) -> Self {
        Self { commands, snapshots, notices, stored, keeper, app_settings, device: Arc::new(device) }
    }

    /// The state now and from now on. Only the newest is kept for a slow reader.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// What happens from now on. A reader that falls 64 behind is told how many it missed.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// The settings that concern whoever hosts the engine, now and from now on.
    pub fn app_settings(&self) -> watch::Receiver<AppSettings> {
        self.app_settings.clone()
    }

    /// Says whenever the answer to [`RecentParties`](crate::api::RecentParties) may have changed. The number means
    /// nothing.
    pub fn party_changes(&self) -> watch::Receiver<u64> {
        self.stored.database.party_changes()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.device.folder
    }

    /// Who this device is.
    pub(crate) fn identity(&self) -> &DeviceIdentity {
        &self.device.identity
    }

    pub(crate) fn updates(&self) -> &Updates {
        &self.device.updates
    }

    pub(crate) fn database(&self) -> &SettingsDatabase {
        &self.stored.database
    }

    /// What is stored, keys included.
    pub(crate) const fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Waits until everything that the session wants kept is written.
    pub(crate) async fn all_kept(&self) -> Result<(), CommandError> {
        self.keeper.all_written().await.map_err(|cause| CommandError::DataNotWritable { cause })
    }

    /// Asks for something to be done or told.
    ///
    /// # Errors
    /// As the request says; nothing was changed then.
    pub async fn ask<Q: Ask>(&self, request: Q) -> Result<Q::Answer, CommandError>
    where
        Self: Serve<Q>,
    {
        self.serve(request).await
    }

    /// Ends the engine in order: the party is left standing for the others, the adapter and its routes go,
    /// every task ends. Returns when all of that is done.
    pub async fn shutdown(&self) {
        // An engine that has ended already has nothing left to shut down.
        let _ = self.command(|answer| Command::Shutdown { answer }).await;
        self.commands.closed().await;
    }

    /// Has the event loop carry out a command.
    pub(crate) async fn command(&self, command: impl FnOnce(Answer) -> Command) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| CommandError::Stopped)?;
        answered.await.map_err(|_| CommandError::Stopped)?
    }
}
