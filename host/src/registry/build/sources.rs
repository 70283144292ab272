//! Which files a crate's build is made of, without asking cargo: read from the manifests.
//!
//! Rather a file too many than one too few: one too many only means that cargo is asked once more.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::BuildError;

/// Files that rustup and cargo look for in a folder and those above it.
const CONFIGURATION: [&str; 4] = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];

/// What a build is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    /// The crate's folder and those of its path dependencies.
    pub(super) folders: BTreeSet<PathBuf>,
    /// Manifests of workspaces, lock files, configurations; they need not exist.
    pub(super) files: BTreeSet<PathBuf>,
}

impl Sources {
    /// Those of the crate in `folder` (absolute, links resolved).
    pub(super) fn of(folder: &Path) -> Result<Self, BuildError> {
        let mut sources = Self::default();
        let manifest = Manifest::read(folder)?;
        let mut waiting = sources.visit(folder, &manifest);
        while let Some(dependency) = waiting.pop() {
            let Ok(dependency) = fs::canonicalize(&dependency) else { continue };
            if sources.folders.contains(&dependency) {
                continue;
            }
            // What is wrong with a dependency's manifest is cargo's to say.
            match Manifest::read(&dependency) {
                Ok(manifest) => waiting.extend(sources.visit(&dependency, &manifest)),
                Err(_) => sources.files.extend([dependency.join("Cargo.toml")]),
            }
        }
        sources.files.extend(configurations(folder));
        Ok(sources)
    }

    /// Adds a crate, and tells the folders of its path dependencies.
    fn visit(&mut self, folder: &Path, manifest: &Manifest) -> Vec<PathBuf> {
        self.folders.insert(folder.to_path_buf());
        let workspace = workspace_root(folder).and_then(|root| Some((Manifest::read(&root).ok()?, root)));
        let inherited = workspace.as_ref().map(|(manifest, root)| (manifest, root.as_path()));
        let mut found = manifest.path_dependencies(folder, inherited);
        if let Some((manifest, root)) = &workspace {
            self.files.extend([root.join("Cargo.toml"), root.join("Cargo.lock")]);
            found.extend(manifest.patches(root));
        }
        found.extend(manifest.patches(folder));
        found
    }
}

/// A `Cargo.toml`.
#[derive(Debug)]
pub(super) struct Manifest(Table);

impl Manifest {
    /// That in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self, BuildError> {
        let path = folder.join("Cargo.toml");
        let text =
            fs::read_to_string(&path).map_err(|source| BuildError::Io { path: path.clone(), source: source.into() })?;
        let table = text.parse::<Table>();
        table.map(Self).map_err(|error| BuildError::BadManifest { path, reason: error.message().to_owned() })
    }

    pub(super) fn package_name(&self) -> Option<&str> {
        self.0.get("package")?.get("name")?.as_str()
    }

    fn is_workspace(&self) -> bool {
        self.0.contains_key("workspace")
    }

    /// Folders of dependencies that are given by path, here or in the workspace. Those for tests are not built.
    fn path_dependencies(&self, folder: &Path, workspace: Option<(&Self, &Path)>) -> Vec<PathBuf> {
        let of_targets = self.0.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let tables = of_targets.filter_map(Value::as_table).chain([&self.0]);
        let tables = tables.flat_map(|table| [table.get("dependencies"), table.get("build-dependencies")]);
        let dependencies = tables.flatten().filter_map(Value::as_table).flat_map(Table::iter);
        let folder_of = |(name, dependency): (&String, &Value)| {
            if let Some(path) = dependency.get("path").and_then(Value::as_str) {
                return Some(folder.join(path));
            }
            dependency.get("workspace")?.as_bool().filter(|inherits| *inherits)?;
            let (manifest, root) = workspace?;
            let path = manifest.0.get("workspace")?.get("dependencies")?.get(name)?.get("path")?.as_str()?;
            Some(root.join(path))
        };
        dependencies.filter_map(folder_of).collect()
    }

    /// Folders that `[patch]` and `[replace]` put in the place of published crates.
    fn patches(&self, folder: &Path) -> Vec<PathBuf> {
        let patches = self.0.get("patch").and_then(Value::as_table).into_iter().flat_map(Table::values);
        let tables = patches.chain(self.0.get("replace")).filter_map(Value::as_table).flat_map(Table::values);
        tables.filter_map(|patch| Some(folder.join(patch.get("path")?.as_str()?))).collect()
    }
}

/// The folder of the workspace that a crate belongs to, as far as manifests tell: its own, the one it names, or the
/// nearest above that does not exclude it.
pub(super) fn workspace_root(folder: &Path) -> Option<PathBuf> {
    let own = Manifest::read(folder).ok()?;
    if own.is_workspace() {
        return Some(folder.to_path_buf());
    }
    if let Some(named) = own.0.get("package").and_then(|package| package.get("workspace")).and_then(Value::as_str) {
        return fs::canonicalize(folder.join(named)).ok();
    }
    let above = folder.ancestors().skip(1).filter(|above| above.join("Cargo.toml").is_file());
    let (root, manifest) = above
        .filter_map(|above| Some((above, Manifest::read(above).ok()?)))
        .find(|(_, manifest)| manifest.is_workspace())?;
    let excluded = manifest.0.get("workspace")?.get("exclude").and_then(Value::as_array);
    let mut excluded = excluded.into_iter().flatten().filter_map(Value::as_str);
    (!excluded.any(|path| folder.starts_with(root.join(path)))).then(|| root.to_path_buf())
}

/// Whether a crate brings a configuration of cargo or a toolchain of its own.
pub(super) fn has_own_configuration(folder: &Path) -> bool {
    CONFIGURATION.iter().any(|name| folder.join(name).exists())
}

/// Configurations of cargo that hold in `folder`, the nearest first, whether they exist or not.
pub(super) fn configurations(folder: &Path) -> Vec<PathBuf> {
    let above = folder.ancestors().flat_map(|above| CONFIGURATION.map(|name| above.join(name)));
    above.chain(cargo_home().map(|home| home.join("config.toml"))).collect()
}

/// Whether rustup chooses a toolchain by a file in `folder` or above.
pub(super) fn names_toolchain(folder: &Path) -> bool {
    folder.ancestors().any(|above| above.join("rust-toolchain.toml").exists() || above.join("rust-toolchain").exists())
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
