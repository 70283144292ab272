//! A crate that is to be built, and which crates one call of cargo can build together.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::BuildError;
use super::sources::{self, Manifest};
use crate::ids::Digest;

/// A crate whose sources changed since its last build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crate {
    /// Absolute, links resolved.
    pub(super) folder: PathBuf,
    /// The package's name.
    pub(super) name: String,
    /// The digest of its sources before the build.
    pub(super) sources_before: Digest,
}

impl Crate {
    pub(super) fn read(folder: PathBuf, sources_before: Digest) -> Result<Self, BuildError> {
        let manifest = Manifest::read(&folder)?;
        let Some(name) = manifest.package_name() else {
            return Err(BuildError::NotAPackage { path: folder.join("Cargo.toml") });
        };
        let name = name.to_owned();
        Ok(Self { folder, name, sources_before })
    }

    /// How errors about its component name it.
    pub(super) fn subject(&self) -> String {
        format!("the component of {}", self.folder.display())
    }
}

/// The folder of the crate at `path`, which is that folder or its manifest; absolute, links resolved.
pub(super) fn crate_folder(path: &Path) -> Result<PathBuf, BuildError> {
    let unreadable = |source: io::Error| BuildError::Unreadable { path: path.to_path_buf(), source: source.into() };
    let resolved = fs::canonicalize(path).map_err(unreadable)?;
    let folder = match resolved.parent() {
        Some(parent) if resolved.file_name().is_some_and(|name| name == "Cargo.toml") => parent.to_path_buf(),
        _ => resolved,
    };
    match fs::metadata(folder.join("Cargo.toml")) {
        Ok(_) => Ok(folder),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(BuildError::NoManifest { path: path.to_path_buf() })
        }
        Err(source) => Err(unreadable(source)),
    }
}

/// Crates for one call of cargo.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Where cargo is started: what configures the build is looked for from here upwards.
    pub(super) folder: PathBuf,
    /// The crates; each belongs to the workspace at `folder`, or is the one crate there.
    pub(super) crates: Vec<Crate>,
}

/// Crates of one workspace go together, unless a crate brings a configuration or toolchain of its own, which cargo and
/// rustup would find only when started in its folder.
pub(super) fn group(crates: Vec<Crate>) -> Vec<Group> {
    let mut groups: BTreeMap<PathBuf, Vec<Crate>> = BTreeMap::new();
    for the_crate in crates {
        let folder = if sources::has_own_configuration(&the_crate.folder) {
            the_crate.folder.clone()
        } else {
            sources::workspace_root(&the_crate.folder).unwrap_or_else(|| the_crate.folder.clone())
        };
        let members = groups.entry(folder).or_default();
        if !members.contains(&the_crate) {
            members.push(the_crate);
        }
    }
    groups.into_iter().map(|(folder, crates)| Group { folder, crates }).collect()
}
