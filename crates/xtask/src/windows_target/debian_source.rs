//! The Windows target's standard library as source from Debian, for machines that cannot reach Rust's servers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{project, shell};

/// The suite of Debian that carries current Rust source.
const SUITE: &str = "trixie-backports";

/// The folder of the standard library's source for this compiler, fetched if it is not here yet.
pub(super) fn library() -> Result<PathBuf> {
    let version = shell::ask(&mut shell::command("rustc", &["--version"])).context("rustc is missing")?;
    let version = version.split(' ').nth(1).context("rustc does not tell its version")?;
    let folder = project::target().join("windows-std").join(version);
    let library = folder.join("library");
    if !library.is_dir() {
        // Moved into its place last, so that an interrupted attempt does not look like a finished one.
        fs::rename(unpack(&folder, version)?, &library)?;
    }
    Ok(library)
}

/// Fetches and unpacks Debian's package of the source; returns the folder `library` in it.
fn unpack(folder: &Path, version: &str) -> Result<PathBuf> {
    let keyring = Path::new("/usr/share/keyrings/debian-archive-keyring.gpg");
    ensure!(
        shell::exists("apt-get") && keyring.exists(),
        "this is not a Debian system, so there is no rust-src"
    );
    let site = shell::ask(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(SITE)",
        "Created-By: Packages",
        "Origin: Debian",
    ]))
    .and_then(|sites| sites.lines().next().map(str::to_owned))
    .context("apt has no Debian source")?;

    // An apt of our own: the system's sources and lists are none of our business.
    let apt = folder.join("apt");
    for subfolder in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(apt.join(subfolder))?;
    }
    fs::write(apt.join("status"), "")?;
    let list = format!("deb [signed-by={}] {site} {SUITE} main\n", keyring.display());
    fs::write(apt.join("sources.list"), list)?;
    let with_options = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        for (option, value) in [
            ("Dir::Etc::sourcelist", "sources.list"),
            ("Dir::State::lists", "lists"),
            ("Dir::State::status", "status"),
            ("Dir::Cache", "cache"),
        ] {
            command.arg("-o").arg(format!("{option}={}", apt.join(value).display()));
        }
        command.args(["-o", "Dir::Etc::sourceparts=/dev/null", "-o", "APT::Sandbox::User="]);
        command.args(arguments).current_dir(&apt);
        command
    };
    shell::run(&mut with_options("apt-get", &["--quiet=2", "update"]))?;
    let offered = shell::ask(&mut with_options("apt-cache", &["madison", "rust-src"])).unwrap_or_default();
    let package = offered
        .lines()
        .filter_map(|line| line.split('|').nth(1).map(str::trim))
        .find(|offer| offer.starts_with(&format!("{version}+")))
        .with_context(|| format!("{SUITE} has no rust-src {version}"))?;
    shell::run(&mut with_options("apt-get", &["--quiet=2", "download", &format!("rust-src={package}")]))?;
    let files = fs::read_dir(&apt)?.collect::<Result<Vec<_>, _>>()?;
    let archive =
        files.iter().map(fs::DirEntry::path).find(|path| path.extension().is_some_and(|e| e == "deb"));
    let unpacked = folder.join("rust-src");
    let archive = archive.context("apt downloaded nothing")?;
    shell::run(Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(&unpacked))?;
    fs::remove_file(archive)?;
    let library = unpacked.join(format!("usr/src/rustc-{version}/library"));
    ensure!(library.join("std").is_dir(), "{} holds no standard library", library.display());
    Ok(library)
}
