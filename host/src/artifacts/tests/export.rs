use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Home, mode};
use crate::artifacts::{ExportError, Overwrite, VerifyError};
use crate::contract::{ArtifactKind, ArtifactRef};
use crate::ids::Digest;

#[test]
fn a_file_goes_out_as_it_came_in_and_belongs_to_the_user() {
    let home = Home::new();
    let artifact = home.store.import(&home.file("data.csv", "1,2")).unwrap().artifact;
    let to = home.dir.path().join("new/folder/data.csv");
    home.store.export(&artifact, &to, Overwrite::No).unwrap();
    assert_eq!(fs::read(&to).unwrap(), b"1,2");
    assert_eq!(mode(&to) & 0o600, 0o600);
    fs::write(&to, "mine").unwrap();
    home.store.verify(&artifact).unwrap();
}

#[test]
fn a_folder_goes_out_as_it_came_in_and_back_in_as_the_same() {
    let home = Home::new();
    let folder = home.folder("data");
    fs::create_dir_all(folder.join("a/empty")).unwrap();
    fs::write(folder.join("a/b"), "b").unwrap();
    let artifact = home.store.import(&folder).unwrap().artifact;
    let to = home.dir.path().join("copy");
    home.store.export(&artifact, &to, Overwrite::No).unwrap();
    assert_eq!(mode(&to.join("a")) & 0o700, 0o700);
    fs::write(to.join("a/b"), "b").unwrap();
    assert_eq!(home.store.import(&to).unwrap().artifact, artifact);
}

#[test]
fn what_is_there_is_replaced_only_when_told() {
    let home = Home::new();
    let file = home.store.import(&home.file("data.csv", "1,2")).unwrap().artifact;
    let folder = home.folder("data");
    fs::write(folder.join("new"), "new").unwrap();
    let folder = home.store.import(&folder).unwrap().artifact;
    let target_file = home.file("target", "mine");
    let target_folder = home.folder("targets");
    fs::write(target_folder.join("mine"), "mine").unwrap();
    for artifact in [&file, &folder] {
        for target in [&target_file, &target_folder] {
            let refused = home.store.export(artifact, target, Overwrite::No);
            assert!(matches!(refused, Err(ExportError::Exists(_))), "{refused:?}");
        }
    }
    assert_eq!(fs::read(&target_file).unwrap(), b"mine");
    assert_eq!(fs::read(target_folder.join("mine")).unwrap(), b"mine");
    for (artifact, target) in [(&folder, &target_file), (&file, &target_folder)] {
        let refused = home.store.export(artifact, target, Overwrite::Yes);
        assert!(matches!(refused, Err(ExportError::OtherKind { .. })), "{refused:?}");
    }
    assert_eq!(fs::read(&target_file).unwrap(), b"mine");
    assert_eq!(fs::read(target_folder.join("mine")).unwrap(), b"mine");
    home.store.export(&file, &target_file, Overwrite::Yes).unwrap();
    assert_ne!(fs::read(&target_file).unwrap(), b"mine");
    home.store.export(&folder, &target_folder, Overwrite::Yes).unwrap();
    assert_eq!(fs::read(target_folder.join("new")).unwrap(), b"new");
    assert!(!target_folder.join("mine").exists(), "a folder is replaced as a whole");
}

#[test]
fn an_export_that_fails_leaves_nothing_behind() {
    let home = Home::new();
    let artifact = home.store.import(&home.file("data.csv", "1,2")).unwrap().artifact;
    let blocked = home.file("file", "").join("below");
    assert!(matches!(home.store.export(&artifact, &blocked, Overwrite::No), Err(ExportError::Io { .. })));
    let gone = ArtifactRef { digest: Digest::of(b"never"), kind: ArtifactKind::File, size_bytes: 5 };
    let to = home.folder("here").join("never");
    let error = home.store.export(&gone, &to, Overwrite::No).unwrap_err();
    assert!(error.to_string().contains("is not in the artifact store any more"), "{error}");
    assert_eq!(fs::read_dir(home.dir.path().join("here")).unwrap().count(), 0);
}

#[test]
fn content_that_was_changed_in_the_store_is_found_out() {
    let home = Home::new();
    let artifact = home.store.import(&home.file("data.csv", "1,2")).unwrap().artifact;
    let path = home.store.path(&artifact);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "1,3").unwrap();
    match home.store.verify(&artifact).unwrap_err() {
        VerifyError::Damaged { expected, found } => {
            assert_eq!((expected, found), (artifact.digest, Digest::of(b"1,3")));
        }
        other => panic!("{other:?}"),
    }
}
