//! Plugins for tests, made of nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::contract::{Cardinality, Descriptor, Port};
use crate::dag::file::InputSpec;
use crate::dag::model::ResolvedPlugin;
use crate::dag::{Catalog, Checked, Draft, PluginProblem, check};
use crate::ids::Digest;

/// A plugin without ports that takes any params.
pub fn plugin(name: &str) -> Descriptor {
    Descriptor {
        name: name.to_owned(),
        version: semver::Version::new(0, 1, 0),
        summary: String::new(),
        params_schema: json!({ "type": "object" }),
        result_schema: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        may_branch: false,
        requests: Vec::new(),
    }
}

fn port(name: &str, cardinality: Cardinality) -> Port {
    Port { name: name.to_owned(), description: String::new(), media_type: None, cardinality }
}

/// What a test says of a plugin.
pub trait Describe: Sized {
    /// With an input port.
    fn input(self, name: &str, cardinality: Cardinality) -> Self;
    /// With an output port of cardinality `one`.
    fn output(self, name: &str) -> Self;
    /// With a params schema.
    fn params(self, schema: Value) -> Self;
    /// That branches.
    fn branching(self) -> Self;
}

impl Describe for Descriptor {
    fn input(mut self, name: &str, cardinality: Cardinality) -> Self {
        self.inputs.push(port(name, cardinality));
        self
    }

    fn output(mut self, name: &str) -> Self {
        self.outputs.push(port(name, Cardinality::One));
        self
    }

    fn params(mut self, schema: Value) -> Self {
        self.params_schema = schema;
        self
    }

    fn branching(mut self) -> Self {
        self.may_branch = true;
        self
    }
}

/// A catalog of these plugins.
pub fn catalog(plugins: impl IntoIterator<Item = Descriptor>) -> Catalog {
    let resolved = plugins.into_iter().map(|descriptor| {
        let (digest, name) = (Digest::of(descriptor.name.as_bytes()), descriptor.name.clone());
        let granted: &[&str] = if name == "caller" { &["wasi:http/outgoing-handler@0.2.4"] } else { &[] };
        let granted_imports = granted.iter().map(ToString::to_string).collect();
        (name, ResolvedPlugin { digest, descriptor: Arc::new(descriptor), granted_imports })
    });
    let plugins: BTreeMap<_, _> = resolved.map(|(name, plugin)| (name, Ok(plugin))).collect();
    Catalog { registered: plugins.keys().cloned().collect(), plugins }
}

/// The pipeline that everybody knows: `preprocess`, `train`, `evaluate`, and `noop`, `pick` (which branches), `join`, `caller` (which
/// imports HTTP).
pub fn known() -> Catalog {
    catalog([
        plugin("preprocess").input("data", Cardinality::One).output("train").output("test").params(json!({
            "type": "object",
            "properties": {
                "target": { "type": "string" },
                "test_fraction": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
            },
            "required": ["target"],
            "additionalProperties": false,
        })),
        plugin("train").input("train", Cardinality::One).output("model").params(json!({
            "type": "object",
            "properties": {
                "algorithm": { "enum": ["logistic_regression", "random_forest"] },
                "epochs": { "type": "integer", "minimum": 1 },
            },
            "additionalProperties": false,
        })),
        plugin("evaluate").input("model", Cardinality::One).input("test", Cardinality::One),
        plugin("noop").output("out"),
        plugin("join")
            .input("a", Cardinality::Optional)
            .input("b", Cardinality::Optional)
            .input("c", Cardinality::Many),
        plugin("pick").branching().output("out"),
        plugin("caller"),
    ])
}

/// Both stages with the plugins of [`known`]; names that are not there are not registered.
pub fn checked(text: &str) -> Checked {
    let draft = Draft::from_toml(text);
    let mut catalog = known();
    for plugin in draft.plugins() {
        catalog.plugins.entry(plugin.name.clone()).or_insert(Err(PluginProblem::NotRegistered));
    }
    check(&draft, &catalog)
}

/// Plugins that take any params and have the ports that a file wires. `branching`: they may all choose what goes on.
pub fn stand_ins(draft: &Draft, branching: bool) -> Catalog {
    let file = draft.file.as_ref().unwrap();
    let (mut inputs, mut outputs) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::<_, BTreeSet<_>>::new());
    let plugin_of = |task: &str| {
        let found = file.tasks.0.iter().find(|(id, _)| id == task);
        found.and_then(|(_, task)| task.plugin.clone()).unwrap_or_else(|| panic!("no task {task}"))
    };
    for (id, task) in &file.tasks.0 {
        for (name, input) in &task.inputs.0 {
            if let InputSpec::Wire(wire) = input {
                let (producer, port) = wire.split_once('.').unwrap();
                if port == "value" {
                    continue;
                }
                outputs.entry(plugin_of(producer)).or_default().insert(port.to_owned());
            }
            inputs.entry(plugin_of(id)).or_default().insert(name.clone());
        }
    }
    catalog(draft.plugins().iter().map(|named| {
        let mut stand_in = plugin(&named.name);
        for name in inputs.get(&named.name).into_iter().flatten() {
            stand_in = stand_in.input(name, Cardinality::Optional);
        }
        for port in outputs.get(&named.name).into_iter().flatten() {
            stand_in = stand_in.output(port);
        }
        if branching { stand_in.branching() } else { stand_in }
    }))
}
