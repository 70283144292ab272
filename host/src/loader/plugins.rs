//! The plugins that a draft names → what they turned out to be.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::artifacts::cause_chain;
use crate::dag::model::ResolvedPlugin;
use crate::dag::{self, Catalog, Draft, PluginProblem};
use crate::registry::versions::ResolveError;
use crate::registry::{BuildPolicy, BuildWatcher, ComponentRecord, Fault, PluginSource, Registry, RegistryError};

use super::LoadError;

/// Asks the registry for all plugins of the draft, each with its own answer.
///
/// # Errors
/// The first failure that is the host's own: it is no mistake of the file.
pub(super) async fn resolve(
    registry: &Registry,
    draft: &Draft,
    folder: &Path,
    policy: BuildPolicy,
    watcher: Arc<dyn BuildWatcher>,
) -> Result<Catalog, LoadError> {
    let sources: Vec<_> = draft.plugins().iter().map(|plugin| source(plugin, folder)).collect();
    let components = registry.resolve_all(&sources, policy, watcher).await;
    let mut plugins = BTreeMap::new();
    for (plugin, component) in draft.plugins().iter().zip(components) {
        let answer = match component {
            Ok(component) => Ok(resolved(component)),
            Err(error) if error.fault() == Fault::Host => {
                return Err(LoadError::Plugin { name: plugin.name.clone(), source: Box::new(error) });
            }
            Err(error) => Err(problem(error)),
        };
        plugins.insert(plugin.name.clone(), answer);
    }
    let registered = if plugins.values().all(Result::is_ok) {
        Vec::new()
    } else {
        // Hints only: without them the check says the same.
        registry.list().unwrap_or_default().into_iter().map(|plugin| plugin.name).collect()
    };
    Ok(Catalog { plugins, registered })
}

fn source(plugin: &dag::PluginRef, folder: &Path) -> PluginSource {
    match &plugin.source {
        dag::PluginSource::Path { path } => PluginSource::Path(folder.join(path)),
        dag::PluginSource::File { path } => PluginSource::File(folder.join(path)),
        dag::PluginSource::Registered { requirement } => {
            PluginSource::Registered { name: plugin.name.clone(), requirement: requirement.clone() }
        }
    }
}

/// What the checks need to know of a component.
pub(crate) fn resolved(component: ComponentRecord) -> ResolvedPlugin {
    let ComponentRecord { digest, descriptor, interface, .. } = component;
    ResolvedPlugin { digest, descriptor, granted_imports: interface.granted_imports.into() }
}

fn problem(error: RegistryError) -> PluginProblem {
    match error {
        RegistryError::Resolve(ResolveError::Unknown { .. }) => PluginProblem::NotRegistered,
        RegistryError::Resolve(ResolveError::NoVersion { versions, .. }) => {
            PluginProblem::NoSuchVersion { registered: versions }
        }
        other => PluginProblem::Other { message: cause_chain(&other), hint: None },
    }
}
