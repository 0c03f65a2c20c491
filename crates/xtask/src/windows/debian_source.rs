//! The Windows target's standard library as source from Debian, for machines that cannot reach Rust's servers.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{project, shell};

/// The suite of Debian that carries current Rust source.
const SUITE: &str = "trixie-backports";

/// Makes a sysroot like the compiler's own, with the library's source in it, and returns a compiler that uses it.
pub(super) fn compiler(original: &Path) -> Result<PathBuf> {
    let version = shell::ask(&mut shell::command("rustc", &["--version"])).context("rustc is missing")?;
    let version = version.split(' ').nth(1).context("rustc does not tell its version")?.to_owned();
    let folder = project::target().join("windows-std").join(&version);
    let compiler = folder.join("rustc");
    if compiler.is_file() {
        return Ok(compiler);
    }
    let source = unpack_source(&folder, &version)?;
    let sysroot = folder.join("sysroot");
    mirror(original, &sysroot, &["lib", "lib/rustlib"])?;
    let place = sysroot.join("lib/rustlib/src");
    remove_link(&place)?;
    fs::create_dir_all(&place)?;
    symlink(source, place.join("rust"))?;

    // Last, so that an interrupted attempt does not look like a finished one.
    let script = format!("#!/bin/sh\nexec rustc --sysroot '{}' \"$@\"\n", sysroot.display());
    let unfinished = folder.join("rustc.new");
    fs::write(&unfinished, script)?;
    fs::set_permissions(&unfinished, Permissions::from_mode(0o755))?;
    fs::rename(unfinished, &compiler)?;
    Ok(compiler)
}

/// Fetches and unpacks Debian's source package of the standard library; returns the folder that holds `library`.
fn unpack_source(folder: &Path, version: &str) -> Result<PathBuf> {
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
    let source = unpacked.join(format!("usr/src/rustc-{version}"));
    ensure!(source.join("library/std").is_dir(), "{} holds no standard library", source.display());
    Ok(source)
}

/// Fills `copy` with links to what `original` holds; the folders named in `deep` are made anew and filled in turn.
fn mirror(original: &Path, copy: &Path, deep: &[&str]) -> Result<()> {
    for folder in std::iter::once(&"").chain(deep) {
        fs::create_dir_all(copy.join(folder))?;
        for entry in fs::read_dir(original.join(folder))? {
            let entry = entry?;
            let relative = Path::new(folder).join(entry.file_name());
            if deep.iter().any(|deep| Path::new(deep) == relative) {
                continue;
            }
            remove_link(&copy.join(&relative))?;
            symlink(entry.path(), copy.join(relative))?;
        }
    }
    Ok(())
}

/// Removes what an earlier, interrupted attempt left.
fn remove_link(path: &Path) -> Result<()> {
    if path.is_symlink() {
        fs::remove_file(path)?;
    }
    Ok(())
}
