//! Damage of every kind: the database always opens, and nothing that could be kept is lost.

use lanrage_party::facts::Cause;

use super::*;

/// A closed database with a port of 4000 in it and in its daily backup, and a port of 5000 set since then.
async fn home_with_backup() -> Home {
    let home = Home::new();
    let database = home.open().await;
    set_port(&database, 4000).await;
    // Enough rows that tables have pages of their own.
    for number in 0..40_u8 {
        let settings = crate::Settings::from([("player_name".to_owned(), json!("n".repeat(48)))]);
        database.save_server_config(&name(&format!("Set {number}")), &settings, NOW).await.unwrap();
    }
    database.back_up_if_due(NOW, 7).await.unwrap().unwrap();
    set_port(&database, 5000).await;
    database.close().await.unwrap();
    home
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x55;
    fs::write(path, bytes).unwrap();
}

/// Everything can be read and written.
async fn assert_usable(database: &SettingsDatabase, what: &str) {
    let integrity = database.validate_database_integrity().await.unwrap();
    assert!(integrity.is_good(), "{what}: {:?}", integrity.faults);
    database.get_all_settings().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    database.server_configs().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    database
        .set_settings(&[("backup_keep".to_owned(), json!(9))].into(), NOW)
        .await
        .unwrap_or_else(|error| panic!("{what}: {error}"));
}

#[tokio::test]
async fn a_changed_byte_anywhere_in_the_header_is_harmless_or_mended() {
    let home = home_with_backup().await;
    let mut mended = 0;
    for at in 0..100 {
        let damaged = home.crashed();
        flip(&damaged.database(), at);
        let (database, report) = damaged.open_at(NOW).await;
        assert_usable(&database, &format!("byte {at}")).await;
        match report.damage {
            Some(damage) => {
                assert!(matches!(damage.replacement, Replacement::Backup { .. }), "byte {at}");
                let kept = damage.set_aside.unwrap().join("lanrage.db");
                assert_ne!(fs::read(kept).unwrap(), fs::read(home.database()).unwrap());
                mended += 1;
            }
            None => assert_eq!(port(&database).await, 5000, "byte {at}"),
        }
    }
    assert!(mended > 10, "{mended}");
}

#[tokio::test]
async fn a_changed_byte_anywhere_in_a_page_leaves_a_database_that_works() {
    let home = home_with_backup().await;
    let length = fs::metadata(home.database()).unwrap().len() as usize;
    let mut mended = 0;
    for at in (100..length).step_by(1_021) {
        let damaged = home.crashed();
        flip(&damaged.database(), at);
        let (database, report) = damaged.open_at(NOW).await;
        assert_usable(&database, &format!("byte {at}")).await;
        mended += usize::from(report.damage.is_some());
    }
    assert!(mended > 0);
}

#[tokio::test]
async fn a_database_cut_short_anywhere_is_replaced_by_the_backup() {
    let home = home_with_backup().await;
    let whole = fs::read(home.database()).unwrap();
    for length in [0, 1, 50, 99, 100, 512, 4_096, whole.len() / 2, whole.len() - 4_096, whole.len() - 1] {
        let damaged = home.crashed();
        fs::write(damaged.database(), &whole[..length]).unwrap();
        let (database, report) = damaged.open_at(NOW).await;
        let damage = report.damage.unwrap_or_else(|| panic!("{length} bytes"));
        let Replacement::Backup { made_at, .. } = damage.replacement else { panic!("{length} bytes") };
        assert_eq!(made_at, NOW);
        assert_usable(&database, &format!("{length} bytes")).await;
        assert_eq!(database.server_configs().await.unwrap().len(), 40);
    }
}

#[tokio::test]
async fn what_a_damaged_database_still_gives_goes_over_the_backup() {
    let home = home_with_backup().await;
    // The last page is one of the saved sets'; the settings are before it.
    let length = fs::metadata(home.database()).unwrap().len() as usize;
    let page = fs::read(home.database()).unwrap();
    let set_page = (0..length / 4_096).rev().find(|page_number| {
        let content = &page[page_number * 4_096..(page_number + 1) * 4_096];
        content[0] == 13 && content.windows(4).any(|text| text == b"Set ")
    });
    flip(&home.database(), set_page.unwrap() * 4_096);
    let (database, report) = home.open_at(NOW).await;
    let damage = report.damage.unwrap();
    assert!(damage.salvaged > 0);
    // Newer than the backup, and not on the damaged page.
    assert_eq!(port(&database).await, 5000);
    // On the damaged page, and in the backup.
    assert_eq!(database.server_configs().await.unwrap().len(), 40);
    let Replacement::Backup { path, .. } = &damage.replacement else { panic!("{damage:?}") };
    assert!(path.display().to_string().ends_with("-daily.db"), "{damage:?}");
    assert!(damage.set_aside.unwrap().display().to_string().contains("quarantine"));
}

#[tokio::test]
async fn a_damaged_database_without_any_backup_is_set_aside_and_started_afresh() {
    let home = Home::new();
    fs::write(home.database(), "this is no database ".repeat(500)).unwrap();
    let (database, report) = home.open_at(NOW).await;
    let damage = report.damage.unwrap();
    assert_eq!((damage.replacement.clone(), damage.salvaged), (Replacement::Fresh, 0));
    let kept = fs::read_to_string(damage.set_aside.clone().unwrap().join("lanrage.db")).unwrap();
    assert!(kept.starts_with("this is no database"));
    assert_usable(&database, "fresh").await;
    drop(database);
    let (_, report) = home.open_at(NOW).await;
    assert_eq!(report.damage, None);
}

#[tokio::test]
async fn somebody_elses_database_is_set_aside_as_it_is() {
    let home = Home::new();
    let database = home.open().await;
    run(&database, "PRAGMA application_id = 1").await;
    database.close().await.unwrap();
    let before = fs::read(home.database()).unwrap();
    let (_, report) = home.open_at(NOW).await;
    let damage = report.damage.unwrap();
    assert_eq!(damage.cause, Cause::DatabaseForeign);
    assert_eq!(fs::read(damage.set_aside.unwrap().join("lanrage.db")).unwrap(), before);
}

#[tokio::test]
async fn a_database_that_is_gone_comes_back_from_its_backup() {
    let home = home_with_backup().await;
    fs::remove_file(home.database()).unwrap();
    let (database, report) = home.open_at(NOW).await;
    let damage = report.damage.unwrap();
    assert_eq!((damage.set_aside, damage.cause), (None, Cause::DatabaseGone));
    assert_eq!(port(&database).await, 4000);
}

#[tokio::test]
async fn an_interrupted_quarantine_is_finished_at_the_next_start() {
    let home = home_with_backup().await;
    fs::remove_file(home.database()).unwrap();
    fs::write(home.path("lanrage.db-wal"), "of the database that is gone").unwrap();
    let (database, report) = home.open_at(NOW).await;
    let folder = report.damage.unwrap().set_aside.unwrap();
    assert!(folder.join("lanrage.db-wal").exists() && !folder.join("lanrage.db").exists());
    assert_eq!(port(&database).await, 4000);
    assert_usable(&database, "after an interrupted quarantine").await;
}

#[tokio::test]
async fn the_newest_backup_that_is_as_it_was_made_is_the_one_restored() {
    let home = Home::new();
    let database = home.open().await;
    let mut made = Vec::new();
    for day in 0..3_u16 {
        set_port(&database, 4000 + day).await;
        let now = NOW.plus(u64::from(day) * DAY_MS);
        made.push(database.back_up_if_due(now, 7).await.unwrap().unwrap());
    }
    set_port(&database, 9999).await;
    database.close().await.unwrap();
    // SQLite does not notice this one; the hash does.
    let mut bytes = fs::read(&made[2].path).unwrap();
    let at = bytes.windows(4).position(|text| text == b"4002").unwrap();
    bytes[at + 3] = b'3';
    fs::write(&made[2].path, bytes).unwrap();
    fs::write(home.database(), b"SQLite format 3\0, and then nothing of the kind").unwrap();
    let (database, report) = home.open_at(NOW.plus(3 * DAY_MS)).await;
    let Replacement::Backup { path, .. } = report.damage.unwrap().replacement else { panic!() };
    assert_eq!(path, made[1].path);
    assert_eq!(port(&database).await, 4001);
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_confirmed_wherever_the_log_is_cut() {
    let home = Home::new();
    let database = home.open().await;
    database.close().await.unwrap();
    let database = home.open().await;
    let log = home.path("lanrage.db-wal");
    let mut confirmed = vec![(fs::metadata(&log).map_or(0, |log| log.len()), 0)];
    for port in 1..=6_u16 {
        set_port(&database, port).await;
        confirmed.push((fs::metadata(&log).unwrap().len(), port));
    }
    let length = confirmed.last().unwrap().0;
    for cut in (0..=length).step_by(1_033).chain([length]) {
        let crashed = home.crashed();
        fs::OpenOptions::new()
            .write(true)
            .open(crashed.path("lanrage.db-wal"))
            .unwrap()
            .set_len(cut)
            .unwrap();
        let (database, report) = crashed.open_at(NOW).await;
        assert_eq!(report.damage, None, "cut at {cut}");
        let expected = confirmed.iter().rev().find(|(end, _)| *end <= cut).map_or(0, |(_, port)| *port);
        assert_eq!(port(&database).await, expected, "cut at {cut}");
    }
}

#[tokio::test]
async fn garbage_in_place_of_the_log_leaves_what_was_folded_in() {
    let home = Home::new();
    let database = home.open().await;
    set_port(&database, 4000).await;
    database.close().await.unwrap();
    for garbage in [vec![], vec![0; 10], vec![0xA5; 40_000]] {
        let crashed = home.crashed();
        fs::write(crashed.path("lanrage.db-wal"), &garbage).unwrap();
        fs::write(crashed.path("lanrage.db-shm"), &garbage).unwrap();
        let (database, report) = crashed.open_at(NOW).await;
        assert_eq!(report.damage, None);
        assert_eq!(port(&database).await, 4000);
        assert_usable(&database, "garbage log").await;
    }
}

#[tokio::test]
async fn a_check_of_an_open_database_reports_damage_as_a_result() {
    let home = home_with_backup().await;
    let database = home.open().await;
    assert!(database.validate_database_integrity().await.unwrap().is_good());
    run(&database, "PRAGMA foreign_keys = OFF").await;
    let orphan = "INSERT INTO roster_peers VALUES ('nobody', 'p', '{}', 'open', 1, NULL, NULL)";
    run(&database, orphan).await;
    let integrity = database.validate_database_integrity().await.unwrap();
    assert_eq!(integrity.faults, ["a row of roster_peers refers to one that is not there"]);
}
