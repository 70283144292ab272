//! The DAG's own parameters as a run is given them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dag::model::Dag;
use crate::dag::params::{BadSchema, JsonSchema};
use crate::dag::words::Suggest;

/// Why a run cannot have these parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParam {
    /// The DAG does not declare it.
    #[error("this DAG has no parameter `{name}`{}", .hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default())]
    Unknown {
        /// As given.
        name: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// It has no default and was not given.
    #[error("the parameter `{0}` has no default and must be given")]
    Missing(String),
    /// Its schema does not allow the value.
    #[error("the parameter `{name}` cannot be that: {message}")]
    Value {
        /// The parameter.
        name: String,
        /// What its schema does not allow.
        message: String,
    },
    /// Its schema is broken, which the check of the DAG has said before.
    #[error("the schema of the parameter `{name}` cannot be used")]
    Schema {
        /// The parameter.
        name: String,
        /// What is wrong with it.
        source: BadSchema,
    },
}

/// The parameters of a run: what was given, and the defaults of the rest.
///
/// # Errors
/// All that is wrong with them.
pub fn fill_params(dag: &Dag, mut given: BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Vec<BadParam>> {
    let mut wrong = Vec::new();
    let mut filled = BTreeMap::new();
    for param in &dag.params {
        let Some(value) = given.remove(&param.name).or_else(|| param.default.clone()) else {
            wrong.push(BadParam::Missing(param.name.clone()));
            continue;
        };
        match param.schema.as_ref().map(JsonSchema::compile).transpose() {
            Ok(schema) => wrong.extend(schema.iter().flat_map(|schema| schema.check(&value)).map(|violation| {
                let place = if violation.path.is_root() { String::new() } else { format!("`{}`: ", violation.path) };
                BadParam::Value { name: param.name.clone(), message: format!("{place}{}", violation.message) }
            })),
            Err(source) => wrong.push(BadParam::Schema { name: param.name.clone(), source }),
        }
        filled.insert(param.name.clone(), value);
    }
    let suggest = Suggest::default();
    wrong.extend(given.into_keys().map(|name| {
        let known = dag.params.iter().map(|param| param.name.as_str());
        let hint = suggest.hint(&name, known, "parameters");
        BadParam::Unknown { name, hint }
    }));
    if wrong.is_empty() { Ok(filled) } else { Err(wrong) }
}
