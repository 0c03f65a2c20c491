//! `lanrage-server backup` and `restore`.

use std::path::Path;

use anyhow::Context as _;
use lanrage_base::clock;
use lanrage_control_server::{BackupContent, RestoredServer};
use serde_json::json;

use crate::options::{BackupArguments, RestoreArguments};

pub(crate) async fn back_up(arguments: BackupArguments) -> anyhow::Result<()> {
    let BackupArguments { to, check, list, of } = arguments;
    let now = clock::now().wall;
    if let Some(path) = check {
        let content = lanrage_control_server::check_backup(&path, of.hash()).await?;
        told(of.json, &path, content, "can be restored");
    } else if list {
        for path in lanrage_control_server::backups(&of.data_dir, now)? {
            if of.json {
                println!("{}", json!({ "path": path }));
            } else {
                println!("{}", path.display());
            }
        }
    } else {
        let path = lanrage_control_server::back_up(&of.data_dir, to, now).await?;
        // What is said to be a copy was read once.
        let content = lanrage_control_server::check_backup(&path, of.hash()).await?;
        told(of.json, &path, content, "written; who has it can take this server's place");
    }
    Ok(())
}

pub(crate) async fn restore(arguments: RestoreArguments) -> anyhow::Result<()> {
    let RestoreArguments { from, of } = arguments;
    let now = clock::now().wall;
    let newest = || lanrage_control_server::backups(&of.data_dir, now).map(|all| all.into_iter().next());
    let path = match from {
        Some(path) => path,
        None => newest()?.with_context(|| format!("there is no copy in {}", of.data_dir.display()))?,
    };
    let restored = lanrage_control_server::restore(&of.data_dir, &path, of.hash(), now).await?;
    let RestoredServer { content, kept } = restored;
    told(of.json, &path, content, "restored");
    if let Some(kept) = kept.filter(|_| !of.json) {
        println!("What was there before: {}", kept.display());
    }
    Ok(())
}

fn told(json: bool, path: &Path, BackupContent { parties, members }: BackupContent, what: &str) {
    if json {
        println!("{}", json!({ "path": path, "parties": parties, "members": members }));
    } else {
        println!("{}: {parties} parties, {members} members; {what}", path.display());
    }
}
