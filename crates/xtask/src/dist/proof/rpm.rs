//! The .rpm in the same file system, by rpm alone: its scripts run, its files are used, and it goes without a trace. What it
//! depends on is Debian's here, which rpm knows nothing of.

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Stage, throwaway::Throwaway};

use super::{super::server::NAME as SERVER, Evening, Helper, UNITS, as_user, made, say, traces};

/// What every system of its kind has, and this one does not: Fedora's `filesystem` and `hicolor-icon-theme`.
const FOLDERS: [&str; 3] = [
    "/usr/share/fish/vendor_completions.d",
    "/usr/share/icons/hicolor/256x256@2/apps",
    "/usr/share/zsh/site-functions",
];
/// Where rpm keeps its own list of packages.
const DATABASE: &str = "/var/lib/lanrage-proof-rpm";

pub(super) fn run(machine: &Throwaway, stage: &Stage) -> Result<()> {
    let host = &stage.two;
    let package = made("debug/bundle/rpm", "lanrage", "rpm")?;
    let inside = machine.bring(&package)?;
    let inside = inside.to_str().context("a name that is text")?;
    let rpm = |words: &[&str]| {
        machine.run(host, &[&["rpm", "--force-debian", "--dbpath", DATABASE], words].concat())
    };
    machine.run(host, &[&["mkdir", "--parents"][..], &FOLDERS].concat())?;
    let before = machine.changes()?;

    rpm(&["--install", "--nodeps", inside])?;
    let helper = Helper::start(machine, host, UNITS)?;
    let mut evening = Evening::begin(stage, ["rpm-one", "rpm-two"], as_user(machine, "lanrage"))?;
    evening.two.leave()?;
    evening.one.leave()?;
    drop(helper);
    rpm(&["--erase", "--nodeps", "lanrage"])?;

    let package = made("debug", &format!("{SERVER}-{}", env!("CARGO_PKG_VERSION")), "rpm")?;
    let inside = machine.bring(&package)?;
    rpm(&["--install", "--nodeps", inside.to_str().context("a name that is text")?])?;
    let version = machine.run(host, &[SERVER, "--version"])?;
    ensure!(version.contains(env!("CARGO_PKG_VERSION")), "the server is another version: {version}");
    machine.run(host, &["getent", "passwd", SERVER])?;
    rpm(&["--erase", "--nodeps", SERVER])?;
    // What it may have kept is its user's, so the user stays.
    machine.run(host, &["userdel", SERVER])?;
    machine.run(host, &["rm", "--recursive", DATABASE])?;
    let after = machine.changes()?;
    let left: Vec<_> =
        traces::not_of_records(&before, &after).map(|path| path.display().to_string()).collect();
    ensure!(left.is_empty(), "the .rpm left, took or changed:\n{}", left.join("\n"));
    say("The .rpm, by rpm alone: installed, used through the helper, erased without a trace");
    Ok(())
}
