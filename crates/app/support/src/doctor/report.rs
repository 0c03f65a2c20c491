use lanrage_party::facts::Remedy;
use lanrage_session::Problem;
use serde::{Deserialize, Serialize};
use strum::EnumIter;

use super::Finding;

/// Everything that was judged, in the order in which it is worth reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DoctorReport {
    /// The checks.
    pub checks: Vec<Check>,
}

/// One thing that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Check {
    /// What was looked at.
    #[serde(rename = "code")]
    pub subject: Subject,
    /// How it is.
    pub state: CheckState,
    /// What was found.
    pub finding: Finding,
    /// What the user can do; `None` when there is nothing to do.
    pub remedy: Option<Remedy>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Good,
    /// Something works less well than it could.
    Warning,
    /// It keeps this player from playing.
    Bad,
    /// It cannot be told now.
    Unknown,
}

/// What the doctor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The virtual network adapter.
    Adapter,
    /// The permission to open it.
    Permission,
    /// The control server.
    ControlServer,
    /// The public store by which friends find each other.
    Store,
    /// What the router does to traffic.
    Nat,
    /// The port that the router was asked to open.
    PortMapping,
    /// The relays.
    Relay,
    /// The size of packets.
    Mtu,
    /// This computer's firewall.
    Firewall,
    /// This computer's clock.
    Clock,
    /// The keyring.
    Keyring,
    /// What is stored.
    Database,
}

impl Subject {
    pub(super) const fn good(self, finding: Finding) -> Check {
        self.check(CheckState::Good, finding, None)
    }

    pub(super) const fn warning(self, finding: Finding, remedy: Remedy) -> Check {
        self.check(CheckState::Warning, finding, Some(remedy))
    }

    pub(super) const fn bad(self, finding: Finding, remedy: Remedy) -> Check {
        self.check(CheckState::Bad, finding, Some(remedy))
    }

    pub(super) const fn unknown(self, finding: Finding, remedy: Remedy) -> Check {
        self.check(CheckState::Unknown, finding, Some(remedy))
    }

    /// What the engine says of it already.
    pub(super) fn has(self, state: CheckState, problem: &Problem) -> Check {
        self.check(state, Finding::Problem(problem.fault.clone()), problem.remedy.clone())
    }

    /// What shows only while the engine runs.
    pub(super) const fn not_running(self) -> Check {
        self.unknown(Finding::NotRunning, Remedy::StartLanrage)
    }

    pub(super) const fn check(self, state: CheckState, finding: Finding, remedy: Option<Remedy>) -> Check {
        Check { subject: self, state, finding, remedy }
    }
}
