//! A document → the types of its kind of file: what does not fit the schema is reported and taken out, the rest is kept.

use std::sync::LazyLock;

use jsonschema::{Draft, PatternOptions, Validator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::explain::{About, Finding, explain};
use crate::dag::file::{self, DagFile};
use crate::dag::path::{DocPath, Step};
use crate::dag::words::Suggest;

/// Keys of Airflow that belong to a DAG or a task, but that this version does not have yet.
const NOT_YET: &[&str] = &["expand"];

/// The shape of a DAG file; `None` only if its schema were broken, which a test rules out.
static DAG_FILE: LazyLock<Option<Shape>> = LazyLock::new(|| Shape::new(file::schema_for_checking(), NOT_YET));

/// Findings that are looked at: whoever has more has another file in hand.
const FINDINGS_MAX: usize = 1_000;

/// Reads what fits a DAG file out of `document`; nothing, if next to nothing fits.
pub(crate) fn read(document: Value, suggest: &Suggest) -> (Option<DagFile>, Vec<Mistake>) {
    DAG_FILE.as_ref().map_or_else(|| (None, Vec::new()), |shape| shape.read(document, suggest))
}

/// What a kind of file may hold: its JSON Schema, ready to check with.
pub(crate) struct Shape {
    schema: Value,
    validator: Validator,
    /// Keys that a later version will have.
    later: &'static [&'static str],
}

impl Shape {
    /// `None`: it is no schema.
    pub(crate) fn new(schema: Value, later: &'static [&'static str]) -> Option<Self> {
        let options =
            jsonschema::options().with_draft(Draft::Draft202012).with_pattern_options(PatternOptions::regex());
        let validator = options.offline().build(&schema).ok()?;
        Some(Self { schema, validator, later })
    }

    /// Reads what fits out of `document`; nothing, if next to nothing fits.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        mut document: Value,
        suggest: &Suggest,
    ) -> (Option<T>, Vec<Mistake>) {
        let findings = self.findings(&document, suggest);
        if findings.len() > FINDINGS_MAX {
            return (None, findings.into_iter().map(|finding| self.mistake(finding)).collect());
        }
        let mut mistakes = Vec::new();
        for finding in findings {
            if finding.about != About::Missing {
                take_out(&mut document, finding.path.steps());
            }
            mistakes.push(self.mistake(finding));
        }
        match serde_json::from_value(document) {
            Ok(file) => (Some(file), mistakes),
            Err(error) => {
                let message = format!("this file cannot be read: {error}");
                mistakes.push(Mistake::error(Place::value(DocPath::root()), message));
                (None, mistakes)
            }
        }
    }

    fn findings(&self, document: &Value, suggest: &Suggest) -> Vec<Finding> {
        if self.validator.is_valid(document) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(document);
        let findings = errors.flat_map(|error| explain(&error, &self.schema, suggest));
        // A null stands for an item that was a mistake already: TOML has none.
        let is_null = |finding: &Finding| finding.about == About::Value && is_null(document, finding.path.steps());
        findings.filter(|finding| !is_null(finding)).take(FINDINGS_MAX + 1).collect()
    }

    fn mistake(&self, finding: Finding) -> Mistake {
        let later = finding.path.last_key().filter(|key| finding.about == About::Key && self.later.contains(key));
        if let Some(key) = later {
            let message = format!("`{key}` is not supported in this version");
            return Mistake::error(Place::key(finding.path.clone()), message).hint("leave it out".to_owned());
        }
        let place = match finding.about {
            About::Value => Place::value(finding.path),
            About::Key | About::Missing => Place::key(finding.path),
        };
        Mistake::error(place, finding.message).hint(finding.hint)
    }
}

fn is_null(value: &Value, steps: &[Step]) -> bool {
    let inner = steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    });
    inner.is_some_and(Value::is_null)
}

/// Removes a key; an item becomes null, so that the others keep their places.
fn take_out(value: &mut Value, steps: &[Step]) {
    match (value, steps) {
        (Value::Object(map), [Step::Key(key)]) => {
            // The order of the rest is the order of the file.
            map.shift_remove(key);
        }
        (Value::Object(map), [Step::Key(key), rest @ ..]) => {
            if let Some(inner) = map.get_mut(key) {
                take_out(inner, rest);
            }
        }
        (Value::Array(items), [Step::Index(index), rest @ ..]) => match items.get_mut(*index) {
            Some(item) if rest.is_empty() => *item = Value::Null,
            Some(item) => take_out(item, rest),
            None => {}
        },
        // Taken out already, or the root, which is always a table.
        (_, _) => {}
    }
}
