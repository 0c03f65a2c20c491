//! The packages of the control server, for whoever runs one for a community.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Profile, folder,
    linux::{empty, lay_out, open_to_all, strip},
};
use crate::{project, shell};

/// What the package is called, its program, its unit and its user.
pub(super) const NAME: &str = "lanrage-server";
/// Files of the repository, and where they are installed.
const FILES: &[(&str, &str)] = &[
    ("LICENSE", "usr/share/doc/lanrage-server/copyright"),
    (
        "crates/app/control-server/packaging/lanrage-server.service",
        "usr/lib/systemd/system/lanrage-server.service",
    ),
    ("crates/app/control-server/packaging/deb/postinst", "DEBIAN/postinst"),
    ("crates/app/control-server/packaging/deb/prerm", "DEBIAN/prerm"),
    ("crates/app/control-server/packaging/deb/postrm", "DEBIAN/postrm"),
];

/// Packs what was built as a .deb.
pub(super) fn package(profile: Profile) -> Result<PathBuf> {
    let tree = folder().join("server-tree");
    lay_out(&tree, FILES)?;
    strip(profile, NAME, &tree.join("usr/bin").join(NAME))?;
    open_to_all(&tree, &["postinst", "prerm", "postrm"].map(|name| tree.join("DEBIAN").join(name)))?;
    let architecture = shell::ask(&mut shell::command("dpkg", &["--print-architecture"]));
    let architecture = architecture.as_deref().map(str::trim).context("dpkg names no architecture")?;
    fs::write(tree.join("DEBIAN/control"), control(architecture, installed_kib(&tree)?))?;
    let version = env!("CARGO_PKG_VERSION");
    let made = folder().join(profile.folder()).join(format!("{NAME}_{version}_{architecture}.deb"));
    fs::create_dir_all(folder().join(profile.folder()))?;
    let compression = if profile == Profile::Release { "-Zxz" } else { "-Zgzip" };
    let mut build = shell::command("dpkg-deb", &["--build", "--root-owner-group", compression]);
    shell::run(build.args([&tree, &made]))?;
    Ok(made)
}

/// Packs the same as an .rpm, for systems that have those.
pub(super) fn rpm(profile: Profile) -> Result<PathBuf> {
    let work = folder().join("server-rpm");
    let tree = work.join("tree");
    let files: Vec<_> = FILES.iter().copied().filter(|(_, place)| !place.starts_with("DEBIAN/")).collect();
    lay_out(&tree, &files)?;
    strip(profile, NAME, &tree.join("usr/bin").join(NAME))?;
    open_to_all(&tree, &[])?;
    let packages = work.join("packages");
    empty(&packages)?;
    let defined = |name: &str, value: &str| format!("{name} {value}");
    let mut build = shell::command("rpmbuild", &["-bb", "--quiet"]);
    for (name, value) in [("_topdir", &work), ("_rpmdir", &packages), ("tree", &tree)] {
        build.args(["--define", &defined(name, value.to_str().context("a path that is text")?)]);
    }
    build.args(["--define", &defined("version_of", env!("CARGO_PKG_VERSION"))]);
    shell::run(
        build.arg(project::root().join("crates/app/control-server/packaging/rpm/lanrage-server.spec")),
    )?;
    let mut made = Vec::new();
    super::linux::walk(&packages, &mut made)?;
    let made = made.pop().context("rpmbuild made nothing")?;
    let place = folder().join(profile.folder()).join(made.file_name().context("a file has a name")?);
    super::linux::copy(&made, &place)?;
    Ok(place)
}

/// What the system's package manager is told.
fn control(architecture: &str, kib: u64) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "Package: {NAME}\n\
         Version: {version}\n\
         Architecture: {architecture}\n\
         Maintainer: LANrage\n\
         Installed-Size: {kib}\n\
         Depends: libc6, libgcc-s1, passwd\n\
         Section: net\n\
         Priority: optional\n\
         Description: Control server and relay of LANrage\n \
         Brings the members of LANrage parties together, and relays between those that cannot reach each other. It sees\n \
         no party's traffic. `lanrage-server init` makes its configuration.\n"
    )
}

fn installed_kib(tree: &Path) -> Result<u64> {
    let mut files = Vec::new();
    super::linux::walk(tree, &mut files)?;
    files.iter().try_fold(0, |sum, file| Ok(sum + fs::metadata(file)?.len().div_ceil(1_024)))
}
