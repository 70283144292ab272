//! Memory that something large took for a moment.

#![allow(unsafe_code, reason = "the system's allocator has no other way to be asked")]

/// A text of so many bytes takes tens of megabytes while it is read.
pub const LARGE_TEXT_BYTES: usize = 1 << 20;

/// So many tasks take several megabytes while something is made of each: their rows, their changes.
pub const MANY_TASKS: usize = 10_000;

/// Gives back to the system what was freed: the allocator keeps it for later, and later may be never. It looks at all free memory, a
/// millisecond or so for each hundred megabytes; so this is for after something large.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: glibc says that any thread may call it at any time; it touches nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}
