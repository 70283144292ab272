use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Barrier;

use rustix::fs::{CWD, Mode, mkfifoat};

use super::{Home, mode, nest, port};
use crate::artifacts::{Breach, CollectProblem, Refusal, cause_chain};
use crate::contract::{ArtifactKind, Cardinality, Output, Port};
use crate::ids::Digest;

fn one(name: &str) -> Vec<Port> {
    vec![port(name, Cardinality::One)]
}

fn breach(result: Result<Vec<Output>, CollectProblem>) -> Breach {
    match result {
        Err(CollectProblem::Broken(breach)) => breach,
        other => panic!("no breach: {other:?}"),
    }
}

fn refusal(result: Result<Vec<Output>, CollectProblem>) -> Refusal {
    match breach(result) {
        Breach::Refused { refusal, .. } => refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

#[test]
fn a_file_is_published_as_a_read_only_file_under_its_digest() {
    let home = Home::new();
    let out = home.folder("out");
    fs::write(out.join("model"), "weights").unwrap();
    let inode = fs::metadata(out.join("model")).unwrap().ino();
    let outputs = home.store.collect(&out, &one("model")).unwrap();
    let artifact = outputs[0].artifact;
    assert_eq!((outputs.len(), outputs[0].port.as_str()), (1, "model"));
    assert_eq!(outputs[0].media_type.as_deref(), Some("text/plain"));
    assert_eq!((artifact.digest, artifact.size_bytes), (Digest::of(b"weights"), 7));
    let path = home.store.locate(&artifact).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"weights");
    assert_eq!(mode(&path), 0o444);
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode, "moved, not copied");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
}

#[test]
fn a_folder_is_published_as_a_tree_of_read_only_files() {
    let home = Home::new();
    let out = home.folder("out");
    fs::create_dir_all(out.join("plots/by-class/empty")).unwrap();
    fs::write(out.join("plots/roc.svg"), "<svg/>").unwrap();
    fs::write(out.join("plots/by-class/a.svg"), "<a/>").unwrap();
    let outputs = home.store.collect(&out, &one("plots")).unwrap();
    let artifact = outputs[0].artifact;
    assert_eq!((artifact.kind, artifact.size_bytes), (ArtifactKind::Folder, 10));
    let path = home.store.locate(&artifact).unwrap();
    assert_eq!(fs::read(path.join("by-class/a.svg")).unwrap(), b"<a/>");
    assert!(path.join("by-class/empty").is_dir());
    for folder in [&path, &path.join("by-class"), &path.join("by-class/empty")] {
        assert_eq!(mode(folder), 0o755);
    }
    assert_eq!(mode(&path.join("by-class/a.svg")), 0o444);
    home.store.verify(&artifact).unwrap();
}

#[test]
fn an_empty_file_and_an_empty_folder_are_outputs() {
    let home = Home::new();
    let out = home.folder("out");
    fs::write(out.join("file"), "").unwrap();
    fs::create_dir(out.join("folder")).unwrap();
    let ports = [port("folder", Cardinality::One), port("file", Cardinality::One)];
    let outputs = home.store.collect(&out, &ports).unwrap();
    let kinds: Vec<_> = outputs.iter().map(|output| output.artifact.kind).collect();
    assert_eq!(kinds, [ArtifactKind::Folder, ArtifactKind::File], "in the order of the ports");
    assert_ne!(outputs[0].artifact.digest, outputs[1].artifact.digest);
    for output in &outputs {
        home.store.verify(&output.artifact).unwrap();
    }
}

#[test]
fn an_output_that_is_not_required_may_be_absent_and_one_that_is_may_not() {
    let home = Home::new();
    let out = home.folder("out");
    let ports = [port("maybe", Cardinality::Optional), port("some", Cardinality::Many)];
    assert_eq!(home.store.collect(&out, &ports).unwrap(), []);
    let broken = breach(home.store.collect(&out, &one("model")));
    assert_eq!(broken.code(), "missing-output");
    assert_eq!(broken.to_string(), "it did not write `/out/model`, which it declares as an output");
}

#[test]
fn what_no_port_declares_is_named_and_nothing_is_published() {
    let home = Home::new();
    let out = home.folder("out");
    fs::write(out.join("model"), "weights").unwrap();
    for number in 1..=7 {
        fs::write(out.join(format!("stray{number}")), "").unwrap();
    }
    let broken = breach(home.store.collect(&out, &one("model")));
    assert_eq!(broken.code(), "undeclared-output");
    assert_eq!(
        broken.to_string(),
        "it wrote `stray1`, `stray2`, `stray3`, `stray4`, `stray5` and 2 more to /out, \
         which is no output port of it (it has `model`)"
    );
    assert_eq!(home.objects(), Vec::<std::path::PathBuf>::new());
    assert!(out.join("model").exists(), "what was there is left for people to look at");
}

#[test]
fn one_bad_output_keeps_the_good_ones_from_being_published() {
    let home = Home::new();
    let out = home.folder("out");
    fs::write(out.join("good"), "good").unwrap();
    symlink("good", out.join("bad")).unwrap();
    let ports = [port("good", Cardinality::One), port("bad", Cardinality::One)];
    let found = refusal(home.store.collect(&out, &ports));
    assert_eq!(found, Refusal::SymbolicLink("bad".into()));
    assert_eq!(home.objects(), Vec::<std::path::PathBuf>::new());
    assert!(out.join("good").exists());
}

#[test]
fn links_are_refused_by_name_wherever_they_lead() {
    let home = Home::new();
    let secret = home.file("secret", "secret");
    for target in [secret.as_path(), Path::new(".."), Path::new("/"), Path::new("nowhere"), Path::new("plain")] {
        let out = home.folder("out");
        fs::create_dir_all(out.join("tree/deep")).unwrap();
        fs::write(out.join("tree/deep/plain"), "").unwrap();
        symlink(target, out.join("tree/deep/link")).unwrap();
        let found = refusal(home.store.collect(&out, &one("tree")));
        assert_eq!(found, Refusal::SymbolicLink("deep/link".into()));
        fs::remove_dir_all(out).unwrap();
    }
    assert_eq!(fs::read(secret).unwrap(), b"secret");
}

#[test]
fn a_link_in_the_place_of_out_itself_is_not_followed() {
    let home = Home::new();
    let real = home.folder("real");
    fs::write(real.join("model"), "weights").unwrap();
    symlink(&real, home.dir.path().join("out")).unwrap();
    let result = home.store.collect(&home.dir.path().join("out"), &one("model"));
    assert!(matches!(result, Err(CollectProblem::Host(_))), "{result:?}");
    assert!(real.join("model").exists());
}

#[test]
fn fifos_and_sockets_are_refused_without_waiting_for_them() {
    let home = Home::new();
    let out = home.folder("out");
    mkfifoat(CWD, out.join("pipe"), Mode::RWXU).unwrap();
    assert_eq!(refusal(home.store.collect(&out, &one("pipe"))), Refusal::Special("pipe".into(), "fifo"));
    fs::create_dir(out.join("tree")).unwrap();
    fs::remove_file(out.join("pipe")).unwrap();
    let _socket = UnixListener::bind(out.join("tree/s")).unwrap();
    assert_eq!(refusal(home.store.collect(&out, &one("tree"))), Refusal::Special("s".into(), "socket"));
}

#[test]
fn a_file_with_several_names_is_refused() {
    let home = Home::new();
    let out = home.folder("out");
    let outside = home.file("outside", "theirs");
    fs::hard_link(&outside, out.join("model")).unwrap();
    assert_eq!(refusal(home.store.collect(&out, &one("model"))), Refusal::ManyNames("model".into(), 2));
    fs::create_dir(out.join("tree")).unwrap();
    fs::rename(out.join("model"), out.join("tree/model")).unwrap();
    let problem = home.store.collect(&out, &one("tree")).unwrap_err();
    assert_eq!(
        cause_chain(&problem),
        "its output `tree` cannot be published: `model` has 2 names (hard links); \
         a file of an artifact has one: put a copy there instead"
    );
    assert_eq!(mode(&outside) & 0o200, 0o200, "the other name was not made read-only");
}

#[test]
fn names_that_are_not_utf8_are_refused() {
    let home = Home::new();
    let out = home.folder("out");
    fs::create_dir(out.join("tree")).unwrap();
    fs::write(out.join("tree").join(std::ffi::OsStr::from_bytes(b"a\xff")), "").unwrap();
    assert_eq!(refusal(home.store.collect(&out, &one("tree"))), Refusal::NotUtf8("a\u{fffd}".into()));
}

#[test]
fn long_paths_are_published_and_endless_ones_refused() {
    let home = Home::new();
    let out = home.folder("out");
    fs::create_dir(out.join("tree")).unwrap();
    nest(&out.join("tree"), 200);
    let artifact = home.store.collect(&out, &one("tree")).unwrap()[0].artifact;
    home.store.verify(&artifact).unwrap();
    fs::create_dir(out.join("tree")).unwrap();
    nest(&out.join("tree"), 600);
    assert!(matches!(refusal(home.store.collect(&out, &one("tree"))), Refusal::TooLong(_)));
}

#[test]
fn a_folder_of_many_files_is_published_whole() {
    let home = Home::new();
    let out = home.folder("out");
    fs::create_dir(out.join("tree")).unwrap();
    for number in 0..1_000 {
        fs::write(out.join(format!("tree/{number}")), number.to_string()).unwrap();
    }
    let artifact = home.store.collect(&out, &one("tree")).unwrap()[0].artifact;
    assert_eq!(fs::read_dir(home.store.path(&artifact)).unwrap().count(), 1_000);
    home.store.verify(&artifact).unwrap();
}

#[test]
fn the_same_content_is_kept_once_and_healed_if_it_lost_bytes() {
    let home = Home::new();
    let out = home.folder("out");
    for content in ["same", "same"] {
        fs::write(out.join("model"), content).unwrap();
        home.store.collect(&out, &one("model")).unwrap();
        assert!(!out.join("model").exists());
    }
    let objects = home.objects();
    assert_eq!(objects.len(), 1);
    fs::remove_file(&objects[0]).unwrap();
    fs::write(&objects[0], "sa").unwrap();
    fs::write(out.join("model"), "same").unwrap();
    let artifact = home.store.collect(&out, &one("model")).unwrap()[0].artifact;
    home.store.verify(&artifact).unwrap();
}

#[test]
fn many_who_publish_the_same_content_at_once_all_succeed() {
    let home = Home::new();
    const PUBLISHERS: usize = 8;
    for round in 0..4 {
        let start = Barrier::new(PUBLISHERS);
        let publish = |number: usize| {
            let out = home.folder(&format!("out{round}-{number}"));
            fs::create_dir(out.join("tree")).unwrap();
            fs::write(out.join("tree/a"), format!("round {round}")).unwrap();
            fs::write(out.join("file"), format!("round {round}")).unwrap();
            start.wait();
            home.store.collect(&out, &[port("tree", Cardinality::One), port("file", Cardinality::One)]).unwrap()
        };
        let all: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..PUBLISHERS).map(|number| scope.spawn(move || publish(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for outputs in &all {
            assert_eq!(outputs, &all[0]);
        }
        for output in &all[0] {
            home.store.verify(&output.artifact).unwrap();
        }
    }
    assert_eq!(home.objects().len(), 8);
}

#[test]
fn what_lies_on_another_file_system_is_copied_in() {
    let home = Home::new();
    let out = home.folder("out");
    fs::create_dir_all(out.join("tree/deep")).unwrap();
    fs::write(out.join("tree/deep/a"), "content").unwrap();
    let other = Home::new();
    // The same steps as behind a rename that the system refuses.
    let mut root = crate::artifacts::beneath::Beneath::open(&out.join("tree")).unwrap();
    let many_names = crate::artifacts::survey::ManyNames::Refused;
    let nodes = crate::artifacts::survey::survey(&mut root, many_names).unwrap();
    let artifact = other.store.import(&out.join("tree")).unwrap().artifact;
    home.store.publish_copy(&out.join("tree"), &artifact, &nodes).unwrap();
    home.store.verify(&artifact).unwrap();
    assert!(!out.join("tree").exists());
    assert_eq!(home.staged(), 0);
}

#[test]
fn content_that_is_not_what_it_is_called_is_not_published() {
    let home = Home::new();
    let file = home.file("file", "content");
    let mut artifact = Home::new().store.import(&file).unwrap().artifact;
    artifact.digest = Digest::of(b"something else");
    let error = home.store.publish_copy(&file, &artifact, &[]).unwrap_err();
    assert!(cause_chain(&error).contains("changed since it was hashed"), "{error}");
    assert_eq!((home.objects().len(), home.staged()), (0, 0));
}
