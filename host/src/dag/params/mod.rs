//! Params against schemas: of plugins, of their results, of the DAG's own parameters.
//!
//! A schema comes from a stranger: nothing is fetched for it, its regular expressions take linear time, and its depth
//! and size are bounded.

mod cost;
mod given;
mod holes;
#[cfg(test)]
mod tests;

pub use given::{BadParam, fill_params};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::dag::explain::{Finding, explain};
use crate::dag::json::nests_at_most;
use crate::dag::path::DocPath;
use crate::dag::template::Template;
use crate::dag::words::Suggest;
use crate::limits::JSON_DEPTH_MAX;

/// What stands for text with templates in it while it is checked.
const PLACEHOLDER: &str = "…";

/// What to do where text with templates in it is not wanted.
const TEXT_HINT: &str =
    "text with a template in it stays text; a string that is one whole `{{ … }}` takes its value's type";

/// Why a schema is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchema {
    /// It nests deeper than [`JSON_DEPTH_MAX`].
    #[error("it nests more than {JSON_DEPTH_MAX} deep")]
    TooDeep,
    /// Written out without references it would be larger than checking it may cost.
    #[error("written out without its references it has more than {0} parts")]
    TooLarge(usize),
    /// It is no JSON Schema, refers to something elsewhere, or has a regular expression that cannot be matched in
    /// linear time.
    #[error("it is no JSON Schema (2020-12) that can be used here: {0}")]
    Invalid(String),
}

/// What a value has that its schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value.
    pub path: DocPath,
    /// What is wrong there.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A JSON Schema, ready to check values with. Making one costs far more than using it: keep it with its plugin.
#[derive(Debug)]
pub struct JsonSchema {
    source: Value,
    validator: Validator,
}

impl JsonSchema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn compile(schema: &Value) -> Result<Self, BadSchema> {
        if !nests_at_most(schema, JSON_DEPTH_MAX) {
            return Err(BadSchema::TooDeep);
        }
        cost::check(schema)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(schema)
            .map_err(|error| BadSchema::Invalid(error.to_string()))?;
        Ok(Self { source: schema.clone(), validator })
    }

    /// Everything that `value` has and must not have, or has not and must have.
    pub fn check(&self, value: &Value) -> Vec<Violation> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let suggest = Suggest::default();
        let findings = self.validator.iter_errors(value).flat_map(|error| explain(&error, &self.source, &suggest));
        findings.map(|finding| Violation { path: finding.path, message: finding.message, hint: finding.hint }).collect()
    }

    /// What is wrong with a value whatever its templates become.
    pub(crate) fn check_template(&self, template: &Template, suggest: &Suggest) -> Vec<Finding> {
        let value = template.with_placeholders(PLACEHOLDER);
        if self.validator.is_valid(&value) {
            return Vec::new();
        }
        let holes = holes::Holes::of(template);
        let errors = self.validator.iter_errors(&value).filter(|error| holes.leave_wrong(error));
        let findings = errors.flat_map(|error| explain(&error, &self.source, suggest));
        findings
            .map(|finding| match holes.is_text(&finding.path) {
                true => Finding { hint: Some(TEXT_HINT.to_owned()), ..finding },
                false => finding,
            })
            .collect()
    }
}
