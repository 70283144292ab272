//! The plugins that a draft names → what they turned out to be.

use std::path::Path;
use std::sync::Arc;

use crate::artifacts::cause_chain;
use crate::dag::model::ResolvedPlugin;
use crate::dag::{self, Catalog, Draft, PluginProblem};
use crate::registry::versions::ResolveError;
use crate::registry::{BuildPolicy, BuildWatcher, ComponentRecord, PluginSource, Registry, RegistryError};

/// Asks the registry for all plugins of the draft, each with its own answer.
pub(super) async fn resolve(
    registry: &Registry,
    draft: &Draft,
    folder: &Path,
    policy: BuildPolicy,
    watcher: Arc<dyn BuildWatcher>,
) -> Catalog {
    let sources: Vec<_> = draft.plugins().iter().map(|plugin| source(plugin, folder)).collect();
    let components = registry.resolve_all(&sources, policy, watcher).await;
    let plugins = draft
        .plugins()
        .iter()
        .zip(components)
        .map(|(plugin, component)| (plugin.name.clone(), component.map(resolved).map_err(problem)))
        .collect();
    // Hints only: without them the check says the same.
    let registered = registry.list().map(|plugins| plugins.into_iter().map(|plugin| plugin.name).collect());
    Catalog { plugins, registered: registered.unwrap_or_default() }
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

fn resolved(component: ComponentRecord) -> ResolvedPlugin {
    ResolvedPlugin { digest: component.digest, descriptor: component.descriptor }
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
