//! The log of this data folder, whether LANrage runs or not.

use lanrage_engine::{Engine, NetworkLog};

use crate::{arguments::Log, failure::Failure, say::person};

pub(crate) async fn show(log: Log) -> Result<(), Failure> {
    let path = NetworkLog::path(&Engine::data_dir(log.target.data_dir)?);
    let unreadable = |error: std::io::Error| {
        let (path, cause) = (path.display().to_string(), error.to_string());
        let arguments = [("path", path.into()), ("cause", cause.into())];
        Failure::Argument(person().say_with("terminal-not-read", arguments))
    };
    let mut lines = NetworkLog::follow(&path, log.lines).map_err(unreadable)?;
    loop {
        let line = if log.follow {
            Some(lines.next_line().await.map_err(unreadable)?)
        } else {
            lines.poll_line().map_err(unreadable)?
        };
        match line {
            Some(line) => println!("{}", line.trim_end()),
            None => return Ok(()),
        }
    }
}
