//! Inputs: what each is wired to, and whether its plugin has such a port.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::contract::{Cardinality, Port};
use crate::dag::check::edges::{EdgeList, Origin};
use crate::dag::check::ground::Ground;
use crate::dag::check::ix;
use crate::dag::check::options::TaskOptions;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::file::InputSpec;
use crate::dag::model::{ResolvedPlugin, TriggerRule, Wire};
use crate::dag::words::list;
use crate::ids::{PortName, TaskIx};

/// The output that is a task's result, not a port.
const VALUE: &str = "value";

/// The inputs of one task.
pub(super) type Inputs = BTreeMap<PortName, Wire>;

/// The inputs of every task; those that are wrong are missing.
pub(super) fn check(ground: &Ground<'_>, edges: &mut EdgeList, mistakes: &mut Vec<Mistake>) -> Vec<Inputs> {
    (0..ground.tasks.len()).map(|at| one_task(ground, at, edges, mistakes)).collect()
}

fn one_task(ground: &Ground<'_>, at: usize, edges: &mut EdgeList, mistakes: &mut Vec<Mistake>) -> Inputs {
    let mut inputs = Inputs::new();
    let Some((_, task)) = ground.tasks.get(at) else { return inputs };
    for (nth, (name, spec)) in task.inputs.0.iter().enumerate() {
        let input = Input { ground, at, nth, name, port: Expected::of(ground.plugin(at), name) };
        let wire = match spec {
            InputSpec::Outside(outside) => outside.file.as_deref().and_then(|path| input.file(path, mistakes)),
            InputSpec::Wire(text) => input.wire(text, edges, mistakes),
        };
        match PortName::new(name) {
            Ok(name) => inputs.extend(wire.map(|wire| (name, wire))),
            Err(error) => {
                mistakes.push(Mistake::error(input.key(), format!("`{name}` cannot be an input's name: {error}")));
            }
        }
    }
    missing(ground, at, mistakes);
    inputs
}

/// Inputs that the plugin needs and that are not there.
fn missing(ground: &Ground<'_>, at: usize, mistakes: &mut Vec<Mistake>) {
    let (Some(plugin), Some((id, task))) = (ground.plugin(at), ground.tasks.get(at)) else { return };
    let needed = plugin.descriptor.inputs.iter().filter(|port| port.cardinality == Cardinality::One);
    for port in needed.filter(|port| !task.inputs.0.iter().any(|(name, _)| *name == port.name)) {
        let path = ground.path(at).key("inputs").key(&port.name);
        if ground.is_broken(&path) {
            continue;
        }
        let plugin = task.plugin.as_deref().unwrap_or_default();
        let message = format!("the input `{}` of `{id}` is not wired; the plugin `{plugin}` needs it", port.name);
        if ground.is_callback {
            let message =
                format!("the plugin `{plugin}` needs the input `{}`, but a callback is given none", port.name);
            let hint = "take a plugin that does without; what happened is its value `event`".to_owned();
            mistakes.push(Mistake::error(Place::key(ground.path(at)), message).hint(hint));
            continue;
        }
        let hint = format!(
            "write `inputs.{name} = \"TASK.PORT\"` or `inputs.{name} = {{ file = \"…\" }}`{what}",
            name = port.name,
            what = if port.description.is_empty() { String::new() } else { format!(": {}", port.description) },
        );
        mistakes.push(Mistake::error(Place::key(ground.path(at)), message).hint(hint));
    }
}

/// What a plugin says of an input.
enum Expected<'a> {
    /// The plugin is not known.
    Unknown,
    /// It has no such port: a named value may have that name.
    NoPort(&'a ResolvedPlugin),
    /// It has this port.
    Port(&'a Port),
}

impl<'a> Expected<'a> {
    fn of(plugin: Option<&'a ResolvedPlugin>, name: &str) -> Self {
        match plugin {
            None => Self::Unknown,
            Some(plugin) => plugin.descriptor.input(name).map_or(Self::NoPort(plugin), Self::Port),
        }
    }
}

/// One input of one task.
struct Input<'a, 'g> {
    ground: &'a Ground<'g>,
    at: usize,
    nth: usize,
    name: &'a str,
    port: Expected<'a>,
}

impl Input<'_, '_> {
    fn key(&self) -> Place {
        Place::key(self.ground.path(self.at).key("inputs").key(self.name))
    }

    fn value(&self) -> Place {
        Place::value(self.ground.path(self.at).key("inputs").key(self.name))
    }

    fn within(&self, start: usize, end: usize) -> Place {
        Place::within(self.ground.path(self.at).key("inputs").key(self.name), start..end)
    }

    fn file(&self, path: &str, mistakes: &mut Vec<Mistake>) -> Option<Wire> {
        if path.is_empty() || path.contains('\0') {
            mistakes.push(Mistake::error(self.value(), "this is no path"));
            return None;
        }
        self.takes_files(mistakes).then(|| Wire::File { path: PathBuf::from(path) })
    }

    fn wire(&self, text: &str, edges: &mut EdgeList, mistakes: &mut Vec<Mistake>) -> Option<Wire> {
        let Some((id, output)) = text.split_once('.') else {
            mistakes.push(self.no_dot(text));
            return None;
        };
        let Some(up) = self.ground.find(id) else {
            mistakes.push(self.ground.no_such_task(id, self.within(0, id.len())));
            return None;
        };
        let origin = Origin::Input(u32::try_from(self.nth).unwrap_or(u32::MAX));
        edges.add(self.ground, up, self.at, origin, mistakes);
        if output == VALUE {
            return self.named_value(ix(up), id, mistakes);
        }
        let fits = self.takes_files(mistakes);
        let port = self.output(up, id, output, mistakes)?;
        let required = matches!(&self.port, Expected::Port(port) if port.cardinality == Cardinality::One);
        fits.then_some(Wire::Port { task: ix(up), port, required })
    }

    fn no_dot(&self, text: &str) -> Mistake {
        let message = format!("`{text}` is no output of a task");
        let outputs: Vec<String> = match self.ground.find(text) {
            Some(up) => outputs(self.ground, up).into_iter().map(|output| format!("{text}.{output}")).collect(),
            None => Vec::new(),
        };
        let hint = match outputs.as_slice() {
            [] => "write `TASK.PORT`, `TASK.value`, or `{ file = \"…\" }`".to_owned(),
            outputs => format!("the outputs of `{text}` are {}", list(outputs.iter().map(String::as_str))),
        };
        Mistake::error(self.value(), message).hint(hint)
    }

    fn named_value(&self, up: TaskIx, id: &str, mistakes: &mut Vec<Mistake>) -> Option<Wire> {
        if let Expected::Port(_) = self.port {
            let message = format!("the input `{}` takes a file, but `{id}.{VALUE}` is the result of `{id}`", self.name);
            let hint = "wire it to an output port; a result goes to an input of any other name";
            mistakes.push(Mistake::error(self.value(), message).hint(hint.to_owned()));
            return None;
        }
        Some(Wire::Value { task: up })
    }

    /// Whether the plugin has a port of this name that this version can fill.
    fn takes_files(&self, mistakes: &mut Vec<Mistake>) -> bool {
        match &self.port {
            Expected::Unknown => true,
            Expected::NoPort(plugin) => {
                let known = plugin.descriptor.inputs.iter().map(|port| port.name.as_str());
                let hint = self.ground.suggest.hint(self.name, known, "inputs of this plugin");
                let plugin = self.ground.tasks.get(self.at).and_then(|(_, task)| task.plugin.as_deref());
                let message = format!("the plugin `{}` has no input `{}`", plugin.unwrap_or_default(), self.name);
                mistakes.push(Mistake::error(self.key(), message).hint(hint));
                false
            }
            Expected::Port(port) => match port.cardinality {
                Cardinality::One | Cardinality::Optional => true,
                Cardinality::Many => {
                    let message =
                        format!("the input `{}` takes many files, which is not supported in this version", self.name);
                    mistakes.push(Mistake::error(self.key(), message));
                    false
                }
            },
        }
    }

    /// The output port `output` of the task `id`.
    fn output(&self, up: usize, id: &str, output: &str, mistakes: &mut Vec<Mistake>) -> Option<PortName> {
        let place = || self.within(id.len() + 1, id.len() + 1 + output.len());
        let known = match self.ground.plugin(up) {
            None => true,
            Some(plugin) => plugin.descriptor.output(output).is_some(),
        };
        if !known {
            let outputs = outputs(self.ground, up);
            let hint = self.ground.suggest.hint(output, outputs.iter().copied(), "outputs of that task");
            mistakes.push(Mistake::error(place(), format!("the task `{id}` has no output `{output}`")).hint(hint));
            return None;
        }
        match PortName::new(output) {
            Ok(port) => Some(port),
            Err(error) => {
                mistakes.push(Mistake::error(place(), format!("`{output}` cannot be an output: {error}")));
                None
            }
        }
    }
}

/// All that an input can be wired to.
fn outputs<'a>(ground: &Ground<'a>, up: usize) -> Vec<&'a str> {
    let ports = ground.plugin(up).map(|plugin| plugin.descriptor.outputs.as_slice()).unwrap_or_default();
    ports.iter().map(|port| port.name.as_str()).chain([VALUE]).collect()
}

/// Under a rule that may be met before all upstreams have finished, what optional inputs hold depends on timing.
pub(super) fn warn_of_early_rules(
    ground: &Ground<'_>,
    inputs: &[Inputs],
    options: &[Arc<TaskOptions>],
    mistakes: &mut Vec<Mistake>,
) {
    for (at, (inputs, options)) in inputs.iter().zip(options).enumerate() {
        if !is_early(options.trigger_rule) {
            continue;
        }
        for (name, wire) in inputs {
            let up = match wire {
                Wire::Value { task } | Wire::Port { task, required: false, .. } => task,
                Wire::File { .. } | Wire::Port { required: true, .. } => continue,
            };
            let message = format!(
                "`{id}` may start before `{up}` has finished, so whether it gets the input `{name}` depends on timing",
                id = ground.id(at),
                up = ground.id(up.index()),
            );
            let hint = "an input is waited for if its port requires it, or under a rule that waits for all upstreams";
            let place = Place::value(ground.path(at).key("inputs").key(name.as_str()));
            mistakes.push(Mistake::warning(place, message).hint(hint.to_owned()));
        }
    }
}

/// Whether a rule may be met while upstreams still run.
fn is_early(rule: TriggerRule) -> bool {
    match rule {
        TriggerRule::OneFailed | TriggerRule::OneSuccess | TriggerRule::OneDone | TriggerRule::Always => true,
        TriggerRule::AllSuccess
        | TriggerRule::AllFailed
        | TriggerRule::AllDone
        | TriggerRule::AllDoneMinOneSuccess
        | TriggerRule::AllSkipped
        | TriggerRule::NoneFailed
        | TriggerRule::NoneFailedMinOneSuccess
        | TriggerRule::NoneSkipped => false,
    }
}
