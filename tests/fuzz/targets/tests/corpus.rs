//! Replays every input that is kept in `corpus/` through the function that `cargo fuzz` runs: what was found once is not
//! lost again.

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use lanrage_fuzz_targets::{TARGETS, corpus};

/// What the corpus may weigh as text: seeds and minimised findings, not a fuzzer's whole memory.
const CORPUS_BYTES: u64 = 400_000;

#[test]
fn every_input_of_the_corpus_holds() {
    for (target, run) in TARGETS {
        let inputs = corpus::read(target).unwrap_or_else(|error| panic!("{target}: {error}"));
        assert!(!inputs.is_empty(), "{target} has no inputs");
        for (name, bytes) in inputs {
            assert!(catch_unwind(AssertUnwindSafe(|| run(&bytes))).is_ok(), "{target}: {name}");
        }
    }
}

#[test]
fn every_corpus_is_small_and_has_its_target() {
    let kept = corpus::file("any").parent().expect("a folder").to_owned();
    let mut names = BTreeSet::new();
    let mut bytes = 0;
    for entry in fs::read_dir(kept).expect("the corpus").flatten().filter(|entry| entry.path().is_file()) {
        names.insert(entry.path().file_stem().expect("a name").to_string_lossy().into_owned());
        bytes += entry.metadata().expect("a file").len();
    }
    assert_eq!(names, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
    assert!(bytes < CORPUS_BYTES, "{bytes} bytes; minimise it with `cargo fuzz cmin`");
}
