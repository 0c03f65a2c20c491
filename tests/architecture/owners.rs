//! Every task and thread has an owner, which ends it or waits for it; the desktop's too.

use std::collections::BTreeMap;

use crate::{
    root,
    sources::{self, Source, all_uses, words},
};

/// Functions that start something and give it to nobody but the caller.
const STARTERS: &[&str] = &["spawn", "spawn_blocking", "spawn_local", "spawn_scoped", "spawn_unchecked"];

/// What of a library starts a task or thread, by how its paths begin.
const LIBRARIES: &[&str] = &["std", "tokio", "tauri", "async_runtime", "task", "thread", "runtime"];

/// What owns the tasks that its method `spawn` starts: a set, or a scope that waits for them. Named as the sources do.
const OWNERS: &[&str] = &[
    "tasks",
    "set",
    "endless",
    "closing",
    "clients",
    "listener",
    "streams",
    "lookups",
    "translators",
    "scope",
];

/// Where a file starts tasks or threads and gives them to nobody: how many, and what ends them.
const HOMES: &[(&str, usize, &str)] = &[
    ("crates/io/tunnel/src/tunnel.rs", 2, "`Tunnel` joins its packet threads when it is dropped"),
    (
        "crates/io/store/src/secret/keyring.rs",
        1,
        "a call to the keyring, which ends when the keyring answers, if ever",
    ),
    ("crates/io/log/src/lib.rs", 1, "`NetworkLog` ends its writer when it is dropped"),
    ("crates/io/helper/src/serve.rs", 1, "the helper ends with its process, after a minute without callers"),
    ("crates/app/control-server/src/relay.rs", 1, "`Relay` joins its thread"),
    ("crates/app/control-server/src/relay/handshakes.rs", 1, "`Handshakes` joins its thread"),
    (
        "crates/app/engine/src/engine.rs",
        1,
        "the event loop, which ends by `Handle::shutdown` and holds the folder's lock until then",
    ),
    (
        "crates/io/adapter/src/os/windows/network_list.rs",
        1,
        "it ends by the event that `PrivateNetwork` sets when it is dropped; the system may take seconds for an answer",
    ),
    ("crates/io/adapter/src/os/windows/helped.rs", 1, "`Helped` joins its threads when it is dropped"),
    (
        "crates/io/helper/src/windows/serve.rs",
        2,
        "the helper ends with its process; a connection's reader is joined, its thread ends with the pipe",
    ),
];

/// Every start of a task or thread in a source that has no owner.
fn unowned(source: &Source) -> Vec<String> {
    let items = source.product_items();
    let code = words(&items);
    let imports: BTreeMap<String, String> =
        all_uses(&items).into_iter().map(|(path, name)| (name, path.join("::"))).collect();
    let is_starter = |path: &str| STARTERS.contains(&path.rsplit("::").next().unwrap_or_default());
    let of_library = |path: &str| LIBRARIES.contains(&path.split("::").next().unwrap_or_default());
    // The whole path of what is written, as far as an import tells.
    let whole = |word: &str| {
        let (first, rest) = word.split_once("::").map_or((word, None), |(first, rest)| (first, Some(rest)));
        let from = imports.get(first).map_or(first, String::as_str);
        rest.map_or_else(|| from.to_owned(), |rest| format!("{from}::{rest}"))
    };
    let mut wrong = Vec::new();
    let mut add = |what: &str| wrong.push(format!("{} -> {what}: nobody owns the task", source.path));
    for (at, word) in code.iter().enumerate() {
        let before =
            |back: usize| at.checked_sub(back).and_then(|at| code.get(at)).map_or("", String::as_str);
        let next = code.get(at + 1).map_or("", String::as_str);
        let path = whole(word);
        if before(1) == "." && is_starter(word) {
            // `Command::spawn` takes nothing; what it gives is a process.
            let is_process = next == "(" && code.get(at + 2).is_some_and(|word| word == ")");
            let receiver = before(2).rsplit("::").next().unwrap_or_default();
            if !is_process && !OWNERS.contains(&receiver) {
                add(&format!("{receiver}.{word}"));
            }
        } else if is_starter(&path) && of_library(&path) && before(1) != "fn" {
            let is_blocking = path.ends_with("spawn_blocking");
            if !(is_blocking && (is_import(&code, at) || is_waited_for(&code, at))) {
                add(&path);
            }
        } else if word.contains("Builder") && path == "std::thread::Builder"
            || path.ends_with("thread::Builder::new")
        {
            add(&path);
        }
    }
    // A starter under another name would not be seen where it is called.
    for (name, path) in &imports {
        let is_hidden =
            name != path.rsplit("::").next().unwrap_or_default() || !path.ends_with("spawn_blocking");
        if is_starter(path) && of_library(path) && is_hidden {
            add(&format!("{path} as {name}"));
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

/// Whether the word stands in a `use`.
fn is_import(code: &[String], at: usize) -> bool {
    let start = code[..at].iter().rposition(|word| word == ";" || word == "(" || word == "=");
    code[start.map_or(0, |start| start + 1)..at].iter().any(|word| word == "use")
}

/// Whether the handle that a call gives is kept, or waited for on the spot.
fn is_waited_for(code: &[String], at: usize) -> bool {
    if code.get(at + 1).is_none_or(|word| word != "(") {
        return false;
    }
    let mut depth = 0;
    let end = code[at + 1..].iter().position(|word| {
        depth += i32::from(word == "(") - i32::from(word == ")");
        depth == 0
    });
    let after = |end: usize| code.get(at + 2 + end..at + 4 + end).unwrap_or_default();
    let is_awaited = end.is_some_and(|end| after(end) == [".", "await"]);
    let is_kept = at >= 3 && code[at - 1] == "=" && code[at - 3] == "let" && !code[at - 2].starts_with('_');
    is_awaited || is_kept
}

#[test]
fn every_task_and_thread_has_an_owner() {
    let all = sources::all(&root());
    let mut wrong = Vec::new();
    for source in all.iter().filter(|source| source.is_product() && source.text.contains("spawn")) {
        let found = unowned(source);
        let starts = source.starts();
        match HOMES.iter().find(|(home, ..)| *home == source.path) {
            None => wrong.extend(found),
            Some((home, number, why)) if starts != *number => {
                wrong
                    .push(format!("{home} -> {starts} tasks and threads, and {number} with an owner: {why}"));
            }
            Some(_) => {}
        }
    }
    for (home, ..) in HOMES {
        assert!(all.iter().any(|source| source.path == *home), "{home}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

impl Source {
    /// How often a source calls something that starts a task or thread, whatever its name.
    fn starts(&self) -> usize {
        let code = words(&self.product_items());
        let is_start = |at: usize| {
            let last = code[at].rsplit("::").next().unwrap_or_default();
            let is_called = code.get(at + 1).is_some_and(|word| word == "(");
            let is_owned = at > 1
                && code[at - 1] == "."
                && OWNERS.contains(&code[at - 2].rsplit("::").next().unwrap_or_default())
                || code[at].split("::").next().is_some_and(|first| OWNERS.contains(&first));
            let is_defined = at > 0 && code[at - 1] == "fn";
            STARTERS.contains(&last) && is_called && !is_owned && !is_defined
        };
        (0..code.len()).filter(|at| is_start(*at)).count()
    }
}

#[test]
fn a_task_without_an_owner_is_seen_however_it_is_started() {
    let found = |text: &str| unowned(&Source { path: "src-tauri/src/x.rs".into(), text: text.into() });
    for text in [
        "fn a() { tokio::spawn(async {}); }",
        "fn a() { let task = tokio::spawn(async {}); }",
        "use tokio::spawn; fn a() { spawn(async {}); }",
        "use tokio::task; fn a() { task::spawn(async {}); }",
        "use tokio::task::spawn as go; fn a() { go(async {}); }",
        "use tokio as t; fn a() { t::spawn(async {}); }",
        "fn a() { [1].map(|_| async {}).map(tokio::spawn); }",
        "fn a() { tauri::async_runtime::spawn(async {}); }",
        "use tauri::async_runtime as rt; fn a() { rt::spawn(async {}); }",
        "fn a() { tokio::runtime::Handle::current().spawn(async {}); }",
        "fn a(runtime: Runtime) { runtime.spawn(async {}); }",
        "fn a() { tokio::task::spawn_blocking(|| ()); }",
        "fn a() { let _ = tokio::task::spawn_blocking(|| ()); }",
        "fn a() { std::thread::spawn(|| ()); }",
        "use std::thread; fn a() { drop(thread::spawn(|| ())); }",
        "fn a() { use std::thread::{self as t}; t::spawn(|| ()); }",
        "use std::thread::Builder; fn a() { Builder::new().spawn(|| ()); }",
        "fn a() { std::thread::Builder::new().name(n).spawn(|| ()); }",
    ] {
        assert!(!found(text).is_empty(), "{text}");
    }
    for text in [
        "use tokio::task::JoinSet; fn a(set: &mut JoinSet<()>) { set.spawn(async {}); }",
        "use crate::tasks; fn a() { tasks::spawn(app, \"news\", async {}); }",
        "use crate::adapter; fn spawn() {} fn a() { adapter::spawn(tasks); }",
        "use tokio::task::spawn_blocking; async fn a() { spawn_blocking(|| f(1)).await.unwrap(); }",
        "async fn a() { let opened = tokio::task::spawn_blocking(|| ()); opened.await; }",
        "fn a() { std::process::Command::new(\"x\").spawn(); }",
        "#[cfg(test)] mod tests { fn a() { tokio::spawn(async {}); } }",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}
