//! What this process takes, and others.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::time::{ClockId, clock_gettime};

/// The processor's time of all threads of this process so far, in microseconds.
pub(crate) fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// Memory of a process while it was looked at, again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    /// The most that it had.
    pub(crate) peak_bytes: f64,
    /// What it had in the middle of its time.
    pub(crate) settled_bytes: f64,
}

impl Watched {
    /// Runs a program to its end, which must be a good one.
    pub(crate) fn run(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let (mut now, mut peak) = (Vec::new(), 0.0_f64);
        let ended = loop {
            if let Some(ended) = child.try_wait()? {
                break ended;
            }
            if let (Some(bytes), Some(most)) = (field(&status, "VmRSS:"), field(&status, "VmHWM:")) {
                now.push(bytes);
                peak = peak.max(most);
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        ensure!(ended.success(), "it ended with {ended}");
        let settled_bytes = *now.get(now.len() / 2).context("it was gone before it could be looked at")?;
        Ok(Self { peak_bytes: peak, settled_bytes })
    }
}

/// A size of a process, in bytes; none if it is gone.
fn field(status: &str, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}
