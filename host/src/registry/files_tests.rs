use std::os::unix::fs::symlink;

use super::ComponentFiles;
use crate::ids::Digest;
use crate::registry::error::RegistryError;

#[test]
fn a_component_is_read_back_only_as_what_its_name_says() {
    let home = tempfile::tempdir().unwrap();
    let files = ComponentFiles::new(home.path());
    let digest = files.keep(b"bytes").unwrap();
    assert_eq!(files.read(digest).unwrap(), b"bytes");
    std::fs::remove_file(files.path(digest)).unwrap();
    assert!(matches!(files.read(digest), Err(RegistryError::Damaged { .. })), "missing");
    std::fs::write(files.path(digest), b"bytez").unwrap();
    assert!(matches!(files.read(digest), Err(RegistryError::Damaged { .. })), "changed");
}

#[test]
fn keeping_again_mends_what_is_damaged_and_follows_no_link() {
    let home = tempfile::tempdir().unwrap();
    let files = ComponentFiles::new(home.path());
    let digest = files.keep(b"bytes").unwrap();
    let elsewhere = home.path().join("elsewhere");
    std::fs::write(&elsewhere, b"bytes").unwrap();
    std::fs::remove_file(files.path(digest)).unwrap();
    symlink(&elsewhere, files.path(digest)).unwrap();
    assert!(!files.has(digest) && files.read(digest).is_err(), "a link is no kept component");
    assert_eq!(files.keep(b"bytes").unwrap(), digest);
    assert!(std::fs::symlink_metadata(files.path(digest)).unwrap().is_file());
    assert_eq!(std::fs::read(&elsewhere).unwrap(), b"bytes", "what the link led to is untouched");
}

#[test]
fn removing_what_is_not_there_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    ComponentFiles::new(home.path()).remove(Digest::of(b"never kept")).unwrap();
}
