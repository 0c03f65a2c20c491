//! The manual pages and the shells' completions of `lanrage`, from its own description of its command line: neither the
//! program nor its build carries what makes them.

use std::{fs, path::Path};

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate_to};

#[path = "../../../app/cli/src/arguments.rs"]
#[allow(dead_code, reason = "here only the description is wanted, not what was typed")]
mod arguments;

/// Writes them below a folder, as they are installed below `/usr/share`.
pub(super) fn write(folder: &Path) -> Result<()> {
    let mut command = without_help(arguments::Arguments::command());
    for (shell, place) in [
        (Shell::Bash, "bash-completion/completions"),
        (Shell::Fish, "fish/vendor_completions.d"),
        (Shell::Zsh, "zsh/vendor-completions"),
    ] {
        let place = folder.join(place);
        fs::create_dir_all(&place)?;
        let file = generate_to(shell, &mut command, "lanrage", &place)?;
        if shell == Shell::Bash {
            // Under the command's very name it is found when it is needed.
            fs::rename(file, place.join("lanrage"))?;
        }
    }
    let pages = folder.join("man/man1");
    fs::create_dir_all(&pages)?;
    clap_mangen::generate_to(command, pages)?;
    Ok(())
}

/// Without the commands called `help`, which would have a page for every other command.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}
