//! The core decides and does nothing else: no library, clock, task or file of its own.

use cargo_metadata::DependencyKind;

use crate::{
    metadata, root,
    sources::{self, Source, all_uses, words},
};

/// The libraries that a core crate may use in its product: values, encodings and cryptography. None of them opens,
/// waits or reads a clock.
const CORE_LIBRARIES: &[&str] = &[
    "argon2",
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

/// What of the ground floor the core may name: the pure part of it. Its files are held to the core's rules.
const CORE_BASE: &[&str] = &[
    "lanrage_base::backoff",
    "lanrage_base::bucket",
    "lanrage_base::channel_data",
    "lanrage_base::clock::Now",
    "lanrage_base::clock::UnixMillis",
    "lanrage_base::rng",
    "lanrage_base::sources",
    "lanrage_base::wire",
];

/// The last names of paths, and the names of methods, that no core crate writes, and what they would do.
const CORE_NEVER: &[(&str, &str)] = &[
    ("now", "reads a clock"),
    ("elapsed", "reads a clock"),
    ("SystemTime", "reads a clock"),
    ("UNIX_EPOCH", "reads a clock"),
    ("UdpSocket", "opens a socket"),
    ("TcpStream", "opens a socket"),
    ("TcpListener", "opens a socket"),
    ("ToSocketAddrs", "asks for a name"),
    ("to_socket_addrs", "asks for a name"),
    ("stdin", "reads the terminal"),
    ("stdout", "writes to the terminal"),
    ("stderr", "writes to the terminal"),
    ("spawn", "spawns"),
    ("spawn_blocking", "spawns"),
    ("Condvar", "waits"),
    ("await", "waits"),
    ("RandomState", "draws random numbers"),
];

/// Macros that no core crate calls.
const CORE_NEVER_CALLS: &[(&str, &str)] = &[
    ("print", "writes to the terminal"),
    ("println", "writes to the terminal"),
    ("eprint", "writes to the terminal"),
    ("eprintln", "writes to the terminal"),
    ("dbg", "writes to the terminal"),
    ("include", "takes a source that nobody checks"),
];

/// Parts of the standard library that no core crate names.
const CORE_NEVER_USES: &[(&str, &str)] = &[
    ("std::fs", "opens a file"),
    ("std::path", "looks at files"),
    ("std::os", "touches the system"),
    ("std::process", "starts a program"),
    ("std::thread", "spawns, or sleeps"),
    ("std::env", "reads the environment"),
    ("std::sync::mpsc", "waits"),
];

fn is_core(path: &str) -> bool {
    path.starts_with("crates/core/")
}

/// The libraries in the manifest of a core crate (name, kind) that it may not use.
fn trespassing<'d>(
    used: impl IntoIterator<Item = (&'d str, DependencyKind)>,
    ours: &[String],
) -> impl Iterator<Item = &'d str> {
    used.into_iter()
        .filter(|(_, kind)| *kind != DependencyKind::Development)
        .map(|(name, _)| name)
        .filter(|name| !ours.iter().any(|our| our == name) && !CORE_LIBRARIES.contains(name))
}

#[test]
fn a_core_crate_uses_no_library_that_opens_anything() {
    let (root, packages) = (root(), metadata().packages);
    let ours: Vec<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let mut wrong = Vec::new();
    for package in &packages {
        let manifest = package.manifest_path.strip_prefix(&root).expect("inside the project").to_string();
        let name = &package.name;
        if !is_core(&manifest.replace('\\', "/")) && name.as_str() != "lanrage-base" {
            continue;
        }
        let used = package.dependencies.iter().map(|used| (used.name.as_str(), used.kind));
        wrong.extend(
            trespassing(used, &ours)
                .map(|library| format!("{name} -> {library}: the core uses only what CORE_LIBRARIES lists")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_core_crate_reads_no_clock_and_opens_and_spawns_nothing() {
    let of_base = |path: &str| {
        CORE_BASE.iter().any(|part| {
            let module = part.split("::").nth(1).expect("a module of base");
            module != "clock" && path == format!("crates/base/src/{module}.rs")
        })
    };
    let all = sources::all(&root());
    let core: Vec<&Source> = all
        .iter()
        .filter(|source| {
            let in_core = is_core(&source.path) && source.path.contains("/src/") && source.is_product();
            in_core || of_base(&source.path)
        })
        .collect();
    assert!(core.len() > 50, "the core is found");
    let wrong: Vec<String> = core.into_iter().flat_map(impurities).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_the_checks_pass_over_in_the_core_is_compiled_for_tests_only() {
    let all = sources::all(&root());
    let wrong: Vec<String> = all
        .iter()
        .filter(|source| is_core(&source.path) && source.path.contains("/src/") && !source.is_product())
        .filter(|source| !is_for_tests(&source.path, &all))
        .map(|source| format!("{}: no `#[cfg(test)] mod` leads to it", source.path))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether some module on the way to a file is declared under `#[cfg(test)]`.
fn is_for_tests(path: &str, all: &[Source]) -> bool {
    let mut module = path.trim_end_matches(".rs");
    while let Some((parent, name)) = module.rsplit_once('/') {
        let files = match parent.ends_with("/src") {
            true => vec![format!("{parent}/lib.rs")],
            false => vec![format!("{parent}.rs")],
        };
        let declares = |source: &&Source| files.contains(&source.path);
        if let Some(source) = all.iter().find(declares) {
            let kept = words(&source.product_items());
            let is_product = kept.windows(2).any(|pair| pair[0] == "mod" && pair[1] == name);
            if !is_product {
                return true;
            }
        }
        if parent.ends_with("/src") {
            return false;
        }
        module = parent;
    }
    false
}

/// What a source of the core does that it may not.
fn impurities(source: &Source) -> Vec<String> {
    let items = source.product_items();
    let code = words(&items);
    let imported: Vec<String> = all_uses(&items)
        .into_iter()
        .map(|(path, name)| match name.as_str() {
            "*" => path.join("::") + "::*",
            _ => path.join("::"),
        })
        .collect();
    let paths = || code.iter().map(|word| word.trim_matches(':')).chain(imported.iter().map(String::as_str));
    let mut wrong = Vec::new();
    let mut add = |what: &str, does: &str| wrong.push(format!("{} -> {what}: the core {does}", source.path));
    // The whole library under another name, or all of its names at once, would hide what is used of it.
    let wholes =
        ["std", "std::*", "std::time::*", "lanrage_base", "lanrage_base::*", "lanrage_base::clock::*"];
    for path in imported.iter().filter(|path| wholes.contains(&path.as_str())) {
        add(path, "names parts of it, not the whole");
    }
    if code.windows(2).any(|pair| pair == ["extern", "crate"]) {
        add("extern crate", "names parts of a library, not the whole");
    }
    for path in paths() {
        if path.starts_with("lanrage_base::")
            && !CORE_BASE.iter().any(|part| path == *part || path.starts_with(&format!("{part}::")))
            && path != "lanrage_base::clock"
        {
            add(path, "uses only what CORE_BASE lists");
        }
        for (never, does) in CORE_NEVER_USES {
            if path == *never || path.starts_with(&format!("{never}::")) {
                add(path, does);
            }
        }
    }
    for (at, word) in code.iter().enumerate() {
        let next = code.get(at + 1).map(String::as_str);
        let is_called =
            at > 0 && code[at - 1] == "." && next == Some("(") || word.contains("::") || word == "await";
        let last = word.rsplit("::").next().unwrap_or_default();
        for (never, does) in CORE_NEVER {
            let is_type =
                never.starts_with(char::is_uppercase) && word.split("::").any(|part| part == *never);
            if is_type || last == *never && is_called {
                add(word, does);
            }
        }
        for (never, does) in CORE_NEVER_CALLS {
            if last == *never && next == Some("!") {
                add(word, does);
            }
        }
    }
    for path in &imported {
        for (never, does) in CORE_NEVER {
            if path.rsplit("::").next() == Some(never) {
                add(path, does);
            }
        }
    }
    wrong
}

#[test]
fn the_checks_see_what_they_forbid() {
    let found = |text: &str| impurities(&Source { path: "crates/core/x/src/x.rs".into(), text: text.into() });
    for text in [
        "fn a() { let now = std::time::Instant::now(); }",
        "use std::time::{Instant as I}; fn a() -> I { I::now() }",
        "use std::time as t; fn a() { t::Instant::now(); }",
        "fn a(t: Option<Instant>) -> Instant { t.unwrap_or_else(Instant::now) }",
        "type I = Instant; fn a() { <I>::now(); }",
        "fn a() { std::time::SystemTime::UNIX_EPOCH; }",
        "use std::time::*;",
        "fn a(since: Instant) { debug!(\"{:?}\", since.elapsed()) }",
        "fn a(since: Instant) { Instant::elapsed(&since); }",
        "use lanrage_base::clock::{Now, now};",
        "use lanrage_base::clock::now as read;",
        "use lanrage_base::clock; fn a() { clock::now(); }",
        "use lanrage_base as b;",
        "fn a() { lanrage_base::atomic_file::write(); }",
        "use std::{fs, io};",
        "use std::fs as f; fn a() { f::read(\"x\"); }",
        "use std::{self as s}; fn a() { s::fs::read(\"x\"); }",
        "extern crate std as s;",
        "fn a() { use std::{fs as f}; f::read(\"x\"); }",
        "fn a() { ::std::fs::read(\"x\"); }",
        "macro_rules! m { () => { std::fs::read(\"x\") } }",
        "use std::path::Path; fn a(p: &Path) -> bool { p.exists() }",
        "use std::os::unix::net::UnixDatagram;",
        "fn a() { std::thread::spawn(|| ()); }",
        "use std::thread::spawn; fn a() { spawn(|| ()); }",
        "fn a(scope: &Scope) { scope.spawn(|| ()); }",
        "async fn a() { b().await }",
        "fn a() { std::net::UdpSocket::bind(\"[::]:0\"); }",
        "use std::net::UdpSocket as Socket;",
        "fn a() { \"example:80\".to_socket_addrs(); }",
        "fn a() { eprintln!(\"here\"); }",
        "mod inner { fn a() { std::env::var(\"HOME\"); } }",
    ] {
        assert!(!found(text).is_empty(), "{text}");
    }
    for text in [
        "fn a(now: Instant) -> Instant { now } // Instant::now()",
        "/// Never calls `Instant::now()`.\nfn a() {}",
        "#[cfg(test)]\nmod tests { fn a() { std::fs::read(\"x\"); Instant::now(); } }",
        "use std::{io, time::Instant};",
        "fn a(elapsed: Duration) -> At { At { now, spawn: elapsed } }",
        "use lanrage_base::{backoff::Backoff, clock::Now};",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_library_that_opens_something_is_seen_in_every_section_but_that_of_tests() {
    let ours = ["lanrage-base".to_owned()];
    let used = [
        ("lanrage-base", DependencyKind::Normal),
        ("serde", DependencyKind::Normal),
        ("tokio", DependencyKind::Normal),
        ("cc", DependencyKind::Build),
        ("proptest", DependencyKind::Development),
    ];
    assert_eq!(trespassing(used, &ours).collect::<Vec<_>>(), ["tokio", "cc"]);
}
