//! Registered plugins: `plugin list --json` and `plugin inspect --json`.

use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::contract::Descriptor;
use crate::ids::Digest;
use crate::registry::{ComponentInterface, Inspected, PluginRecord};

/// Plugins by name, then by version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginList {
    /// All that are registered.
    pub plugins: Vec<PluginSummary>,
    /// How many there are.
    pub total_entries: u64,
}

/// A name and version, and the component that they mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginSummary {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// One line for people.
    pub summary: String,
    /// The component.
    pub digest: Digest,
    /// Of the component's file.
    pub size_bytes: u64,
    /// When the name and version were given to this component.
    pub registered_at: Timestamp,
}

/// A component in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginDocument {
    /// Of its bytes.
    pub digest: Digest,
    /// Of its file.
    pub size_bytes: u64,
    /// The names and versions that mean it, as `name@version`.
    pub registered: Vec<String>,
    /// Names of exported interfaces.
    pub exports: Vec<String>,
    /// What it imports.
    pub imports: Imports,
    /// What it says of itself: name, version, ports, schemas, requests. Left out for a file that was never taken: only
    /// running it would tell.
    #[serde(flatten)]
    pub descriptor: Option<Descriptor>,
}

/// Imports by what they mean for trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imports {
    /// The base set of WASI: always linked, grants nothing.
    pub base: Vec<String>,
    /// Of `dagwood:task`; with `context` among them, results may depend on the run.
    pub task: Vec<String>,
    /// All others: each needs a grant.
    pub granted: Vec<String>,
}

impl PluginList {
    /// The list of the registry's rows.
    pub fn new(plugins: Vec<PluginRecord>) -> Self {
        let plugins: Vec<_> = plugins.into_iter().map(PluginSummary::from).collect();
        Self { total_entries: plugins.len() as u64, plugins }
    }
}

impl From<PluginRecord> for PluginSummary {
    fn from(plugin: PluginRecord) -> Self {
        Self {
            name: plugin.name,
            version: plugin.version,
            summary: plugin.component.descriptor.summary.clone(),
            digest: plugin.component.digest,
            size_bytes: plugin.component.size_bytes,
            registered_at: plugin.registered_at,
        }
    }
}

impl From<Inspected> for PluginDocument {
    fn from(inspected: Inspected) -> Self {
        let ComponentInterface { exports, base_imports, task_imports, granted_imports } = inspected.interface;
        Self {
            digest: inspected.digest,
            size_bytes: inspected.size_bytes,
            registered: inspected
                .registered
                .iter()
                .map(|plugin| format!("{}@{}", plugin.name, plugin.version))
                .collect(),
            exports,
            imports: Imports { base: base_imports, task: task_imports, granted: granted_imports },
            descriptor: inspected.descriptor.as_deref().cloned(),
        }
    }
}

impl From<PluginRecord> for PluginDocument {
    fn from(plugin: PluginRecord) -> Self {
        let component = plugin.component.clone();
        Self::from(Inspected {
            digest: component.digest,
            size_bytes: component.size_bytes,
            interface: component.interface,
            descriptor: Some(component.descriptor),
            registered: vec![plugin],
        })
    }
}
