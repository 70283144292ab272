use std::fs;
use std::path::{Path, PathBuf};

use super::{Sources, workspace_root};

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let path = tree.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    fn at(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.0.path()).unwrap().join(path)
    }

    /// Folders of the crate at `path`, relative to the tree.
    fn folders(&self, path: &str) -> Vec<String> {
        let top = self.at("");
        let sources = Sources::of(&self.at(path)).unwrap();
        sources.folders.iter().map(|folder| folder.strip_prefix(&top).unwrap().display().to_string()).collect()
    }
}

#[test]
fn path_dependencies_are_followed_wherever_they_are_written() {
    let tree = Tree::new(&[
        (
            "a/Cargo.toml",
            "[package]\nname = 'a'\n[dependencies]\nb = { path = '../b' }\nserde = '1'\nin-ws = { workspace = true }\n\
             [build-dependencies]\nc = { path = '../c' }\n[dev-dependencies]\ntests-only = { path = '../d' }\n\
             [target.'cfg(unix)'.dependencies]\ne = { path = '../e' }\n",
        ),
        ("b/Cargo.toml", "[package]\nname = 'b'\n[dependencies]\na = { path = '../a' }\nf.path = '../f'\n"),
        ("c/Cargo.toml", "[package]\nname = 'c'\n"),
        ("d/Cargo.toml", "[package]\nname = 'd'\n"),
        ("e/Cargo.toml", "this is not TOML"),
        ("f/Cargo.toml", "[package]\nname = 'f'\n[dependencies]\ngone = { path = '../gone' }\n"),
        ("g/Cargo.toml", "[package]\nname = 'g'\n"),
        ("h/Cargo.toml", "[package]\nname = 'h'\n"),
        (
            "Cargo.toml",
            "[workspace]\nmembers = ['a']\n[workspace.dependencies]\nin-ws = { path = 'g' }\n\
             [patch.crates-io]\nserde = { path = 'h' }\n",
        ),
    ]);
    assert_eq!(tree.folders("a"), ["a", "b", "c", "f", "g", "h"]);
    let files = Sources::of(&tree.at("a")).unwrap().files;
    for file in ["Cargo.toml", "Cargo.lock", "e/Cargo.toml", "rust-toolchain.toml", "a/.cargo/config.toml"] {
        assert!(files.contains(&tree.at(file)), "{file}");
    }
}

#[test]
fn a_workspace_is_the_crates_own_or_named_or_the_nearest_that_does_not_exclude_it() {
    let package = "[package]\nname = 'p'\n";
    let tree = Tree::new(&[
        ("Cargo.toml", "[workspace]\nexclude = ['out']\n"),
        ("in/Cargo.toml", package),
        ("in/deeper/Cargo.toml", package),
        ("out/Cargo.toml", package),
        ("own/Cargo.toml", "[workspace]\n[package]\nname = 'own'\n"),
        ("named/Cargo.toml", "[package]\nname = 'named'\nworkspace = '../own'\n"),
    ]);
    let root = |path: &str| workspace_root(&tree.at(path));
    assert_eq!(root("in"), Some(tree.at("").components().collect::<PathBuf>()));
    assert_eq!(root("in/deeper"), root("in"));
    assert_eq!(root("out"), None);
    assert_eq!(root("own"), Some(tree.at("own")));
    assert_eq!(root("named"), Some(tree.at("own")));
    assert_eq!(workspace_root(Path::new("/nowhere")), None);
}
