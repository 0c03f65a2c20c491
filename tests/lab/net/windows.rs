//! A host that runs Windows programs: wine, with a stand-in for the driver of network adapters.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{Host, Process};

/// How long wine may take to start, on a machine that does other things as well.
const START: Duration = Duration::from_secs(60);

/// Variables that keep wine from the desktop, the network and the user's own settings.
const QUIET: [&str; 3] =
    ["WINEARCH=win64", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe="];

/// What every Windows host of a lab is made from.
#[derive(Debug, Clone)]
pub struct WindowsKit {
    /// The program that runs Windows programs.
    pub wine: PathBuf,
    /// A prefix of wine's, as a new computer has it.
    pub prefix: PathBuf,
    /// The Linux side of the stand-in for the driver.
    pub bridge: PathBuf,
    /// A file with the authority that its programs trust beside the web's; none for those alone.
    pub authority: Option<PathBuf>,
    /// The X server that shows its windows (`DISPLAY`); none for a computer without a screen.
    pub screen: Option<String>,
}

/// A host that runs Windows programs. All that was started there ends with the world.
#[derive(Debug)]
pub struct WindowsHost {
    host: Host,
    /// Its prefix is this computer's own.
    kit: WindowsKit,
    bridge: Process,
    /// What keeps the computer running while none of its programs does: services end with the last one.
    _session: Process,
}

impl WindowsKit {
    /// Words that start a Windows program in this prefix: a command, its first arguments among them.
    #[must_use]
    pub fn starter(&self, program: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["env".into()];
        words.extend(QUIET.map(OsString::from));
        let authority = self.authority.iter();
        // Linux's root is a drive there.
        words.extend(authority.map(|file| format!("SSL_CERT_FILE=Z:{}", file.display()).into()));
        words.extend(self.screen.iter().map(|screen| format!("DISPLAY={screen}").into()));
        let mut variable = OsString::from("WINEPREFIX=");
        variable.push(&self.prefix);
        words.extend([variable, self.wine.clone().into(), program.into()]);
        words
    }

    /// The same computer with a disk of its own, which is made anew at this place.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn with_disk(&self, prefix: PathBuf) -> Result<Self> {
        if prefix.exists() {
            fs::remove_dir_all(&prefix)?;
        }
        fs::create_dir_all(prefix.parent().context("a folder in a folder")?)?;
        // By links: nearly all of it is the system's, which nobody writes.
        copy(&["--archive", "--link"], &self.prefix, &prefix)?;
        for file in fs::read_dir(&self.prefix)?.flatten().map(|entry| entry.path()) {
            // The registry is written in its place where it has two names.
            if file.extension().is_some_and(|ending| ending == "reg") {
                copy(&["--remove-destination"], &file, &prefix.join(file.file_name().unwrap_or_default()))?;
            }
        }
        Ok(Self { prefix, ..self.clone() })
    }
}

impl WindowsHost {
    /// Makes of a host one that runs Windows, with a disk of its own below `folder`.
    ///
    /// # Errors
    /// If wine or the stand-in does not start.
    pub fn start(host: &Host, kit: &WindowsKit, folder: &Path) -> Result<Self> {
        let kit = kit.with_disk(folder.join(host.name()))?;
        let bridge = host.spawn(host.command(&kit.bridge))?;
        bridge
            .wait_for("word that the bridge is ready", START, |line| line.contains("ready").then_some(()))?;
        let words = kit.starter(Path::new("cmd.exe"));
        let mut session = host.command(&words[0]);
        session.args(&words[1..]).args(["/c", "echo ready& ping -n 3600 127.0.0.1 >nul"]);
        let session = host.spawn(session)?;
        session.wait_for("word that Windows runs", START, |line| line.starts_with("ready").then_some(()))?;
        Ok(Self { host: host.clone(), kit, bridge, _session: session })
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// A folder of its disk, as Linux sees it.
    #[must_use]
    pub fn disk(&self, folder: &str) -> PathBuf {
        self.kit.prefix.join("drive_c").join(folder)
    }

    /// Words that start a Windows program on the host: a command, its first arguments among them.
    #[must_use]
    pub fn starter(&self, program: &Path) -> Vec<OsString> {
        self.kit.starter(program)
    }

    /// The same where the driver lets only the system make adapters, as it does for who is no administrator.
    #[must_use]
    pub fn starter_without_rights(&self, program: &Path) -> Vec<OsString> {
        let mut words = self.starter(program);
        words.insert(1, "WINTUN_STANDIN_DENY=1".into());
        words
    }

    /// A command that runs a Windows program on the host.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let words = self.starter(program);
        let mut command = self.host.command(&words[0]);
        command.args(&words[1..]);
        command
    }

    /// What a Windows program writes, which must end well.
    ///
    /// # Errors
    /// If it does not.
    pub fn ask(&self, program: &Path, words: &[&str]) -> Result<String> {
        // A file and no pipe: what a program starts in the background would keep that open.
        let path = self.kit.prefix.join("said");
        let file = File::create(&path)?;
        let mut command = self.command(program);
        command.args(words).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let status = command.status().context("wine")?;
        let said = String::from_utf8_lossy(&fs::read(path)?).replace('\r', "");
        ensure!(status.success(), "{} {}: {status}, {said}", program.display(), words.join(" "));
        Ok(said)
    }

    /// What was done to its adapters.
    #[must_use]
    pub fn adapters(&self) -> String {
        self.bridge.tail()
    }
}

fn copy(how: &[&str], from: &Path, to: &Path) -> Result<()> {
    let copied = Command::new("cp").args(how).args([from, to]).status()?;
    ensure!(copied.success(), "{} was not copied", from.display());
    Ok(())
}
