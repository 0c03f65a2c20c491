//! In a process of its own: what the allocator was told lasts.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::{
    fs,
    sync::{Arc, Barrier},
    thread,
};

/// The reserved part of each heap but the first ends where the next may begin (glibc, `HEAP_MAX_SIZE`).
const HEAP_BYTES: u64 = 64 << 20;
const THREADS: usize = 12;

/// How many heaps this process has beside its first one.
fn heaps() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let reserved = maps.lines().filter(|line| line.contains(" ---p ") && line.ends_with(" 0 "));
    let end = |line: &str| u64::from_str_radix(line.split(['-', ' ']).nth(1).unwrap(), 16).unwrap();
    reserved.filter(|line| end(line).is_multiple_of(HEAP_BYTES)).count()
}

#[test]
fn many_threads_share_two_heaps() {
    lanrage_tunnel::share_heaps();
    let all_hold = Arc::new(Barrier::new(THREADS + 1));
    let threads = [(); THREADS].map(|()| {
        let all_hold = Arc::clone(&all_hold);
        thread::spawn(move || {
            let held = vec![1_u8; 10_000];
            all_hold.wait();
            all_hold.wait();
            held.len()
        })
    });
    all_hold.wait();
    let heaps = heaps();
    all_hold.wait();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(heaps <= 1, "{heaps} heaps beside the first one");
}
