use std::sync::Arc;

use lanrage_party::{Invitation, Name};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::{CommandError, InvitationPreview, Notice, Snapshot};

/// What a host asks of the engine. Every command is answered once.
#[derive(Debug)]
pub(crate) enum Command {
    CreateParty { name: Name, answer: Answer },
    JoinParty { invitation: Box<Invitation>, answer: Answer },
    LeaveParty { answer: Answer },
    SetPlayerName { name: Name, answer: Answer },
    Shutdown { answer: Answer },
}

pub(crate) type Answer = oneshot::Sender<Result<(), CommandError>>;

/// A host's grip on the running engine. Cheap to clone; the engine runs until [`Handle::shutdown`].
#[derive(Debug, Clone)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    notices: broadcast::Sender<Notice>,
}

impl Handle {
    pub(crate) const fn new(
        commands: mpsc::Sender<Command>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        notices: broadcast::Sender<Notice>,
    ) -> Self {
        Self { commands, snapshots, notices }
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

    /// Changes the name that friends see.
    ///
    /// # Errors
    /// `bad_name`.
    pub async fn set_player_name(&self, name: String) -> Result<(), CommandError> {
        let name = parse_name(&name)?;
        self.ask(|answer| Command::SetPlayerName { name, answer }).await
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

fn parse_name(text: &str) -> Result<Name, CommandError> {
    Name::new(text).map_err(|error| CommandError::new("bad_name", error.to_string()))
}

fn parse_invitation(link: &str) -> Result<Invitation, CommandError> {
    link.parse()
        .map_err(|error: lanrage_party::InvitationError| CommandError::new(error.code(), error.to_string()))
}
