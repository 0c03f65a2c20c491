//! What a machine needs, and getting it: system packages, development tools, the user interface's packages.

use std::{
    env,
    ffi::OsString,
    fs,
    process::Command,
    time::{Instant, SystemTime},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{project, shell};

/// System packages for one purpose, under their Debian names; of several in one word, apart by `|`, any will do.
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
    packages: &[
        "conntrack",
        "faketime",
        "iproute2",
        "iputils-ping",
        "nftables",
        "openssl",
        "tcpdump",
        "util-linux",
    ],
};

/// To test against other people's servers.
pub(crate) const ORACLES: Purpose = Purpose {
    reason: "another relay, another router's port mapping, another WireGuard, an authority for certificates, and what gets another ICE agent, to test \
              ours against",
    packages: &["coturn", "miniupnpd", "pebble", "python3", "python3-pip", "wireguard-go", "wireguard-tools"],
};

/// To measure the tunnel, and others for comparison.
pub(crate) const BENCH: Purpose = Purpose {
    reason: "other tunnels to compare ours with, and the traffic to measure them by",
    packages: &["iperf3", "wireguard-go", "wireguard-tools"],
};

/// To play in labs.
pub(crate) const GAME: Purpose =
    Purpose { reason: "a real LAN game to find through the tunnel", packages: &["teeworlds-server"] };

/// To host in labs.
pub(crate) const GAMES: Purpose = Purpose {
    reason: "servers of games that friends are shown",
    packages: &["armagetronad-dedicated", "bzflag-server", "ddnet-server", "minetest-server"],
};

/// To search two LANs at once.
pub(crate) const SEARCHERS: Purpose = Purpose {
    reason: "programs of other people that search a LAN, and games that are found there",
    packages: &[
        "avahi-daemon",
        "avahi-utils",
        "dbus",
        "gupnp-tools",
        "minetest-server",
        "openarena-server",
        "teeworlds-server",
        "wakeonlan",
    ],
};

/// To drive the real window.
pub(crate) const DESKTOP_TEST: Purpose = Purpose {
    reason: "to test the user interface and the real window without a screen (browser, WebDriver, X server, window \
              manager, what presses its buttons)",
    packages: &[
        // Ubuntu knows it by the second name.
        "chromium|chromium-browser",
        "dbus",
        "dbus-x11",
        "desktop-file-utils",
        "fonts-dejavu-core",
        "imagemagick",
        "libglib2.0-bin",
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
    reason: "to install our own packages, and to ask polkit as they would",
    packages: &["appstream", "dbus", "desktop-file-utils", "polkitd", "rpm"],
};

/// To check the Windows code.
pub(crate) const WINDOWS_CHECK: Purpose =
    Purpose { reason: "to check the code for Windows", packages: &["gcc-mingw-w64-x86-64-win32"] };

/// To make the installer for Windows, and to sign it.
pub(crate) const INSTALLER: Purpose = Purpose {
    reason: "to make and sign the installer for Windows",
    packages: &["nsis", "openssl", "osslsigncode"],
};

/// To play the Windows programs.
pub(crate) const WINE: Purpose = Purpose { reason: "to play as on Windows", packages: &["wine64"] };

/// To see what a Windows program shows.
pub(crate) const SCREEN: Purpose = Purpose {
    reason: "to see the window of a Windows program without a screen",
    packages: &["xdotool", "xvfb"],
};

/// A development tool from crates.io, with the version that this repository is checked with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    /// Whether it is there to be measured. Else it is compiled in the quickest way: made as fast as its authors want it,
    /// `cargo-deny` takes many times longer to build than all that it ever does here.
    is_measured: bool,
}

/// Licences, bans, sources and advisories of dependencies.
pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20", is_measured: false };
/// Dependencies that nothing uses.
pub(crate) const CARGO_MACHETE: Tool = Tool { name: "cargo-machete", version: "0.9", is_measured: false };
/// A WireGuard of user space, made with the library that ours uses.
pub(crate) const BORINGTUN: Tool = Tool { name: "boringtun-cli", version: "0.7.1", is_measured: true };
/// Another one, its descendant.
pub(crate) const GOTATUN: Tool = Tool { name: "gotatun-cli", version: "0.10.2", is_measured: true };
/// WebDriver for Tauri windows.
pub(crate) const TAURI_DRIVER: Tool = Tool { name: "tauri-driver", version: "2.1.0", is_measured: false };

/// An ICE agent of other people, with what it needs, from the Python Package Index.
const ICE_AGENT: [&str; 3] = ["aioice==0.10.1", "dnspython==2.9.2", "ifaddr==0.2.0"];

/// The versions of Node.js that every package of the user interface's build runs on.
const NODE: &str = "version 20.19 or newer, 22.13 or newer, or 24 and later";

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

    /// Everything any command but the comparisons needs.
    ///
    /// # Errors
    /// If something cannot be had.
    pub(crate) fn everything(self) -> Result<()> {
        self.system_and_node_packages()?;
        self.tools(&[CARGO_DENY, CARGO_MACHETE, TAURI_DRIVER])
    }

    /// The same without the tools that are built from source.
    ///
    /// # Errors
    /// If something cannot be had.
    pub(crate) fn system_and_node_packages(self) -> Result<()> {
        self.packages(&[BUILD, LAB, ORACLES, GAME, DESKTOP_TEST, KEYRING_TEST, PACKAGE_TEST, WINDOWS_CHECK])?;
        self.ice_agent()?;
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
        let installed = installed(purposes);
        let lacks = |wanted: &str| !wanted.split('|').any(|name| installed.iter().any(|each| each == name));
        let lacking = |purpose: &Purpose| {
            purpose.packages.iter().copied().filter(|name| lacks(name)).collect::<Vec<_>>()
        };
        let mut missing: Vec<_> = purposes.iter().flat_map(lacking).collect();
        if missing.is_empty() {
            return Ok(());
        }
        println!("{}", shell::bold("Installing system packages with apt-get:"));
        for purpose in purposes {
            let wanted = lacking(purpose);
            if !wanted.is_empty() {
                println!("  {} ({})", wanted.join(" "), purpose.reason);
            }
        }
        missing.sort_unstable();
        missing.dedup();
        timed("System packages", || {
            let install = |names: Vec<&str>| {
                apt_get(&[&["install", "--yes", "--no-install-recommends"][..], &names].concat())
            };
            if offered(&missing).and_then(install).is_err() {
                // Package lists that are absent or out of date: fresh ones once, then it must work.
                apt_get(&["update"])?;
                offered(&missing).and_then(install)?;
            }
            Ok(())
        })
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
            if !tool.is_measured {
                install
                    .arg("--debug")
                    .envs([("CARGO_PROFILE_DEV_DEBUG", "none"), ("CARGO_INCREMENTAL", "0")]);
            }
            timed(tool.name, || shell::run(&mut install))?;
        }
        Ok(())
    }

    /// Installs another ICE agent into the target folder, once.
    ///
    /// # Errors
    /// If it cannot be had.
    fn ice_agent(self) -> Result<()> {
        if !cfg!(target_os = "linux") {
            return Ok(());
        }
        let folder = project::tools().join("python");
        // Written last: an installation that was interrupted is none.
        let (record, wanted) = (folder.join("installed"), ICE_AGENT.join("\n"));
        if fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        println!("{}", shell::bold("Installing another ICE agent (aioice) with pip into the target folder"));
        timed("aioice", || {
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            let mut install = shell::command("python3", &["-m", "pip", "install", "--no-deps"]);
            install.args(["--disable-pip-version-check", "--root-user-action", "ignore", "--target"]);
            shell::run(install.arg(&folder).args(ICE_AGENT))?;
            Ok(fs::write(&record, wanted)?)
        })
    }

    /// Installs the user interface's packages as its lock file says, when they are not those already.
    ///
    /// # Errors
    /// If Node is missing or too old, or a package cannot be had.
    pub(crate) fn node_packages(self) -> Result<()> {
        let version = shell::ask(&mut shell::command("node", &["--version"]));
        let version = version.with_context(|| format!("Node.js is missing: install {NODE}, with npm"))?;
        ensure!(is_fit(&version), "Node.js {} does not do: {NODE} is needed", version.trim());

        let folder = project::ui().display().to_string();
        if let Some(sign) = misread(&folder) {
            bail!(
                "`{sign}` in {folder}: Vite and TypeScript take it for a sign of an address or a pattern. Move the \
                 checkout to a folder without it"
            );
        }

        // npm writes this file last, so it is younger than the lock file it was made from.
        let changed = |path: &str| fs::metadata(project::ui().join(path))?.modified();
        let installed = changed("node_modules/.package-lock.json").unwrap_or(SystemTime::UNIX_EPOCH);
        if installed >= changed("package-lock.json").context("ui/package-lock.json")? {
            return Ok(());
        }
        println!("{}", shell::bold("Installing the user interface's packages with npm"));
        timed("The user interface's packages", || {
            shell::run(&mut shell::npm(&["ci", "--no-audit", "--no-fund"]))
        })
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

/// Does a part of the set-up, and says how long it took.
fn timed(part: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let started = Instant::now();
    work()?;
    println!("{} {part}: {:.0} s", shell::green("✓"), started.elapsed().as_secs_f64());
    Ok(())
}

/// Which of these purposes' packages are there.
fn installed(purposes: &[Purpose]) -> Vec<String> {
    let wanted = purposes.iter().flat_map(|purpose| purpose.packages).flat_map(|names| names.split('|'));
    // It fails as soon as one is unknown, and still tells of the others.
    let answer = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status} ${Package}\\n"])
        .args(wanted)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    answer.lines().filter_map(|line| Some(line.strip_prefix("installed ")?.to_owned())).collect()
}

/// Of each of these, the first name that the system's package lists offer.
///
/// # Errors
/// If they offer none.
fn offered<'n>(wanted: &[&'n str]) -> Result<Vec<&'n str>> {
    let names = wanted.iter().flat_map(|names| names.split('|'));
    let answer = shell::ask(Command::new("apt-cache").arg("policy").args(names)).unwrap_or_default();
    let offered = candidates(&answer);
    let choose = |names: &&'n str| names.split('|').find(|name| offered.contains(name));
    let unknown = |names: &&str| format!("the system's package lists have no {}", names.replace('|', " or "));
    wanted.iter().map(|names| choose(names).with_context(|| unknown(names))).collect()
}

/// The packages with a candidate in what `apt-cache policy` says.
fn candidates(policy: &str) -> Vec<&str> {
    let mut package = "";
    let mut found = Vec::new();
    for line in policy.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with(' ')) {
            package = name;
        } else if line.strip_prefix("  Candidate: ").is_some_and(|version| version != "(none)") {
            found.push(package);
        }
    }
    found
}

/// What of a path the user interface's build takes for something else than a name.
fn misread(path: &str) -> Option<char> {
    path.chars().find(|sign| "#%*?".contains(*sign))
}

/// Whether the user interface's build runs on this version of Node.js, as `node --version` writes it.
fn is_fit(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
    match (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) {
        (20, minor) => minor >= 19,
        (22, minor) => minor >= 13,
        (major, _) => major >= 24,
    }
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
    // Updates that the system makes by itself hold the lock for a while.
    let patience = ["-o", "DPkg::Lock::Timeout=600"];
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=1"]).args(patience).args(arguments);
    shell::run(&mut command)
}

#[cfg(test)]
mod tests {
    use super::{candidates, is_fit, misread};

    #[test]
    fn folders_that_the_interface_cannot_be_built_in_are_known() {
        assert_eq!(misread("/tmp/a b/ü, it's [x] (y) & $HOME;/lanrage/ui"), None);
        assert_eq!(misread("/srv/c#/lanrage/ui"), Some('#'));
        assert_eq!(misread("/srv/100%/lanrage/ui"), Some('%'));
    }

    #[test]
    fn only_packages_with_a_candidate_are_offered() {
        let policy = "chromium:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n\
                      chromium-browser:\n  Installed: (none)\n  Candidate: 2:1snap1\n  Version table:\n     \
                      2:1snap1 500\n        500 http://archive.example noble/universe amd64 Packages\n";
        assert_eq!(candidates(policy), ["chromium-browser"]);
    }

    #[test]
    fn versions_of_node_are_fit_where_all_packages_run() {
        for version in ["v20.19.0\n", "v20.20.2", "v22.13.0", "v24.0.0", "v25.1.0"] {
            assert!(is_fit(version), "{version}");
        }
        for version in ["v18.20.4\n", "v20.18.9", "v21.7.0", "v22.12.0", "v23.11.0", "", "garbage"] {
            assert!(!is_fit(version), "{version}");
        }
    }
}
