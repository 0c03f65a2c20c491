use std::{
    any::Any,
    collections::HashMap,
    fs,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use keyring_core::{CredentialStore, Entry, Error, api::CredentialStoreApi, mock};

use super::{
    open::{SecretNotice, open_with},
    *,
};
use crate::DataDir;

struct Home {
    _folder: tempfile::TempDir,
    dir: DataDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(Some(folder.path().to_owned())).unwrap();
        Self { _folder: folder, dir }
    }

    fn files(&self) -> FileSecretStore {
        FileSecretStore::new(&self.dir)
    }

    fn open(&self, keyring: &Arc<CredentialStore>) -> (Box<dyn SecretStore>, Option<SecretNotice>) {
        open_with(&self.dir, KeyringSecretStore::probed(&self.dir, Arc::clone(keyring), PATIENCE)).unwrap()
    }

    fn open_without_keyring(&self) -> (Box<dyn SecretStore>, Option<SecretNotice>) {
        let cause = Cause::KeyringAbsent;
        open_with(&self.dir, Err(SecretError::Keyring { name: "probe".to_owned(), cause })).unwrap()
    }

    fn has(&self, file: &str) -> bool {
        self.dir.path().join(file).exists()
    }
}

fn keyring() -> Arc<CredentialStore> {
    mock::Store::new().unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

/// Makes the next call on a secret fail.
fn fail_once(keyring: &CredentialStore, home: &Home, name: &str) {
    let id = fs::read_to_string(home.dir.path().join("keyring.id")).unwrap();
    let entry = keyring.build(&format!("lanrage-{id}"), name, None).unwrap();
    let credential: &mock::Cred = entry.as_any().downcast_ref().unwrap();
    credential.set_error(Error::NoStorageAccess("locked".into()));
}

#[test]
fn a_secret_is_not_printed() {
    assert_eq!(format!("{:?}", secret("hunter2")), "Secret(..)");
}

#[test]
fn a_keyring_that_works_keeps_secrets_out_of_files() {
    let (home, keyring) = (Home::new(), keyring());
    let (store, notice) = home.open(&keyring);
    assert_eq!(notice, None);
    assert_eq!(store.get("identity").unwrap(), None);
    for text in ["hunter2", "hunter3"] {
        store.set("identity", &secret(text)).unwrap();
        assert_eq!(store.get("identity").unwrap(), Some(secret(text)));
    }
    for entry in fs::read_dir(home.dir.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|text| text == b"hunter"));
    }
    store.delete("identity").unwrap();
    store.delete("identity").unwrap();
    assert_eq!(store.get("identity").unwrap(), None);
    assert!(!home.has("identity.keyring"));
}

#[test]
fn secrets_of_two_data_folders_do_not_meet_and_move_with_their_folder() {
    let (one, two, keyring) = (Home::new(), Home::new(), keyring());
    one.open(&keyring).0.set("identity", &secret("one")).unwrap();
    assert_eq!(two.open(&keyring).0.get("identity").unwrap(), None);
    let moved = Home::new();
    for entry in fs::read_dir(one.dir.path()).unwrap() {
        let entry = entry.unwrap();
        fs::rename(entry.path(), moved.dir.path().join(entry.file_name())).unwrap();
    }
    assert_eq!(moved.open(&keyring).0.get("identity").unwrap(), Some(secret("one")));
}

#[test]
fn secrets_move_from_files_into_a_keyring_that_came_later() {
    let (home, keyring) = (Home::new(), keyring());
    let (store, notice) = home.open_without_keyring();
    assert!(matches!(notice, Some(SecretNotice::KeptInFiles { .. })), "{notice:?}");
    for name in ["identity", "party-1-key"] {
        store.set(name, &secret(name)).unwrap();
        assert!(home.has(&format!("{name}.secret")));
    }
    let (store, notice) = home.open(&keyring);
    assert_eq!(notice, None);
    for name in ["identity", "party-1-key"] {
        assert!(!home.has(&format!("{name}.secret")));
        assert_eq!(store.get(name).unwrap(), Some(secret(name)));
    }
}

#[test]
fn a_secret_that_the_keyring_does_not_take_stays_in_its_file_until_it_does() {
    let (home, keyring) = (Home::new(), keyring());
    home.open(&keyring);
    home.files().set("identity", &secret("mine")).unwrap();
    fail_once(&*keyring, &home, "identity");
    let (store, notice) = home.open(&keyring);
    let Some(SecretNotice::NotMoved { names, .. }) = notice else { panic!("{notice:?}") };
    assert_eq!(names, ["identity"]);
    assert!(home.has("identity.secret"));
    assert_eq!(store.get("identity").unwrap(), Some(secret("mine")));
    let (store, notice) = home.open(&keyring);
    assert_eq!((notice, home.has("identity.secret")), (None, false));
    assert_eq!(store.get("identity").unwrap(), Some(secret("mine")));
}

#[test]
fn a_keyring_that_is_locked_meanwhile_costs_no_secret() {
    let (home, keyring) = (Home::new(), keyring());
    let (store, _) = home.open(&keyring);
    store.set("identity", &secret("old")).unwrap();
    fail_once(&*keyring, &home, "identity");
    assert!(matches!(store.get("identity").unwrap_err(), SecretError::Keyring { .. }));
    fail_once(&*keyring, &home, "identity");
    store.set("identity", &secret("new")).unwrap();
    assert_eq!(store.get("identity").unwrap(), Some(secret("new")));
    let (store, _) = home.open(&keyring);
    assert_eq!((store.get("identity").unwrap(), home.has("identity.secret")), (Some(secret("new")), false));
}

#[test]
fn a_secret_in_a_keyring_that_is_not_there_is_never_taken_for_none() {
    let (home, keyring) = (Home::new(), keyring());
    home.open(&keyring).0.set("identity", &secret("mine")).unwrap();
    let (store, _) = home.open_without_keyring();
    let refused = crate::load_or_create_identity(&*store, zeroize::Zeroizing::new([1; 32])).unwrap_err();
    assert!(matches!(refused, SecretError::Keyring { .. }), "{refused}");
    assert_eq!(store.get("party-1-key").unwrap(), None);
    // Another keyring, or one that was emptied.
    let (store, _) = home.open(&mock_store());
    let refused = store.get("identity").unwrap_err();
    assert!(refused.to_string().contains("identity.keyring"), "{refused}");
    // Deleting is a decision of the user, and ends it.
    store.delete("identity").unwrap();
    assert_eq!(store.get("identity").unwrap(), None);
}

/// Far more than a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers nothing, as one that asks for a password in a window that nobody sees.
#[derive(Debug)]
struct Hanging(Mutex<mpsc::Receiver<()>>);

impl CredentialStoreApi for Hanging {
    fn vendor(&self) -> String {
        "hanging".to_owned()
    }

    fn id(&self) -> String {
        "hanging".to_owned()
    }

    fn build(&self, _: &str, _: &str, _: Option<&HashMap<&str, &str>>) -> keyring_core::Result<Entry> {
        let _ = self.0.lock().unwrap().recv();
        Err(keyring_core::Error::NoEntry)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn a_keyring_that_hangs_is_given_up_on_and_files_do_and_no_secret_is_taken_for_none() {
    let home = Home::new();
    let (store, _) = home.open(&keyring());
    store.set("identity", &secret("mine")).unwrap();
    let (ends, hang) = mpsc::channel();
    let hanging: Arc<CredentialStore> = Arc::new(Hanging(Mutex::new(hang)));
    let opened = KeyringSecretStore::probed(&home.dir, hanging, Duration::from_millis(1));
    assert!(matches!(opened, Err(SecretError::Keyring { .. })), "{opened:?}");
    let (store, notice) = open_with(&home.dir, opened).unwrap();
    assert!(matches!(notice, Some(SecretNotice::KeptInFiles { .. })));
    assert!(store.get("identity").is_err(), "it is in the keyring, and nobody becomes another device");
    store.set("other", &secret("new")).unwrap();
    assert_eq!(store.get("other").unwrap(), Some(secret("new")));
    drop(ends);
}

fn mock_store() -> Arc<CredentialStore> {
    mock::Store::new().unwrap()
}

/// Takes secrets and forgets them.
#[derive(Debug)]
struct Sieve(Arc<mock::Store>);

impl CredentialStoreApi for Sieve {
    fn vendor(&self) -> String {
        "sieve".to_owned()
    }

    fn id(&self) -> String {
        "sieve".to_owned()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> keyring_core::Result<Entry> {
        self.0.inner.lock().unwrap().get_mut().clear();
        self.0.build(service, user, modifiers)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn a_secret_file_is_deleted_only_when_the_keyring_gives_the_secret_back() {
    let home = Home::new();
    home.files().set("identity", &secret("mine")).unwrap();
    let sieve: Arc<CredentialStore> = Arc::new(Sieve(mock::Store::new().unwrap()));
    let (store, notice) = home.open(&sieve);
    assert!(matches!(notice, Some(SecretNotice::NotMoved { .. })), "{notice:?}");
    assert_eq!(home.files().get("identity").unwrap(), Some(secret("mine")));
    assert_eq!(store.get("identity").unwrap(), Some(secret("mine")));
}

#[test]
fn a_data_folder_whose_id_is_damaged_is_reported_and_not_given_another() {
    let home = Home::new();
    fs::write(home.dir.path().join("keyring.id"), "zz").unwrap();
    let keyring = KeyringSecretStore::probed(&home.dir, keyring(), PATIENCE);
    assert!(matches!(open_with(&home.dir, keyring), Err(SecretError::Damaged { .. })));
}

#[test]
fn error_texts_and_debug_forms_hold_no_secret() {
    let (home, keyring) = (Home::new(), keyring());
    let (store, _) = home.open(&keyring);
    store.set("identity", &secret("hunter2")).unwrap();
    fail_once(&*keyring, &home, "identity");
    let error = store.get("identity").unwrap_err();
    let keyring = KeyringSecretStore::probed(&home.dir, keyring, PATIENCE).unwrap();
    let said = format!("{error} {error:?} {keyring:?}");
    assert!(!said.contains("hunter2") && !said.contains(&format!("{:?}", b"hunter2")), "{said}");
}
