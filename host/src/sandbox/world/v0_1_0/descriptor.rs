//! What a plugin says of itself, checked: everything that is wrong with it, not only the first.

use serde_json::Value;

use super::bindings::dagwood::task::types;
use crate::contract::{Cardinality, Descriptor, Port, Request};
use crate::ids::PortName;
use crate::limits::JSON_DEPTH_MAX;
use crate::sandbox::limits::{DESCRIPTION_BYTES, DESCRIPTOR_LIST, MEDIA_TYPE_BYTES, NAME_BYTES, SCHEMA_BYTES};
use crate::sandbox::world::Described;
use crate::sandbox::world::json::is_shallow;
use crate::text::cut;

/// The kinds of request that the interface names.
const REQUESTS: &[&str] = &["http", "mount", "env", "secret", "memory"];

/// The host's own form of a descriptor, or the list of its problems.
pub(super) fn from(given: types::Descriptor) -> Described {
    let mut problems = Problems::default();
    problems.check_name(&given.name);
    let version = problems.version(&given.version);
    problems.short("summary", &given.summary, DESCRIPTION_BYTES);
    let params_schema = problems.schema("params-schema", &given.params_schema);
    let result_schema = given.result_schema.as_deref().map(|text| problems.schema("result-schema", text));
    let inputs = problems.ports("input", given.inputs);
    let outputs = problems.ports("output", given.outputs);
    let requests = problems.requests(given.requests);
    match (version, problems.0.is_empty()) {
        (Some(version), true) => Ok(Descriptor {
            name: given.name,
            version,
            summary: given.summary,
            params_schema,
            result_schema,
            inputs,
            outputs,
            may_branch: given.may_branch,
            requests,
        }),
        (Some(_) | None, _) => Err(problems.0),
    }
}

/// What is wrong, in words for people.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn say(&mut self, problem: String) {
        self.0.push(problem);
    }

    fn short(&mut self, what: &str, text: &str, most_bytes: usize) {
        if text.len() > most_bytes {
            let has = text.len();
            self.say(format!("{what} has {has} bytes, and at most {most_bytes} are allowed"));
        }
    }

    fn check_name(&mut self, name: &str) {
        let letters = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let well_formed = name.split('-').all(|word| !word.is_empty() && letters(word))
            && name.starts_with(|first: char| first.is_ascii_lowercase());
        if !well_formed {
            let name = quoted(name);
            self.say(format!("the name {name} is not made of lower-case words joined by `-`, such as `train-model`"));
        }
        self.short("the name", name, NAME_BYTES);
    }

    fn version(&mut self, text: &str) -> Option<semver::Version> {
        match semver::Version::parse(text) {
            Ok(version) if text.len() <= NAME_BYTES => Some(version),
            Ok(_) => {
                self.short("the version", text, NAME_BYTES);
                None
            }
            Err(error) => {
                let text = quoted(text);
                self.say(format!("the version {text} is not of the form 1.2.3: {error}"));
                None
            }
        }
    }

    fn schema(&mut self, what: &str, text: &str) -> Value {
        if text.len() > SCHEMA_BYTES {
            self.short(what, text, SCHEMA_BYTES);
            return Value::Null;
        }
        let schema: Value = match serde_json::from_str(text) {
            Ok(schema) => schema,
            Err(error) => {
                self.say(format!("{what} is no JSON: {error}"));
                return Value::Null;
            }
        };
        if !is_shallow(&schema, JSON_DEPTH_MAX) {
            self.say(format!("{what} is nested deeper than {JSON_DEPTH_MAX} levels"));
        }
        if !matches!(schema, Value::Object(_) | Value::Bool(_)) {
            self.say(format!("{what} is no JSON Schema: an object is wanted"));
        }
        schema
    }

    fn ports(&mut self, what: &str, given: Vec<types::Port>) -> Vec<Port> {
        self.count(&format!("{what} ports"), given.len());
        let mut ports: Vec<Port> = Vec::new();
        for port in given.into_iter().take(DESCRIPTOR_LIST) {
            let name = quoted(&port.name);
            if let Err(error) = PortName::new(&port.name) {
                self.say(format!("the {what} port {name} has no usable name: {error}"));
            }
            if ports.iter().any(|other| other.name == port.name) {
                self.say(format!("the {what} port {name} is declared twice"));
            }
            let of_port = format!("of the {what} port {name}");
            self.short(&format!("the description {of_port}"), &port.description, DESCRIPTION_BYTES);
            let media_type = port.media_type.as_deref().unwrap_or_default();
            self.short(&format!("the media type {of_port}"), media_type, MEDIA_TYPE_BYTES);
            ports.push(Port {
                name: port.name,
                description: port.description,
                media_type: port.media_type,
                cardinality: match port.cardinality {
                    types::Cardinality::One => Cardinality::One,
                    types::Cardinality::Optional => Cardinality::Optional,
                    types::Cardinality::Many => Cardinality::Many,
                },
            });
        }
        ports
    }

    fn requests(&mut self, given: Vec<types::Request>) -> Vec<Request> {
        self.count("requests", given.len());
        let mut requests = Vec::new();
        for request in given.into_iter().take(DESCRIPTOR_LIST) {
            if !REQUESTS.contains(&request.kind.as_str()) {
                let (kind, known) = (quoted(&request.kind), REQUESTS.join(", "));
                self.say(format!("a request of kind {kind} is unknown; there are {known}"));
            }
            self.short("the value of a request", &request.value, DESCRIPTION_BYTES);
            self.short("the reason of a request", &request.reason, DESCRIPTION_BYTES);
            requests.push(Request { kind: request.kind, value: request.value, reason: request.reason });
        }
        requests
    }

    fn count(&mut self, what: &str, has: usize) {
        if has > DESCRIPTOR_LIST {
            self.say(format!("it has {has} {what}, and at most {DESCRIPTOR_LIST} are allowed"));
        }
    }
}

/// A stranger's word, short and with its odd characters made visible.
fn quoted(text: &str) -> String {
    format!("`{}`", cut(text, NAME_BYTES).escape_debug())
}

/// A descriptor of these texts, for tests: name, version, summary, schemas, then ports by turns.
#[cfg(test)]
pub(super) fn of_texts(texts: &[String]) -> types::Descriptor {
    let text = |at: usize| texts.get(at).cloned().unwrap_or_default();
    let port = |name: &String| types::Port {
        name: name.clone(),
        description: name.clone(),
        media_type: Some(name.clone()),
        cardinality: types::Cardinality::Optional,
    };
    let ports = |from: usize| texts.iter().skip(from).step_by(2).map(port).collect();
    let request = types::Request { kind: text(5), value: text(6), reason: text(7) };
    types::Descriptor {
        name: text(0),
        version: text(1),
        summary: text(2),
        params_schema: text(3),
        result_schema: texts.get(4).cloned(),
        inputs: ports(8),
        outputs: ports(9),
        may_branch: texts.len().is_multiple_of(2),
        requests: if texts.len() > 5 { vec![request] } else { Vec::new() },
        extra: Vec::new(),
    }
}
