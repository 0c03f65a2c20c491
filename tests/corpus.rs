//! Replays every input that is kept in `fuzz/corpus/` through the function that `cargo fuzz` runs: what was found once
//! is not lost again.

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

#[path = "fuzz/targets/mod.rs"]
mod targets;

/// What a corpus may weigh, in bytes: seeds and minimised findings, not a fuzzer's whole memory.
const CORPUS_BYTES: u64 = 300_000;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a folder that can be read").path()).collect()
}

fn names(folder: &str) -> BTreeSet<String> {
    let stem = |path: &PathBuf| Some(path.file_stem()?.to_string_lossy().into_owned());
    entries(&fuzz().join(folder)).iter().filter_map(stem).collect()
}

#[test]
fn every_input_of_the_corpus_holds() {
    for (name, run) in targets::TARGETS {
        for path in entries(&fuzz().join("corpus").join(name)) {
            let data = fs::read(&path).expect("an input");
            assert!(catch_unwind(AssertUnwindSafe(|| run(&data))).is_ok(), "{}", path.display());
        }
    }
}

#[test]
fn every_target_can_be_fuzzed_and_has_a_corpus() {
    let targets: BTreeSet<String> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("a manifest");
    for target in targets {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is no binary");
        assert!(!entries(&fuzz().join("corpus").join(&target)).is_empty(), "{target} has no inputs");
    }
}

#[test]
fn the_corpus_is_small() {
    let files = targets::TARGETS.iter().flat_map(|(name, _)| entries(&fuzz().join("corpus").join(name)));
    let bytes: u64 = files.map(|path| fs::metadata(path).expect("an input").len()).sum();
    assert!(bytes < CORPUS_BYTES, "{bytes} bytes; minimise it with `cargo fuzz cmin`");
}
