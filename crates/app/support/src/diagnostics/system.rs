use std::{env, fs};

use serde_json::{Value, json};

use super::Anonymizer;

/// The program and what it runs on.
pub(super) fn describe() -> Value {
    json!({
        "lanrage": env!("CARGO_PKG_VERSION"),
        "os": env::consts::OS,
        "architecture": env::consts::ARCH,
        "os_version": os_version(),
        "kernel": kernel(),
    })
}

#[cfg(target_os = "linux")]
fn os_version() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches('"').to_owned())
}

#[cfg(windows)]
fn os_version() -> Option<String> {
    use std::os::windows::process::CommandExt;
    /// No console window flashes up (`CREATE_NO_WINDOW`).
    const NO_WINDOW: u32 = 0x0800_0000;
    let output = std::process::Command::new("cmd").args(["/C", "ver"]).creation_flags(NO_WINDOW).output();
    Some(String::from_utf8_lossy(&output.ok()?.stdout).trim().to_owned())
}

#[cfg(target_os = "macos")]
fn os_version() -> Option<String> {
    let output = std::process::Command::new("sw_vers").arg("-productVersion").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
const fn os_version() -> Option<String> {
    None
}

fn kernel() -> Option<String> {
    if cfg!(target_os = "linux") {
        return Some(fs::read_to_string("/proc/sys/kernel/osrelease").ok()?.trim().to_owned());
    }
    None
}

/// What this computer and its account are called.
#[derive(Debug)]
pub(super) struct Surroundings {
    home: Option<String>,
    account: Option<String>,
    machine: Option<String>,
}

impl Surroundings {
    pub(super) fn read() -> Self {
        let first = |names: [&str; 2]| names.into_iter().find_map(|name| env::var(name).ok());
        let hostname = || Some(fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_owned());
        Self {
            home: env::home_dir().and_then(|home| home.into_os_string().into_string().ok()),
            account: first(["USER", "USERNAME"]),
            machine: first(["COMPUTERNAME", "HOSTNAME"]).or_else(hostname),
        }
    }

    pub(super) fn teach(&self, anonymizer: &mut Anonymizer) {
        self.home.iter().for_each(|home| anonymizer.learn_home(home));
        self.account.iter().for_each(|name| anonymizer.learn_account(name));
        self.machine.iter().for_each(|name| anonymizer.learn_machine(name));
    }
}
