//! The core decides and does nothing else: no library, clock, task or file of its own; and every task has an owner.

use std::fs;

use syn::Item;

use crate::{
    metadata, root,
    sources::{self, Source, uses, words},
};

/// The libraries that a core crate may use in its product: values, encodings and cryptography. None of them opens,
/// waits or reads a clock.
const CORE_LIBRARIES: &[&str] = &[
    "bytecodec",
    "chacha20poly1305",
    "data-encoding",
    "ed25519-dalek",
    "hkdf",
    "hmac",
    "icu_normalizer",
    "icu_properties",
    "ipnet",
    "md5",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "strum",
    "stun_codec",
    "thiserror",
    "tracing",
    "ts-rs",
    "unicode-security",
    "url",
    "x25519-dalek",
    "zeroize",
];

/// Words of code that no core crate contains, and what they would do.
const CORE_NEVER: &[(&str, &str)] = &[
    ("Instant :: now", "reads a clock"),
    ("SystemTime :: now", "reads a clock"),
    ("clock :: now", "reads a clock"),
    (". elapsed ()", "reads a clock"),
    ("UdpSocket", "opens a socket"),
    ("TcpStream", "opens a socket"),
    ("TcpListener", "opens a socket"),
    ("UnixStream", "opens a socket"),
    ("spawn (", "spawns"),
    ("println !", "writes to the terminal"),
    ("atomic_file", "opens a file"),
    ("RandomState", "draws random numbers"),
];

/// Parts of the standard library that no core crate names.
const CORE_NEVER_USES: &[(&str, &str)] = &[
    ("std::fs", "opens a file"),
    ("std::process", "starts a program"),
    ("std::thread", "spawns, or sleeps"),
    ("std::env", "reads the environment"),
    ("std::time::SystemTime", "reads a clock"),
    ("lanrage_base::clock::now", "reads a clock"),
    ("lanrage_base::atomic_file", "opens a file"),
    ("lanrage_base::argument", "changes its own process"),
];

/// Where tasks and threads may be started by a function that gives them to nobody, and who owns them there.
const TASK_HOMES: &[(&str, &str)] = &[
    ("crates/app/engine/src/tasks.rs", "`Tasks` owns and names those of the engine"),
    ("crates/io/tunnel/src/", "`Tunnel` joins its packet threads when it is dropped"),
    ("crates/io/link/src/persist/writer.rs", "`StatePersister` ends its writer when it is dropped"),
    (
        "crates/io/store/src/secret/keyring.rs",
        "a call to the keyring, which ends when the keyring answers, if ever",
    ),
    ("crates/io/log/src/", "`NetworkLog` ends its writer when it is dropped"),
    ("crates/io/helper/src/", "the helper ends with its process, after a minute without callers"),
    ("crates/app/control-server/src/relay.rs", "`Relay` joins its thread"),
    (
        "crates/app/engine/src/engine.rs",
        "the event loop, which ends by `Handle::shutdown` and holds the folder's lock until then",
    ),
    ("crates/io/adapter/src/os/windows.rs", "the device's reader, which ends with its queue"),
];

fn is_core(path: &str) -> bool {
    path.starts_with("crates/core/")
}

#[test]
fn a_core_crate_uses_no_library_that_opens_anything() {
    let (root, packages) = (root(), metadata().packages);
    let ours: Vec<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let manifest = package.manifest_path.strip_prefix(&root).expect("inside the project").to_string();
        let name = package.name.to_string();
        if !is_core(&manifest.replace('\\', "/")) {
            continue;
        }
        let used =
            package.dependencies.iter().filter(|used| used.kind == cargo_metadata::DependencyKind::Normal);
        wrong.extend(
            used.filter(|used| !ours.contains(&used.name) && !CORE_LIBRARIES.contains(&used.name.as_str()))
                .map(|used| format!("{name} -> {}: the core uses only what CORE_LIBRARIES lists", used.name)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_core_crate_reads_no_clock_and_opens_and_spawns_nothing() {
    let core: Vec<Source> = sources::all(&root())
        .into_iter()
        .filter(|source| is_core(&source.path) && source.path.contains("/src/") && source.is_product())
        .collect();
    assert!(core.len() > 50, "the core is found");
    let wrong: Vec<String> = core.iter().flat_map(impurities).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a source of the core does that it may not.
fn impurities(source: &Source) -> Vec<String> {
    let items = source.product_items();
    let code = words(&items);
    let named: Vec<String> = items
        .iter()
        .filter_map(|item| match item {
            Item::Use(item) => Some(uses(&item.tree)),
            _ => None,
        })
        .flatten()
        .map(|(path, _)| path.join("::"))
        .collect();
    let said = CORE_NEVER
        .iter()
        .filter(|(never, _)| code.contains(never))
        .map(|(never, what)| format!("{} -> {}: the core {what}", source.path, never.replace(' ', "")));
    let used = CORE_NEVER_USES
        .iter()
        .filter(|(never, _)| {
            let spelt = never.replace("::", " :: ");
            named.iter().any(|path| path == never || path.starts_with(&format!("{never}::")))
                || code.contains(&spelt)
        })
        .map(|(never, what)| format!("{} -> {never}: the core {what}", source.path));
    said.chain(used).collect()
}

#[test]
fn the_checks_see_what_they_forbid() {
    let breaks = |text: &str| {
        !impurities(&Source { path: "crates/core/x/src/x.rs".into(), text: text.into() }).is_empty()
    };
    for text in [
        "fn a() { let now = std::time::Instant::now(); }",
        "fn a(since: Instant) { debug!(\"{:?}\", since.elapsed()) }",
        "use lanrage_base::clock::{Now, now};",
        "use std::{fs, io};",
        "fn a() { std::fs::read(\"x\"); }",
        "fn a() { std::thread::spawn(|| ()); }",
        "mod inner { fn a() { std::env::var(\"HOME\"); } }",
    ] {
        assert!(breaks(text), "{text}");
    }
    for text in [
        "fn a(now: Instant) -> Instant { now } // Instant::now()",
        "/// Never calls `Instant::now()`.\nfn a() {}",
        "#[cfg(test)]\nmod tests { fn a() { std::fs::read(\"x\"); Instant::now(); } }",
        "use std::{io, time::Instant};",
    ] {
        assert!(!breaks(text), "{text}");
    }
}

#[test]
fn every_task_and_thread_has_an_owner() {
    let spawning = [
        "tokio :: spawn (",
        "task :: spawn (",
        "async_runtime :: spawn (",
        "thread :: spawn (",
        "thread :: Builder",
    ];
    let mut wrong = Vec::new();
    for source in sources::all(&root()).iter().filter(|source| source.is_product()) {
        let allowed = TASK_HOMES.iter().any(|(home, _)| source.path.starts_with(home));
        // A look before the parser, which takes its time.
        if allowed || !source.text.contains("spawn") && !source.text.contains("Builder") {
            continue;
        }
        let code = words(&source.product_items());
        wrong.extend(spawning.iter().filter(|call| code.contains(*call)).map(|call| {
            format!("{} -> {}: nobody owns the task", source.path, call.replace([' ', '('], ""))
        }));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_home_of_tasks_exists() {
    let root = root();
    for (home, _) in TASK_HOMES {
        assert!(fs::exists(root.join(home)).is_ok_and(|exists| exists), "{home}");
    }
}
