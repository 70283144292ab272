//! What cargo tells of its work: one JSON document a line.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One thing that cargo made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// The package's manifest.
    pub(super) manifest: PathBuf,
    /// `cdylib`, `lib`, `bin` and so on.
    pub(super) kinds: Vec<String>,
    /// The files.
    pub(super) files: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Default, Deserialize)]
struct Target {
    #[serde(default)]
    kind: Vec<String>,
}

/// What a line of cargo's standard output says was made. Other lines, and what is no JSON, say nothing.
pub(super) fn made(line: &str) -> Option<Made> {
    let message: Message = serde_json::from_str(line).ok()?;
    (message.reason == "compiler-artifact").then_some(Made {
        manifest: message.manifest_path,
        kinds: message.target.kind,
        files: message.filenames,
    })
}

/// The component that was made of the crate in `folder`, or what to change so that one is made.
pub(super) fn component_of(made: &[Made], folder: &Path) -> Result<PathBuf, String> {
    let manifest = folder.join("Cargo.toml");
    let is_same = |made: &&Made| made.manifest == manifest || made.manifest.canonicalize().is_ok_and(|m| m == manifest);
    let own: Vec<&Made> = made.iter().filter(is_same).collect();
    let has = |made: &Made, kind: &str| made.kinds.iter().any(|known| known == kind);
    let of_library = own.iter().filter(|made| has(made, "cdylib"));
    let mut wasm = of_library.flat_map(|made| &made.files).filter(|file| file.extension().is_some_and(|e| e == "wasm"));
    if let Some(file) = wasm.next() {
        return Ok(file.clone());
    }
    Err(if own.iter().any(|made| has(made, "bin")) && !own.iter().any(|made| has(made, "lib")) {
        "it is a program, and a plugin is a library: move its code to src/lib.rs, and put `[lib]` with \
         `crate-type = [\"cdylib\"]` into its Cargo.toml"
            .to_owned()
    } else {
        "its library is not of the kind that becomes a component: put `[lib]` with `crate-type = [\"cdylib\"]` into \
         its Cargo.toml"
            .to_owned()
    })
}
