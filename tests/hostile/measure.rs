//! Memory, open files and threads of a process, as the system counts them.

use std::time::{Duration, Instant};

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) resident_bytes: u64,
    pub(crate) files: usize,
    pub(crate) threads: usize,
}

/// What the process `pid` holds now; `self` is this one.
pub(crate) fn held(pid: &str) -> Held {
    let entries = |folder: &str| std::fs::read_dir(format!("/proc/{pid}/{folder}")).unwrap().count();
    Held { resident_bytes: status(pid, "VmRSS"), files: entries("fd"), threads: entries("task") }
}

/// The most memory that this process had at once since it was [reset](reset_peak).
pub(crate) fn peak_bytes() -> u64 {
    status("self", "VmHWM")
}

/// Begins to measure the peak anew.
pub(crate) fn reset_peak() {
    // Where it cannot be reset, the peak of before counts, and the test is stricter.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status(pid: &str, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    let kib: u64 = line.trim_matches([':', ' ', '\t', 'k', 'B']).trim().parse().unwrap();
    kib << 10
}

/// Waits until `settled` says so: what ends on other threads has no other sign. Not for longer than half a minute.
pub(crate) fn wait_until(settled: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        if settled() {
            return true;
        }
        std::thread::yield_now();
    }
    settled()
}
