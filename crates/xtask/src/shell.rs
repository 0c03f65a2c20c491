//! Running commands, and saying so.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, IsTerminal, stdout},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::project;

/// A command in the workspace's folder.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(project::root());
    command
}

/// `cargo` with these arguments: the very cargo that runs this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments);
    for key in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        // Cargo takes it from where it is run, which for this one is another folder than for the one that runs us.
        if let Some(folder) = env::var_os(key).map(PathBuf::from).filter(|folder| folder.is_relative()) {
            command.env(key, env::current_dir().unwrap_or_default().join(folder));
        }
    }
    command
}

/// `npm` with these arguments, in the user interface's folder.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut command = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
    command.current_dir(project::ui());
    let target = project::target();
    if target != project::root().join("target") {
        // Tests of the window look for the programs there.
        command.env("CARGO_TARGET_DIR", target);
    }
    command
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", words(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", words(command));
    }
    Ok(())
}

/// Runs a command to its end, and hands each line of its standard output on before it is shown.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn run_reading(command: &mut Command, mut line: impl FnMut(&str)) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", words(command)))?;
    for text in BufReader::new(child.stdout.take().context("no standard output")?).lines() {
        let text = text?;
        line(&text);
        println!("{text}");
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status})", words(command));
    }
    Ok(())
}

/// What a command says, in English, or nothing if it cannot be run or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command
        .env("LC_ALL", "C")
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Whether `program` is on the search path.
pub(crate) fn exists(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// A command as somebody would type it in the workspace's folder.
pub(crate) fn words(command: &Command) -> String {
    let mut text = String::new();
    for (key, value) in command.get_envs() {
        // A changed search path only says where our own tools are.
        if let Some(value) = value.filter(|_| key != "PATH") {
            text += &format!("{}={} ", key.to_string_lossy(), quoted(value));
        }
    }
    let program = match command.get_program() {
        own if env::var_os("CARGO").as_deref() == Some(own) => "cargo".to_owned(),
        other => quoted(Path::new(other).strip_prefix(project::root()).unwrap_or(other.as_ref()).as_os_str()),
    };
    text += &program;
    for argument in command.get_args() {
        text += " ";
        text += &quoted(argument);
    }
    let folder = command.get_current_dir().and_then(|folder| folder.strip_prefix(project::root()).ok());
    match folder {
        Some(folder) if !folder.as_os_str().is_empty() => format!("(cd {} && {text})", folder.display()),
        _ => text,
    }
}

/// A word as a shell reads it back.
fn quoted(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref().to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn coloured(code: &str, text: &str) -> String {
    if stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// `text` in bold, where colours can be seen.
pub(crate) fn bold(text: &str) -> String {
    coloured("1", text)
}

/// `text` in green, where colours can be seen.
pub(crate) fn green(text: &str) -> String {
    coloured("32", text)
}

/// `text` in red, where colours can be seen.
pub(crate) fn red(text: &str) -> String {
    coloured("1;31", text)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{command, quoted, words};

    #[test]
    fn a_shell_reads_every_quoted_word_back_as_it_was() {
        for word in
            ["plain-1.2/x", "", "/tmp/a b/ü/lanrage", "it's", "$HOME `id` \"x\" \\ & ; * ~", "'", "a\nb"]
        {
            let script = format!("printf %s {}", quoted(word));
            let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), word, "{script}");
        }
    }

    #[test]
    fn a_command_is_shown_as_it_can_be_typed() {
        let mut shown = command("tool", &["check", "a b"]);
        shown.env("FOLDER", "/tmp/it's").env("PATH", "/own:/usr/bin");
        assert_eq!(words(&shown), r"FOLDER='/tmp/it'\''s' tool check 'a b'");
    }
}
