//! What a Linux package holds, and packing it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::{Profile, folder, found_in, manual, tauri};
use crate::{project, shell};

/// Files of the repository, and where they are installed.
const FILES: &[(&str, &str)] = &[
    ("LICENSE", "usr/share/doc/lanrage/copyright"),
    (
        "src-tauri/packaging/linux/io.lanrage.app.metainfo.xml",
        "usr/share/metainfo/io.lanrage.app.metainfo.xml",
    ),
    (
        "src-tauri/packaging/linux/io.lanrage.helper.policy",
        "usr/share/polkit-1/actions/io.lanrage.helper.policy",
    ),
    ("src-tauri/packaging/linux/lanrage-helper.service", "usr/lib/systemd/system/lanrage-helper.service"),
    ("src-tauri/packaging/linux/lanrage-helper.socket", "usr/lib/systemd/system/lanrage-helper.socket"),
    ("src-tauri/packaging/linux/lanrage.service", "usr/lib/systemd/user/lanrage.service"),
];

/// Programs beside the desktop app, and where they are installed.
const PROGRAMS: &[(&str, &str)] =
    &[("lanrage", "usr/bin/lanrage"), ("lanrage-helper", "usr/libexec/lanrage-helper")];

/// Packs what was built: .deb, .rpm, and an AppImage where it is wanted or its tools are. `version` takes the place of the project's.
pub(super) fn packages(profile: Profile, version: Option<&str>, appimage: bool) -> Result<Vec<PathBuf>> {
    // The bundler writes into the desktop program, so it gets a copy: its target folder is ours.
    let target = folder();
    let programs = target.join(profile.folder());
    let tree = target.join("tree");
    fs::create_dir_all(&programs)?;
    lay_out(&tree, FILES)?;
    for (name, place) in PROGRAMS {
        strip(profile, name, &tree.join(place))?;
    }
    strip(profile, "lanrage-desktop", &programs.join("lanrage-desktop"))?;
    manual::write(&tree.join("usr/share"))?;
    for page in found_in(&tree.join("usr/share/man/man1"))? {
        shell::run(shell::command("gzip", &["--best", "--no-name", "--force"]).arg(page))?;
    }

    let configuration = target.join("tauri.json");
    fs::write(&configuration, description(&tree, version)?.to_string())?;
    let bundles = match profile {
        // Those that the proof installs, and what replaces the first of them.
        Profile::Dev if version.is_some() => "deb",
        Profile::Dev => "deb,rpm",
        Profile::Release if appimage || has_appimage_tools() => "deb,rpm,appimage",
        Profile::Release => {
            println!(
                "AppImage: LEFT OUT, the bundler's tools for it (linuxdeploy) are not on this machine; \
                 `cargo xtask dist --appimage` fetches them"
            );
            "deb,rpm"
        }
    };
    let mut bundle = tauri(&["bundle", "--ci", "--bundles", bundles]);
    bundle.arg("--config").arg(&configuration).env("CARGO_TARGET_DIR", &target);
    if profile == Profile::Dev {
        bundle.arg("--debug");
    }
    let made = programs.join("bundle");
    shell::run(&mut bundle)?;
    let mut packages = Vec::new();
    for (kind, ending) in [("deb", "deb"), ("rpm", "rpm"), ("appimage", "AppImage")] {
        if made.join(kind).exists() {
            let files = found_in(&made.join(kind))?.into_iter();
            packages.extend(files.filter(|file| file.extension().is_some_and(|found| found == ending)));
        }
    }
    if profile == Profile::Release {
        for package in packages.iter().filter(|file| file.extension().is_some_and(|found| found == "deb")) {
            compress(package)?;
        }
    }
    Ok(packages)
}

/// Packs a .deb again with xz, where there is Debian's own tool: the bundler's gzip is half as large again.
fn compress(package: &Path) -> Result<()> {
    if !shell::exists("dpkg-deb") {
        return Ok(());
    }
    let unpacked = package.with_extension("unpacked");
    shell::run(shell::command("dpkg-deb", &["--raw-extract"]).args([package, &unpacked]))?;
    shell::run(
        shell::command("dpkg-deb", &["--build", "--root-owner-group", "-Zxz"]).args([&*unpacked, package]),
    )?;
    Ok(fs::remove_dir_all(unpacked)?)
}

/// What the bundler is told beyond `tauri.conf.json`.
fn description(tree: &Path, version: Option<&str>) -> Result<Value> {
    let mut files = Vec::new();
    walk(tree, &mut files)?;
    let table = |place: fn(&str) -> String| -> Result<Value> {
        let entry = |path: &PathBuf| {
            let inside = path.strip_prefix(tree)?.to_str().context("a file name that is text")?;
            Ok((format!("/{}", place(inside)), json!(path)))
        };
        Ok(Value::Object(files.iter().map(entry).collect::<Result<Map<_, _>>>()?))
    };
    let packaging = project::root().join("src-tauri/packaging/linux");
    let script = |name: &str| json!(packaging.join(name));

    // The package is called as the product is, and from "LANrage" the bundler would make "la-nrage"; people still read
    // "LANrage".
    let template = folder().join("lanrage.desktop");
    let desktop = fs::read_to_string(project::root().join("src-tauri/lanrage.desktop"))?;
    fs::write(&template, desktop.replace("{{name}}", "LANrage"))?;

    let mut description = json!({
        "productName": "lanrage",
        "bundle": { "linux": {
            "deb": {
                "section": "net",
                "depends": ["passwd", "polkitd | policykit-1"],
                "desktopTemplate": template,
                "files": table(str::to_owned)?,
                "postInstallScript": script("deb/postinst"),
                "preRemoveScript": script("deb/prerm"),
                "postRemoveScript": script("deb/postrm"),
            },
            "rpm": {
                "depends": ["polkit", "shadow-utils", "systemd"],
                "desktopTemplate": template,
                // Where Debian keeps what packages bring for zsh is its own place.
                "files": table(|place| place.replace("zsh/vendor-completions", "zsh/site-functions"))?,
                "postInstallScript": script("rpm/post"),
                "preRemoveScript": script("rpm/preun"),
                "postRemoveScript": script("rpm/postun"),
            },
        } },
    });
    if let Some(version) = version {
        description["version"] = json!(version);
    }
    Ok(description)
}

/// Begins a tree anew with these files of the repository.
pub(super) fn lay_out(tree: &Path, files: &[(&str, &str)]) -> Result<()> {
    empty(tree)?;
    files.iter().try_for_each(|(file, place)| copy(&project::root().join(file), &tree.join(place)))
}

/// A folder with nothing in it.
pub(super) fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Has everybody read all of a tree, and run what its owner runs, whatever the checkout's files may be.
pub(super) fn open_to_all(tree: &Path, scripts: &[PathBuf]) -> Result<()> {
    shell::run(shell::command("chmod", &["--recursive", "u=rwX,go=rX"]).arg(tree))?;
    if scripts.is_empty() {
        return Ok(());
    }
    shell::run(shell::command("chmod", &["a+x"]).args(scripts))
}

pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file in a folder")?)?;
    fs::copy(from, to).with_context(|| format!("copy {}", from.display()))?;
    Ok(())
}

/// Copies a program without what only debuggers read.
pub(super) fn strip(profile: Profile, name: &str, to: &Path) -> Result<()> {
    let built = project::target().join(profile.folder()).join(name);
    fs::create_dir_all(to.parent().context("a file in a folder")?)?;
    shell::run(shell::command("strip", &["--strip-unneeded", "-o"]).arg(to).arg(built))
}

/// All files below a folder.
pub(super) fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// The bundler fetches them from the internet once and keeps them here.
fn has_appimage_tools() -> bool {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache")));
    cache.is_some_and(|cache| {
        cache.join("tauri").join(format!("linuxdeploy-{}.AppImage", env::consts::ARCH)).exists()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_unit_starts_the_program_that_the_package_brings_and_comes_back_from_faults_alone() {
        let (unit, _) =
            FILES.iter().find(|(_, place)| *place == "usr/lib/systemd/user/lanrage.service").unwrap();
        let unit = fs::read_to_string(project::root().join(unit)).unwrap();
        let (_, place) = PROGRAMS.iter().find(|(name, _)| *name == "lanrage").unwrap();
        assert!(unit.contains(&format!("\nExecStart=/{place} run\n")), "{unit}");
        // What was typed wrong, and a LANrage that has the folder already, are no faults that pass.
        assert!(unit.contains("\nRestart=on-failure\n") && unit.contains("\nRestartPreventExitStatus=2 5\n"));
        assert!(unit.contains("\nWantedBy=default.target\n"));
    }
}
