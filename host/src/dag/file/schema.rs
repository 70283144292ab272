//! The JSON Schema of the DAG file.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::dag::file::DagFile;

/// The JSON Schema (2020-12) of the DAG file, for editors and for `dagwood schema`.
pub fn schema() -> Value {
    generator().into_root_schema_for::<DagFile>().to_value()
}

/// The same without the patterns of durations and sizes, whose readers say better what is wrong.
pub(crate) fn for_checking() -> Value {
    checking_schema_of::<DagFile>()
}

/// The schema of another kind of file, in the same way.
pub(crate) fn checking_schema_of<T: JsonSchema>() -> Value {
    let mut schema = generator().into_root_schema_for::<T>().to_value();
    remove_patterns(&mut schema);
    schema
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().with_transform(WithoutNull).into_generator()
}

/// TOML has no null: a key that may be absent is absent.
#[derive(Debug, Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                object.remove("anyOf");
                for (key, value) in only {
                    object.entry(key).or_insert(value);
                }
            }
        }
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
    }
}

fn remove_patterns(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|key, value| key != "pattern" || !value.is_string());
            map.values_mut().for_each(remove_patterns);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_patterns),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
