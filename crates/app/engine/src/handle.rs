use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use lanrage_base::clock::now;
use lanrage_party::{Invitation, Name, PartyId, UnixMillis};
use lanrage_session::sentence;
use lanrage_store::SettingsDatabase;
use serde_json::Value;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::spawn_blocking,
};

use crate::{
    AppSettings, BundleInputs, CommandError, DataAnswer, DataRequest, DoctorReport, InvitationPreview,
    KnownName, LogFollower, NetworkLog, Notice, Snapshot,
    data::{self, DataError, parse_name},
    doctor, export_bundle,
};

/// Longest validity of an invitation that ends, in hours: a year.
const INVITATION_HOURS: u32 = 366 * 24;
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
    /// Stored settings have changed; answered when those that take effect at once do.
    ApplySettings {
        answer: Answer,
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
    app_settings: watch::Receiver<AppSettings>,
    folder: PathBuf,
}

impl Handle {
    pub(crate) fn new(
        commands: mpsc::Sender<Command>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        notices: broadcast::Sender<Notice>,
        database: Arc<SettingsDatabase>,
        app_settings: watch::Receiver<AppSettings>,
        folder: PathBuf,
    ) -> Self {
        Self { commands, snapshots, notices, database, app_settings, folder }
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

    /// Says whenever what [`DataRequest::RecentParties`] answers may have changed. The number means nothing.
    pub fn party_changes(&self) -> watch::Receiver<u64> {
        self.database.party_changes()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
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

    /// A link of the present party that stops being valid in so many hours, or never. Whoever is a member by a link
    /// that ends can pass on none that lasts longer.
    ///
    /// # Errors
    /// `not_in_party`, `bad_expiry`.
    pub fn new_invitation(&self, expires_in_hours: Option<u32>) -> Result<String, CommandError> {
        let snapshot = self.snapshots.borrow();
        let party = snapshot.party.as_ref();
        let party = party.ok_or_else(|| CommandError::new("not_in_party", "You are not in a party."))?;
        expiring(parse_invitation(&party.invitation.0)?, expires_in_hours, now().wall)
    }

    /// Puts a party among the favourites, or takes it out.
    ///
    /// # Errors
    /// `bad_party_id`, `not_found`, or what keeps the database from being written.
    pub async fn set_favorite_party(&self, party: String, favorite: bool) -> Result<(), CommandError> {
        self.data(DataRequest::SetFavoriteParty { party, favorite }).await.map(drop)
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
            self.ask(|answer| Command::ApplySettings { answer }).await?;
        }
        Ok(answer)
    }

    /// Writes a bundle for whoever helps: the state, the settings and the newest part of the log, anonymised.
    ///
    /// # Errors
    /// `bundle_not_written`, or what keeps the settings from being read.
    pub async fn export_diagnostics(&self, path: PathBuf) -> Result<(), CommandError> {
        self.bundle(path).await.map_err(CommandError::from)
    }

    async fn bundle(&self, path: PathBuf) -> Result<(), DataError> {
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
            Ok(written) => written.map_err(|error| {
                CommandError::new("bundle_not_written", sentence(&error.to_string())).into()
            }),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// Writes such a bundle into a folder, under a name of its own, which is the answer.
    ///
    /// # Errors
    /// As [`Handle::export_diagnostics`].
    pub async fn export_diagnostics_into(&self, folder: &Path) -> Result<PathBuf, CommandError> {
        let path = folder.join(format!("lanrage-diagnostics-{}.zip", lanrage_store::stamp(now().wall)));
        self.export_diagnostics(path.clone()).await?;
        Ok(path)
    }

    /// Judges everything that may keep a player from playing.
    pub async fn run_doctor(&self) -> DoctorReport {
        let snapshot = self.snapshots.borrow().clone();
        doctor::examine_running(snapshot, &self.database).await
    }

    /// The log of this engine, from its newest lines on.
    ///
    /// # Errors
    /// What the system says about a file that cannot be read.
    pub fn follow_log(&self, last_lines: usize) -> io::Result<LogFollower> {
        NetworkLog::follow(&NetworkLog::path(&self.folder), last_lines)
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
            host_name: invitation.glance.host_name.map(Into::into),
            members: invitation.glance.members,
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

/// The link of an invitation that ends in so many hours, and not after the one it is made from.
fn expiring(mut invitation: Invitation, hours: Option<u32>, now: UnixMillis) -> Result<String, CommandError> {
    if let Some(hours) = hours {
        if !(1..=INVITATION_HOURS).contains(&hours) {
            let text = format!("An invitation can be valid for 1 to {INVITATION_HOURS} hours.");
            return Err(CommandError::new("bad_expiry", text));
        }
        let end = now.plus(u64::from(hours) * 3_600_000);
        invitation.expires_at = Some(invitation.expires_at.map_or(end, |own| own.min(end)));
    }
    Ok(invitation.link())
}

#[cfg(test)]
mod tests {
    use lanrage_party::{DeviceIdentity, Glance, PartySecret, Subnet};

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_372_304_123);
    const HOUR_MS: u64 = 3_600_000;

    fn invitation(expires_at: Option<UnixMillis>) -> Invitation {
        Invitation {
            party: PartyId::from_random([1; 16]),
            name: Name::new("Friday LAN").unwrap(),
            host: DeviceIdentity::from_seed(&[1; 32]).peer_id(),
            subnet: Subnet::DEFAULT,
            control: Vec::new(),
            secret: PartySecret::from_random([3; 32]),
            epoch: 1,
            expires_at,
            glance: Glance { host_name: Some(Name::new("Ada").unwrap()), members: Some(3) },
        }
    }

    fn expiry(own: Option<UnixMillis>, hours: Option<u32>) -> Option<UnixMillis> {
        let link = expiring(invitation(own), hours, NOW).unwrap();
        link.parse::<Invitation>().unwrap().expires_at
    }

    #[test]
    fn a_new_link_ends_when_it_should_and_never_after_the_one_that_made_its_maker_a_member() {
        let in_hours = |hours: u64| NOW.plus(hours * HOUR_MS);
        assert_eq!(expiry(None, None), None);
        assert_eq!(expiry(None, Some(24)), Some(in_hours(24)));
        assert_eq!(expiry(Some(in_hours(2)), Some(24)), Some(in_hours(2)));
        assert_eq!(expiry(Some(in_hours(2)), Some(1)), Some(in_hours(1)));
        assert_eq!(expiry(Some(in_hours(2)), None), Some(in_hours(2)));
        for hours in [0, INVITATION_HOURS + 1, u32::MAX] {
            assert_eq!(expiring(invitation(None), Some(hours), NOW).unwrap_err().code, "bad_expiry");
        }
    }

    #[test]
    fn a_preview_says_who_hosts_and_how_many_play_where_the_link_tells_it() {
        let preview = Handle::preview_invitation(&invitation(None).link()).unwrap();
        assert_eq!((preview.host_name.as_deref(), preview.members), (Some("Ada"), Some(3)));
        let silent = Invitation { glance: Glance::default(), ..invitation(None) };
        let preview = Handle::preview_invitation(&silent.link()).unwrap();
        assert_eq!((preview.host_name, preview.members), (None, None));
    }
}
