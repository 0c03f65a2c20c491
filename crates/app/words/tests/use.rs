//! The catalogue against the sources: no message that nothing says, none said that is missing.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use lanrage_words::{Language, Words};

/// The sources that may say something: all of them but the catalogue's own and the tests of the window.
const SOURCES: &[&str] = &["crates", "src-tauri/src", "ui/src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn read_all(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("the sources are readable") {
        let path = entry.expect("the sources are readable").path();
        if path.is_dir() {
            if !path.ends_with("app/words") {
                read_all(&path, found);
            }
        } else if path
            .extension()
            .is_some_and(|extension| ["rs", "ts", "svelte"].iter().any(|kind| extension == *kind))
            && !path.ends_with("messages.d.ts")
        {
            let text = fs::read_to_string(&path).expect("the sources are readable");
            found.push((path, text));
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in SOURCES {
        read_all(&root().join(folder), &mut found);
    }
    found
}

/// The keys of the catalogue, in its groups. Those of facts have a test of their own.
fn keys() -> BTreeSet<String> {
    let catalogue =
        fs::read_to_string(root().join("crates/app/words/locales/en.ftl")).expect("there is English");
    let groups = catalogue.split("\n## ").skip(1).filter(|group| !group.starts_with("Facts (from Rust)"));
    let key = |line: &str| {
        Some(line.split_once(" =")?.0.to_owned()).filter(|key| !key.starts_with([' ', '#', '-']))
    };
    groups.flat_map(str::lines).filter_map(key).collect()
}

/// The texts in quotes of any kind.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.split(['"', '\'', '`'])
}

fn camel(dashed: &str) -> String {
    dashed
        .split('-')
        .map(|word| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default())
        .collect()
}

#[test]
fn no_message_is_there_that_nothing_says() {
    let sources = sources();
    let said: BTreeSet<&str> = sources.iter().flat_map(|(_, text)| literals(text)).collect();
    let words: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, text)| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-'))
        .collect();
    // A family says what its facts, or the names of its data, are called.
    let is_of_a_family = |key: &str| {
        key.match_indices('-').any(|(at, _)| {
            let (family, code) = (&key[..at], &key[at + 1..]);
            let is_said = said.contains(family) || said.contains(format!("{family}-${{").as_str());
            let is_made = said.iter().any(|text| text.starts_with(&format!("{family}-${{")));
            (is_said || is_made)
                && (words.contains(camel(code).as_str())
                    || words.contains(code.replace('-', "_").as_str())
                    || is_made)
        })
    };
    // What the crate itself asks for.
    let own = ["language-name", "decimal-separator"];
    let unused: Vec<_> = keys()
        .into_iter()
        .filter(|key| !said.contains(key.as_str()) && !own.contains(&key.as_str()) && !is_of_a_family(key))
        .collect();
    assert!(unused.is_empty(), "nothing says {unused:#?}");
}

#[test]
fn nothing_is_said_that_is_missing() {
    let words = Words::new(Language::ENGLISH);
    // The window's keys are checked by their types.
    for (path, source) in
        sources().into_iter().filter(|(path, _)| path.extension().is_some_and(|kind| kind == "rs"))
    {
        for call in [".say(\"", ".say_with(\"", "(\"news-"] {
            for (at, _) in source.match_indices(call) {
                let key = source[at..].split('"').nth(1).unwrap_or_default();
                assert!(words.has(key), "{key} in {}", path.display());
            }
        }
    }
}
