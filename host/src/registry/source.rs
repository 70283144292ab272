//! Where a DAG file says that a plugin comes from, and how all of a file's plugins become components.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use semver::VersionReq;

use super::Registry;
use super::build::BuildWatcher;
use super::error::{RegistryError, blocking};
use super::files::read_outside;
use super::record::ComponentRecord;
use super::versions::select;

/// Where a plugin comes from; paths are whole, or relative to where the program was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginSource {
    /// A crate's folder.
    Path(PathBuf),
    /// A component's file.
    File(PathBuf),
    /// A registered plugin.
    Registered {
        /// Its name.
        name: String,
        /// The versions that will do.
        requirement: VersionReq,
    },
}

/// What is done about crates. Building runs code from the crate's folder on this machine, so the caller decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildPolicy {
    /// Build where the sources changed since the last build.
    WhenChanged,
    /// Take the last build, whatever the sources are like now.
    LastBuild,
}

impl Registry {
    /// The components of `sources`, in their order, each with its own error. Crates are built together.
    pub async fn resolve_all(
        &self,
        sources: &[PluginSource],
        policy: BuildPolicy,
        watcher: Arc<dyn BuildWatcher>,
    ) -> Vec<Result<ComponentRecord, RegistryError>> {
        let mut built = self.resolve_crates(sources, policy, watcher).await.into_iter();
        let mut selected = self.select_all(sources).await.into_iter();
        let mut resolved = Vec::with_capacity(sources.len());
        for source in sources {
            resolved.push(match source {
                PluginSource::Path(_) => built.next().unwrap_or(Err(RegistryError::Interrupted)),
                PluginSource::File(path) => self.resolve_file(path).await,
                PluginSource::Registered { .. } => selected.next().unwrap_or(Err(RegistryError::Interrupted)),
            });
        }
        resolved
    }

    /// One result for each source that is registered, in their order, by one look at the index.
    async fn select_all(&self, sources: &[PluginSource]) -> Vec<Result<ComponentRecord, RegistryError>> {
        let wanted: Vec<_> = sources.iter().filter_map(PluginSource::registered).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let registry = self.clone();
        let plugins = match blocking(move || registry.list()).await {
            Ok(plugins) => plugins,
            Err(error) => {
                let mut failed = vec![Err(error)];
                failed.extend(wanted.iter().skip(1).map(|_| Err(RegistryError::Interrupted)));
                return failed;
            }
        };
        let chosen =
            wanted.iter().map(|(name, requirement)| Ok(select(&plugins, name, requirement)?.component.clone()));
        chosen.collect()
    }

    /// One result for each source that is a path, in their order.
    async fn resolve_crates(
        &self,
        sources: &[PluginSource],
        policy: BuildPolicy,
        watcher: Arc<dyn BuildWatcher>,
    ) -> Vec<Result<ComponentRecord, RegistryError>> {
        let paths: Vec<PathBuf> = sources.iter().filter_map(PluginSource::crate_path).map(Path::to_path_buf).collect();
        match policy {
            BuildPolicy::WhenChanged => {
                let built = self.build(&paths, watcher).await;
                built.into_iter().map(|built| Ok(built?.component)).collect()
            }
            BuildPolicy::LastBuild => {
                let mut last = Vec::with_capacity(paths.len());
                for path in &paths {
                    last.push(self.last_build(path).await.map(|build| build.component));
                }
                last
            }
        }
    }

    /// Takes the component in a file, under its digest and without a name.
    pub async fn resolve_file(&self, path: &Path) -> Result<ComponentRecord, RegistryError> {
        let from = path.to_path_buf();
        let wasm = blocking(move || read_outside(&from)).await?;
        self.admit(&path.display().to_string(), wasm).await
    }
}

impl PluginSource {
    fn registered(&self) -> Option<(&str, &VersionReq)> {
        match self {
            Self::Registered { name, requirement } => Some((name, requirement)),
            Self::Path(_) | Self::File(_) => None,
        }
    }

    fn crate_path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::File(_) | Self::Registered { .. } => None,
        }
    }
}
