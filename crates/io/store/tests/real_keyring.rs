//! The real thing: GNOME Keyring as the Secret Service on a D-Bus of the test's own.
//!
//! A test starts this very program again inside `dbus-run-session`, so that the user's own keyring is not touched.
//! Needs the Debian packages `dbus` and `gnome-keyring`.
#![cfg(target_os = "linux")]

use std::{
    env, fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use lanrage_party::facts::Cause;
use lanrage_store::{
    DataDir, FileSecretStore, Secret, SecretError, SecretNotice, SecretStore, open_secret_store,
};

const ROLE: &str = "LANRAGE_KEYRING_TEST";

/// Runs the named test of this file again, on a bus of its own.
fn run_in_own_session(test: &str) {
    let mut session = Command::new("dbus-run-session");
    run_again(session.arg("--").arg(env::current_exe().unwrap()), test);
}

fn run_again(command: &mut Command, test: &str) {
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("run");
    fs::create_dir(&runtime).unwrap();
    let output = command
        .args(["--exact", test, "--nocapture"])
        .env(ROLE, test)
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("XDG_DATA_HOME", home.path().join("share"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("GNOME_KEYRING_CONTROL")
        .output()
        .unwrap_or_else(|error| panic!("this test needs dbus-run-session (Debian: dbus): {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// GNOME Keyring with an unlocked collection; ends with the value.
struct Daemon(std::process::Child);

impl Daemon {
    fn start() -> Self {
        let mut child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("this test needs gnome-keyring-daemon (Debian: gnome-keyring): {error}")
            });
        child.stdin.take().unwrap().write_all(b"test\n").unwrap();
        // The bus says when the service is there.
        let waited = Command::new("gdbus")
            .args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"])
            .status()
            .unwrap_or_else(|error| panic!("this test needs gdbus (Debian: libglib2.0-bin): {error}"));
        assert!(waited.success(), "the Secret Service did not appear");
        Self(child)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn folder_holds(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let content = fs::read(entry.unwrap().path()).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn secrets_move_into_gnome_keyring_and_are_found_there_by_the_next_start() {
    const NAME: &str = "secrets_move_into_gnome_keyring_and_are_found_there_by_the_next_start";
    if env::var_os(ROLE).is_none() {
        return run_in_own_session(NAME);
    }
    let _daemon = Daemon::start();
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(Some(folder.path().to_owned())).unwrap();
    let secret = Secret::new(b"a secret of thirty-two bytes ...".to_vec());
    FileSecretStore::new(&data).set("identity", &secret).unwrap();

    for _start in 0..2 {
        let (store, notice) = open_secret_store(&data).unwrap();
        assert_eq!(notice, None);
        assert_eq!(store.get("identity").unwrap().as_ref(), Some(&secret));
        assert!(!folder_holds(folder.path(), secret.expose()));
    }
    let (store, _) = open_secret_store(&data).unwrap();
    let binary = Secret::new((0..=255).collect());
    store.set("party-1-key", &binary).unwrap();
    assert_eq!(store.get("party-1-key").unwrap(), Some(binary));
    store.delete("party-1-key").unwrap();
    assert_eq!(store.get("party-1-key").unwrap(), None);
    // A second folder has its own.
    let other = tempfile::tempdir().unwrap();
    let other = DataDir::open(Some(other.path().to_owned())).unwrap();
    assert_eq!(open_secret_store(&other).unwrap().0.get("identity").unwrap(), None);
}

#[test]
fn without_a_secret_service_secrets_are_kept_in_files_and_the_user_hears_of_it() {
    const NAME: &str = "without_a_secret_service_secrets_are_kept_in_files_and_the_user_hears_of_it";
    if env::var_os(ROLE).is_none() {
        // A bus would start an installed service: no bus is a system without one.
        let mut alone = Command::new(env::current_exe().unwrap());
        return run_again(alone.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"), NAME);
    }
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(Some(folder.path().to_owned())).unwrap();
    let secret = Secret::new(vec![7; 32]);
    let (store, notice) = open_secret_store(&data).unwrap();
    let Some(SecretNotice::KeptInFiles { cause }) = notice else { panic!("{notice:?}") };
    assert_eq!(cause, Cause::KeyringAbsent);
    store.set("identity", &secret).unwrap();
    assert!(folder_holds(folder.path(), secret.expose()));
    assert_eq!(open_secret_store(&data).unwrap().0.get("identity").unwrap(), Some(secret));
    // One that was put into a keyring once is not taken for none.
    fs::write(folder.path().join("party-1-key.keyring"), "").unwrap();
    assert!(matches!(store.get("party-1-key"), Err(SecretError::Keyring { .. })));
}
