//! The program that is killed.

use std::io::{self, Write};

use anyhow::Result;
use lanrage_store::DataDir;

use crate::{
    Child,
    change::{Content, change},
    control, database,
};

/// Says what is there, and then changes it until it is killed.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(child: Child) -> Result<()> {
    let folder = DataDir::open(Some(child.folder))?;
    let _lock = folder.lock()?;
    let (database, (persister, control)) = (database::open(&folder).await?, control::open(&folder)?);
    say(&format!("control has {}", words(&control)?))?;
    say(&format!("database has {}", words(&database::read(&database).await?)?))?;

    let change_database = async {
        for number in child.database.. {
            database::make(&database, change(number)).await?;
            say("database confirms")?;
        }
        anyhow::Ok(())
    };
    let change_control = async {
        for number in child.control.. {
            control::make(&persister, number).await?;
            say("control confirms")?;
        }
        anyhow::Ok(())
    };
    tokio::try_join!(change_database, change_control)?;
    Ok(())
}

fn words(content: &Content) -> Result<String> {
    Ok(serde_json::to_string(content)?)
}

/// In one call of the system: a line is said whole or not at all.
fn say(line: &str) -> io::Result<()> {
    io::stdout().write_all(format!("{line}\n").as_bytes())?;
    io::stdout().flush()
}
