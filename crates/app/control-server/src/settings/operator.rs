//! What the operator decided while the server ran, and the files that say who may make parties.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file;
use lanrage_control::registry::Access;
use lanrage_party::{AccessKey, Announcement, PeerId};
use serde::{Deserialize, Serialize};

use super::secret_file::read_or_create_secret;
use crate::ServerError;

/// Name of the file in the data directory.
pub(crate) const OPERATOR_FILE: &str = "operator.json";
/// Devices that can be banned. One more is refused.
const BANNED: usize = 10_000;
/// Largest list of devices that is read, in bytes: some 200,000 of them.
const LIST_BYTES: u64 = 8 << 20;

/// Files that say who may make parties on a private server. With neither of them, everybody may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessFiles {
    /// Holds the key by which one may; made if it is missing.
    pub key: Option<PathBuf>,
    /// Lists the devices that may without it, one id on a line; behind `#` stands what is for people.
    pub allowed: Option<PathBuf>,
}

/// What the operator decided, as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Decisions {
    pub(crate) announcement: Option<Announcement>,
    pub(crate) banned: BTreeSet<PeerId>,
}

/// The operator's decisions and where they are kept.
#[derive(Debug)]
pub(crate) struct Operator {
    path: PathBuf,
    files: AccessFiles,
    decisions: Decisions,
}

impl Operator {
    /// Reads what was decided before. Whoever was banned must not come in because a file is damaged.
    ///
    /// # Errors
    /// [`ServerError::Operator`], [`ServerError::Secret`].
    pub(crate) fn load(data_dir: &Path, files: AccessFiles) -> Result<(Self, Access), ServerError> {
        let path = data_dir.join(OPERATOR_FILE);
        let failed = |reason: String| ServerError::Operator { path: path.clone(), reason };
        let decisions = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Decisions::default(),
            Err(error) => return Err(failed(error.to_string())),
        };
        let operator = Self { path, files, decisions };
        let access = operator.access()?;
        Ok((operator, access))
    }

    pub(crate) const fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Whom the server lets do what, by the files as they are now.
    ///
    /// # Errors
    /// [`ServerError::Operator`], [`ServerError::Secret`].
    pub(crate) fn access(&self) -> Result<Access, ServerError> {
        let key = self.files.key.as_deref().map(read_key).transpose()?;
        let allowed = self.files.allowed.as_deref().map(read_list).transpose()?;
        Ok(Access { key, allowed, banned: self.decisions.banned.clone() })
    }

    /// Tells everybody this from now on.
    ///
    /// # Errors
    /// The disk's; nothing is changed then.
    pub(crate) fn announce(&mut self, announcement: Option<Announcement>) -> io::Result<()> {
        self.decide(|decisions| decisions.announcement = announcement)
    }

    /// Lets a device in no more, or again.
    ///
    /// # Errors
    /// The disk's, or too many are banned; nothing is changed then.
    pub(crate) fn ban(&mut self, peer: PeerId, is_banned: bool) -> io::Result<()> {
        if is_banned && self.decisions.banned.len() >= BANNED {
            return Err(io::Error::other(format!("{BANNED} devices are banned already")));
        }
        self.decide(|decisions| {
            if is_banned {
                decisions.banned.insert(peer);
            } else {
                decisions.banned.remove(&peer);
            }
        })
    }

    fn decide(&mut self, change: impl FnOnce(&mut Decisions)) -> io::Result<()> {
        let mut decisions = self.decisions.clone();
        change(&mut decisions);
        let text = serde_json::to_vec(&decisions).map_err(io::Error::other)?;
        atomic_file::write_private(&self.path, &text)?;
        self.decisions = decisions;
        Ok(())
    }
}

fn read_key(path: &Path) -> Result<AccessKey, ServerError> {
    let text = read_or_create_secret(path)?;
    AccessKey::new(&text).ok_or_else(|| ServerError::Secret {
        path: path.to_owned(),
        reason: "an access key has 16 to 128 letters, digits and signs without blanks".to_owned(),
    })
}

fn read_list(path: &Path) -> Result<BTreeSet<PeerId>, ServerError> {
    use std::io::Read as _;
    let failed = |reason: String| ServerError::Operator { path: path.to_owned(), reason };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    let length =
        file.take(LIST_BYTES + 1).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
    if length as u64 > LIST_BYTES {
        return Err(failed(format!("it has more than {LIST_BYTES} bytes")));
    }
    let mut allowed = BTreeSet::new();
    for (number, line) in text.lines().enumerate() {
        let id = line.split('#').next().unwrap_or_default().trim();
        if !id.is_empty() {
            let peer = id.parse().map_err(|_| failed(format!("line {} is not a device's id", number + 1)))?;
            allowed.insert(peer);
        }
    }
    Ok(allowed)
}

#[cfg(test)]
mod tests {
    use lanrage_party::DeviceIdentity;

    use super::*;

    #[test]
    fn what_was_decided_outlives_a_restart_and_a_damaged_file_lets_nobody_in() {
        let directory = tempfile::tempdir().unwrap();
        let eve = DeviceIdentity::from_seed(&[1; 32]).peer_id();
        let load = || Operator::load(directory.path(), AccessFiles::default());
        let (mut operator, access) = load().unwrap();
        assert_eq!(access, Access::open());
        operator.ban(eve, true).unwrap();
        operator.announce(Announcement::lossy("Maintenance at 20:00")).unwrap();
        let (mut operator, access) = load().unwrap();
        assert!(access.banned.contains(&eve));
        assert_eq!(operator.decisions().announcement.as_ref().unwrap().as_str(), "Maintenance at 20:00");
        operator.ban(eve, false).unwrap();
        assert!(load().unwrap().1.banned.is_empty());
        fs::write(directory.path().join(OPERATOR_FILE), "{").unwrap();
        assert!(matches!(load(), Err(ServerError::Operator { .. })));
    }

    #[test]
    fn a_key_is_made_once_and_a_list_names_devices() {
        let directory = tempfile::tempdir().unwrap();
        let ann = DeviceIdentity::from_seed(&[1; 32]).peer_id();
        let [key, list] = ["key", "list"].map(|name| directory.path().join(name));
        fs::write(&list, format!("# friends\n{ann}  # Ann\n\n")).unwrap();
        let files = AccessFiles { key: Some(key.clone()), allowed: Some(list.clone()) };
        let (operator, access) = Operator::load(directory.path(), files).unwrap();
        assert_eq!(access.key.as_ref().unwrap().expose(), fs::read_to_string(&key).unwrap());
        assert_eq!(access.allowed, Some([ann].into()));
        assert!(!format!("{access:?}").contains(access.key.as_ref().unwrap().expose()));
        fs::write(&list, "Ann\n").unwrap();
        assert!(operator.access().unwrap_err().to_string().contains("line 1"));
        fs::write(&key, "a key with blanks in it\n").unwrap();
        assert!(matches!(operator.access(), Err(ServerError::Secret { .. })));
    }
}
