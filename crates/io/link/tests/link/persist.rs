//! The state file from outside: a control plane that is restarted, and disks that take nothing.

use std::{path::Path, time::Instant};

use lanrage_control::{ControlEvent, ControlPlane, LocalControlPlane, Now, protocol::Request};
use lanrage_link::persist::{PersistError, SaveState, Source, StatePersister};
use lanrage_party::{NatType, UnixMillis};

use crate::support::*;

fn now(wall: UnixMillis) -> Now {
    Now { instant: Instant::now(), wall }
}

/// What the event loop does after every input.
fn keep(plane: &mut LocalControlPlane, persister: &StatePersister) {
    persister.queue().queue(plane.take_changes());
}

fn open(path: &Path, wall: UnixMillis) -> (LocalControlPlane, StatePersister, Source) {
    let (persister, loaded) = StatePersister::open(path, wall).unwrap();
    let (plane, refused) = LocalControlPlane::restore(id(1), now(wall), loaded.state);
    assert_eq!(refused, 0);
    (plane, persister, loaded.report.source)
}

#[tokio::test]
async fn parties_peers_and_leases_come_back_under_the_same_ids_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state").join("control_state.json");
    let (mut plane, persister, source) = open(&path, START);
    assert_eq!(source, Source::Fresh);
    plane.request(now(START), create(record(1, 1, 1)));
    plane.mirror(now(START), &ControlEvent::Party(party_of(3).party(&party(1)).unwrap()));
    let mut before = plane.party(&party(1)).unwrap();
    assert_eq!(before.peers.len(), 3);
    keep(&mut plane, &persister);
    drop(plane);
    persister.close().await.unwrap();

    let (mut plane, persister, source) = open(&path, START.plus(DAY));
    assert_eq!(source, Source::Current);
    let after = plane.party(&party(1)).unwrap();
    before.peers.iter_mut().for_each(|peer| peer.online = false);
    assert_eq!(after, before);
    plane.request(now(START.plus(DAY)), create(record(1, 1, 1)));
    plane.request(now(START.plus(DAY)), Request::LeaveParty { party: party(1), leave: None });
    assert_eq!(plane.party(&party(1)).unwrap().host, id(2), "the party is left to its other members");
    keep(&mut plane, &persister);
    persister.close().await.unwrap();
}

#[tokio::test]
async fn what_was_flushed_is_there_although_the_program_did_not_end_cleanly() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("control_state.json");
    let (mut plane, persister, _) = open(&path, START);
    for sequence in 1..200 {
        plane.request(now(START), create(record(1, 1, 1)));
        let nat_type = if sequence % 2 == 0 { NatType::Open } else { NatType::Symmetric };
        let record = Some(record(1, 1, sequence + 1));
        plane.request(now(START), Request::UpdatePeer { party: party(1), record, nat_type: Some(nat_type) });
    }
    keep(&mut plane, &persister);
    persister.flush().await.unwrap();
    // As another program would find it, had this one been killed now.
    let copy = directory.path().join("copy.json");
    std::fs::copy(&path, &copy).unwrap();
    let (restored, _persister, _) = open(&copy, START);
    let mut expected = plane.party(&party(1)).unwrap();
    expected.peers[0].online = false;
    let mut found = restored.party(&party(1)).unwrap();
    // What is only of a moment moves the revision and is not stored.
    (expected.revision, found.revision) = (0, 0);
    assert_eq!(found, expected);
    assert_eq!(persister.save_state(), SaveState::Good);
    assert_eq!(persister.flush().await, Ok(()), "also with nothing to write");
}

#[tokio::test]
async fn a_directory_that_is_none_is_reported_and_the_plane_works_on() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (mut plane, persister, _) = open(&file.join("control_state.json"), START);
    plane.request(now(START), create(record(1, 1, 1)));
    assert!(plane.party(&party(1)).is_some());
    keep(&mut plane, &persister);
    assert!(persister.flush().await.is_err());
    assert!(matches!(persister.save_state(), SaveState::Failing(_)));
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    keep(&mut plane, &persister);
    persister.flush().await.unwrap();
    assert_eq!(persister.save_state(), SaveState::Good, "and nothing is lost");
    let (restored, _persister, _) = open(&file.join("control_state.json"), START);
    assert!(restored.party(&party(1)).is_some());
}

/// Full and read-only disks need a file system of our own: the test runs itself again in namespaces with one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_and_a_read_only_disk_are_reported_and_take_the_state_as_soon_as_they_can() {
    const DISK: &str = "LANRAGE_TEST_DISK";
    let name = "persist::a_full_and_a_read_only_disk_are_reported_and_take_the_state_as_soon_as_they_can";
    if let Ok(disk) = std::env::var(DISK) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(on_a_small_disk(Path::new(&disk)));
    }
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path();
    let script = r#"mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" --exact "$3" --nocapture"#;
    let status = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(disk)
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(DISK, disk)
        .status();
    let works = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "true"])
        .status()
        .is_ok_and(|status| status.success());
    if works {
        assert!(status.unwrap().success());
    } else {
        eprintln!("not run: this system lets nobody make a user namespace");
    }
}

#[cfg(target_os = "linux")]
async fn on_a_small_disk(disk: &Path) {
    let path = disk.join("control_state.json");
    let (mut plane, persister, _) = open(&path, START);
    plane.request(now(START), create(record(1, 1, 1)));
    keep(&mut plane, &persister);
    persister.flush().await.unwrap();

    let filler = disk.join("filler");
    let mut size = 64 * 1024;
    while size > 0 {
        // Down to the last byte.
        let mut fill = std::fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        if std::io::Write::write_all(&mut fill, &vec![0; size]).is_err() {
            size /= 2;
        }
    }
    plane.mirror(now(START), &ControlEvent::Party(party_of(5).party(&party(1)).unwrap()));
    keep(&mut plane, &persister);
    assert_eq!(persister.flush().await, Err(PersistError::DiskFull));
    assert_eq!(persister.save_state(), SaveState::Failing(PersistError::DiskFull));
    let (found, _, source) = open(&path, START);
    assert_eq!((found.party(&party(1)).unwrap().peers.len(), source), (1, Source::Current), "not damaged");
    std::fs::remove_file(&filler).unwrap();
    let mut persister = persister;
    while persister.save_state() != SaveState::Good {
        persister.changed().await.unwrap();
    }
    let (found, _, _) = open(&path, START);
    assert_eq!(found.party(&party(1)).unwrap().peers.len(), 5, "by itself");

    let remount = |mode: &str| {
        let status =
            std::process::Command::new("mount").args(["-o", &format!("remount,{mode}")]).arg(disk).status();
        assert!(status.unwrap().success());
    };
    remount("ro");
    plane.request(now(START), Request::LeaveParty { party: party(1), leave: None });
    keep(&mut plane, &persister);
    assert!(matches!(persister.flush().await, Err(PersistError::NotWritable(_))));
    remount("rw");
    keep(&mut plane, &persister);
    persister.flush().await.unwrap();
    let (found, _, _) = open(&path, START);
    assert_eq!(found.party(&party(1)).unwrap().peers.len(), 4);
}
