//! Whether Rust can compile for the guests' target here, and what is done about it if not.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::process::Command;

use super::cargo::{command, run_watched};
use super::environment::Environment;
use super::{BuildError, BuildWatcher, TARGET};

/// Makes sure that the standard library for the target is there; where it is missing, rustup is asked to fetch it.
pub(super) async fn ensure_target(
    environment: &Environment,
    folder: &Path,
    watcher: &Arc<dyn BuildWatcher>,
) -> Result<(), BuildError> {
    // What is wrong with rustc itself is better said by cargo.
    let Some(library_folder) = library_folder(environment, folder).await else { return Ok(()) };
    if has_library(&library_folder) {
        return Ok(());
    }
    watcher.line(&format!("Rust's standard library for {TARGET} is missing: asking rustup for it"));
    let mut rustup = command(OsStr::new("rustup"), environment, folder);
    rustup.args(["target", "add", TARGET]);
    let advice = match run_watched(rustup, watcher, |_| {}).await {
        Ok(ended) if ended.status.success() => return Ok(()),
        Ok(_) => format!("type `rustup target add {TARGET}` in {}, with a connection to the network", folder.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => format!(
            "Rust was installed without rustup here, so get it from where Rust came from, or install Rust from \
             https://rustup.rs and type `rustup target add {TARGET}`"
        ),
        Err(source) => return Err(BuildError::Run { program: "rustup".to_owned(), source: source.into() }),
    };
    Err(BuildError::NoTarget { advice })
}

async fn library_folder(environment: &Environment, folder: &Path) -> Option<PathBuf> {
    let mut rustc: Command = command(&environment.rustc(), environment, folder);
    rustc.args(["--print", "target-libdir", "--target", TARGET]).stdout(Stdio::piped()).stderr(Stdio::null());
    let output = rustc.output().await.ok().filter(|output| output.status.success())?;
    let printed = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(printed.trim_end()))
}

fn has_library(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}
