//! Rendered params are held against the plugin's schema, which is compiled once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::contract::Problem;
use crate::dag::model::ResolvedPlugin;
use crate::dag::params::JsonSchema;
use crate::ids::Digest;
use crate::planner::ParamsCheck;

/// A check that keeps the compiled schemas of the plugins it met.
pub(super) fn params_check() -> ParamsCheck {
    let compiled: Mutex<HashMap<Digest, Arc<JsonSchema>>> = Mutex::default();
    Arc::new(move |plugin, params| {
        let schema = schema_of(&compiled, plugin)?;
        let violations = schema.check(params);
        if violations.is_empty() {
            return Ok(());
        }
        let words: Vec<_> = violations.iter().map(|wrong| format!("`{}`: {}", wrong.path, wrong.message)).collect();
        let name = &plugin.descriptor.name;
        let message =
            format!("the params, rendered for this run, do not fit the plugin `{name}`: {}", words.join("; "));
        Err(Problem { details: Some(params.clone()), ..Problem::new("bad-params", message) })
    })
}

fn schema_of(
    compiled: &Mutex<HashMap<Digest, Arc<JsonSchema>>>,
    plugin: &ResolvedPlugin,
) -> Result<Arc<JsonSchema>, Problem> {
    let mut compiled = compiled.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(schema) = compiled.get(&plugin.digest) {
        return Ok(Arc::clone(schema));
    }
    let unusable = |error| Problem::new("bad-schema", format!("the plugin's params schema cannot be used: {error}"));
    let schema = Arc::new(JsonSchema::compile(&plugin.descriptor.params_schema).map_err(unusable)?);
    compiled.insert(plugin.digest, Arc::clone(&schema));
    Ok(schema)
}
