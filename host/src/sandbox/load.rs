//! Maps compiled code from its file.

#![allow(unsafe_code, reason = "loading native code is unsafe by nature")]

use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Component;

/// Maps a file that [`compile`](super::compile::compile) made.
///
/// The file is native code and is trusted. The registry writes it to a folder of the user's own, and checks a keyed
/// hash over it before its path gets here; Wasmtime checks version and settings, not intent.
pub(super) fn load(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file was made by `precompile_component` and is authenticated, as said above; it is replaced by
    // renaming, never changed in place while it is mapped.
    unsafe { Component::deserialize_file(engine, path) }
}
