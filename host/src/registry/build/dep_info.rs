//! Which files a build read: cargo writes it beside what it made, in the manner of a makefile.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::BuildError;
use super::sources::Sources;

/// Files that the build of `wasm` read and that lie neither in the crate's folder nor in those of its path
/// dependencies; sorted. None where cargo wrote no such list.
pub(super) fn outside_files(wasm: &Path, folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let list = wasm.with_extension("d");
    let text = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(BuildError::Io { path: list, source: source.into() }),
    };
    let folders = Sources::of(folder)?.folders;
    let is_outside = |file: &PathBuf| !folders.iter().any(|folder| file.starts_with(folder));
    let read = prerequisites(&text).into_iter().filter_map(|file| fs::canonicalize(file).ok());
    // What a build script wrote into the target folder is made of what is known anyway.
    let of_build = wasm.ancestors().nth(3).map(Path::to_path_buf);
    let is_made = |file: &PathBuf| of_build.as_ref().is_some_and(|target| file.starts_with(target));
    let outside: BTreeSet<PathBuf> = read.filter(|file| is_outside(file) && !is_made(file)).collect();
    Ok(outside.into_iter().collect())
}

/// The words of the first rule after its colon; a blank within a word is written with a backslash before it.
fn prerequisites(text: &str) -> Vec<PathBuf> {
    // No path holds this character.
    const ESCAPED_BLANK: &str = "\0";
    let rule = text.lines().next().unwrap_or_default();
    let Some((_, after)) = rule.split_once(".wasm: ") else { return Vec::new() };
    let words = after.replace("\\ ", ESCAPED_BLANK);
    words.split(' ').filter(|word| !word.is_empty()).map(|word| word.replace(ESCAPED_BLANK, " ").into()).collect()
}

#[cfg(test)]
#[path = "dep_info_tests.rs"]
mod tests;
