use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{CommandError, DataAnswer, DataRequest, DoctorReport, InvitationLink, Snapshot};

/// What a program asks of the running LANrage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum LocalRequest {
    /// The state now; answered with one snapshot.
    Status,
    /// The state now and from now on; answered with snapshots until the asker hangs up.
    Watch,
    /// Make a party.
    CreateParty {
        /// Its name.
        name: String,
    },
    /// Join a party.
    JoinParty {
        /// The invitation link.
        link: InvitationLink,
    },
    /// Leave the party.
    LeaveParty,
    /// Be in no party for now.
    PauseParty,
    /// Enter a party again.
    ResumeParty {
        /// Its id.
        party: String,
    },
    /// Write a diagnostics bundle.
    ExportDiagnostics {
        /// The file, as an absolute path.
        path: PathBuf,
    },
    /// Judge everything that may keep a player from playing.
    Doctor,
    /// Ask the stored data.
    Data(DataRequest),
}

/// What the running LANrage answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "content", rename_all = "snake_case")]
pub enum LocalResponse {
    /// The command was carried out.
    Done,
    /// The state.
    Snapshot(Box<Snapshot>),
    /// What the stored data answers.
    Data(Box<DataAnswer>),
    /// What was judged.
    Doctor(DoctorReport),
    /// The command was refused.
    Error(CommandError),
}
