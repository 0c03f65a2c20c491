use std::sync::Arc;

use lanrage_party::facts::Cause;

use super::*;
use crate::BackupKind;
use crate::Restored;

#[tokio::test]
async fn a_backup_holds_what_was_there_and_its_hash_is_readable_by_sha256sum() {
    let (home, other) = (Home::new(), Home::new());
    let database = home.open().await;
    set_port(&database, 4000).await;
    let path = home.path("mine.db");
    database.backup_database(&path).await.unwrap();
    let line = fs::read_to_string(home.path("mine.db.sha256")).unwrap();
    assert!(line.len() == 64 + 2 + 7 + 1 && line.ends_with("  mine.db\n"), "{line:?}");
    fs::copy(&path, other.database()).unwrap();
    assert_eq!(port(&other.open().await).await, 4000);
    let refused = database.backup_database(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::BackupExists { .. }));
}

#[tokio::test]
async fn a_backup_made_while_others_write_is_consistent() {
    let home = Home::new();
    let database = Arc::new(home.open().await);
    let writer = Arc::clone(&database);
    let (started, running) = tokio::sync::oneshot::channel();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let mut started = Some(started);
        for number in 1..200_u16 {
            // Both or none: in no backup may they differ.
            let both = [("udp_port", number), ("log_file_mib", number)];
            let both = both.map(|(key, value)| (key.to_owned(), json!(value))).into_iter().collect();
            writer.set_settings(&both, NOW).await.unwrap();
            started.take().map(|started| started.send(()));
        }
    });
    running.await.unwrap();
    for number in 0..5 {
        let path = home.path(&format!("{number}.db"));
        database.backup_database(&path).await.unwrap();
        let other = Home::new();
        fs::copy(&path, other.database()).unwrap();
        let copy = other.open().await;
        assert_ne!(port(&copy).await, 0);
        assert_eq!(port(&copy).await, copy.get_all_settings().await.unwrap()["log_file_mib"]);
    }
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn restoring_replaces_everything_and_keeps_what_there_was() {
    let home = Home::new();
    let database = home.open().await;
    set_port(&database, 4000).await;
    database.save_server_config(&name("Old"), &crate::Settings::new(), NOW).await.unwrap();
    let path = home.path("mine.db");
    database.backup_database(&path).await.unwrap();
    set_port(&database, 5000).await;
    database.delete_server_config(&name("Old")).await.unwrap();
    database.save_server_config(&name("New"), &crate::Settings::new(), NOW).await.unwrap();

    let sets = |configs: Vec<ServerConfig>| -> Vec<String> {
        configs.iter().map(|config| config.name.to_string()).collect()
    };
    let Restored { kept, change } = database.restore(&path, false, NOW).await.unwrap();
    assert_eq!(change.changed, ["udp_port"]);
    assert_eq!(
        (port(&database).await, sets(database.server_configs().await.unwrap())),
        (json!(4000), vec!["Old".to_owned()])
    );
    assert_eq!(kept.kind, BackupKind::Restore);
    // And back again, in the same millisecond.
    database.restore(&kept.path, false, NOW).await.unwrap();
    assert_eq!(
        (port(&database).await, sets(database.server_configs().await.unwrap())),
        (json!(5000), vec!["New".to_owned()])
    );
    drop(database);
    let (database, report) = home.open_at(NOW).await;
    assert_eq!(report, OpenReport::default());
    assert_eq!(port(&database).await, 5000);
    let names: Vec<_> =
        fs::read_dir(home.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("incoming")), "{names:?}");
}

#[tokio::test]
async fn a_file_that_is_no_whole_backup_is_refused_and_changes_nothing() {
    let home = Home::new();
    let database = home.open().await;
    set_port(&database, 4000).await;
    let good = home.path("good.db");
    database.backup_database(&good).await.unwrap();
    let (bytes, hash) = (fs::read(&good).unwrap(), fs::read(home.path("good.db.sha256")).unwrap());
    set_port(&database, 5000).await;

    let make = |name: &str, bytes: &[u8], hash: Option<&[u8]>| {
        let path = home.path(name);
        fs::write(&path, bytes).unwrap();
        if let Some(hash) = hash {
            fs::write(home.path(&format!("{name}.sha256")), hash).unwrap();
        }
        path
    };
    let hash_of = |bytes: &[u8]| {
        use sha2::Digest;
        data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes)).into_bytes()
    };
    let mut changed = bytes.clone();
    let at = changed.windows(4).position(|text| text == b"4000").unwrap();
    changed[at] = b'5';
    let text = b"my shopping list".repeat(100);
    for (path, why) in [
        (home.path("missing.db"), Cause::Missing),
        (make("badhash.db", &bytes, Some(b"zz")), Cause::HashUnreadable),
        (make("changed.db", &changed, Some(&hash)), Cause::HashDiffers),
        (make("short.db", &bytes[..bytes.len() - 1], Some(&hash)), Cause::HashDiffers),
        (make("list.db", &text, Some(&hash_of(&text))), Cause::DatabaseForeign),
        (make("empty.db", b"", Some(&hash_of(b""))), Cause::Empty),
    ] {
        let refused = database.restore(&path, false, NOW).await.unwrap_err();
        assert!(matches!(&refused, StoreError::NotABackup { cause, .. } if *cause == why), "{refused}");
        assert_eq!(port(&database).await, 5000);
    }
    assert!(database.backups(NOW).await.unwrap().is_empty());
    database.restore(&good, false, NOW).await.unwrap();
    assert_eq!(port(&database).await, 4000);
}

#[tokio::test]
async fn a_backup_that_came_without_its_hash_is_taken_if_somebody_wants_that() {
    let home = Home::new();
    let database = home.open().await;
    set_port(&database, 4000).await;
    let good = home.path("good.db");
    database.backup_database(&good).await.unwrap();
    set_port(&database, 5000).await;
    fs::remove_file(home.path("good.db.sha256")).unwrap();
    let refused = database.restore(&good, false, NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::BackupWithoutHash { .. }), "{refused}");
    assert!(database.check_backup(&good, false).await.is_err());
    database.check_backup(&good, true).await.unwrap();
    assert_eq!(port(&database).await, 5000);
    database.restore(&good, true, NOW).await.unwrap();
    assert_eq!(port(&database).await, 4000);
    // A hash that is there must be right, and what is no database is none.
    fs::write(home.path("good.db.sha256"), "00".repeat(32)).unwrap();
    let text = home.path("list.db");
    fs::write(&text, "my shopping list".repeat(100)).unwrap();
    for path in [good, text] {
        let refused = database.restore(&path, true, NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::NotABackup { .. }), "{refused}");
    }
}

#[tokio::test]
async fn a_backup_of_a_newer_program_is_refused() {
    let (home, newer) = (Home::new(), Home::new());
    let path = newer.path("mine.db");
    let future = newer.open().await;
    use_in_a_newer_program(&future).await;
    future.backup_database(&path).await.unwrap();
    let database = home.open().await;
    let refused = database.restore(&path, false, NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema { .. }), "{refused}");
}

#[tokio::test]
async fn a_backup_a_day_is_made_and_the_newest_are_kept() {
    let home = Home::new();
    let database = home.open().await;
    for hour in 0..240_u64 {
        let made = database.back_up_if_due(NOW.plus(hour * DAY_MS / 24), 3).await.unwrap();
        assert_eq!(made.is_some(), hour % 24 == 0, "hour {hour}");
    }
    let now = NOW.plus(10 * DAY_MS);
    let days: Vec<u64> = database
        .backups(now)
        .await
        .unwrap()
        .iter()
        .map(|backup| backup.made_at.since(NOW) / DAY_MS)
        .collect();
    assert_eq!(days, [9, 8, 7]);
    // Each with its hash, and nothing else.
    assert_eq!(fs::read_dir(home.path("backups")).unwrap().count(), 6);
}

#[tokio::test]
async fn an_unfinished_backup_is_no_backup_and_does_not_stand_in_the_way() {
    let home = Home::new();
    let database = home.open().await;
    let path = home.path("mine.db");
    fs::write(home.path("mine.db.part"), "torn").unwrap();
    database.backup_database(&path).await.unwrap();
    assert!(!home.path("mine.db.part").exists());
    // One of the automatic ones that a crash has cut goes with the next.
    fs::create_dir(home.path("backups")).unwrap();
    fs::write(home.path("backups/lanrage-20261122T000000000Z-daily.db.part"), "torn").unwrap();
    database.back_up_if_due(NOW, 7).await.unwrap().unwrap();
    assert_eq!(fs::read_dir(home.path("backups")).unwrap().count(), 2);
    let nowhere = home.path("no/such/folder/mine.db");
    let refused = database.backup_database(&nowhere).await.unwrap_err();
    assert!(matches!(refused, StoreError::Io { .. }), "{refused}");
}
