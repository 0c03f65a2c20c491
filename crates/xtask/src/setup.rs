//! What a machine needs, and getting it: system packages, development tools, the user interface's packages.

use std::{env, ffi::OsString, fs, process::Command, time::SystemTime};

use anyhow::{Context, Result, bail, ensure};

use crate::{project, shell};

/// System packages for one purpose, under their Debian names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose {
    reason: &'static str,
    packages: &'static [&'static str],
}

/// To compile the desktop app.
pub(crate) const BUILD: Purpose = Purpose {
    reason: "to build the desktop app (WebKitGTK, tray icon, C compiler)",
    packages: &[
        "build-essential",
        "libayatana-appindicator3-dev",
        "librsvg2-dev",
        "libwebkit2gtk-4.1-dev",
        "patchelf",
        "xdg-utils",
    ],
};

/// To compile the programs without a window.
pub(crate) const COMPILE: Purpose =
    Purpose { reason: "to compile SQLite and cryptography", packages: &["build-essential"] };

/// To build labs.
pub(crate) const LAB: Purpose = Purpose {
    reason: "for the network lab (namespaces, NAT routers, packet capture)",
    packages: &["conntrack", "iproute2", "iputils-ping", "nftables", "tcpdump", "util-linux"],
};

/// To test against other people's servers.
pub(crate) const ORACLES: Purpose = Purpose {
    reason: "another relay, another router's port mapping and another WireGuard, to test ours against",
    packages: &["coturn", "miniupnpd", "wireguard-go", "wireguard-tools"],
};

/// To measure the tunnel, and others for comparison.
pub(crate) const BENCH: Purpose = Purpose {
    reason: "other tunnels to compare ours with, and the traffic to measure them by",
    packages: &["iperf3", "wireguard-go", "wireguard-tools"],
};

/// To play in labs.
pub(crate) const GAME: Purpose =
    Purpose { reason: "a real LAN game to find through the tunnel", packages: &["teeworlds-server"] };

/// To drive the real window.
pub(crate) const DESKTOP_TEST: Purpose = Purpose {
    reason: "to test the user interface and the real window without a screen (browser, WebDriver, X server, window \
              manager, what presses its buttons)",
    packages: &[
        "chromium",
        "dbus-x11",
        "fonts-dejavu-core",
        "imagemagick",
        "openbox",
        "webkit2gtk-driver",
        "wmctrl",
        "xdotool",
        "xvfb",
    ],
};

/// To test secrets in a real keyring.
pub(crate) const KEYRING_TEST: Purpose = Purpose {
    reason: "to test secrets in a real keyring, on a session bus of the test's own",
    packages: &["dbus", "gnome-keyring", "libglib2.0-bin"],
};

/// To test the packages.
pub(crate) const PACKAGE_TEST: Purpose = Purpose {
    reason: "to install our own package, and to ask polkit as it would",
    packages: &["appstream", "dbus", "desktop-file-utils", "polkitd"],
};

/// To check the Windows code.
pub(crate) const WINDOWS_CHECK: Purpose =
    Purpose { reason: "to check the code for Windows", packages: &["mingw-w64"] };

/// A development tool from crates.io, with the version that this repository is checked with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Licences, bans, sources and advisories of dependencies.
pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20" };
/// Dependencies that nothing uses.
pub(crate) const CARGO_MACHETE: Tool = Tool { name: "cargo-machete", version: "0.9" };
/// A WireGuard of user space, made with the library that ours uses.
pub(crate) const BORINGTUN: Tool = Tool { name: "boringtun-cli", version: "0.7.1" };
/// Another one, its descendant.
pub(crate) const GOTATUN: Tool = Tool { name: "gotatun-cli", version: "0.10.2" };
/// WebDriver for Tauri windows.
pub(crate) const TAURI_DRIVER: Tool = Tool { name: "tauri-driver", version: "2.1.0" };

/// Gets what is missing, unless told not to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    skip_system: bool,
}

impl Setup {
    /// With `skip_system` the system's packages are taken to be there.
    pub(crate) fn new(skip_system: bool) -> Self {
        Self { skip_system }
    }

    /// Everything any command needs.
    pub(crate) fn everything(self) -> Result<()> {
        self.packages(&[BUILD, LAB, ORACLES, GAME, DESKTOP_TEST, KEYRING_TEST, PACKAGE_TEST, WINDOWS_CHECK])?;
        self.tools(&[CARGO_DENY, CARGO_MACHETE, TAURI_DRIVER])?;
        self.node_packages()
    }

    /// Installs the system packages for these purposes that are missing.
    ///
    /// # Errors
    /// If the system's packages are not Debian's (after printing the list), or cannot be installed.
    pub(crate) fn packages(self, purposes: &[Purpose]) -> Result<()> {
        if self.skip_system || !cfg!(target_os = "linux") {
            return Ok(());
        }
        if !(shell::exists("apt-get") && shell::exists("dpkg-query")) {
            eprintln!("This command needs the following, named here as Debian and Ubuntu name them:");
            for purpose in purposes {
                eprintln!("  {} ({})", purpose.packages.join(" "), purpose.reason);
            }
            bail!(
                "install what provides them with your system's package manager, then repeat the command with --no-setup"
            );
        }
        let missing = missing(purposes);
        if missing.is_empty() {
            return Ok(());
        }
        println!("{}", shell::bold("Installing system packages with apt-get:"));
        for purpose in purposes {
            let wanted: Vec<_> =
                purpose.packages.iter().copied().filter(|name| missing.contains(name)).collect();
            if !wanted.is_empty() {
                println!("  {} ({})", wanted.join(" "), purpose.reason);
            }
        }
        let mut install = vec!["install", "--yes", "--no-install-recommends"];
        install.extend(&missing);
        if !have_candidates(&missing) || apt_get(&install).is_err() {
            // Package lists that are absent or out of date: fresh ones once, then it must work.
            apt_get(&["update"])?;
            apt_get(&install)?;
        }
        Ok(())
    }

    /// Installs these tools into the target folder, once.
    ///
    /// # Errors
    /// If one cannot be built.
    pub(crate) fn tools(self, tools: &[Tool]) -> Result<()> {
        for tool in tools {
            if tool.is_installed() {
                continue;
            }
            println!(
                "{}",
                shell::bold(&format!("Installing {} {} into the target folder", tool.name, tool.version))
            );
            let requirement = if tool.version.matches('.').count() == 2 { "=" } else { "~" };
            let mut install = shell::cargo(&["install", "--locked", "--root"]);
            install.arg(project::tools());
            install.args(["--version", &format!("{requirement}{}", tool.version), tool.name]);
            // Shared with the workspace's own build, it would be thrown away by `cargo install` after each tool.
            install.env("CARGO_TARGET_DIR", project::target().join("tools-build"));
            shell::run(&mut install)?;
        }
        Ok(())
    }

    /// Installs the user interface's packages as its lock file says, when they are not those already.
    ///
    /// # Errors
    /// If Node is missing or too old, or a package cannot be had.
    pub(crate) fn node_packages(self) -> Result<()> {
        let version = shell::ask(&mut shell::command("node", &["--version"]));
        let version = version.context("Node.js is missing: install version 20.19 or newer, with npm")?;
        let mut numbers =
            version.trim().trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
        let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        ensure!(
            (major, minor) >= (20, 19),
            "Node.js {} is too old: 20.19 or newer is needed",
            version.trim()
        );

        // npm writes this file last, so it is younger than the lock file it was made from.
        let changed = |path: &str| fs::metadata(project::ui().join(path))?.modified();
        let installed = changed("node_modules/.package-lock.json").unwrap_or(SystemTime::UNIX_EPOCH);
        if installed >= changed("package-lock.json").context("ui/package-lock.json")? {
            return Ok(());
        }
        println!("{}", shell::bold("Installing the user interface's packages with npm"));
        shell::run(&mut shell::npm(&["ci", "--no-audit", "--no-fund"]))
    }
}

impl Tool {
    fn is_installed(self) -> bool {
        // Cargo's own record of what it installed there: "name version (source)" as keys.
        let record = fs::read_to_string(project::tools().join(".crates.toml")).unwrap_or_default();
        let version = |rest: &str| rest.starts_with(' ') && rest[1..].starts_with(self.version);
        let mut entries = record.split('"').filter_map(|entry| entry.strip_prefix(self.name));
        entries.any(version)
    }
}

/// The search path with the tools of the target folder in front.
pub(crate) fn path_with_tools() -> Result<OsString> {
    let own = project::tools().join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(std::iter::once(own).chain(env::split_paths(&path)))?)
}

fn missing(purposes: &[Purpose]) -> Vec<&'static str> {
    let mut wanted: Vec<_> = purposes.iter().flat_map(|purpose| purpose.packages).copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    // It fails as soon as one is unknown, and still tells of the others.
    let answer = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status} ${Package}\\n"])
        .args(&wanted)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    wanted.retain(|name| !answer.lines().any(|line| line.strip_prefix("installed ") == Some(*name)));
    wanted
}

fn have_candidates(packages: &[&str]) -> bool {
    let answer = shell::ask(Command::new("apt-cache").arg("policy").args(packages)).unwrap_or_default();
    answer.lines().filter(|line| line.starts_with("  Candidate: ") && !line.ends_with("(none)")).count()
        == packages.len()
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let is_root = shell::ask(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    let mut command = if is_root {
        Command::new("env")
    } else {
        if !shell::exists("sudo") {
            bail!("there is no sudo; as root, run: apt-get {}", arguments.join(" "));
        }
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=1"]).args(arguments);
    shell::run(&mut command)
}
