//! Every fuzz target in one program; `LANRAGE_FUZZ` names the one that runs.
#![no_main]

use std::sync::LazyLock;

use lanrage_fuzz_targets::{TARGETS, Target};

static RUN: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("LANRAGE_FUZZ").expect("LANRAGE_FUZZ names a target");
    TARGETS.iter().find(|(target, _)| *target == name).expect("a target of the list").1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (*RUN)(data));
