//! `--param k=v`: text from a command line → JSON.
//!
//! `v` is JSON where it is JSON, else a string. What is declared decides where both are possible: with a schema, the
//! first of the two that it accepts; without one, a default that is a string keeps `v` as text, so that a version
//! `1.10` stays `1.10`. To give a string that looks like JSON where nothing is declared, quote it as JSON: `k='"7"'`.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;

use crate::cli::error::CliError;
use crate::dag::params::JsonSchema;

/// One `k=v` as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The name.
    pub name: String,
    /// The text after the first `=`.
    pub text: String,
}

/// A parameter that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not `name=value`")]
pub struct NoParam(String);

impl FromStr for Param {
    type Err = NoParam;

    fn from_str(text: &str) -> Result<Self, NoParam> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok(Self { name: name.trim().to_owned(), text: value.to_owned() })
            }
            Some(_) | None => Err(NoParam(text.to_owned())),
        }
    }
}

/// What is declared of a parameter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Declared<'a> {
    /// Its JSON Schema.
    pub schema: Option<&'a Value>,
    /// Its default.
    pub default: Option<&'a Value>,
}

/// Reads all parameters; `declared` says what is known of a name.
///
/// # Errors
/// A name given twice; a whole number that JSON here cannot hold exactly.
pub fn read_all<'a>(
    params: &[Param],
    declared: impl Fn(&str) -> Declared<'a>,
) -> Result<BTreeMap<String, Value>, CliError> {
    let mut values = BTreeMap::new();
    for param in params {
        let value = read(&param.text, declared(&param.name));
        if value.is_f64() && is_whole(&param.text) {
            let message = format!("the parameter `{}` is a whole number of more than 64 bits", param.name);
            return Err(CliError::usage(message).help("give it as text, in double quotes within single ones"));
        }
        if values.insert(param.name.clone(), value).is_some() {
            return Err(CliError::usage(format!("the parameter `{}` is given twice", param.name)));
        }
    }
    Ok(values)
}

fn is_whole(text: &str) -> bool {
    let digits = text.trim().trim_start_matches('-');
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads one value.
pub fn read(text: &str, declared: Declared<'_>) -> Value {
    let as_text = || Value::String(text.to_owned());
    let Ok(as_json) = serde_json::from_str::<Value>(text) else { return as_text() };
    match (declared.schema, declared.default) {
        (Some(schema), _) if accepts(schema, &as_json) => as_json,
        (Some(schema), _) if accepts(schema, &as_text()) => as_text(),
        // Neither fits: the check says so, about the value that people see.
        (Some(_), _) => as_json,
        (None, Some(Value::String(_))) if !as_json.is_string() => as_text(),
        (None, _) => as_json,
    }
}

/// A schema that is wrong itself accepts everything here: it is the check of the DAG or the plugin that says so.
fn accepts(schema: &Value, value: &Value) -> bool {
    JsonSchema::compile(schema).map_or(true, |schema| schema.check(value).is_empty())
}
