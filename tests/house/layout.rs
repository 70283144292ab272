//! How the repository is laid out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn the_top_level_holds_what_it_should_and_nothing_else() {
    let expected: BTreeSet<_> = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "examples",
        "host",
        "plugins",
        "rust-toolchain.toml",
        "tests",
        "wit",
    ]
    .map(str::to_owned)
    .into();
    let found: BTreeSet<_> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_copy_of_the_task_interface_is_the_published_one() {
    let published = fs::read(root().join("wit/dagwood_task@0.1.0/task.wit")).unwrap();
    let digest = blake3::hash(&published).to_hex();
    assert_eq!(digest.as_str(), PUBLISHED_0_1_0, "a published interface is never edited: make a new version");
    assert_eq!(fs::read(root().join("plugins/sdk/wit/task.wit")).unwrap(), published);
}

const PUBLISHED_0_1_0: &str = "5d8545ed74170afdc26ffff40795577a0498ce0174aaf0822dd84522b05846f0";

#[test]
fn the_workspace_has_one_binary() {
    let binaries: Vec<_> = manifests(&root())
        .into_iter()
        .filter(|manifest| {
            let folder = manifest.parent().unwrap();
            folder.join("src/main.rs").exists() || folder.join("src/bin").exists()
        })
        .collect();
    assert_eq!(binaries, [root().join("host/Cargo.toml")]);
}

fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(manifests(&path));
        } else if name == "Cargo.toml" {
            found.push(path);
        }
    }
    found
}
