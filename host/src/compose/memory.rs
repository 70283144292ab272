//! How much memory and disk there is for tasks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::MemoryBudget;

/// Of what the machine has, where the operator says nothing.
const BUDGET_PERCENT: u8 = 75;

/// What the operator decided; else three quarters of the machine's memory, or of what the process's control groups leave
/// it. Where neither can be read (not Linux), no budget is kept.
pub(super) fn budget_bytes(decided: Option<MemoryBudget>) -> u64 {
    let percent = match decided {
        Some(MemoryBudget::Bytes(bytes)) => return bytes,
        Some(MemoryBudget::Percent(percent)) => percent,
        None => BUDGET_PERCENT,
    };
    // In whole MiB: it is named in messages.
    (available_bytes(Path::new("/proc"), Path::new("/sys/fs/cgroup")) / 100 * u64::from(percent)) >> 20 << 20
}

/// Three quarters of what is free on the disk of the home, for what tasks declare. Where that cannot be read, no budget is
/// kept: a write into a full disk is refused all the same.
pub(super) fn scratch_budget_bytes(home: &Path) -> u64 {
    let disk = rustix::fs::statvfs(home).ok();
    let free = disk.map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    (free / 100 * u64::from(BUDGET_PERCENT)) >> 20 << 20
}

fn available_bytes(proc: &Path, groups: &Path) -> u64 {
    let machine = read(&proc.join("meminfo")).and_then(|text| total_bytes(&text));
    let group = read(&proc.join("self/cgroup")).and_then(|text| group_bytes(&text, groups));
    machine.unwrap_or(u64::MAX).min(group.unwrap_or(u64::MAX))
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// `MemTotal` of `/proc/meminfo`, which counts in KiB.
fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The least limit on the way from the process's group to the root, by both versions of control groups: a group has
/// what all above it leave it. Each line of `/proc/self/cgroup` is `number:controllers:path` (cgroups(7)).
fn group_bytes(own: &str, groups: &Path) -> Option<u64> {
    own.lines().filter_map(|line| least_limit(line, groups)).min()
}

fn least_limit(line: &str, groups: &Path) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let (root, file) = match controllers {
        "" => (groups.to_owned(), "memory.max"),
        _ if controllers.split(',').any(|name| name == "memory") => (groups.join("memory"), "memory.limit_in_bytes"),
        _ => return None,
    };
    // In a container the path may be that of the machine outside, of which only the root is to be seen.
    let own: PathBuf = Path::new(path).strip_prefix("/").unwrap_or(Path::new(path)).to_owned();
    own.ancestors().filter_map(|group| read(&root.join(group).join(file))?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn found(files: &[(&str, &str)]) -> u64 {
        let system = system(files);
        available_bytes(&system.path().join("proc"), &system.path().join("groups"))
    }

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:       8192 kB\nMemFree: 1 kB\n");

    #[test]
    fn the_machine_counts_where_no_group_limits() {
        assert_eq!(found(&[MACHINE]), 8 << 20);
        let unlimited = [MACHINE, ("proc/self/cgroup", "0::/a\n"), ("groups/a/memory.max", "max\n")];
        assert_eq!(found(&unlimited), 8 << 20);
        assert_eq!(found(&[]), u64::MAX);
    }

    #[test]
    fn the_tightest_group_above_the_process_counts() {
        let nested = [
            MACHINE,
            ("proc/self/cgroup", "0::/user.slice/run.scope\n"),
            ("groups/user.slice/run.scope/memory.max", "4096000\n"),
            ("groups/user.slice/memory.max", "2048000\n"),
        ];
        assert_eq!(found(&nested), 2_048_000);
        let only_the_root_is_seen = [MACHINE, ("proc/self/cgroup", "0::/far/away\n"), ("groups/memory.max", "4096\n")];
        assert_eq!(found(&only_the_root_is_seen), 4_096);
    }

    #[test]
    fn the_first_version_of_groups_counts_too() {
        let old = [
            MACHINE,
            ("proc/self/cgroup", "5:cpu,cpuacct:/c\n4:memory:/c\n"),
            ("groups/memory/c/memory.limit_in_bytes", "1024000\n"),
        ];
        assert_eq!(found(&old), 1_024_000);
    }
}
