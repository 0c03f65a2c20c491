//! The manual pages and the shells' completions of `lanrage`, from its own description of its command line: neither the
//! program nor its build carries what makes the pages.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use clap::{Command, CommandFactory};
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

#[path = "../../../app/cli/src/arguments.rs"]
#[allow(dead_code, reason = "here only the description is wanted, not what was typed")]
mod arguments;

/// Variables of the environment that count.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("LANRAGE_DATA_DIR", "Folder of everything that LANrage keeps, as --data-dir."),
    ("LANRAGE_CONTROL", "Control server of new parties, as --control of lanrage create."),
    ("LANRAGE_LINK_FILE", "File with the invitation link, as --link-file of lanrage join."),
    (
        "LANRAGE_LOG",
        "What is logged to standard error: error, warn, info, debug or trace, or filters by part of the program.",
    ),
    ("NO_COLOR", "If it is set to anything, nothing is coloured."),
    (
        "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy by which servers are reached, and what is reached without it.",
    ),
];

/// Files that a user may look for.
const FILES: &[(&str, &str)] = &[
    (
        "~/.local/share/lanrage/",
        "What LANrage keeps: the database, its backups, the log, and keys where there is no keyring.",
    ),
    ("~/.local/share/lanrage/network.log", "The log, as lanrage log shows it."),
    (
        "/etc/lanrage-helper.users",
        "Users, one number a line, who get the network adapter without sitting at the computer.",
    ),
    (
        "/usr/lib/systemd/user/lanrage.service",
        "The unit by which systemd keeps a user in the last party: systemctl --user enable --now lanrage",
    ),
];

/// The variable by which a shell asks the program what could come next; the program's own `completion` has the same.
const ASKED: &str = "LANRAGE_COMPLETE";

/// Writes them below a folder, as they are installed below `/usr/share`.
pub(super) fn write(folder: &Path) -> Result<()> {
    for (place, script) in completions()? {
        let file = folder.join(place);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(file, script)?;
    }
    let pages = folder.join("man/man1");
    fs::create_dir_all(&pages)?;
    let mut command = without_help(arguments::Arguments::command());
    command.build();
    write_pages(&command, &pages)
}

/// The scripts by which shells ask the program, and where they look for them.
fn completions() -> Result<[(&'static str, String); 3]> {
    let script = |shell: &dyn EnvCompleter| -> Result<String> {
        let mut script = Vec::new();
        shell.write_registration(ASKED, "lanrage", "lanrage", "lanrage", &mut script)?;
        Ok(String::from_utf8(script)?)
    };
    // Names of parties have spaces: as names of files they are quoted.
    let bash = script(&Bash)?;
    let quoted = bash.replace("-o bashdefault ", "-o bashdefault -o filenames ");
    ensure!(quoted != bash, "the script for bash is another than this knows");
    // The first time it is the body of the function that is asked, and has only said which one is asked from then on.
    let zsh = script(&Zsh)?;
    ensure!(zsh.contains("function _clap_dynamic_completer_lanrage()"), "the script for zsh is another");
    let zsh =
        zsh + "\nif [[ $funcstack[1] == _lanrage ]]; then\n    _clap_dynamic_completer_lanrage \"$@\"\nfi\n";
    Ok([
        ("bash-completion/completions/lanrage", quoted),
        ("fish/vendor_completions.d/lanrage.fish", script(&Fish)?),
        ("zsh/vendor-completions/_lanrage", zsh),
    ])
}

/// Without the commands called `help`, which would have a page for every other command.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

fn write_pages(command: &Command, folder: &Path) -> Result<()> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        write_pages(inner, folder)?;
    }
    let page = Man::new(command.clone());
    Ok(fs::write(folder.join(page.get_filename()), render(command, &page)?)?)
}

/// The page of a command, with the sections that manuals have (man-pages(7)).
fn render(command: &Command, page: &Man) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    let has_commands = command.get_subcommands().any(|inner| !inner.is_hide_set());
    if has_commands {
        page.render_subcommands_section(&mut text)?;
    }
    let mut rest = Roff::new();
    let is_whole = command.get_name() == "lanrage";
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (examples, other) = examples(&after);
    if !is_whole && !other.is_empty() {
        rest.control("SH", ["NOTES"]);
        rest.text([roman(other.join(" "))]);
    }
    section(&mut rest, "EXIT STATUS", exit_status().into_iter());
    if is_whole {
        let entries = |entries: &'static [(&str, &str)]| {
            entries.iter().map(|(name, what)| ((*name).to_owned(), (*what).to_owned()))
        };
        section(&mut rest, "ENVIRONMENT", entries(ENVIRONMENT));
        section(&mut rest, "FILES", entries(FILES));
    }
    if !examples.is_empty() {
        rest.control("SH", ["EXAMPLES"]);
        rest.control("nf", []);
        for line in &examples {
            rest.text([roman(*line)]);
        }
        rest.control("fi", []);
    }
    rest.to_writer(&mut text)?;
    if is_whole {
        page.render_version_section(&mut text)?;
    } else {
        text.extend(b".SH \"SEE ALSO\"\n\\fBlanrage\\fR(1)\n");
    }
    Ok(text)
}

/// How the program ends and what that means, as its own help says.
fn exit_status() -> Vec<(String, String)> {
    let help = arguments::Arguments::command().get_after_help().map(ToString::to_string).unwrap_or_default();
    let entry =
        |line: &str| line.trim().split_once("  ").map(|(code, what)| (code.to_owned(), what.to_owned()));
    help.lines().filter_map(entry).collect()
}

/// What stands behind a command's help, apart: its examples, and what else there is.
fn examples(after: &str) -> (Vec<&str>, Vec<&str>) {
    let mut lines = after.lines().peekable();
    let is_head = lines.next_if(|line| line.starts_with("Example")).is_some();
    lines.partition(|line| is_head && line.starts_with("  "))
}

/// A section of terms and what they mean.
fn section(page: &mut Roff, head: &str, entries: impl Iterator<Item = (String, String)>) {
    page.control("SH", [head]);
    for (term, meaning) in entries {
        page.control("TP", []);
        page.text([bold(term)]);
        page.text([roman(meaning)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &[&str]) -> String {
        let mut command = without_help(arguments::Arguments::command());
        command.build();
        let found = path.iter().fold(&command, |command, name| command.find_subcommand(name).unwrap());
        String::from_utf8(render(found, &Man::new(found.clone())).unwrap()).unwrap()
    }

    #[test]
    fn the_page_has_the_sections_that_manuals_have() {
        let whole = page(&[]);
        for head in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES"]
        {
            assert!(whole.contains(&format!("\n.SH {head}\n")), "{head} is missing in:\n{whole}");
        }
        assert!(whole.contains("LANRAGE_DATA_DIR") && whole.contains("network.log"), "{whole}");
        for page in [whole, page(&["invite"]), page(&["settings", "get"]), page(&["ping"])] {
            assert!(!page.contains("EXTRA"), "{page}");
            assert_eq!(page.matches(".SH \"EXIT STATUS\"").count(), 1, "{page}");
        }
        let invite = page(&["invite"]);
        let examples = invite.split(".SH EXAMPLES").nth(1).unwrap();
        assert!(examples.contains("lanrage invite \\-\\-uses 1 \\-\\-expires 1h"), "{examples}");
        assert!(!examples.contains("Examples:"), "{examples}");
    }

    #[test]
    fn examples_are_told_from_what_else_stands_behind_a_help() {
        let told = examples("Examples:\n  lanrage open\n  lanrage log\nMore.");
        assert_eq!(told, (vec!["  lanrage open", "  lanrage log"], vec!["More."]));
        assert_eq!(exit_status().first(), Some(&("0".to_owned(), "Done.".to_owned())));
        assert_eq!(exit_status().len(), 6);
    }

    #[test]
    fn the_shells_scripts_ask_the_program() {
        for (place, script) in completions().unwrap() {
            assert!(script.contains(ASKED) && script.contains("lanrage"), "{place}: {script}");
        }
    }
}
