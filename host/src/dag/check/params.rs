//! The DAG's own parameters, and the params of every task.

use serde_json::Value;

use crate::dag::check::edges::{EdgeList, Origin};
use crate::dag::check::ground::Ground;
use crate::dag::check::ix;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::explain::{About, Finding};
use crate::dag::file::{DagFile, ParamDeclaration};
use crate::dag::model::DagParam;
use crate::dag::params::JsonSchema;
use crate::dag::path::DocPath;
use crate::dag::template::names::{EVENT_NAMES, NAMES};
use crate::dag::template::{Known, Name, Template};
use crate::ids::TaskIx;

/// The parameters that the DAG declares.
pub(super) fn declared(file: &DagFile, mistakes: &mut Vec<Mistake>) -> Vec<DagParam> {
    let params = file.params.0.iter().map(|(name, value)| {
        let declaration = match value {
            // Its shape has been checked.
            Value::Object(_) => serde_json::from_value(value.clone()).unwrap_or_default(),
            default => ParamDeclaration { default: Some(default.clone()), ..ParamDeclaration::default() },
        };
        let at = DocPath::of(&["params", name]);
        if let Some(schema) = &declaration.schema {
            check_default(name, schema, declaration.default.as_ref(), &at, mistakes);
        }
        DagParam {
            name: name.clone(),
            default: declaration.default,
            schema: declaration.schema,
            description: declaration.description,
        }
    });
    params.collect()
}

fn check_default(name: &str, schema: &Value, default: Option<&Value>, at: &DocPath, mistakes: &mut Vec<Mistake>) {
    match JsonSchema::compile(schema) {
        Err(error) => {
            let message = format!("the schema of the parameter `{name}` cannot be used: {error}");
            mistakes.push(Mistake::error(Place::value(at.key("schema")), message));
        }
        Ok(schema) => {
            for violation in default.map(|default| schema.check(default)).unwrap_or_default() {
                let message = format!("the default of `{name}` does not fit its schema: {}", violation.message);
                let place = Place::value(at.key("default").join(&violation.path));
                mistakes.push(Mistake::error(place, message).hint(violation.hint));
            }
        }
    }
}

/// The params of every task, each with the tasks whose results its templates name.
pub(super) fn check(
    ground: &Ground<'_>,
    edges: &mut EdgeList,
    mistakes: &mut Vec<Mistake>,
) -> Vec<(Template, Vec<TaskIx>)> {
    let mut known = Known::default();
    (0..ground.tasks.len()).map(|at| one_task(ground, at, &mut known, edges, mistakes)).collect()
}

fn one_task(
    ground: &Ground<'_>,
    at: usize,
    known: &mut Known,
    edges: &mut EdgeList,
    mistakes: &mut Vec<Mistake>,
) -> (Template, Vec<TaskIx>) {
    let params = ground.tasks.get(at).and_then(|(_, task)| task.params.as_ref());
    let (template, wrong) =
        params.map_or_else(|| (Template::empty(), Vec::new()), |params| Template::parse_all(params, known));
    for wrong in wrong {
        let place = Place::value(ground.path(at).key("params").join(&wrong.path));
        mistakes.push(Mistake::error(place, wrong.message));
    }
    against_schema(ground, at, &template, mistakes);
    let mut values = Vec::new();
    if !template.is_plain() {
        names(ground, at, &template, &mut values, mistakes);
    }
    values.sort_unstable();
    values.dedup();
    for up in &values {
        edges.add(ground, up.index(), at, Origin::Value, mistakes);
    }
    (template, values)
}

fn against_schema(ground: &Ground<'_>, at: usize, template: &Template, mistakes: &mut Vec<Mistake>) {
    let Some(plugin) = ground.tasks.get(at).and_then(|(_, task)| task.plugin.as_deref()) else { return };
    let Some(schema) = ground.schema(plugin, mistakes) else { return };
    let findings = schema.check_template(template, &ground.suggest);
    if findings.is_empty() {
        return;
    }
    let base = ground.path(at).key("params");
    // What the file's own schema took out must not be reported as missing.
    if ground.is_broken(&base) {
        return;
    }
    mistakes.extend(findings.into_iter().map(|finding| say(plugin, finding, &base)));
}

fn say(plugin: &str, finding: Finding, base: &DocPath) -> Mistake {
    let Finding { path, about, message, hint } = finding;
    let place = base.join(&path);
    let whole = if about == About::Missing { path.parent() } else { path.clone() };
    let which = if whole.is_root() { "the params".to_owned() } else { format!("the param `{whole}`") };
    let mistake = match about {
        About::Key => Mistake::error(Place::key(place), format!("the plugin `{plugin}` has no param `{path}`")),
        About::Value => Mistake::error(Place::value(place), format!("{which} of the plugin `{plugin}`: {message}")),
        About::Missing => Mistake::error(Place::key(place), format!("{which} of the plugin `{plugin}`: {message}")),
    };
    mistake.hint(hint)
}

/// The names in the templates: each must be there.
fn names(ground: &Ground<'_>, at: usize, template: &Template, values: &mut Vec<TaskIx>, mistakes: &mut Vec<Mistake>) {
    for (path, hole) in template.holes() {
        let place = || Place::value(ground.path(at).key("params").join(&path));
        for name in &hole.names {
            match name {
                Name::AllParams | Name::Known(_) => {}
                Name::Event(_) if ground.is_callback => {}
                Name::Event(name) => {
                    let message = format!("templates have no name `{name}` here: only those of callbacks do");
                    mistakes.push(Mistake::error(place(), message));
                }
                Name::Value(_) if ground.is_callback => {
                    let message = "a callback is given no results of tasks";
                    let hint = "the result of the task that it is about is `event.value`".to_owned();
                    mistakes.push(Mistake::error(place(), message).hint(hint));
                }
                Name::Value(task) => match ground.find(task) {
                    Some(up) => values.push(ix(up)),
                    None => mistakes.push(ground.no_such_task(task, place())),
                },
                Name::Param(param) => {
                    let mut known = ground.file.params.0.iter().map(|(name, _)| name.as_str());
                    if !known.clone().any(|name| name == param) {
                        let hint = ground.suggest.hint(param, &mut known, "parameters of this DAG");
                        mistakes.push(Mistake::error(place(), format!("there is no parameter `{param}`")).hint(hint));
                    }
                }
                Name::Unknown(name) => mistakes.push(unknown(ground, name, place())),
            }
        }
    }
}

fn unknown(ground: &Ground<'_>, name: &str, place: Place) -> Mistake {
    let of_events = if ground.is_callback { EVENT_NAMES } else { &[] };
    let known = NAMES.iter().chain(of_events).map(|(name, _)| *name);
    let roots: Vec<&str> = known.clone().map(|name| name.split('.').next().unwrap_or(name)).collect();
    let hint = ground.suggest.hint(name, known, "names").or_else(|| {
        let mut roots = roots;
        roots.dedup();
        Some(format!("templates know {}", crate::dag::words::list(roots)))
    });
    Mistake::error(place, format!("templates have no name `{name}`")).hint(hint)
}
