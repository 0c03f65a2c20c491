//! Copies of what a server keeps, and restoring them.

use std::fs;

use lanrage_base::atomic_file;
use lanrage_control::protocol::{ClientMessage, ServerMessage};
use lanrage_control_server::{BackupContent, Hash, ServerError, back_up, backups, check_backup, restore};
use lanrage_party::UnixMillis;

use crate::support::{Player, Raw, start};

#[tokio::test]
async fn a_copy_that_is_made_while_the_server_runs_brings_it_back() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    let server = start(first.path()).await;
    let key = fs::read(first.path().join("server.key")).unwrap();
    let ann = Player::new(1);
    let mut host = Raw::connect(server.addr()).await;
    host.sign_in(&ann.identity).await;
    host.send(ClientMessage::Request(ann.create()).encode()).await;
    assert!(matches!(host.receive().await, Some(ServerMessage::Party { .. })));

    back_up(first.path(), Some(copy.clone()), UnixMillis(1)).await.unwrap();
    let again = back_up(first.path(), Some(copy.clone()), UnixMillis(1)).await;
    assert!(matches!(again, Err(ServerError::Backup(_))), "it replaces none");
    let content = BackupContent { parties: 1, members: 1 };
    assert_eq!(check_backup(&copy, Hash::Needed).await.unwrap(), content);
    let running = restore(first.path(), &copy, Hash::Needed, UnixMillis(2)).await;
    assert!(matches!(running, Err(ServerError::InUse(_))), "{running:?}");
    server.shutdown().await;

    // Another machine, with a server of its own until now.
    start(second.path()).await.shutdown().await;
    let restored = restore(second.path(), &copy, Hash::Needed, UnixMillis(2)).await.unwrap();
    assert_eq!(restored.content, content);
    assert_eq!(fs::read(second.path().join("server.key")).unwrap(), key, "clients know it by its key");
    let server = start(second.path()).await;
    let bob = Player::new(2);
    let mut guest = Raw::connect(server.addr()).await;
    guest.sign_in(&bob.identity).await;
    guest.send(ClientMessage::Request(bob.join()).encode()).await;
    assert!(matches!(guest.receive().await, Some(ServerMessage::Party { .. })), "the party is there");
    server.shutdown().await;
    // And back to what was there before.
    let kept = restored.kept.unwrap();
    assert_eq!(
        restore(second.path(), &kept, Hash::Needed, UnixMillis(3)).await.unwrap().content,
        BackupContent { parties: 0, members: 0 }
    );
    assert_ne!(fs::read(second.path().join("server.key")).unwrap(), key);
    let names: Vec<_> =
        fs::read_dir(second.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("incoming")), "{names:?}");
}

#[tokio::test]
async fn what_is_no_whole_copy_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    start(directory.path()).await.shutdown().await;
    let copies = tempfile::tempdir().unwrap();
    let path = |name: &str| copies.path().join(name);
    let good = back_up(directory.path(), None, UnixMillis(1)).await.unwrap();
    assert_eq!(backups(directory.path(), UnixMillis(2)).unwrap(), std::slice::from_ref(&good));
    let bytes = fs::read(&good).unwrap();
    let before = fs::read(directory.path().join("control.db")).unwrap();

    fs::write(path("alone.db"), &bytes).unwrap();
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(path("changed.db"), &changed).unwrap();
    fs::copy(atomic_file::beside(&good, ".sha256"), path("changed.db.sha256")).unwrap();
    fs::write(path("list.db"), b"my shopping list").unwrap();
    fs::write(path("empty.db"), b"").unwrap();
    fs::copy(directory.path().join("control.db"), path("bare.db")).unwrap();
    for (name, hash) in [
        ("alone.db", Hash::Needed),
        ("changed.db", Hash::MayBeGone),
        ("list.db", Hash::MayBeGone),
        ("empty.db", Hash::MayBeGone),
        ("bare.db", Hash::MayBeGone),
        ("missing.db", Hash::MayBeGone),
    ] {
        let refused = restore(directory.path(), &path(name), hash, UnixMillis(3)).await;
        assert!(refused.is_err(), "{name}: {refused:?}");
        assert!(check_backup(&path(name), hash).await.is_err(), "{name}");
        assert_eq!(fs::read(directory.path().join("control.db")).unwrap(), before, "{name}");
    }
    assert!(restore(directory.path(), &path("alone.db"), Hash::MayBeGone, UnixMillis(3)).await.is_ok());

    // A database that cannot be read is set aside, and a good copy takes its place.
    fs::write(directory.path().join("control.db"), b"damaged").unwrap();
    let restored = restore(directory.path(), &good, Hash::Needed, UnixMillis(4)).await.unwrap();
    assert_eq!(fs::read(restored.kept.unwrap()).unwrap(), b"damaged");
    start(directory.path()).await.shutdown().await;
}
