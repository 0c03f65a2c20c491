//! The program that is killed.

use std::io::{self, Write};

use anyhow::Result;
use lanrage_store::DataDir;

use crate::{Child, change::change, database};

/// Says what is there, and then changes it until it is killed.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(child: Child) -> Result<()> {
    let folder = DataDir::open(Some(child.folder))?;
    let _lock = folder.lock()?;
    let database = database::open(&folder).await?;
    say(&format!("has {}", serde_json::to_string(&database::read(&database).await?)?))?;
    for number in child.first.. {
        database::make(&database, change(number)).await?;
        say("confirms")?;
    }
    Ok(())
}

/// In one call of the system: a line is said whole or not at all.
fn say(line: &str) -> io::Result<()> {
    io::stdout().write_all(format!("{line}\n").as_bytes())?;
    io::stdout().flush()
}
