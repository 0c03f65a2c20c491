//! Starts a game on this computer, as its player would.

use std::{env, ffi::OsString, path::PathBuf, process::Stdio, time::Duration};

use lanrage_games::Start;
use tokio::{process::Command, time::timeout};
use tracing::{info, warn};

use crate::CommandError;

/// Where games are that stand on nobody's search path.
const FOLDERS: &[&str] = &["/usr/games", "/usr/local/games"];
/// So soon whoever opens addresses says that nobody takes this one.
const REFUSAL: Duration = Duration::from_secs(2);

/// Starts the first of these that can be; `game` is what it is called. The game outlives this program.
///
/// # Errors
/// [`CommandError::GameNotStarted`] if none can.
pub async fn start_game(game: &str, ways: &[Start]) -> Result<(), CommandError> {
    for way in ways {
        let is_started = match way {
            Start::Program { files, arguments } => match files.iter().find_map(|file| find(file)) {
                Some(program) => start(command(program.into(), arguments)).await,
                None => false,
            },
            Start::Url { url } => start(opener(url)).await,
        };
        if is_started {
            info!(game, "a game is started");
            return Ok(());
        }
    }
    Err(CommandError::GameNotStarted { game: game.to_owned() })
}

/// A program on the search path, or where the system has its games.
fn find(file: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FOLDERS.iter().map(PathBuf::from));
    folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(file)).find(|path| path.is_file())
}

fn command(program: OsString, arguments: &[String]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // What ends this program, as Ctrl-C does, is not for the game.
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// Whatever the system opens addresses with.
fn opener(url: &str) -> Command {
    let url = url.to_owned();
    if cfg!(windows) {
        command("rundll32".into(), &["url.dll,FileProtocolHandler".to_owned(), url])
    } else if cfg!(target_os = "macos") {
        command("open".into(), &[url])
    } else {
        command("xdg-open".into(), &[url])
    }
}

/// Whether it runs, or has done what it should.
async fn start(mut command: Command) -> bool {
    match command.spawn() {
        Ok(mut child) => match timeout(REFUSAL, child.wait()).await {
            Ok(ended) => ended.is_ok_and(|status| status.success()),
            // It goes on without whoever started it.
            Err(_) => true,
        },
        Err(error) => {
            warn!(%error, "a game does not start");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_way_that_can_be_gone_is_and_its_arguments_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("started with");
        let program = |name: &str, arguments: &[&str]| Start::Program {
            files: vec![name.to_owned()],
            arguments: arguments.iter().map(|one| (*one).to_owned()).collect(),
        };
        let ways = [program("no-such-game-anywhere", &[]), program("touch", &[file.to_str().unwrap()])];
        start_game("A game", &ways).await.unwrap();
        assert!(file.exists(), "one argument, spaces and all");
        let refused = start_game("A game", &ways[..1]).await;
        assert_eq!(refused, Err(CommandError::GameNotStarted { game: "A game".to_owned() }));
        assert!(start_game("A game", &[program("false", &[])]).await.is_err(), "it says that it could not");
    }
}
