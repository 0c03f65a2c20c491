//! What a player sends to whoever helps: one zip file that says what the program, its state and its network
//! look like, without saying who and where the player and the friends are.
//!
//! Everything that goes in passes the [`Anonymizer`]; secrets and links are not put in at all.

mod anonymizer;
mod log_tail;
mod pattern;
mod stored;
mod system;

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file::sync_folder;
use lanrage_net::dial;
use lanrage_party::facts::Cause;
use lanrage_session::Snapshot;
use serde_json::Value;
use tempfile::NamedTempFile;
use zip::{ZipWriter, write::SimpleFileOptions};

use self::anonymizer::Anonymizer;
pub use self::stored::StoredFacts;

/// Words in the name of a setting whose value is left out, whatever it is.
const SECRET_WORDS: [&str; 11] = [
    "secret",
    "password",
    "token",
    "private",
    "credential",
    "invitation",
    "chat",
    "ready_check",
    "readiness",
    "voice",
    "codes",
];
/// What stands where something was left out.
const LEFT_OUT: &str = "(left out)";

const README: &str = "\
LANrage diagnostics

system.json    version of LANrage and of the operating system
snapshot.json  what the window shows
settings.json  the settings
database.txt   size and integrity of the database
network.log    the newest part of the log, one JSON object a line

Names and addresses are replaced by words that stand for the same thing everywhere in this file:
player-1 is the player who made it, player-2 a friend, whose peer id is peer-2. private-1, ip-1 and ip6-1
are addresses of a home network and of the internet. Well-known ones, such as 127.0.0.1, are kept.
Keys, secrets, invitation links and codes, what was said in the chat, who was ready and where the party talks are not in here.
";

/// What goes into a bundle.
#[derive(Debug, Clone, Copy)]
struct BundleInputs<'a> {
    /// The data folder, for its log.
    folder: &'a Path,
    /// The engine's state.
    snapshot: &'a Snapshot,
    /// The settings, as one JSON object.
    settings: &'a Value,
    /// Size and integrity of the database, in words.
    database: &'a str,
    /// How much of the newest log goes in (MiB).
    log_mib: u32,
    /// Names that the snapshot does not know: recent parties and their members, favourite servers.
    names: &'a [KnownName],
}

/// A name to be replaced wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum KnownName {
    /// A player's.
    Player(String),
    /// A party's.
    Party(String),
    /// A server's, as a host name or an address.
    Server(String),
}

/// Why there is no bundle. Nothing is left behind, and an older file of the same name is untouched.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The bundle cannot be written there.
    #[error("cannot write the diagnostics to {path}: {source}", path = path.display())]
    Write {
        /// Where it should go.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl BundleError {
    /// Why.
    pub fn cause(&self) -> Cause {
        let Self::Write { source, .. } = self;
        source.into()
    }
}

/// Writes a bundle to `path`, as a whole or not at all, readable by its owner only. Blocks for as long as
/// reading and compressing the log takes. A log that cannot be read is said in the bundle.
///
/// # Errors
/// [`BundleError`].
fn export_bundle(path: &Path, inputs: &BundleInputs<'_>) -> Result<(), BundleError> {
    let mut anonymizer = Anonymizer::default();
    system::Surroundings::read().teach(&mut anonymizer);
    write_atomically(path, |file| write_bundle(file, &mut anonymizer, inputs))
        .map_err(|source| BundleError::Write { path: path.to_owned(), source })
}

fn write_atomically(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let file = NamedTempFile::new_in(folder)?;
    write(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(path)
}

fn write_bundle(file: &File, anonymizer: &mut Anonymizer, inputs: &BundleInputs<'_>) -> io::Result<()> {
    learn(anonymizer, inputs);
    let mut zip = ZipWriter::new(file);
    let mut entry = |name: &str, content: &str| -> io::Result<()> {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o600))?;
        zip.write_all(content.as_bytes())
    };
    entry("README.txt", README)?;
    entry("system.json", &anonymizer.json(&pretty(&system::describe())))?;
    let snapshot = without_secrets(serde_json::to_value(inputs.snapshot)?);
    entry("snapshot.json", &anonymizer.json(&pretty(&snapshot)))?;
    entry("settings.json", &anonymizer.json(&pretty(&without_secrets(inputs.settings.clone()))))?;
    entry("database.txt", &anonymizer.text(inputs.database))?;
    entry("network.log", "")?;
    let budget = u64::from(inputs.log_mib) * 1024 * 1024;
    let read = log_tail::read(inputs.folder, budget, |line| {
        zip.write_all(anonymizer.json(line).as_bytes())?;
        zip.write_all(b"\n")
    });
    match read {
        Ok(()) => {}
        Err(log_tail::TailError::Sink(error)) => return Err(error),
        Err(log_tail::TailError::Log(error)) => writeln!(zip, "(the log cannot be read: {error})")?,
    }
    zip.finish()?;
    Ok(())
}

/// Names first, so that they are known in everything that is written.
fn learn(anonymizer: &mut Anonymizer, inputs: &BundleInputs<'_>) {
    let snapshot = inputs.snapshot;
    anonymizer.learn_player(&snapshot.peer_id, &snapshot.player_name);
    if let Some(party) = &snapshot.party {
        anonymizer.learn_party(&party.id, &party.name);
        for peer in &party.peers {
            anonymizer.learn_player(&peer.id, &peer.name);
        }
        // What its host calls a game is often a player's name.
        let hosted = party.peers.iter().map(|peer| &peer.games).chain([&party.games]).flatten();
        for title in hosted.filter_map(|game| game.hosted.as_ref()?.title.as_ref()) {
            anonymizer.learn_party("", title);
        }
        for waiting in &party.requests {
            anonymizer.learn_player(&waiting.id, &waiting.name);
        }
        for removed in &party.removed {
            anonymizer.learn_player(&removed.id, &removed.name);
        }
        for link in &party.links {
            let named = link.came.iter().chain([&link.made_by]);
            named.for_each(|name| anonymizer.learn_player("", name));
        }
    }
    if let Some(joining) = &snapshot.joining {
        anonymizer.learn_party("", &joining.party);
    }
    if let Some(server) = snapshot.control.server() {
        anonymizer.learn_server(server);
        if let Some(proxy) = dial::proxy_to(server) {
            anonymizer.learn_server(&proxy);
        }
    }
    for name in inputs.names {
        match name {
            KnownName::Player(name) => anonymizer.learn_player("", name),
            KnownName::Party(name) => anonymizer.learn_party("", name),
            KnownName::Server(name) => anonymizer.learn_server(name),
        }
    }
}

fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let lower = key.to_lowercase();
                let secret = SECRET_WORDS.iter().any(|word| lower.contains(word)) && !value.is_null();
                (key, if secret { LEFT_OUT.into() } else { without_secrets(value) })
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(values) => values.into_iter().map(without_secrets).collect(),
        value => value,
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests;
