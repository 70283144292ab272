//! Cargo, as people call it in a crate of their own.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::{Ran, root};

/// Cargo in a crate's folder, with a folder for its output that later test runs find again, so that what all these
/// crates depend on is built once.
pub(crate) fn cargo(folder: &Path, args: &[&str]) -> Ran {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(args).arg("--target-dir").arg(target()).current_dir(folder).stdin(Stdio::null());
    // What the cargo that runs these tests says of the host's package.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        cargo.env_remove(name);
    }
    Ran::from(cargo.output().unwrap())
}

/// Where [`cargo`] builds.
pub(crate) fn target() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/outside"))
}

/// The component that `cargo build --release --target wasm32-wasip2` made of a crate.
pub(crate) fn component(crate_name: &str) -> std::path::PathBuf {
    target().join("wasm32-wasip2/release").join(format!("{crate_name}.wasm"))
}

/// Gives a crate the versions of dependencies that this repository has, so that nothing new is fetched.
pub(crate) fn pin(folder: &Path) {
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}
