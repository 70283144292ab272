//! `plugin remove`: refused while a DAG or a kept run uses the component.

use super::Registry;
use super::error::RegistryError;
use super::ports::Unnaming;
use super::record::PluginRecord;
use super::reference::PluginRef;
use super::versions::ResolveError;

/// What was removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Removed {
    /// The plugin as it was.
    pub plugin: PluginRecord,
    /// Whether its component is gone too; it stays where another name or a build by path has it.
    pub component_removed: bool,
}

impl Registry {
    /// Removes the one plugin that `reference` can mean. Blocks.
    ///
    /// # Errors
    /// When it is in use, when it is not there, when it could be several: then nothing is removed.
    pub fn remove(&self, reference: &PluginRef) -> Result<Removed, RegistryError> {
        let index = &self.inner.parts.index;
        let plugins = index.plugins()?;
        let plugin = reference.only(&plugins)?.clone();
        match index.unname_plugin(&plugin.name, &plugin.version)? {
            Unnaming::Removed => {
                let component_removed = self.inner.drop_unused(plugin.component.digest)?;
                Ok(Removed { plugin, component_removed })
            }
            Unnaming::Absent => {
                Err(ResolveError::Unknown { name: plugin.name, near: Vec::new(), any: plugins.len() > 1 }.into())
            }
            Unnaming::InUse(users) => Err(RegistryError::InUse { name: plugin.name, version: plugin.version, users }),
        }
    }
}
