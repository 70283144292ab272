//! Counting, and the paths of `/in`.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, DirectoryEntry, ErrorCode, OpenFlags, PathFlags,
};

use super::handles::{Budget, Handles};
use super::inputs::{Below, below};
use super::ledger::{Ledger, Quota, Refusal};
use super::listing::{Held, Listing};
use super::mounts::open::{Opened, Wanted};

fn ledger(bytes: u64, files: u64) -> Ledger {
    Ledger::new(Quota { bytes, files, disk_reserve_bytes: 0 })
}

fn handle() -> Arc<File> {
    Arc::new(tempfile::tempfile().unwrap())
}

#[test]
fn a_write_beyond_the_quota_is_refused_before_it_happens() {
    let mut ledger = ledger(100, 10);
    assert_eq!(ledger.reserve(1, 100), Ok(()));
    assert_eq!(ledger.reserve(2, 1), Err(Refusal::Bytes));
    assert_eq!(ledger.refused(), Some(Refusal::Bytes));
    assert_eq!(ledger.reserve(1, 50), Ok(()), "what is there already costs nothing");
    ledger.resized(1, 99);
    assert_eq!(ledger.reserve(2, 1), Ok(()));
    assert_eq!(ledger.reserve(2, u64::MAX), Err(Refusal::Bytes));
}

#[test]
fn names_are_counted_and_given_back() {
    let mut ledger = ledger(100, 2);
    for _ in 0..2 {
        ledger.admit_name().unwrap();
        ledger.named();
    }
    assert_eq!(ledger.admit_name(), Err(Refusal::Files));
    ledger.unnamed(7);
    assert_eq!(ledger.admit_name(), Ok(()));
}

#[test]
fn a_removed_file_keeps_its_room_while_it_is_open() {
    let mut ledger = ledger(100, 1);
    let open = handle();
    ledger.named();
    ledger.created(1);
    ledger.opened(1, 0, &open);
    ledger.reserve(1, 100).unwrap();
    ledger.unnamed(1);
    assert_eq!(ledger.reserve(2, 1), Err(Refusal::Bytes));
    assert_eq!(ledger.admit_name(), Err(Refusal::Files));
    drop(open);
    assert_eq!(ledger.reserve(2, 100), Ok(()));
    assert_eq!(ledger.admit_name(), Ok(()));
}

#[test]
fn a_new_file_with_the_identity_of_a_removed_one_starts_at_nothing() {
    let mut ledger = ledger(100, 1);
    let open = handle();
    ledger.named();
    ledger.opened(1, 100, &open);
    ledger.unnamed(1);
    drop(open);
    ledger.created(1);
    ledger.opened(1, 0, &handle());
    assert_eq!(ledger.reserve(1, 100), Ok(()));
    assert_eq!(ledger.admit_name(), Ok(()), "the removed name is given back, too");
}

#[test]
fn a_file_opened_often_is_counted_once() {
    let mut ledger = ledger(100, 10);
    for _ in 0..1_000 {
        ledger.opened(1, 60, &handle());
    }
    assert_eq!(ledger.reserve(1, 100), Ok(()));
    assert_eq!(ledger.reserve(2, 1), Err(Refusal::Bytes));
}

#[test]
fn a_disk_that_is_nearly_full_refuses() {
    let mut ledger = Ledger::new(Quota { bytes: 100, files: 10, disk_reserve_bytes: u64::MAX });
    ledger.on_disk(handle());
    assert_eq!(ledger.admit_name(), Err(Refusal::Disk));
    assert_eq!(ledger.reserve(1, 1), Err(Refusal::Disk));
    assert_eq!(ledger.refused(), Some(Refusal::Disk));
}

#[test]
fn paths_below_in_lead_to_ports() {
    let artifact = |port: &str| Ok(Below::Artifact(port.to_owned()));
    let inside = |port: &str, rest: &str| Ok(Below::Inside(port.to_owned(), rest.to_owned()));
    for root in [".", "./", "a/..", "a/b/../..", "./."] {
        assert_eq!(below(root), Ok(Below::Root), "{root}");
    }
    assert_eq!(below("data"), artifact("data"));
    assert_eq!(below("./data"), artifact("data"));
    assert_eq!(below("other/../data"), artifact("data"));
    assert_eq!(below("data/"), inside("data", "."));
    assert_eq!(below("data/x/y"), inside("data", "x/y"));
    assert_eq!(below("data//x/./y/"), inside("data", "x/y/"));
    assert_eq!(below("data/x/../y"), inside("data", "y"));
}

#[test]
fn no_path_leads_out_of_in() {
    for path in ["..", "../x", "a/../..", "a/../../b", "./..", "/", "/etc/passwd"] {
        assert_eq!(below(path), Err(ErrorCode::NotPermitted), "{path}");
    }
    assert_eq!(below(""), Err(ErrorCode::NoEntry));
}

#[test]
fn listings_are_sorted_and_bounded() {
    let entry = |name: &str| DirectoryEntry { type_: DescriptorType::RegularFile, name: name.to_owned() };
    let held = Held::default();
    let mut listing = Listing::new(["b", "a", "c"].map(entry).into(), &held).unwrap();
    let names: Vec<_> = std::iter::from_fn(|| listing.next()).map(|entry| entry.name).collect();
    assert_eq!(names, ["a", "b", "c"]);

    let long = || vec![entry(&"x".repeat(40 << 20))];
    let first = Listing::new(long(), &held).unwrap();
    assert!(Listing::new(long(), &held).is_err());
    drop(first);
    assert!(Listing::new(long(), &held).is_ok());
}

#[test]
fn open_files_of_all_guests_are_counted_together() {
    let budget = Budget::new(40);
    let guest = || Handles::new(Arc::clone(&budget));
    let (mut one, mut other, mut third) = (guest(), guest(), guest());
    other.stand(2);
    for number in 0..20 {
        let slot = one.take().unwrap();
        one.opened(number, slot);
    }
    assert_eq!(one.take().unwrap_err(), Refusal::Handles, "half of all is the most for one");
    for number in 0..18 {
        let slot = third.take().unwrap();
        third.opened(number, slot);
    }
    assert_eq!(other.take().unwrap_err(), Refusal::Handles);
    assert_eq!(one.take().unwrap_err(), Refusal::Handles);
    one.closed(7);
    drop(other.take().expect("what one guest closed is free for the others at once"));

    let stream = one.slot(8);
    one.closed(8);
    assert_eq!(budget.held(), 39, "a stream keeps its file open");
    drop(stream);
    assert_eq!(budget.held(), 38);
    drop((one, third));
    assert_eq!(budget.held(), 2);
    drop(other);
    assert_eq!(budget.held(), 0);
}

/// A folder that a guest was granted, beside what it was not: links lead from the one to the other.
fn granted_beside_secret() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::create_dir_all(at("granted/a/b")).unwrap();
    std::fs::write(at("granted/a/file"), "own").unwrap();
    std::fs::write(at("secret"), "secret").unwrap();
    for (target, link) in [
        ("../secret", "granted/out"),
        ("..", "granted/up"),
        ("/", "granted/root"),
        ("a/b", "granted/in"),
        ("../../../secret", "granted/a/b/far"),
        ("loop", "granted/loop"),
        ("/proc/self/fd", "granted/fds"),
    ] {
        std::os::unix::fs::symlink(target, at(link)).unwrap();
    }
    folder
}

#[test]
fn fuzz_paths() {
    let folder = granted_beside_secret();
    let granted = std::fs::canonicalize(folder.path().join("granted")).unwrap();
    let root = File::open(&granted).unwrap();
    crate::fuzzing::fuzz("path", |input| {
        let path = String::from_utf8_lossy(input).into_owned();
        if let Ok(Below::Artifact(name) | Below::Inside(name, _)) = below(&path) {
            assert!(!name.is_empty() && name != "." && name != ".." && !name.contains('/'), "{name:?}");
        }
        if let Ok(Below::Inside(_, rest)) = below(&path) {
            assert!(!rest.starts_with('/') && rest.split('/').all(|part| part != ".."), "{rest:?}");
        }
        for follow in [PathFlags::empty(), PathFlags::SYMLINK_FOLLOW] {
            let wanted = Wanted::new(follow, path.clone(), OpenFlags::empty(), DescriptorFlags::READ).unwrap();
            let opened = match wanted.open(&root, &None) {
                Ok(Opened::File(file) | Opened::Folder(file)) => file,
                Err(_) => continue,
            };
            let real = std::fs::read_link(format!("/proc/self/fd/{}", opened.as_raw_fd())).unwrap();
            assert!(real.starts_with(&granted), "{path:?} leads to {}", real.display());
        }
    });
    assert_eq!(std::fs::read_to_string(folder.path().join("secret")).unwrap(), "secret");
}
