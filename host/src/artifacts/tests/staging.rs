use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;

use super::{AnHourAhead, Home, mode, nest};
use crate::artifacts::{ArtifactStore, Staging, StoreError, cause_chain, remove_tree, sweep_specials};

#[test]
fn a_new_store_is_for_its_user_only() {
    let home = Home::new();
    let root = home.dir.path().join("artifacts");
    for name in ["", "objects", "staging", "imports", "staging/0"] {
        assert_eq!(mode(&root.join(name)), 0o700, "{name}");
    }
}

#[test]
fn what_a_dead_process_left_is_swept_and_what_a_living_one_makes_is_not() {
    let home = Home::new();
    let shared = home.dir.path().join("artifacts/staging");
    let living = home.store.staging.unique();
    fs::write(&living, "in the making").unwrap();
    // A lock file that nobody holds, as the kernel leaves it when a process ends.
    fs::write(shared.join("7.lock"), "").unwrap();
    fs::create_dir_all(shared.join("7/tree/deep")).unwrap();
    fs::write(shared.join("7/tree/deep/file"), "half").unwrap();
    fs::set_permissions(shared.join("7/tree/deep"), fs::Permissions::from_mode(0o555)).unwrap();
    // A crash between two steps of a sweep.
    fs::create_dir(shared.join("8")).unwrap();
    fs::write(shared.join("9.lock"), "").unwrap();
    let second = Staging::open(&shared).unwrap();
    for name in ["7", "7.lock", "8", "9.lock"] {
        assert!(!shared.join(name).exists(), "{name}");
    }
    assert!(living.exists());
    assert_ne!(second.folder(), home.store.staging.folder());
    let gone = second.folder().to_owned();
    drop(second);
    assert!(!gone.exists());
}

#[test]
fn unique_paths_are_unique() {
    let home = Home::new();
    let paths: std::collections::HashSet<_> = (0..100).map(|_| home.store.staging.unique()).collect();
    assert_eq!(paths.len(), 100);
}

#[test]
fn a_tree_too_deep_for_any_path_is_removed() {
    let home = Home::new();
    let tree = home.folder("tree");
    nest(&tree, 1_000);
    // A name that the removal itself uses for what it moves.
    fs::create_dir_all(tree.join("~1/a/b")).unwrap();
    fs::write(tree.join("~2"), "").unwrap();
    remove_tree(&tree).unwrap();
    assert!(!tree.exists());
    remove_tree(&tree).unwrap();
}

#[test]
fn removing_a_tree_does_not_follow_links() {
    let home = Home::new();
    let kept = home.folder("kept");
    fs::write(kept.join("file"), "").unwrap();
    let tree = home.folder("tree");
    symlink(&kept, tree.join("link")).unwrap();
    remove_tree(&tree).unwrap();
    assert!(kept.join("file").exists());
    symlink(&kept, &tree).unwrap();
    remove_tree(&tree).unwrap();
    assert!(kept.join("file").exists());
}

#[test]
fn links_are_taken_out_of_what_people_will_look_at() {
    let home = Home::new();
    let tree = home.folder("tree");
    fs::create_dir(tree.join("a")).unwrap();
    fs::write(tree.join("a/file"), "kept").unwrap();
    symlink("/etc/passwd", tree.join("a/link")).unwrap();
    assert_eq!(sweep_specials(&tree).unwrap(), 1);
    assert!(tree.join("a/file").exists());
    assert!(fs::symlink_metadata(tree.join("a/link")).is_err());
}

#[test]
fn a_home_that_cannot_be_made_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let Err(error) = ArtifactStore::open(&file.join("artifacts"), Arc::new(AnHourAhead)) else {
        panic!("a store was opened beneath a file");
    };
    assert!(
        cause_chain(&error).starts_with(&format!("cannot make the folder `{}/artifacts", file.display())),
        "{error}"
    );
}

#[test]
fn a_full_disk_and_a_read_only_home_say_what_to_do() {
    let told = |kind: io::ErrorKind| StoreError::new("write", "/home/x", kind.into());
    let full = told(io::ErrorKind::StorageFull);
    assert_eq!(full.code(), "disk-full");
    assert!(full.to_string().contains("free some space"), "{full}");
    let read_only = told(io::ErrorKind::ReadOnlyFilesystem);
    assert_eq!(read_only.code(), "home-read-only");
    assert!(read_only.to_string().contains("--home"), "{read_only}");
}
