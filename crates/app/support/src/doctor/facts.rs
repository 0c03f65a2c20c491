use std::sync::Arc;

use lanrage_party::{
    UnixMillis,
    facts::{Cause, Fault, Remedy},
};
use lanrage_session::{Problem, Snapshot};

/// What was found out, before anybody judges it.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// When they were found out.
    pub(crate) at: UnixMillis,
    /// What the running engine shows; `None` without one.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// The control server of new parties, as the settings say.
    pub(crate) control_server: Option<String>,
    /// Whether that server's port could be reached, if that was tried, or what the system said; `None` in it for no
    /// answer in time.
    pub(crate) server_answers: Option<Result<(), Cause>>,
    /// The proxy on the way to the server that is used, or to that of the settings.
    pub(crate) proxy: Option<String>,
    pub(crate) permission: Permission,
    pub(crate) keyring: Keyring,
    /// What is stored, or why it cannot be opened.
    pub(crate) database: Result<Stored, Cause>,
    pub(crate) firewall: Firewall,
}

impl Facts {
    /// What the engine says already of something that is wrong.
    pub(crate) fn problem(&self, is_it: impl Fn(&Fault) -> bool) -> Option<&Problem> {
        self.snapshot.as_ref()?.problems.iter().find(|problem| is_it(&problem.fault))
    }
}

/// Whether this process may open an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// Each system tells of some.
#[cfg_attr(windows, allow(dead_code))]
pub(crate) enum Permission {
    /// It may itself.
    Held,
    /// The helper does it.
    Helper,
    /// The helper is installed and nobody has switched it on.
    HelperIsOff,
    /// Neither.
    Missing,
    /// The system has no driver for adapters.
    NoDriver,
    /// It shows only when one is opened.
    Untold,
}

/// Where secrets are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keyring {
    Works,
    /// The running engine keeps secrets in files, for this reason.
    Files(Fault),
    /// It cannot be opened.
    Fails(Cause),
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) bytes: u64,
    /// How many things are wrong with the file.
    pub(crate) faults: u64,
    /// Keys of the settings whose values are refused.
    pub(crate) refused: Vec<String>,
}

/// A firewall of this computer, as the doctor tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firewall {
    /// None that is known here is on.
    None,
    /// Uncomplicated Firewall is on.
    Ufw,
    /// firewalld is on.
    Firewalld,
    /// The system has one whose rules are not ours to read.
    Systems,
}

impl Firewall {
    /// What lets games through it on this adapter; `None` where none is on.
    pub fn remedy(self, adapter: &str) -> Option<Remedy> {
        Some(match self {
            Self::None => return None,
            Self::Ufw => {
                // What serves the system listens below.
                let allow = |protocol| {
                    format!("sudo ufw allow in on {adapter} to any port 1024:65535 proto {protocol}")
                };
                Remedy::AllowGames { command: format!("{} && {}", allow("udp"), allow("tcp")) }
            }
            Self::Firewalld => {
                // A zone of its own: in the one for what is trusted everything would be open, the system's services too.
                let command = format!(
                    "sudo firewall-cmd --permanent --new-zone=lanrage && sudo firewall-cmd --permanent \
                     --zone=lanrage --add-port=1024-65535/udp --add-port=1024-65535/tcp \
                     --add-interface={adapter} && sudo firewall-cmd --reload"
                );
                Remedy::AllowGames { command }
            }
            Self::Systems => Remedy::AllowGamesInSettings,
        })
    }
}
