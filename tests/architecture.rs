//! The rules of the house, read from the manifests and the sources. A broken one fails with the arrow's name.

#[path = "architecture/owners.rs"]
mod owners;
#[path = "architecture/purity.rs"]
mod purity;
#[path = "architecture/sentences.rs"]
mod sentences;
#[path = "architecture/shape.rs"]
mod shape;
#[path = "architecture/sources.rs"]
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// What each package of ours may use of the others, in its product (tests may use more).
const ARROWS: &[(&str, &[&str])] = &[
    ("lanrage-base", &[]),
    ("lanrage-party", &["lanrage-base"]),
    ("lanrage-control", &["lanrage-base", "lanrage-party"]),
    ("lanrage-nat", &["lanrage-base", "lanrage-party"]),
    ("lanrage-rendezvous", &["lanrage-base", "lanrage-party"]),
    ("lanrage-games", &["lanrage-base", "lanrage-party"]),
    ("lanrage-shield", &["lanrage-party"]),
    (
        "lanrage-session",
        &[
            "lanrage-base",
            "lanrage-party",
            "lanrage-control",
            "lanrage-nat",
            "lanrage-rendezvous",
            "lanrage-games",
            "lanrage-shield",
        ],
    ),
    ("lanrage-link", &["lanrage-base", "lanrage-party", "lanrage-control", "lanrage-net"]),
    ("lanrage-log", &["lanrage-party"]),
    ("lanrage-net", &["lanrage-base", "lanrage-party", "lanrage-nat"]),
    ("lanrage-rendezvous-engines", &["lanrage-party", "lanrage-net", "lanrage-rendezvous"]),
    ("lanrage-updates", &["lanrage-party", "lanrage-net"]),
    ("lanrage-game-watch", &["lanrage-games", "lanrage-party"]),
    ("lanrage-tunnel", &["lanrage-base", "lanrage-party", "lanrage-shield"]),
    ("lanrage-adapter", &["lanrage-base", "lanrage-party"]),
    ("lanrage-helper", &["lanrage-party", "lanrage-adapter"]),
    ("lanrage-backup", &["lanrage-base", "lanrage-party"]),
    (
        "lanrage-store",
        &["lanrage-backup", "lanrage-base", "lanrage-party", "lanrage-shield", "lanrage-migrations"],
    ),
    (
        "lanrage-engine",
        &[
            "lanrage-base",
            "lanrage-party",
            "lanrage-control",
            "lanrage-nat",
            "lanrage-net",
            "lanrage-link",
            "lanrage-log",
            "lanrage-rendezvous-engines",
            "lanrage-games",
            "lanrage-game-watch",
            "lanrage-shield",
            "lanrage-session",
            "lanrage-tunnel",
            "lanrage-adapter",
            "lanrage-store",
            "lanrage-support",
            "lanrage-updates",
        ],
    ),
    (
        "lanrage-control-server",
        &[
            "lanrage-backup",
            "lanrage-base",
            "lanrage-party",
            "lanrage-control",
            "lanrage-nat",
            "lanrage-net",
            "lanrage-link",
            "lanrage-migrations",
        ],
    ),
    (
        "lanrage-support",
        &[
            "lanrage-base",
            "lanrage-party",
            "lanrage-nat",
            "lanrage-net",
            "lanrage-session",
            "lanrage-store",
            "lanrage-log",
        ],
    ),
    ("lanrage-words", &[]),
    ("lanrage-cli", &["lanrage-base", "lanrage-engine", "lanrage-words"]),
    ("lanrage", &["lanrage-base", "lanrage-engine", "lanrage-words"]),
    ("lanrage-migrations", &[]),
    ("lanrage-xtask", &["lanrage-lab"]),
    ("lanrage-bench", &["lanrage-base", "lanrage-party", "lanrage-control", "lanrage-nat", "lanrage-store"]),
    (
        "lanrage-fuzz-targets",
        &[
            "lanrage-party",
            "lanrage-control",
            "lanrage-nat",
            "lanrage-rendezvous",
            "lanrage-games",
            "lanrage-shield",
            "lanrage-session",
            "lanrage-net",
            "lanrage-tunnel",
            "lanrage-adapter",
        ],
    ),
    ("lanrage-lab", &["lanrage-testnet"]),
    ("lanrage-testnet", &["lanrage-base"]),
    ("lanrage-tests", &[]),
];

/// The wings of the house by the folders of their packages, the lowest first. An arrow leads into a lower wing or stays in
/// its own.
const WINGS: &[(&str, &[&str])] = &[
    ("base", &["crates/base"]),
    ("core", &["crates/core/"]),
    ("io", &["crates/io/", "migrations"]),
    ("app", &["crates/app/", "src-tauri"]),
    ("workshop", &["crates/xtask", "tests"]),
];

/// Who alone may use a library (named by its prefix).
const PRIVILEGES: &[(&str, &[&str])] = &[
    ("fluent", &["lanrage-words"]),
    ("tauri", &["lanrage"]),
    ("sea-orm", &["lanrage-backup", "lanrage-store", "lanrage-control-server", "lanrage-migrations"]),
    ("boringtun", &["lanrage-tunnel"]),
    ("n0-mainline", &["lanrage-rendezvous-engines"]),
];

/// The folders in which `unsafe` may be allowed.
const UNSAFE_HOMES: &[&str] =
    &["crates/io/adapter/src", "crates/io/helper/src/windows/service.rs", "crates/io/tunnel/src/io"];

/// All that may stand at the top, beside dotfiles.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "crates",
    "icons",
    "migrations",
    "src-tauri",
    "target",
    "tests",
    "ui",
];

fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo metadata reads the workspace")
}

fn root() -> PathBuf {
    metadata().workspace_root.into_std_path_buf()
}

/// The product's dependencies of every package of ours.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let product = |kind| matches!(kind, DependencyKind::Normal | DependencyKind::Build);
    metadata()
        .packages
        .into_iter()
        .map(|package| {
            let used = package.dependencies.into_iter().filter(|used| product(used.kind));
            (package.name.to_string(), used.map(|used| used.name).collect())
        })
        .collect()
}

fn rust_sources() -> Vec<(String, String)> {
    sources::all(&root()).into_iter().map(|source| (source.path, source.text)).collect()
}

#[test]
fn arrows_between_our_packages_run_only_downward() {
    let dependencies = dependencies();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (package, used) in &dependencies {
        let Some(allowed) = allowed.get(package.as_str()) else {
            wrong.push(format!("{package} is not in the table of arrows"));
            continue;
        };
        let ours = used.iter().filter(|used| dependencies.contains_key(*used));
        wrong.extend(
            ours.filter(|used| !allowed.contains(&used.as_str())).map(|used| format!("{package} -> {used}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(dependencies.len(), ARROWS.len(), "the table names packages that do not exist");
}

#[test]
fn arrows_lead_into_the_same_wing_or_a_lower_one() {
    let root = root();
    let wing = |folder: &str| {
        WINGS.iter().position(|(_, folders)| folders.iter().any(|prefix| folder.starts_with(prefix)))
    };
    let mut homes = BTreeMap::new();
    for package in metadata().packages {
        let manifest = package.manifest_path.strip_prefix(&root).expect("inside the project").to_string();
        let manifest = manifest.replace('\\', "/");
        let home = wing(&manifest).unwrap_or_else(|| panic!("{manifest} stands in no wing"));
        homes.insert(package.name.to_string(), home);
    }
    let mut wrong = Vec::new();
    for (package, used) in dependencies() {
        let upward = used.iter().filter(|used| homes.get(*used).is_some_and(|home| *home > homes[&package]));
        wrong.extend(upward.map(|used| {
            let [from, to] = [&package, used].map(|name| WINGS[homes[name]].0);
            format!("{package} ({from}) -> {used} ({to})")
        }));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_framework_has_one_home() {
    let mut wrong = Vec::new();
    for (package, used) in dependencies() {
        for (library, homes) in PRIVILEGES {
            let trespass = used.iter().filter(|used| used.starts_with(library));
            wrong.extend(
                trespass
                    .filter(|_| !homes.contains(&package.as_str()))
                    .map(|used| format!("{package} -> {used}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn unsafe_code_is_allowed_only_where_the_system_is_touched() {
    let allowance = ["allow(unsafe", "_code"].concat();
    let wrong: Vec<String> = rust_sources()
        .into_iter()
        .filter(|(path, text)| {
            text.contains(&allowance) && !UNSAFE_HOMES.iter().any(|home| path.starts_with(home))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn boringtun_is_named_in_one_file() {
    let naming: Vec<String> = rust_sources()
        .into_iter()
        .filter(|(path, text)| path.starts_with("crates/") && text.contains("use boringtun"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(naming, ["crates/io/tunnel/src/peer/wireguard.rs"]);
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    for package in metadata().packages {
        let manifest = fs::read_to_string(&package.manifest_path).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
    }
}

#[test]
fn the_top_of_the_project_holds_what_it_should() {
    let stray: Vec<String> = fs::read_dir(root())
        .expect("the project's folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str()))
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
}

/// A compiler's version as far as a manifest says it.
fn minor(version: &cargo_metadata::semver::Version) -> (u64, u64) {
    (version.major, version.minor)
}

#[test]
fn one_version_of_rust_is_said_everywhere_and_suffices() {
    let all = MetadataCommand::new().exec().expect("cargo metadata reads the lock file");
    let ours = all.workspace_packages();
    let said = ours[0].rust_version.clone().expect("the workspace says a version");
    for package in ours {
        assert_eq!(package.rust_version.as_ref(), Some(&said), "{}", package.name);
    }
    let too_new: Vec<String> = all
        .packages
        .iter()
        .filter(|package| package.rust_version.as_ref().is_some_and(|needed| minor(needed) > minor(&said)))
        .map(|package| format!("{} {} needs {:?}", package.name, package.version, package.rust_version))
        .collect();
    assert!(too_new.is_empty(), "{too_new:#?}");

    let (major, minor) = minor(&said);
    for (file, words) in [
        ("README.md", format!("[Rust](https://rustup.rs) {major}.{minor} ")),
        (".github/workflows/release.yml", format!("rustup toolchain install {major}.{minor}.")),
        ("tests/fuzz/Cargo.toml", format!("rust-version = \"{major}.{minor}\"")),
    ] {
        let text = fs::read_to_string(root().join(file)).expect("a file of ours");
        assert!(text.contains(&words), "{file} does not say `{words}`");
    }
}
