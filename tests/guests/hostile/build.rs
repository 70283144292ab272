//! No guest without a test, no test without a guest: whoever forgets one of them has nothing to compile.

use std::collections::BTreeSet;
use std::path::Path;

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rerun-if-changed={}", here.display());
    let manifest = std::fs::read_to_string(here.join("Cargo.toml")).unwrap_or_default();
    let listed: BTreeSet<String> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix("/guest.rs\""))
        .map(str::to_owned)
        .collect();
    let mut missing = Vec::new();
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(here).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "src" {
            continue;
        }
        let has = |file: &str| entry.path().join(file).is_file();
        if !has("case.toml") {
            missing.push(format!("{name} has no case.toml, so that nothing tests it"));
        }
        if !has("guest.rs") && !has("guest.wat") {
            missing.push(format!("{name} has neither guest.rs nor guest.wat, so that there is nothing to test"));
        }
        if has("guest.rs") && !listed.contains(&name) {
            missing.push(format!("{name}/guest.rs is not in Cargo.toml, so that nothing builds it"));
        }
        found.insert(name);
    }
    missing
        .extend(listed.difference(&found).map(|name| format!("Cargo.toml lists {name}, and there is no such folder")));
    assert!(missing.is_empty(), "{}", missing.join("; "));
}
