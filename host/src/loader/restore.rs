//! A kept version of a DAG → the same DAG, with the plugins that it had then.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dag::model::Dag;
use crate::dag::{Catalog, Draft, check};
use crate::ids::Digest;
use crate::registry::Registry;

use super::Grounds;

/// Why a kept version cannot be had any more.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A component is gone from the home.
    #[error("the component {digest} of its plugin `{name}` is not in this home folder any more")]
    Component {
        /// The plugin, as the DAG names it.
        name: String,
        /// The component.
        digest: Digest,
    },
    /// This program reads the text otherwise than the one that kept it.
    #[error("this program does not read its text as the one did that kept it: {0}")]
    Changed(String),
}

/// The DAG of `text`, whose plugin names mean `plugins`, with what its tasks may use on these grounds. Blocks.
///
/// # Errors
/// When it cannot be had: never for a version whose components are kept, by the program that kept it.
pub fn restore(
    registry: &Registry,
    grounds: &Grounds,
    text: &str,
    plugins: &BTreeMap<String, Digest>,
    version: Digest,
) -> Result<Dag, RestoreError> {
    let mut resolved = BTreeMap::new();
    for (name, digest) in plugins {
        let gone = || RestoreError::Component { name: name.clone(), digest: *digest };
        let component = registry.component(*digest).ok().flatten().ok_or_else(gone)?;
        resolved.insert(name.clone(), Ok(super::plugins::resolved(component)));
    }
    // A DAG that was built in Rust is kept as its document.
    let draft = match serde_json::from_str::<Value>(text) {
        Ok(document) if document.is_object() => Draft::from_document(document),
        Ok(_) | Err(_) => Draft::from_toml(text),
    };
    let checked = check(&draft, &Catalog { plugins: resolved, registered: Vec::new() });
    let wrong = || checked.diagnostics.first().map_or_else(String::new, |first| first.message.clone());
    let dag = checked.dag.ok_or_else(|| RestoreError::Changed(wrong()))?;
    if dag.version == version {
        Ok(grounds.lowered(dag))
    } else {
        Err(RestoreError::Changed(format!("its version is {} now and was {version}", dag.version)))
    }
}
