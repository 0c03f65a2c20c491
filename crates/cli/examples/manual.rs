//! Writes the manual pages and the shells' completions of `lanrage` into a folder, laid out as they are installed below
//! `/usr/share`. An example, so that the program itself carries none of it.

use std::{env, error::Error, fs, path::Path};

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};

#[path = "../src/arguments.rs"]
#[allow(dead_code, reason = "only the command is made from it here, its values are not read")]
mod arguments;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: manual FOLDER")?;
    let mut command = arguments::Arguments::command();
    for (shell, place) in [
        (Shell::Bash, "bash-completion/completions"),
        (Shell::Fish, "fish/vendor_completions.d"),
        (Shell::Zsh, "zsh/vendor-completions"),
    ] {
        let place = Path::new(&folder).join(place);
        fs::create_dir_all(&place)?;
        let file = generate_to(shell, &mut command, "lanrage", &place)?;
        if shell == Shell::Bash {
            // Under the command's very name it is found without a start-up file.
            fs::rename(file, place.join("lanrage"))?;
        }
    }
    let place = Path::new(&folder).join("man/man1");
    fs::create_dir_all(&place)?;
    clap_mangen::generate_to(command, place)?;
    Ok(())
}
