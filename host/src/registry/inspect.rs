//! `plugin list` and `plugin inspect`: what is known of plugins. Nothing is run for it.

use std::path::Path;
use std::sync::Arc;

use super::Registry;
use super::error::{RegistryError, blocking};
use super::files::read_outside;
use super::record::{ComponentInterface, ComponentRecord, PluginRecord};
use super::reference::PluginRef;
use super::versions::{ResolveError, select};
use crate::contract::Descriptor;
use crate::ids::Digest;

/// What is known of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Of its bytes.
    pub digest: Digest,
    /// Of the `.wasm` file.
    pub size_bytes: u64,
    /// What its type says.
    pub interface: ComponentInterface,
    /// What it said of itself; `None` for a file that this home never took, since only running it would tell.
    pub descriptor: Option<Arc<Descriptor>>,
    /// The names and versions that mean it.
    pub registered: Vec<PluginRecord>,
}

impl Registry {
    /// All plugins, by name, then by version. Blocks.
    pub fn list(&self) -> Result<Vec<PluginRecord>, RegistryError> {
        Ok(self.inner.parts.index.plugins()?)
    }

    /// The plugin that `reference` means: the highest version that fits. Blocks.
    pub fn find(&self, reference: &PluginRef) -> Result<PluginRecord, RegistryError> {
        Ok(reference.select(&self.list()?)?.clone())
    }

    /// The highest version of `name` that fits. Blocks.
    pub fn select(&self, name: &str, requirement: &semver::VersionReq) -> Result<PluginRecord, RegistryError> {
        Ok(select(&self.list()?, name, requirement)?.clone())
    }

    /// A kept component by its digest, whether it has a name or not. Blocks.
    pub fn component(&self, digest: Digest) -> Result<Option<ComponentRecord>, RegistryError> {
        Ok(self.inner.parts.index.component(digest)?)
    }

    /// What is known of a plugin of this home. Blocks.
    pub fn inspect(&self, reference: &PluginRef) -> Result<Inspected, RegistryError> {
        let plugins = self.list()?;
        let component = match reference {
            PluginRef::Component(digest) => self.component(*digest)?.ok_or(ResolveError::UnknownDigest(*digest))?,
            PluginRef::Name(_) | PluginRef::Fitting(..) | PluginRef::Exact(..) => {
                reference.select(&plugins)?.component.clone()
            }
        };
        Ok(inspected(component, plugins))
    }

    /// What is known of the component in a file: what its type says, and, if this home took the same bytes before,
    /// what it said of itself then.
    pub async fn inspect_file(&self, path: &Path) -> Result<Inspected, RegistryError> {
        let (inner, path) = (Arc::clone(&self.inner), path.to_path_buf());
        blocking(move || {
            let wasm = read_outside(&path)?;
            let digest = Digest::of(&wasm);
            if let Some(component) = inner.parts.index.component(digest)? {
                return Ok(inspected(component, inner.parts.index.plugins()?));
            }
            let interface = inner.parts.inspector.inspect(&wasm);
            let subject = path.display().to_string();
            let interface = interface.map_err(|problem| RegistryError::Refused { subject, problem: problem.into() })?;
            let size_bytes = wasm.len() as u64;
            Ok(Inspected { digest, size_bytes, interface, descriptor: None, registered: Vec::new() })
        })
        .await
    }
}

fn inspected(component: ComponentRecord, plugins: Vec<PluginRecord>) -> Inspected {
    let registered = plugins.into_iter().filter(|plugin| plugin.component.digest == component.digest).collect();
    Inspected {
        digest: component.digest,
        size_bytes: component.size_bytes,
        interface: component.interface,
        descriptor: Some(component.descriptor),
        registered,
    }
}
