//! Which cargo builds a crate, and with which environment variables.
//!
//! This program is often itself started by cargo (`cargo run`, `cargo test`), which describes *its* package and
//! toolchain in variables. A guest built under them would differ from one built from a shell, and the two would take
//! turns in building each other's work anew.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use toml::Table;

use super::{TARGET, sources};
use crate::ids::Digest;

/// Environment variables by name.
pub type Variables = BTreeMap<OsString, OsString>;

/// The variable with which cargo takes flags for the guests' target.
const TARGET_FLAGS: &str = "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS";
/// A 512×512 f32 matrix product takes five times as long without.
const SIMD: &str = "-C target-feature=+simd128";

/// What cargo sets for programs and build scripts that it starts; none of it is a user's wish.
const OF_CARGO: [&str; 14] = [
    "CARGO",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_RUSTC_CURRENT_DIR",
    "CARGO_TARGET_TMPDIR",
    "OUT_DIR",
    // Rustup counts how deep its programs call each other.
    "RUST_RECURSION_COUNT",
    "RUSTUP_TOOLCHAIN_SOURCE",
];
const OF_CARGO_PREFIXES: [&str; 5] = ["CARGO_BIN_EXE_", "CARGO_CFG_", "CARGO_FEATURE_", "CARGO_PKG_", "DEP_"];

/// Where cargo puts what it makes: variables, the first goes before the second; and the key of `[build]`.
const FOLDERS: [(&[&str], &str); 2] =
    [(&["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"], "target-dir"), (&["CARGO_BUILD_BUILD_DIR"], "build-dir")];
/// Cargo's own way to give each workspace a folder.
const HASH_TEMPLATE: &str = "{workspace-path-hash}";

/// Variables that change what is built; a build under others is another build.
const MATTERS: [&str; 3] = ["CARGO_BUILD_RUSTFLAGS", "RUSTC", "RUSTFLAGS"];
const MATTERS_PREFIXES: [&str; 2] = ["CARGO_PROFILE_RELEASE_", "CARGO_TARGET_WASM32_WASIP2_"];

/// How to call cargo, rustc and rustup for one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Environment {
    /// Cargo, by path or by a name to be found in `PATH`.
    pub(super) cargo: OsString,
    /// All variables of the call.
    pub(super) variables: Variables,
}

impl Environment {
    /// For a build started in `folder`, from this process's variables.
    pub(super) fn of(folder: &Path, variables: &Variables) -> Self {
        let is_under_cargo = variables.contains_key(OsStr::new("CARGO_MANIFEST_DIR"));
        let uses_rustup = variables.contains_key(OsStr::new("RUSTUP_TOOLCHAIN"));
        // Under cargo and rustup `CARGO` is one toolchain's own cargo. The one in `PATH` picks the folder's toolchain.
        let own = variables.get(OsStr::new("CARGO")).filter(|cargo| !cargo.is_empty());
        let cargo = own.filter(|_| !(is_under_cargo && uses_rustup)).cloned().unwrap_or_else(|| "cargo".into());

        let mut kept: Variables =
            variables.iter().filter(|(name, _)| !is_of_cargo(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
        // Set by the toolchain that runs this program; the folder's own choice goes before it.
        if is_under_cargo && sources::names_toolchain(folder) {
            kept.remove(OsStr::new("RUSTUP_TOOLCHAIN"));
        }
        give_own_folders(&mut kept, folder);
        if !kept.contains_key(OsStr::new(TARGET_FLAGS)) && !has_target_flags(folder) {
            kept.insert(TARGET_FLAGS.into(), SIMD.into());
        }
        Self { cargo, variables: kept }
    }

    /// The compiler that cargo would call.
    pub(super) fn rustc(&self) -> OsString {
        self.variables.get(OsStr::new("RUSTC")).cloned().unwrap_or_else(|| "rustc".into())
    }
}

fn is_of_cargo(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    OF_CARGO.contains(&name) || OF_CARGO_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Where the user has several workspaces share a target folder, each gets a folder of its own within it. For guests
/// cargo writes `<crate>.wasm` without a hash in its name, and takes what another crate of that name left there for
/// its own work: the wrong component would be run.
fn give_own_folders(variables: &mut Variables, folder: &Path) {
    for (names, key) in FOLDERS {
        let named = names.iter().find_map(|name| variables.get(OsStr::new(name)));
        // Cargo takes a relative one from where it is started, which is not where this program was.
        let named = named.and_then(|path| std::path::absolute(path).ok());
        let Some(shared) = named.or_else(|| configured_folder(folder, key)) else { continue };
        if shared.to_string_lossy().contains(HASH_TEMPLATE) {
            continue;
        }
        // The variable may well name the very folder that cargo would have taken.
        if shared == folder.join("target") {
            variables.insert(names[0].into(), shared.into());
            continue;
        }
        let own = Digest::of(folder.as_os_str().as_bytes()).hex();
        for name in names {
            variables.remove(OsStr::new(name));
        }
        variables.insert(names[0].into(), shared.join("dagwood").join(&own[..16]).into());
    }
}

/// The folder that a configuration names; relative ones are meant from the folder that `.cargo` is in.
fn configured_folder(folder: &Path, key: &str) -> Option<PathBuf> {
    sources::configurations(folder).iter().find_map(|path| {
        let named = read_table(path)?.get("build")?.get(key)?.as_str()?.to_owned();
        Some(path.parent()?.parent()?.join(named))
    })
}

fn read_table(path: &Path) -> Option<Table> {
    std::fs::read_to_string(path).ok()?.parse().ok()
}

/// Whether a configuration that holds in `folder` has flags for the target: cargo would add ours to them.
fn has_target_flags(folder: &Path) -> bool {
    sources::configurations(folder).iter().any(|path| {
        let flags =
            read_table(path).and_then(|table| Some(table.get("target")?.get(TARGET)?.get("rustflags")?.clone()));
        flags.is_some()
    })
}

/// Those of the variables that change what is built.
pub(super) fn that_matter(variables: &Variables) -> impl Iterator<Item = (&OsStr, &OsStr)> {
    let matters =
        |name: &str| MATTERS.contains(&name) || MATTERS_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let all = variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    all.filter(move |(name, _)| name.to_str().is_some_and(matters))
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
