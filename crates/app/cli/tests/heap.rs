//! The program as it was built has the heap that it was to be built with.
#![cfg(target_os = "linux")]

use std::process::Command;

#[test]
fn all_threads_share_two_heaps_and_what_is_freed_goes_back_after_a_second() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lanrage"));
    // The allocator tells its options when the program ends.
    let output = program.arg("--version").env("_RJEM_MALLOC_CONF", "stats_print:true").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    for option in ["opt.narenas: 2\n", "opt.dirty_decay_ms: 1000 "] {
        assert!(told.contains(option), "{option:?} is not in what the allocator told:\n{told}");
    }
}
