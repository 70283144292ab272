//! Memory that something large took for a moment, and how it comes back to the system.

#![allow(unsafe_code, reason = "the system's allocator has no other way to be asked")]

/// A text of so many bytes takes tens of megabytes while it is read.
pub const LARGE_TEXT_BYTES: usize = 1 << 20;

/// So many tasks take several megabytes while something is made of each: their rows, their changes.
pub const MANY_TASKS: usize = 10_000;

/// What is larger has pages of its own, which go back when it is freed: more than the largest that one task hands over at once (16 MiB).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES_BYTES: libc::c_int = 20 << 20;

/// To be called once, at the program's start. Left to itself, glibc keeps larger pieces for later once it has seen one freed: after a
/// DAG file of a hundred thousand tasks that was half of what the process had beyond its program.
pub fn settle() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it sets a number, before there are other threads.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES_BYTES);
    }
}

/// Gives back to the system what was freed: the allocator keeps it for later, and later may be never. It looks at all free memory, so
/// this is for after something large.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: glibc says that any thread may call it at any time; it touches nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}
