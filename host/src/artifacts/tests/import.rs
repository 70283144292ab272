use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, mkfifoat};

use super::{Home, mode, rewrite};
use crate::artifacts::{ArtifactStore, ImportError, Refusal, cause_chain};
use crate::clock::SystemClock;
use crate::ids::Digest;

#[test]
fn a_file_is_taken_in_as_a_copy_of_its_own() {
    let home = Home::new();
    let file = home.file("data.csv", "1,2");
    let imported = home.store.import(&file).unwrap();
    assert!(!imported.reused);
    let kept = home.store.locate(&imported.artifact).unwrap();
    assert_ne!(fs::metadata(&kept).unwrap().ino(), fs::metadata(&file).unwrap().ino());
    assert_eq!((mode(&kept), mode(&file) & 0o200), (0o444, 0o200));
    fs::write(&file, "changed").unwrap();
    assert_eq!(fs::read(&kept).unwrap(), b"1,2");
    assert_eq!(home.staged(), 0);
}

#[test]
fn an_unchanged_file_is_not_read_again_and_a_changed_one_is() {
    let home = Home::new();
    let file = home.file("data.csv", "1,2");
    let first = home.store.import(&file).unwrap();
    let second = home.store.import(&file).unwrap();
    assert_eq!((second.artifact, second.reused), (first.artifact, true));
    // The same bytes, another inode.
    let copy = home.file("copy", "1,2");
    fs::rename(copy, &file).unwrap();
    assert!(!home.store.import(&file).unwrap().reused);
    rewrite(&file, "3,4");
    let third = home.store.import(&file).unwrap();
    assert_eq!((third.artifact.digest, third.reused), (Digest::of(b"3,4"), false));
}

#[test]
fn an_unchanged_folder_is_not_read_again_and_one_with_a_change_deep_inside_is() {
    let home = Home::new();
    let folder = home.folder("data");
    fs::create_dir_all(folder.join("a/b")).unwrap();
    fs::write(folder.join("a/b/c"), "old").unwrap();
    let first = home.store.import(&folder).unwrap();
    assert_eq!(home.store.import(&folder).unwrap().artifact, first.artifact);
    assert!(home.store.import(&folder).unwrap().reused);
    rewrite(&folder.join("a/b/c"), "new");
    let second = home.store.import(&folder).unwrap();
    assert!(!second.reused);
    assert_ne!(second.artifact.digest, first.artifact.digest);
}

#[test]
fn a_file_that_changed_just_now_is_not_trusted_by_its_times() {
    let home = Home::new();
    let file = home.file("data.csv", "1,2");
    let store = ArtifactStore::open(&home.dir.path().join("artifacts"), Arc::new(SystemClock)).unwrap();
    store.import(&file).unwrap();
    assert!(!store.import(&file).unwrap().reused);
}

#[test]
fn content_that_was_lost_and_records_that_are_torn_are_made_again() {
    let home = Home::new();
    let file = home.file("data.csv", "1,2");
    let artifact = home.store.import(&file).unwrap().artifact;
    fs::remove_file(home.store.path(&artifact)).unwrap();
    assert!(!home.store.import(&file).unwrap().reused);
    for record in walkdir::WalkDir::new(home.dir.path().join("artifacts/imports")) {
        let record = record.unwrap();
        if record.file_type().is_file() {
            fs::write(record.path(), "{\"state\":").unwrap();
        }
    }
    let again = home.store.import(&file).unwrap();
    assert_eq!((again.artifact, again.reused), (artifact, false));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let home = Home::new();
    let file = home.file("data.csv", "1,2");
    for content in ["1,2,3", "3,4,5"] {
        let error = home.store.import_then(&file, &|_| None, || rewrite(&file, content)).unwrap_err();
        assert!(matches!(error, ImportError::Changed(_)), "{error:?}");
    }
    assert_eq!((home.objects().len(), home.staged()), (0, 0));
}

#[test]
fn a_folder_that_changes_while_it_is_read_is_an_error() {
    let home = Home::new();
    let folder = home.folder("data");
    fs::write(folder.join("a"), "a").unwrap();
    let add = || fs::write(folder.join("b"), "b").unwrap();
    assert!(matches!(home.store.import_then(&folder, &|_| None, add), Err(ImportError::Changed(_))));
    let change = || rewrite(&folder.join("a"), "c");
    assert!(matches!(home.store.import_then(&folder, &|_| None, change), Err(ImportError::Changed(_))));
    assert_eq!((home.objects().len(), home.staged()), (0, 0));
}

#[test]
fn a_missing_file_is_named() {
    let home = Home::new();
    let file = home.file("file", "");
    for path in [home.dir.path().join("nowhere.csv"), file.join("below")] {
        let error = home.store.import(&path).unwrap_err();
        assert_eq!(error.to_string(), format!("there is no file or folder `{}`; check the path", path.display()));
    }
}

#[test]
fn devices_and_fifos_are_refused_without_waiting_for_them() {
    let home = Home::new();
    let pipe = home.dir.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::RWXU).unwrap();
    for (path, word) in [(pipe.as_path(), "fifo"), ("/dev/zero".as_ref(), "device")] {
        match home.store.import(path).unwrap_err() {
            ImportError::Special { what, .. } => assert_eq!(what, word),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_link_to_a_file_is_followed_but_links_within_a_folder_are_refused() {
    let home = Home::new();
    let file = home.file("data.csv", "1,2");
    symlink(&file, home.dir.path().join("link")).unwrap();
    let imported = home.store.import(&home.dir.path().join("link")).unwrap();
    assert_eq!(imported.artifact.digest, Digest::of(b"1,2"));
    let folder = home.folder("folder");
    symlink(&file, folder.join("link")).unwrap();
    match home.store.import(&folder).unwrap_err() {
        ImportError::Refused { refusal, .. } => assert_eq!(refusal, Refusal::SymbolicLink("link".into())),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_users_file_with_several_names_is_taken_in() {
    let home = Home::new();
    let folder = home.folder("folder");
    fs::write(folder.join("a"), "same").unwrap();
    fs::hard_link(folder.join("a"), folder.join("b")).unwrap();
    let artifact = home.store.import(&folder).unwrap().artifact;
    let kept = home.store.locate(&artifact).unwrap();
    assert_eq!(fs::metadata(kept.join("a")).unwrap().nlink(), 1);
    home.store.verify(&artifact).unwrap();
}

#[test]
fn a_store_that_cannot_be_written_to_is_an_error_that_names_the_place() {
    let home = Home::new();
    let file = home.file("data.csv", "1,2");
    // Stands in for a full or read-only disk, which a test that runs as root cannot have: no folder can be made here.
    let blocked = home.dir.path().join("artifacts/objects").join(&Digest::of(b"1,2").hex()[..2]);
    fs::write(&blocked, "").unwrap();
    let error = home.store.import(&file).unwrap_err();
    assert!(matches!(error, ImportError::Store(_)), "{error:?}");
    assert!(cause_chain(&error).contains(&blocked.display().to_string()), "{error}");
    assert_eq!(home.staged(), 0);
}

#[test]
fn what_a_guard_does_not_admit_stays_outside_whatever_link_leads_there() {
    let home = Home::new();
    let secret = home.file("secret", "secret");
    let link = home.dir.path().join("link");
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    let real = std::fs::canonicalize(&secret).unwrap();
    let guard = |path: &std::path::Path| (path == real).then(|| "not that one".to_owned());
    let error = home.store.import_guarded(&link, &guard).unwrap_err();
    assert_eq!(error.to_string(), "not that one");
    assert!(
        crate::artifacts::check_outside(&link, &guard).is_err()
            && crate::artifacts::check_outside(&link, &|_| None).is_ok()
    );
}
