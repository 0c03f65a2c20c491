//! Reading and replacing the file.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file::{self, beside};
use lanrage_control::state::{self, ControlState, Damage};
use lanrage_party::UnixMillis;

/// Largest file that is read, in bytes; a full registry inside an app is far below.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// What was found on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadReport {
    /// Where the state came from.
    pub source: Source,
    /// Files that were not whole, for a warning to the user.
    pub damaged: Vec<Damaged>,
}

/// Where a loaded state came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The file itself.
    Current,
    /// A complete file that a crash had kept from taking its place.
    Interrupted,
    /// The previous generation: what changed in the last moments may be lost.
    Previous,
    /// Nowhere: there is no state.
    Fresh,
}

/// A file that was not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Where it is now; its old place if it could not be set aside.
    pub path: PathBuf,
    /// What is wrong with it.
    pub damage: Damage,
}

/// The file, and the names beside it.
#[derive(Debug, Clone)]
pub(super) struct StateFile {
    path: PathBuf,
    temporary: PathBuf,
    previous: PathBuf,
}

impl StateFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), temporary: beside(path, ".new"), previous: beside(path, ".1") }
    }

    /// Reads what there is; see the [module's documentation](super) for the rules.
    pub(super) fn load(&self, now: UnixMillis) -> (Option<ControlState>, LoadReport) {
        let mut damaged = Vec::new();
        let report = |source, damaged| LoadReport { source, damaged };
        match read(&self.path) {
            Ok(Some(state)) => return (Some(state), report(Source::Current, damaged)),
            Ok(None) => {}
            Err(damage) => damaged.push(set_aside(&self.path, damage, now)),
        }
        // A write that a crash has cut short is nothing to warn of.
        if let Ok(Some(state)) = read(&self.temporary) {
            // Before the next write makes use of the name.
            let _ = fs::rename(&self.temporary, &self.path);
            return (Some(state), report(Source::Interrupted, damaged));
        }
        match read(&self.previous) {
            Ok(Some(state)) => return (Some(state), report(Source::Previous, damaged)),
            Ok(None) => {}
            Err(damage) => damaged.push(set_aside(&self.previous, damage, now)),
        }
        (None, report(Source::Fresh, damaged))
    }

    /// Puts a state in the place of the one before, which becomes the previous generation.
    pub(super) fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_temporary(bytes)?;
        match fs::rename(&self.path, &self.previous) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(&self.temporary, &self.path)?;
        atomic_file::sync_folder(&self.path)
    }

    /// The first step of a replacement.
    fn write_temporary(&self, bytes: &[u8]) -> io::Result<()> {
        atomic_file::write_synced(&self.temporary, bytes)
    }
}

/// One read that fails is no damage: only what a second one finds is believed.
fn read(path: &Path) -> Result<Option<ControlState>, Damage> {
    twice(|| read_once(path))
}

fn twice<T>(mut read: impl FnMut() -> Result<T, Damage>) -> Result<T, Damage> {
    read().or_else(|_| read())
}

fn read_once(path: &Path) -> Result<Option<ControlState>, Damage> {
    let unreadable = |error: io::Error| Damage::Unreadable(error.to_string());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(Damage::Malformed);
    }
    state::decode(&bytes).map(Some)
}

/// Keeps a damaged file for whoever wants to look at it, out of the way of the next write.
fn set_aside(path: &Path, damage: Damage, now: UnixMillis) -> Damaged {
    let aside = beside(path, &format!(".damaged-{}", now.0));
    let path = if fs::rename(path, &aside).is_ok() { aside } else { path.to_owned() };
    Damaged { path, damage }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanrage_control::registry::{StoredChange, StoredParty};
    use lanrage_party::{DeviceIdentity, Name, PartyId, Subnet};

    /// A state with so many parties.
    fn sample(parties: u8) -> ControlState {
        let mut state = ControlState::default();
        for n in 1..=parties {
            state.apply(StoredChange::PutParty(StoredParty {
                party: PartyId::from_random([n; 16]),
                name: Name::new("Friday “LAN” \\ night").unwrap(),
                subnet: Subnet::DEFAULT,
                host: DeviceIdentity::from_seed(&[n; 32]).peer_id(),
                created_at: UnixMillis(1),
                active_at: UnixMillis(2),
                revision: 3,
                door: None,
            }));
        }
        state
    }

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    #[test]
    fn one_read_that_fails_is_no_damage_and_two_are() {
        let fails = || Err(Damage::Unreadable("Input/output error (os error 5)".to_owned()));
        for (mut reads, expected) in [
            (vec![fails(), Ok(1)], Ok(1)),
            (vec![Err(Damage::Malformed), Ok(1)], Ok(1)),
            (vec![fails(), fails(), Ok(1)], fails()),
        ] {
            let found = twice(|| reads.remove(0));
            assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        }
    }

    /// A directory with two generations: one party, then two.
    fn two_generations() -> (tempfile::TempDir, StateFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::new(&directory.path().join("control_state.json"));
        file.replace(&state::encode(&sample(1))).unwrap();
        file.replace(&state::encode(&sample(2))).unwrap();
        (directory, file)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_generation_is_read_and_the_one_before_it_is_kept() {
        let (directory, file) = two_generations();
        let report = LoadReport { source: Source::Current, damaged: Vec::new() };
        assert_eq!(file.load(NOW), (Some(sample(2)), report));
        assert_eq!(names(directory.path()), ["control_state.json", "control_state.json.1"]);
        assert_eq!(read(&file.previous), Ok(Some(sample(1))));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, file) = two_generations();
        for path in [&file.path, &file.previous] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn wherever_the_file_is_torn_it_is_set_aside_and_the_previous_generation_counts() {
        let (directory, file) = two_generations();
        let whole = fs::read(&file.path).unwrap();
        for length in 0..whole.len() {
            fs::write(&file.path, &whole[..length]).unwrap();
            let (state, report) = file.load(NOW);
            assert_eq!((state, report.source), (Some(sample(1)), Source::Previous), "cut at {length}");
            let [damaged] = report.damaged.as_slice() else { panic!("{report:?}") };
            let expected = directory.path().join("control_state.json.damaged-1800000000000");
            assert_eq!((&damaged.path, &damaged.damage), (&expected, &Damage::Malformed));
            assert_eq!(fs::read(&damaged.path).unwrap(), &whole[..length], "kept as it was");
        }
    }

    #[test]
    fn with_both_generations_damaged_it_begins_afresh_and_keeps_what_it_found() {
        let (directory, file) = two_generations();
        fs::write(&file.path, "{").unwrap();
        let mut bytes = fs::read(&file.previous).unwrap();
        let last = bytes.len() - 10;
        bytes[last] ^= 1;
        fs::write(&file.previous, bytes).unwrap();
        let (state, report) = file.load(NOW);
        assert_eq!((state, report.source), (None, Source::Fresh));
        let damage: Vec<&Damage> = report.damaged.iter().map(|damaged| &damaged.damage).collect();
        assert_eq!(damage, [&Damage::Malformed, &Damage::Checksum]);
        assert_eq!(
            names(directory.path()),
            ["control_state.json.1.damaged-1800000000000", "control_state.json.damaged-1800000000000"]
        );
        assert_eq!(file.load(NOW).1, LoadReport { source: Source::Fresh, damaged: Vec::new() });
    }

    #[test]
    fn a_crash_between_any_two_steps_of_a_write_loses_neither_generation() {
        // Before the sync: the new file is cut short anywhere.
        let third = state::encode(&sample(3));
        for length in [0, 1, third.len() / 2, third.len() - 1] {
            let (_directory, file) = two_generations();
            fs::write(&file.temporary, &third[..length]).unwrap();
            let report = LoadReport { source: Source::Current, damaged: Vec::new() };
            assert_eq!(file.load(NOW), (Some(sample(2)), report), "which is nothing to warn of");
        }
        // After the sync, before the first rename.
        let (_directory, file) = two_generations();
        file.write_temporary(&third).unwrap();
        assert_eq!(file.load(NOW).0, Some(sample(2)));
        // Between the renames.
        fs::rename(&file.path, &file.previous).unwrap();
        let (state, report) = file.load(NOW);
        assert_eq!((state, report.source), (Some(sample(3)), Source::Interrupted));
        assert_eq!(read(&file.previous), Ok(Some(sample(2))));
        assert_eq!(file.load(NOW).1.source, Source::Current, "it has taken its place");
        // The next write finds nothing in its way.
        file.replace(&state::encode(&sample(4))).unwrap();
        assert_eq!(file.load(NOW).0, Some(sample(4)));
        assert_eq!(read(&file.previous), Ok(Some(sample(3))));
    }

    #[test]
    fn what_is_no_file_at_all_is_set_aside_too() {
        let (_directory, file) = two_generations();
        fs::remove_file(&file.path).unwrap();
        fs::create_dir(&file.path).unwrap();
        let (state, report) = file.load(NOW);
        assert_eq!(state, Some(sample(1)));
        assert!(matches!(report.damaged[0].damage, Damage::Unreadable(_)), "{report:?}");
        file.replace(&state::encode(&sample(2))).unwrap();
    }
}
