//! The memory of this process, as its allocator keeps it.

/// Has all threads of this process share two heaps, from now on; to be called before the first thread is started. Does
/// nothing where the allocator is another than glibc's.
///
/// Left alone, glibc gives each thread a heap of its own, up to eight a processor, and each keeps what its thread once
/// needed and freed: a program of seventeen threads that lives for hours holds a third more than it uses. The threads that
/// carry packets use their buffers again, so two heaps keep nobody waiting.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn share_heaps() {
    const HEAPS: libc::c_int = 2;
    // SAFETY: it sets one number of the allocator's under a lock of its own, at any time (mallopt(3)).
    #[allow(unsafe_code)]
    let result = unsafe { libc::mallopt(libc::M_ARENA_MAX, HEAPS) };
    debug_assert_eq!(result, 1, "the allocator has no such limit");
}

/// As on Linux.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn share_heaps() {}
