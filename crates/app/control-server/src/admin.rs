//! What the operator asks of a running server, over a socket in its data directory that nobody else can open.
//!
//! Each connection asks one thing: a line of JSON, answered with one line of JSON.

use std::path::{Path, PathBuf};

use lanrage_control::{
    protocol::{PartySnapshot, PeerEntry},
    registry::StoredRelay,
};
use lanrage_party::{Announcement, PartyId, PeerId};
use serde::{Deserialize, Serialize};

/// Name of the socket in the data directory.
#[cfg(unix)]
const SOCKET: &str = "admin.sock";
/// Longest request, in bytes.
#[cfg(unix)]
const REQUEST_BYTES: u64 = 16 * 1_024;

/// What the operator asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AdminRequest {
    /// How the server is.
    Status,
    /// The server is to end as it does when it is stopped: who is there is sent elsewhere, and what is relayed goes on for a while.
    Drain {
        /// For how long at most, in seconds; as the server was set up if it is not said.
        #[serde(default)]
        seconds: Option<u32>,
    },
    /// The files that say who may make parties are others.
    Reload,
    /// Tells everybody who is there, and who comes, something in place of what was told before.
    Announce {
        /// The text; nothing any more without one.
        #[serde(default)]
        text: Option<Announcement>,
    },
    /// Lets a device in no more: it has no session, and no place in any party here.
    Ban {
        /// The device.
        peer: PeerId,
    },
    /// Lets it in again.
    Unban {
        /// The device.
        peer: PeerId,
    },
    /// The devices that are banned.
    Bans,
    /// Every session that ends has to prove anew who it is.
    ForgetTokens,
    /// All parties.
    Parties,
    /// The members of a party.
    Members {
        /// The party.
        party: PartyId,
    },
    /// All relays that have registered themselves.
    Relays,
    /// Removes a party. Whoever is online is told; whoever is away can make it again when it comes back.
    RemoveParty {
        /// The party.
        party: PartyId,
    },
    /// Removes a member of a party, likewise.
    RemoveMember {
        /// The party.
        party: PartyId,
        /// The member.
        peer: PeerId,
    },
    /// Forgets a registered relay, until it registers again.
    RemoveRelay {
        /// Its name.
        name: String,
    },
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AdminAnswer {
    /// [`AdminRequest::Status`].
    Status {
        /// How it is.
        status: ServerStatus,
    },
    /// It ends by and by.
    Draining,
    /// [`AdminRequest::Announce`].
    Announced {
        /// As everybody reads it.
        text: Option<Announcement>,
    },
    /// [`AdminRequest::Bans`].
    Bans {
        /// The devices.
        peers: Vec<PeerId>,
    },
    /// So it is from now on.
    Done,
    /// It could not be done, and nothing is changed.
    Failed {
        /// Why.
        reason: String,
    },
    /// [`AdminRequest::Parties`].
    Parties {
        /// The parties.
        parties: Vec<AdminParty>,
    },
    /// [`AdminRequest::Members`].
    Members {
        /// The members.
        members: Vec<AdminMember>,
    },
    /// [`AdminRequest::Relays`].
    Relays {
        /// The relays.
        relays: Vec<AdminRelay>,
    },
    /// It is removed.
    Removed,
    /// There is no such party, member or relay.
    Unknown,
}

/// How a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Parties that it keeps.
    pub parties: u64,
    /// Players that are there.
    pub players: u64,
    /// Allocations of its own relay; `None` where it has none.
    pub allocations: Option<u64>,
    /// Its disk takes nothing, so nothing new is let in.
    pub is_full: bool,
    /// It ends, and lets nobody in.
    pub is_draining: bool,
}

/// A party, without what its members say of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminParty {
    /// The party.
    pub party: PartyId,
    /// Its name.
    pub name: String,
    /// Number of members.
    pub members: usize,
    /// Number of those that are online.
    pub online: usize,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminMember {
    /// The member.
    pub peer: PeerId,
    /// Its name.
    pub name: String,
    /// Whether it hosts the party.
    pub host: bool,
    /// Whether it is online.
    pub online: bool,
}

/// A relay that has registered itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminRelay {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub region: String,
    /// Share of its capacity in use, 0 to 100.
    pub load_percent: u8,
}

impl AdminParty {
    pub(crate) fn of(party: &PartySnapshot) -> Self {
        Self {
            party: party.party,
            name: party.name.to_string(),
            members: party.peers.len(),
            online: party.peers.iter().filter(|peer| peer.online).count(),
        }
    }
}

impl AdminMember {
    pub(crate) fn all(party: &PartySnapshot) -> Vec<Self> {
        let member = |entry: &PeerEntry| Self {
            peer: entry.peer(),
            name: entry.record.claimed().name.to_string(),
            host: entry.peer() == party.host,
            online: entry.online,
        };
        party.peers.iter().map(member).collect()
    }
}

impl From<StoredRelay> for AdminRelay {
    fn from(relay: StoredRelay) -> Self {
        Self { name: relay.name, region: relay.region, load_percent: relay.load_percent }
    }
}

/// A request on its way to who can answer it.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) request: AdminRequest,
    pub(crate) reply: tokio::sync::oneshot::Sender<AdminAnswer>,
}

/// Why a running server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Nothing listens in this directory, or not for this user.
    #[error(
        "no server answers in {}: {reason}. Is it running, is this its --data-dir, and are you its user?", .path.display()
    )]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Asks the server that runs with this data directory.
///
/// # Errors
/// [`AdminError`].
#[cfg(unix)]
pub fn ask(data_dir: &Path, request: &AdminRequest) -> Result<AdminAnswer, AdminError> {
    use std::{
        io::{BufRead, BufReader, Error, Write},
        os::unix::net::UnixStream,
        time::Duration,
    };

    let path = data_dir.join(SOCKET);
    let asked = || -> Result<AdminAnswer, Error> {
        let mut stream = UnixStream::connect(&path)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    };
    asked().map_err(|error| AdminError::Unreachable { path: path.clone(), reason: error.to_string() })
}

/// Asks the server that runs with this data directory.
///
/// # Errors
/// Always, as there are no such sockets here.
#[cfg(not(unix))]
pub fn ask(data_dir: &Path, _: &AdminRequest) -> Result<AdminAnswer, AdminError> {
    Err(AdminError::Unreachable { path: data_dir.to_owned(), reason: "not on this system".into() })
}

#[cfg(unix)]
pub(crate) use socket::{listen, serve};

#[cfg(unix)]
mod socket {
    use std::{fs, io, os::unix::fs::PermissionsExt, path::Path, time::Duration};

    use tokio::{
        io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
        net::{UnixListener, UnixStream},
        sync::{mpsc, oneshot},
        time::timeout,
    };

    use super::{AdminAnswer, AdminRequest, Question, REQUEST_BYTES, SOCKET};
    use crate::shutdown::Shutdown;

    /// How long one question may take.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Listens in the data directory, which is locked already: a socket that lies there is nobody's.
    pub(crate) fn listen(data_dir: &Path) -> io::Result<UnixListener> {
        let path = data_dir.join(SOCKET);
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    /// Answers one question after the other until the server stops.
    pub(crate) async fn serve(
        listener: UnixListener,
        questions: mpsc::Sender<Question>,
        mut shutdown: Shutdown,
    ) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = shutdown.requested() => return,
            };
            match accepted {
                Ok((stream, _)) => {
                    let _ = timeout(PATIENCE, answer(stream, &questions)).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the operator's socket cannot be served");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn answer(mut stream: UnixStream, questions: &mpsc::Sender<Question>) -> io::Result<()> {
        let (read, mut write) = stream.split();
        let mut line = String::new();
        BufReader::new(read.take(REQUEST_BYTES)).read_line(&mut line).await?;
        let request: AdminRequest = serde_json::from_str(&line)?;
        let (reply, answer) = oneshot::channel::<AdminAnswer>();
        let asked = questions.send(Question { request, reply }).await;
        asked.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        let answer = answer.await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        write.write_all(format!("{}\n", serde_json::to_string(&answer)?).as_bytes()).await
    }
}
