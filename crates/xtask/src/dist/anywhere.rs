//! The archive for every Linux with systemd: also for those whose `/usr` cannot be written, and as what the Flatpak is made of.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Profile, folder,
    linux::{lay_out, open_to_all, strip},
};
use crate::{project, shell};

/// Where its script sets it up.
pub(super) const PLACE: &str = "/opt/lanrage";
/// Where the script puts the units.
pub(super) const UNITS: &str = "etc/systemd/system";

/// Files of the repository, and where in the archive they are.
const FILES: &[(&str, &str)] = &[
    ("LICENSE", "share/LICENSE"),
    ("icons/32x32.png", "share/32x32.png"),
    ("icons/128x128.png", "share/128x128.png"),
    ("src-tauri/packaging/linux/io.lanrage.app.metainfo.xml", "share/io.lanrage.app.metainfo.xml"),
    ("src-tauri/packaging/linux/lanrage-helper.socket", "units/lanrage-helper.socket"),
    ("src-tauri/packaging/linux/anywhere/io.lanrage.app.yml", "io.lanrage.app.yml"),
    ("src-tauri/packaging/linux/anywhere/setup", "setup"),
];
const PROGRAMS: [&str; 3] = ["lanrage", "lanrage-desktop", "lanrage-helper"];

/// Packs what was built.
pub(super) fn archive(profile: Profile) -> Result<PathBuf> {
    let name = format!("lanrage-{}", env!("CARGO_PKG_VERSION"));
    let made = folder().join(profile.folder());
    let tree = made.join(&name);
    lay_out(&tree, FILES)?;
    for program in PROGRAMS {
        strip(profile, program, &tree.join("bin").join(program))?;
    }
    let service =
        fs::read_to_string(project::root().join("src-tauri/packaging/linux/lanrage-helper.service"))?;
    fs::write(tree.join("units/lanrage-helper.service"), of_no_package(&service)?)?;
    let unit = fs::read_to_string(project::root().join("src-tauri/packaging/linux/lanrage.service"))?;
    fs::write(tree.join("units/lanrage.service"), of_a_user(&unit)?)?;
    fs::write(tree.join("share/lanrage.desktop"), desktop_entry()?)?;
    open_to_all(&tree, &[tree.join("setup")])?;
    let archive = made.join(format!("lanrage-linux-{}.tar.gz", env::consts::ARCH));
    let mut tar = shell::command("tar", &["--owner=0", "--group=0", "--sort=name", "--create", "--gzip"]);
    shell::run(tar.arg("--file").arg(&archive).arg("--directory").arg(&made).arg(name))?;
    Ok(archive)
}

/// The helper's unit where no package makes its user: systemd does, for as long as the helper runs. Its list of users says
/// whom it serves, so that polkit, which would not speak with such a user, is not asked.
fn of_no_package(service: &str) -> Result<String> {
    let program = "ExecStart=/usr/libexec/lanrage-helper";
    let user = "User=lanrage-helper";
    let is_there = service.contains(program) && service.contains(user);
    is_there.then_some(()).context("the helper's unit is another than this archive knows")?;
    let service = service.replace(program, &format!("ExecStart={PLACE}/bin/lanrage-helper"));
    Ok(service.replace(user, &format!("{user}\nDynamicUser=yes")))
}

/// The unit of a user who is in the last party without a window.
fn of_a_user(unit: &str) -> Result<String> {
    let program = "ExecStart=/usr/bin/lanrage run";
    unit.contains(program).then_some(()).context("the user's unit is another than this archive knows")?;
    Ok(unit.replace(program, &format!("ExecStart={PLACE}/bin/lanrage run")))
}

/// What start menus and links know of the window.
fn desktop_entry() -> Result<String> {
    let template = fs::read_to_string(project::root().join("src-tauri/lanrage.desktop"))?;
    let window = Path::new(PLACE).join("bin/lanrage-desktop");
    Ok([
        ("name", "LANrage"),
        ("comment", "A LAN with your friends over the internet"),
        ("exec", &window.to_string_lossy()),
        ("icon", "lanrage-desktop"),
        ("categories", "Network;Game;"),
    ]
    .iter()
    .fold(template, |text, (key, value)| text.replace(&format!("{{{{{key}}}}}"), value)))
}

#[cfg(test)]
mod tests {
    use super::{desktop_entry, of_a_user, of_no_package};

    #[test]
    fn the_units_user_is_systemds_and_its_program_where_the_script_puts_it() {
        let unit = include_str!("../../../../src-tauri/packaging/linux/lanrage-helper.service");
        let made = of_no_package(unit).unwrap();
        assert!(made.contains("\nUser=lanrage-helper\nDynamicUser=yes\n"));
        assert!(made.contains("\nExecStart=/opt/lanrage/bin/lanrage-helper\n"));
        assert!(of_no_package("[Service]\n").is_err());
        let unit = include_str!("../../../../src-tauri/packaging/linux/lanrage.service");
        assert!(of_a_user(unit).unwrap().contains("\nExecStart=/opt/lanrage/bin/lanrage run\n"));
        assert!(of_a_user("[Service]\n").is_err());
    }

    #[test]
    fn nothing_of_the_desktop_entry_is_left_open() {
        let entry = desktop_entry().unwrap();
        assert!(
            !entry.contains("{{") && entry.contains("Exec=/opt/lanrage/bin/lanrage-desktop %u"),
            "{entry}"
        );
    }
}
