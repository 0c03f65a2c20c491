use std::{path::PathBuf, sync::Arc};

use lanrage_party::{Invitation, Name, PartyId};
use lanrage_store::{Config, SettingsDatabase};
use serde_json::Value;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::spawn_blocking,
};

use crate::{
    BundleInputs, CommandError, DataAnswer, DataRequest, InvitationPreview, KnownName, Notice, Snapshot,
    data::{self, parse_name},
    export_bundle,
    words::sentence,
};

/// How much of the newest log goes into a diagnostics bundle (MiB).
const DIAGNOSTICS_LOG_MIB: u32 = 4;

/// What a host asks of the engine. Every command is answered once.
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
    LeaveParty {
        answer: Answer,
    },
    PauseParty {
        answer: Answer,
    },
    ResumeParty {
        party: PartyId,
        answer: Answer,
    },
    /// Settings that take effect at once have changed.
    Configure {
        config: Box<Config>,
    },
    Shutdown {
        answer: Answer,
    },
}

pub(crate) type Answer = oneshot::Sender<Result<(), CommandError>>;

/// A host's grip on the running engine. Cheap to clone; the engine runs until [`Handle::shutdown`].
#[derive(Debug, Clone)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    notices: broadcast::Sender<Notice>,
    database: Arc<SettingsDatabase>,
    folder: PathBuf,
}

impl Handle {
    pub(crate) fn new(
        commands: mpsc::Sender<Command>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        notices: broadcast::Sender<Notice>,
        database: Arc<SettingsDatabase>,
        folder: PathBuf,
    ) -> Self {
        Self { commands, snapshots, notices, database, folder }
    }

    /// The state now and from now on. Only the newest is kept for a slow reader.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// What happens from now on. A reader that falls 64 behind is told how many it missed.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Makes a party and becomes its host. The link is in the snapshot afterwards. When the control server
    /// cannot be reached, the party is made all the same and registered as soon as the server is back.
    ///
    /// # Errors
    /// `already_in_party`, `bad_name`, `no_free_subnet`, or what the control server refused.
    pub async fn create_party(&self, name: String) -> Result<(), CommandError> {
        let name = parse_name(&name)?;
        self.ask(|answer| Command::CreateParty { name, answer }).await
    }

    /// Joins the party of an invitation link.
    ///
    /// # Errors
    /// `already_in_party`, an `invitation_…` code, `control_unreachable`, or what the control server refused.
    pub async fn join_party(&self, link: String) -> Result<(), CommandError> {
        let invitation = Box::new(parse_invitation(&link)?);
        self.ask(|answer| Command::JoinParty { invitation, answer }).await
    }

    /// Leaves the party; its keys are forgotten.
    ///
    /// # Errors
    /// `not_in_party`.
    pub async fn leave_party(&self) -> Result<(), CommandError> {
        self.ask(|answer| Command::LeaveParty { answer }).await
    }

    /// Is in no party for now, and stays a member: [`Handle::resume_party`] enters it again without a link.
    ///
    /// # Errors
    /// `not_in_party`.
    pub async fn pause_party(&self) -> Result<(), CommandError> {
        self.ask(|answer| Command::PauseParty { answer }).await
    }

    /// Enters a party of which this device is still a member, by its id; a party that it is in is paused.
    ///
    /// # Errors
    /// `bad_party_id`, `not_a_member`.
    pub async fn resume_party(&self, party: String) -> Result<(), CommandError> {
        let party = data::parse_party(&party)?;
        self.ask(|answer| Command::ResumeParty { party, answer }).await
    }

    /// Changes the name that friends see, now and in future.
    ///
    /// # Errors
    /// `bad_setting`, or what keeps the database from being written.
    pub async fn set_player_name(&self, name: String) -> Result<(), CommandError> {
        let values = [("player_name".to_owned(), name.into())].into();
        self.data(DataRequest::SetSettings { values }).await.map(drop)
    }

    /// Asks the stored data. Settings that take effect without a restart do so at once; the next snapshot shows it.
    ///
    /// # Errors
    /// As the request says; nothing was changed then.
    pub async fn data(&self, request: DataRequest) -> Result<DataAnswer, CommandError> {
        let answer = data::execute(&self.database, request).await?;
        if let DataAnswer::Changed { .. } = answer {
            let (config, _) = Config::repaired(&self.database.get_all_settings().await?);
            let configure = Command::Configure { config: Box::new(config) };
            self.commands.send(configure).await.map_err(|_| CommandError::stopped())?;
        }
        Ok(answer)
    }

    /// Writes a bundle for whoever helps: the state, the settings and the newest part of the log, anonymised.
    ///
    /// # Errors
    /// `bundle_not_written`, or what keeps the settings from being read.
    pub async fn export_diagnostics(&self, path: PathBuf) -> Result<(), CommandError> {
        let settings = Value::Object(self.database.get_all_settings().await?.into_iter().collect());
        let faults = self.database.validate_database_integrity().await?.faults;
        let size = self.database.get_database_size().await?;
        let state = if faults.is_empty() { "good".to_owned() } else { faults.join("\n") };
        let mut names: Vec<KnownName> = Vec::new();
        for party in self.database.recent_parties().await? {
            let roster = self.database.roster(&party.party).await?;
            names.extend(roster.iter().map(|peer| KnownName::Player(peer.record.claimed().name.to_string())));
            names.push(KnownName::Party(party.name.to_string()));
        }
        names.extend(
            self.database
                .favorite_servers()
                .await?
                .into_iter()
                .map(|server| KnownName::Server(server.url.to_string())),
        );
        let (snapshot, folder) = (self.snapshots.borrow().clone(), self.folder.clone());
        let write = move || {
            let database = format!("{size} bytes\n{state}\n");
            let inputs = BundleInputs {
                folder: &folder,
                snapshot: &snapshot,
                settings: &settings,
                database: &database,
                log_mib: DIAGNOSTICS_LOG_MIB,
                names: &names,
            };
            export_bundle(&path, &inputs)
        };
        match spawn_blocking(write).await {
            Ok(written) => {
                written.map_err(|error| CommandError::new("bundle_not_written", sentence(&error.to_string())))
            }
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// What a link says, without joining.
    ///
    /// # Errors
    /// An `invitation_…` code.
    pub fn preview_invitation(link: &str) -> Result<InvitationPreview, CommandError> {
        let invitation = parse_invitation(link)?;
        Ok(InvitationPreview {
            party_name: invitation.name.to_string(),
            host_id: invitation.host.to_string(),
            subnet: invitation.subnet.net().to_string(),
            control: invitation.control.iter().map(ToString::to_string).collect(),
            expires_at_ms: invitation.expires_at.map(|at| at.0),
        })
    }

    /// Ends the engine in order: the party is left standing for the others, the adapter and its routes go,
    /// every task ends. Returns when all of that is done.
    pub async fn shutdown(&self) {
        // An engine that has ended already has nothing left to shut down.
        let _ = self.ask(|answer| Command::Shutdown { answer }).await;
        self.commands.closed().await;
    }

    async fn ask(&self, command: impl FnOnce(Answer) -> Command) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| CommandError::stopped())?;
        answered.await.map_err(|_| CommandError::stopped())?
    }
}

fn parse_invitation(link: &str) -> Result<Invitation, CommandError> {
    link.parse()
        .map_err(|error: lanrage_party::InvitationError| CommandError::new(error.code(), error.to_string()))
}
