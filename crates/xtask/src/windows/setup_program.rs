//! The installer, as a player meets it: signed, installed, replaced by a newer one under a running party, and removed.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{WindowsHost, ways::self_signed};

use super::kit;
use crate::dist::windows::{self, Pace};

/// The version that replaces the project's own.
pub(super) const NEWER: &str = "99.0.0";

/// Where it installs to, on the computer's disk.
const FOLDER: &str = "Program Files/LANrage";

/// What is there when it was installed.
const FILES: [&str; 8] = [
    "lanrage-desktop.exe",
    "WebView2Loader.dll",
    "lanrage.exe",
    "lanrage-helper.exe",
    "wintun.dll",
    "wintun-license.txt",
    "license.txt",
    "uninstall.exe",
];

/// Where Windows keeps what it shows under *Apps*.
const ENTRY: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\LANrage";

/// What Windows has of a search path.
const ENVIRONMENT: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment";

/// How long removing may take: the program that removes goes last, after it has ended.
const REMOVED: Duration = Duration::from_secs(20);

/// The installer of a version.
pub(super) fn installer(version: &str) -> PathBuf {
    kit::folder().join(format!("lanrage-{version}-setup.exe"))
}

/// Makes the installers of this version and of a newer one, signed by a certificate of the test's own.
pub(super) fn make() -> Result<()> {
    let (certificate, key) = (kit::folder().join("certificate.pem"), kit::folder().join("key.pem"));
    self_signed(&certificate, &key, &["extendedKeyUsage=codeSigning"])?;
    for version in [env!("CARGO_PKG_VERSION"), NEWER] {
        let installer = installer(version);
        windows::pack(&kit::programs(), &installer, version, Pace::Quick)?;
        windows::sign(&installer, &certificate, &key)?;
        windows::verify(&installer, &certificate)?;
        // Changed after it was signed, it is nobody's.
        let changed = installer.with_extension("changed");
        let mut bytes = fs::read(&installer)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&changed, bytes)?;
        ensure!(windows::verify(&changed, &certificate).is_err(), "a changed installer counts as signed");
        fs::remove_file(changed)?;
    }
    Ok(())
}

/// Installs this version, or replaces an older one by it, without a question.
pub(super) fn install(windows: &WindowsHost, version: &str) -> Result<()> {
    windows.ask(&installer(version), &["/S"])?;
    for file in FILES {
        ensure!(place(windows, file).exists(), "{file} was not installed");
    }
    let shown = windows.ask(Path::new("reg.exe"), &["query", ENTRY, "/v", "DisplayVersion"])?;
    ensure!(shown.contains(&format!("{version}.0")), "Windows shows another version:\n{shown}");
    let path = windows.ask(Path::new("reg.exe"), &["query", ENVIRONMENT, "/v", "Path"])?;
    ensure!(path.matches("LANrage").count() == 1, "the search path is {path}");
    windows.ask(Path::new("sc.exe"), &["query", "LANrageHelper"]).context("there is no service")?;
    Ok(())
}

/// A file of the installed program.
pub(super) fn place(windows: &WindowsHost, file: &str) -> PathBuf {
    windows.disk(FOLDER).join(file)
}

/// Removes the program, and looks for what it may have left.
pub(super) fn remove(windows: &WindowsHost) -> Result<()> {
    windows.ask(&place(windows, "uninstall.exe"), &["/S"])?;
    let deadline = Instant::now() + REMOVED;
    while windows.disk(FOLDER).exists() {
        if Instant::now() > deadline {
            let left: Vec<_> =
                fs::read_dir(windows.disk(FOLDER))?.flatten().map(|entry| entry.file_name()).collect();
            bail!("these are left: {left:?}");
        }
        thread::sleep(Duration::from_millis(100));
    }
    for (program, words) in [
        ("reg.exe", &["query", ENTRY][..]),
        ("reg.exe", &["query", r"HKLM\Software\Classes\lanrage"]),
        ("sc.exe", &["query", "LANrageHelper"]),
    ] {
        ensure!(windows.ask(Path::new(program), words).is_err(), "{} is left", words.join(" "));
    }
    let path = windows.ask(Path::new("reg.exe"), &["query", ENVIRONMENT, "/v", "Path"])?;
    ensure!(!path.contains("LANrage"), "the search path is {path}");
    Ok(())
}
