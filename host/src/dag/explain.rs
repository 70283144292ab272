//! What a JSON Schema validator found → words for people.
//!
//! Used for the DAG file and for params alike.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use serde_json::Value;

use crate::dag::path::{DocPath, Step};
use crate::dag::words::{Suggest, excerpt, list, type_of};

/// One thing that a schema forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The value that is wrong; of an unknown or a missing key, that key's.
    pub(crate) path: DocPath,
    /// What about it.
    pub(crate) about: About,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// What of a value is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The value itself.
    Value,
    /// That its key is there.
    Key,
    /// That it is missing.
    Missing,
}

/// Puts an error of the validator into words; `schema` is the one that it was made of.
pub(crate) fn explain(error: &ValidationError<'_>, schema: &Value, suggest: &Suggest) -> Vec<Finding> {
    Explainer { schema, suggest }.explain(error)
}

/// The path of a location in an instance.
pub(crate) fn doc_path(location: &Location) -> DocPath {
    location
        .segments()
        .map(|segment| match segment {
            LocationSegment::Property(name) => Step::Key(name.into_owned()),
            LocationSegment::Index(index) => Step::Index(index),
        })
        .collect()
}

struct Explainer<'a> {
    schema: &'a Value,
    suggest: &'a Suggest,
}

impl Explainer<'_> {
    fn explain(&self, error: &ValidationError<'_>) -> Vec<Finding> {
        let instance = error.instance();
        let one = |message: String, hint: Option<String>| {
            vec![Finding { path: doc_path(error.instance_path()), about: About::Value, message, hint }]
        };
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => self.unknown_keys(error, unexpected),
            ValidationErrorKind::Required { property } => self.missing(error, property),
            ValidationErrorKind::Type { kind } => {
                one(format!("expected {}, found {}", expected(kind), described(instance)), None)
            }
            ValidationErrorKind::Enum { options } => {
                let options: Vec<&Value> = options.as_array().into_iter().flatten().collect();
                self.no_such_word(error, &options)
            }
            ValidationErrorKind::Constant { expected_value } => self.no_such_word(error, &[expected_value]),
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                self.none_fits(error, context)
            }
            ValidationErrorKind::Maximum { limit } => one(format!("{} is more than {limit}", excerpt(instance)), None),
            ValidationErrorKind::Minimum { limit } => one(format!("{} is less than {limit}", excerpt(instance)), None),
            ValidationErrorKind::ExclusiveMaximum { limit } => {
                one(format!("{} is not less than {limit}", excerpt(instance)), None)
            }
            ValidationErrorKind::ExclusiveMinimum { limit } => {
                one(format!("{} is not more than {limit}", excerpt(instance)), None)
            }
            // The validator's own words are good enough; the value is left out of them, since it may be long.
            ValidationErrorKind::AdditionalItems { .. }
            | ValidationErrorKind::BacktrackLimitExceeded { .. }
            | ValidationErrorKind::RegexEngineFailure { .. }
            | ValidationErrorKind::Contains
            | ValidationErrorKind::ContentEncoding { .. }
            | ValidationErrorKind::ContentMediaType { .. }
            | ValidationErrorKind::Custom { .. }
            | ValidationErrorKind::FalseSchema
            | ValidationErrorKind::Format { .. }
            | ValidationErrorKind::FromUtf8 { .. }
            | ValidationErrorKind::MaxItems { .. }
            | ValidationErrorKind::MaxLength { .. }
            | ValidationErrorKind::MaxProperties { .. }
            | ValidationErrorKind::MinItems { .. }
            | ValidationErrorKind::MinLength { .. }
            | ValidationErrorKind::MinProperties { .. }
            | ValidationErrorKind::MultipleOf { .. }
            | ValidationErrorKind::Not { .. }
            | ValidationErrorKind::OneOfMultipleValid { .. }
            | ValidationErrorKind::Pattern { .. }
            | ValidationErrorKind::PropertyNames { .. }
            | ValidationErrorKind::UnevaluatedItems { .. }
            | ValidationErrorKind::UniqueItems
            | ValidationErrorKind::Referencing(_) => one(error.masked_with(excerpt(instance)).to_string(), None),
        }
    }

    fn unknown_keys(&self, error: &ValidationError<'_>, unexpected: &[String]) -> Vec<Finding> {
        let known = self.parent_of(error).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        let known: Vec<&str> = known.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect();
        let at = doc_path(error.instance_path());
        let finding = |name: &String| Finding {
            path: at.key(name),
            about: About::Key,
            message: format!("unknown key `{name}`"),
            hint: self.suggest.hint(name, known.iter().copied(), "keys"),
        };
        unexpected.iter().map(finding).collect()
    }

    fn missing(&self, error: &ValidationError<'_>, property: &Value) -> Vec<Finding> {
        let name = property.as_str().unwrap_or_default();
        let described = self
            .parent_of(error)
            .and_then(|schema| schema.get("properties")?.get(name)?.get("description")?.as_str())
            .map(|description| format!("`{name}`: {description}"));
        vec![Finding {
            path: doc_path(error.instance_path()).key(name),
            about: About::Missing,
            message: format!("`{name}` is missing"),
            hint: described,
        }]
    }

    fn no_such_word(&self, error: &ValidationError<'_>, options: &[&Value]) -> Vec<Finding> {
        let instance = error.instance();
        let texts: Vec<String> =
            options.iter().map(|option| option.as_str().map_or_else(|| excerpt(option), str::to_owned)).collect();
        let hint = match instance.as_str() {
            Some(word) => self.suggest.close_hint(word, texts.iter().map(String::as_str)),
            None => None,
        };
        let message = format!("{} is not one of {}", excerpt(instance), list(texts.iter().map(String::as_str)));
        vec![Finding { path: doc_path(error.instance_path()), about: About::Value, message, hint }]
    }

    /// Of several shapes none fits: the one that was meant is the one whose type fits.
    fn none_fits(&self, error: &ValidationError<'_>, context: &[Vec<ValidationError<'static>>]) -> Vec<Finding> {
        let words: Option<Vec<&Value>> = context.iter().map(|branch| word_of(branch)).collect();
        if let Some(words) = words {
            return self.no_such_word(error, &words);
        }
        let meant: Vec<_> = context.iter().filter(|branch| !branch.iter().any(|e| is_about(e, error))).collect();
        if let [branch] = meant.as_slice() {
            return branch.iter().flat_map(|error| self.explain(error)).collect();
        }
        let mut types: Vec<String> = context.iter().flatten().filter_map(|e| type_at(e, error)).collect();
        types.dedup();
        let message = if meant.is_empty() && !types.is_empty() {
            format!("expected {}, found {}", types.join(" or "), described(error.instance()))
        } else {
            let why: Vec<String> = context
                .iter()
                .filter_map(|branch| branch.first())
                .flat_map(|error| self.explain(error))
                .map(|finding| finding.message)
                .collect();
            format!("{} has none of the allowed shapes: {}", excerpt(error.instance()), why.join("; or "))
        };
        vec![Finding { path: doc_path(error.instance_path()), about: About::Value, message, hint: None }]
    }

    /// The schema that the failed keyword stands in.
    fn parent_of(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let (parent, _) = error.schema_path().as_str().rsplit_once('/')?;
        self.schema.pointer(parent)
    }
}

/// The word that a branch allows, if that is all it says.
fn word_of<'a>(branch: &'a [ValidationError<'static>]) -> Option<&'a Value> {
    match branch {
        [error] => match error.kind() {
            ValidationErrorKind::Constant { expected_value } => Some(expected_value),
            _other_than_a_word => None,
        },
        _ => None,
    }
}

/// Whether `inner` says that the value of `outer` itself has the wrong type.
fn is_about(inner: &ValidationError<'_>, outer: &ValidationError<'_>) -> bool {
    type_at(inner, outer).is_some()
}

fn type_at(inner: &ValidationError<'_>, outer: &ValidationError<'_>) -> Option<String> {
    match inner.kind() {
        ValidationErrorKind::Type { kind } if inner.instance_path() == outer.instance_path() => Some(expected(kind)),
        _other_than_its_type => None,
    }
}

fn described(instance: &Value) -> String {
    match instance {
        Value::Object(_) | Value::Array(_) | Value::Null => type_of(instance).to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            format!("{} {}", type_of(instance), excerpt(instance))
        }
    }
}

fn expected(kind: &TypeKind) -> String {
    let word = |name: String| match name.as_str() {
        "array" => "a list".to_owned(),
        "object" => "a table".to_owned(),
        "integer" => "an integer".to_owned(),
        "null" => "null".to_owned(),
        name => format!("a {name}"),
    };
    match kind {
        TypeKind::Single(name) => word(name.to_string()),
        TypeKind::Multiple(names) => {
            let words: Vec<String> = names.iter().map(|name| word(name.to_string())).collect();
            words.join(" or ")
        }
    }
}
