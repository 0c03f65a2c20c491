//! Disks that are full or may not be written, as small file systems of the test's own.
//!
//! A test starts this very program again inside `unshare --mount`; as an ordinary user a user namespace is needed
//! too, which some systems forbid.
#![cfg(target_os = "linux")]

use std::{
    env, fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use lanrage_party::{Name, UnixMillis};
use lanrage_store::{DataDir, Settings, SettingsDatabase, StoreError};
use serde_json::json;

const ROLE: &str = "LANRAGE_DISK_TEST";
const NOW: UnixMillis = UnixMillis(1_795_372_304_123);

/// Runs the named test of this file again, where it may mount; `true` in the run that is there already.
fn is_isolated(test: &str) -> bool {
    if env::var_os(ROLE).is_some() {
        return true;
    }
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount");
    if !is_root {
        unshare.args(["--user", "--map-root-user"]);
    }
    let output = unshare
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ROLE, test)
        .output()
        .unwrap_or_else(|error| panic!("this test needs the program unshare (util-linux): {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

fn mount(arguments: &[&str], at: &Path) {
    let status = Command::new("mount").args(arguments).arg(at).stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "mount {arguments:?}");
}

/// A disk of one MiB, as long as this lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    /// A folder on which a disk is mounted cannot be removed.
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn small_disk() -> SmallDisk {
    let folder = tempfile::tempdir().unwrap();
    mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], folder.path());
    SmallDisk(folder)
}

/// Takes all of the disk but `room` bytes.
fn fill(disk: &Path, room: u64) {
    let mut file = fs::File::create(disk.join("filler")).unwrap();
    for chunk in [64 * 1_024, 4_096, 1] {
        while file.write_all(&vec![1; chunk]).is_ok() {}
    }
    file.set_len(file.metadata().unwrap().len() - room).unwrap();
}

fn empty(disk: &Path) {
    fs::remove_file(disk.join("filler")).unwrap();
}

fn port(port: u16) -> Settings {
    [("udp_port".to_owned(), json!(port))].into()
}

async fn open(data: &DataDir) -> Result<SettingsDatabase, StoreError> {
    SettingsDatabase::open(data, NOW).await.map(|(database, report)| {
        assert_eq!(report.damage, None);
        database
    })
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_confirmed_and_works_again_with_room() {
    if !is_isolated("a_full_disk_loses_nothing_that_was_confirmed_and_works_again_with_room") {
        return;
    }
    let disk = small_disk();
    let data = DataDir::open(Some(disk.path().join("data"))).unwrap();
    let database = open(&data).await.unwrap();
    let settings = Settings::from([("player_name".to_owned(), json!("n".repeat(48)))]);
    fill(disk.path(), 200 * 1_024);
    let mut confirmed = 0_usize;
    let error = loop {
        let name = Name::new(&format!("Set {confirmed:04}")).unwrap();
        match database.save_server_config(&name, &settings, NOW).await {
            Ok(()) => confirmed += 1,
            Err(error) => break error,
        }
        assert!(confirmed < 10_000, "the disk does not fill up");
    };
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert!(confirmed > 10, "{confirmed}");
    assert_eq!(database.server_configs().await.unwrap().len(), confirmed);
    let backup = database.back_up_if_due(NOW, 7).await.unwrap_err();
    assert!(matches!(backup, StoreError::DiskFull), "{backup:?}");
    assert_eq!(database.backups(NOW).await.unwrap(), []);
    // Killed while it is full, and started while it is full.
    drop(database);
    match open(&data).await {
        Ok(database) => assert_eq!(database.server_configs().await.unwrap().len(), confirmed),
        Err(error) => assert!(matches!(error, StoreError::DiskFull), "{error:?}"),
    }
    empty(disk.path());
    let database = open(&data).await.unwrap();
    assert_eq!(database.server_configs().await.unwrap().len(), confirmed);
    database.back_up_if_due(NOW, 7).await.unwrap().unwrap();
    assert!(database.validate_database_integrity().await.unwrap().is_good());
}

#[tokio::test]
async fn a_first_start_on_a_full_disk_says_so_and_the_next_one_works() {
    if !is_isolated("a_first_start_on_a_full_disk_says_so_and_the_next_one_works") {
        return;
    }
    let disk = small_disk();
    let data = DataDir::open(Some(disk.path().join("data"))).unwrap();
    fill(disk.path(), 0);
    let error = open(&data).await.unwrap_err();
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    empty(disk.path());
    open(&data).await.unwrap().get_all_settings().await.unwrap();
}

#[tokio::test]
async fn a_damaged_database_on_a_full_disk_waits_for_room_with_nothing_moved() {
    if !is_isolated("a_damaged_database_on_a_full_disk_waits_for_room_with_nothing_moved") {
        return;
    }
    let disk = small_disk();
    let data = DataDir::open(Some(disk.path().join("data"))).unwrap();
    let database = open(&data).await.unwrap();
    database.set_settings(&port(4000), NOW).await.unwrap();
    database.back_up_if_due(NOW, 7).await.unwrap().unwrap();
    database.close().await.unwrap();
    let path = data.path().join("lanrage.db");
    fs::write(&path, "damaged").unwrap();
    fill(disk.path(), 0);
    let error = SettingsDatabase::open(&data, NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "damaged");
    empty(disk.path());
    let (database, report) = SettingsDatabase::open(&data, NOW).await.unwrap();
    assert!(report.damage.is_some());
    assert_eq!(database.get_all_settings().await.unwrap(), port(4000));
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_is_told_from_a_damaged_database() {
    if !is_isolated("a_folder_that_may_not_be_written_is_told_from_a_damaged_database") {
        return;
    }
    let disk = small_disk();
    let data = DataDir::open(Some(disk.path().join("data"))).unwrap();
    let database = open(&data).await.unwrap();
    database.set_settings(&port(4000), NOW).await.unwrap();
    database.close().await.unwrap();
    mount(&["-o", "remount,bind,ro"], disk.path());
    let error = open(&data).await.unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
    mount(&["-o", "remount,bind,rw"], disk.path());
    let database = open(&data).await.unwrap();
    assert_eq!(database.get_all_settings().await.unwrap(), port(4000));
}
