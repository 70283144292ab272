//! Crates by path: built by cargo when their sources changed, kept by digest.
//!
//! Asking cargo whether a crate is fresh costs more than a whole small pipeline, and the machine may have no cargo. So
//! a fingerprint over the crate's sources, those of its path dependencies, and what configures the build is taken
//! first; where it is that of the last build, that build is used.
//!
//! - [`sources`]: which files a build is made of; [`fingerprint`]: the digest over them
//! - [`environment`]: which cargo, and with which variables; [`toolchain`]: whether it can build for wasm
//! - [`cargo`]: one call for all crates of a workspace; [`messages`]: what it made; [`dep_info`]: what it read

mod cargo;
mod dep_info;
mod environment;
mod error;
mod fingerprint;
mod messages;
mod plan;
mod sources;
#[cfg(test)]
mod tests;
mod toolchain;
mod watcher;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Registry;
use super::error::{RegistryError, blocking};
use super::files::read_outside;
use super::record::{ComponentRecord, PathBuild};
use crate::ids::Digest;
use cargo::Artifact;
use fingerprint::Fingerprint;
use plan::Crate;

pub use environment::Variables;
pub use error::BuildError;
pub use watcher::{BuildWatcher, SilentBuild};

/// The target that guests are built for.
pub const TARGET: &str = "wasm32-wasip2";

/// A crate that is a component now.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The component.
    pub component: ComponentRecord,
    /// Whether cargo was asked; else nothing had changed since the last build.
    pub cargo_ran: bool,
}

/// The last build of a crate.
#[derive(Debug, Clone, PartialEq)]
pub struct LastBuild {
    /// The component.
    pub component: ComponentRecord,
    /// Whether the crate's sources are still those of the build.
    pub is_current: bool,
}

impl Registry {
    /// Makes components of crates, in their order, each with its own error. `paths` are folders with a `Cargo.toml`,
    /// or such files. Runs code from these folders (build scripts, macros), unless nothing changed.
    pub async fn build(&self, paths: &[PathBuf], watcher: Arc<dyn BuildWatcher>) -> Vec<Result<Built, RegistryError>> {
        let mut looked_at = Vec::with_capacity(paths.len());
        for path in paths {
            looked_at.push(self.look_at(path).await);
        }
        let stale: Vec<Crate> = looked_at.iter().filter_map(|seen| seen.as_ref().ok()?.stale()).collect();
        let artifacts = cargo::build_all(stale, &self.inner.parts.build_variables, &watcher).await;
        let mut built: Vec<Result<Built, RegistryError>> = Vec::with_capacity(paths.len());
        for seen in looked_at {
            built.push(match seen {
                Err(error) => Err(error),
                Ok(Seen::Fresh(component)) => Ok(Built { component, cargo_ran: false }),
                Ok(Seen::Stale(the_crate)) => match artifacts.of(&the_crate) {
                    Ok(artifact) => self.keep_build(the_crate, artifact).await,
                    Err(error) => Err(error.into()),
                },
            });
        }
        built
    }

    /// The last build of the crate at `path`; nothing of it is run.
    ///
    /// # Errors
    /// [`BuildError::NeverBuilt`], which says what to type.
    pub async fn last_build(&self, path: &Path) -> Result<LastBuild, RegistryError> {
        let (registry, path) = (self.clone(), path.to_path_buf());
        blocking(move || {
            let folder = plan::crate_folder(&path)?;
            let Some((build, component)) = registry.kept_build(&folder)? else {
                return Err(BuildError::NeverBuilt { path: folder }.into());
            };
            // A crate that cannot be read any more has changed.
            let is_current =
                registry.fingerprint(&folder, &build.outside).is_ok_and(|now| now.whole == build.fingerprint);
            Ok(LastBuild { component, is_current })
        })
        .await
    }

    async fn look_at(&self, path: &Path) -> Result<Seen, RegistryError> {
        let (registry, path) = (self.clone(), path.to_path_buf());
        blocking(move || {
            let folder = plan::crate_folder(&path)?;
            let kept = registry.kept_build(&folder)?;
            let outside = kept.as_ref().map(|(build, _)| build.outside.as_slice()).unwrap_or_default();
            let now = registry.fingerprint(&folder, outside)?;
            match kept {
                Some((build, component)) if build.fingerprint == now.whole => Ok(Seen::Fresh(component)),
                _ => Ok(Seen::Stale(Crate::read(folder, now.sources)?)),
            }
        })
        .await
    }

    fn fingerprint(&self, folder: &Path, outside: &[PathBuf]) -> Result<Fingerprint, BuildError> {
        Fingerprint::of(folder, outside, &self.inner.parts.build_variables)
    }

    /// A build whose component is still kept.
    fn kept_build(&self, folder: &Path) -> Result<Option<(PathBuild, ComponentRecord)>, RegistryError> {
        let inner = &self.inner;
        let Some(build) = inner.parts.index.path_build(folder)? else { return Ok(None) };
        let component = inner.parts.index.component(build.digest)?.filter(|_| inner.files.has(build.digest));
        Ok(component.map(|component| (build, component)))
    }

    async fn keep_build(&self, the_crate: Crate, artifact: Artifact) -> Result<Built, RegistryError> {
        let (subject, wasm_path) = (the_crate.subject(), artifact.wasm.clone());
        let wasm = blocking(move || read_outside(&wasm_path)).await?;
        let component = self.admit(&subject, wasm).await?;
        let (registry, digest) = (self.clone(), component.digest);
        let before = blocking(move || registry.enter_build(&the_crate, &artifact, digest)).await?;
        if let Some(before) = before.filter(|before| *before != digest) {
            self.drop_unused(before).await?;
        }
        Ok(Built { component, cargo_ran: true })
    }

    /// Enters a build; the component of the one before is returned.
    fn enter_build(
        &self,
        the_crate: &Crate,
        artifact: &Artifact,
        digest: Digest,
    ) -> Result<Option<Digest>, RegistryError> {
        let index = &self.inner.parts.index;
        let outside = dep_info::outside_files(&artifact.wasm, &the_crate.folder)?;
        let now = self.fingerprint(&the_crate.folder, &outside)?;
        // Sources that changed while cargo read them: the build is kept, but matches no sources.
        let unchanged = now.sources == the_crate.sources_before;
        let build = PathBuild {
            path: the_crate.folder.clone(),
            fingerprint: if unchanged { now.whole } else { Digest::of(b"changed while it was built") },
            outside,
            digest,
            built_at: self.inner.parts.clock.now(),
        };
        let before = index.path_build(&build.path)?.map(|before| before.digest);
        index.keep_path_build(&build)?;
        Ok(before)
    }
}

enum Seen {
    Fresh(ComponentRecord),
    Stale(Crate),
}

impl Seen {
    fn stale(&self) -> Option<Crate> {
        match self {
            Self::Fresh(_) => None,
            Self::Stale(the_crate) => Some(the_crate.clone()),
        }
    }
}
