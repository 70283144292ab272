//! A DAG for people: as text by levels, and in the language of Graphviz.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::dag::callback::CallbackKind;
use crate::dag::model::{Dag, Task, TriggerRule, Wire};
use crate::dag::words::printable;
use crate::ids::TaskIx;
use crate::schedule::duration::show_duration;

/// Tasks that are named in a line of [`text`].
const NAMED_MAX: usize = 8;

/// The tasks by the longest way to them: roots first, each level in the order of the file.
pub fn levels(dag: &Dag) -> Vec<Vec<TaskIx>> {
    let mut depth = vec![0_usize; dag.tasks.len()];
    for ix in &dag.edges.order {
        let above = dag.edges.upstream.of(*ix).iter();
        let deepest = above.filter_map(|up| depth.get(up.index())).map(|depth| depth + 1).max();
        if let Some(own) = depth.get_mut(ix.index()) {
            *own = deepest.unwrap_or(0);
        }
    }
    let mut levels: Vec<Vec<TaskIx>> = Vec::new();
    for (at, depth) in depth.into_iter().enumerate() {
        if levels.len() <= depth {
            levels.resize_with(depth + 1, Vec::new);
        }
        if let (Some(level), Ok(at)) = (levels.get_mut(depth), u32::try_from(at)) {
            level.push(TaskIx(at));
        }
    }
    levels
}

/// One line for each task: its level, id, plugin and upstreams; then its deadline and its callbacks.
pub fn text(dag: &Dag) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(out, "{}", dag.id);
    if let Some(schedule) = &dag.settings.schedule {
        let _ = write!(out, "  {}", printable(schedule));
    }
    if let Some(description) = &dag.settings.description {
        let _ = write!(out, "  {}", printable(description));
    }
    out.push('\n');
    let width = |of: fn(&Task) -> String| dag.tasks.iter().map(|task| of(task).chars().count()).max().unwrap_or(0);
    let (ids, plugins) = (width(|task| task.id.to_string()), width(plugin));
    let levels = levels(dag);
    let digits = levels.len().to_string().len();
    for (level, tasks) in levels.iter().enumerate() {
        for ix in tasks {
            let Some(task) = dag.task(*ix) else { continue };
            let id = task.id.as_str();
            let line =
                format!("{:>digits$}  {id:ids$}  {:plugins$}  {}", level + 1, plugin(task), after(dag, *ix, task));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    for line in beside(dag) {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// What belongs to the DAG besides its tasks: its deadline, what is granted, what is started when something happened.
fn beside(dag: &Dag) -> Vec<String> {
    let deadline = dag
        .settings
        .deadline
        .map(|deadline| format!("deadline: {} after {}", show_duration(deadline.of), deadline.after.as_str()));
    let of = |callback: &Dag| callback.tasks.iter().map(plugin).collect::<String>();
    let own = dag.callbacks.of_the_run().map(|(kind, callback)| format!("{kind} of the run: {}", of(callback)));
    let mut shared: BTreeMap<(CallbackKind, String), Vec<&str>> = BTreeMap::new();
    for (ix, kind, callback) in dag.callbacks.of_tasks() {
        shared.entry((kind, of(callback))).or_default().extend(dag.task(ix).map(|task| task.id.as_str()));
    }
    let tasks = shared.iter().map(|((kind, plugin), tasks)| format!("{kind} of {}: {plugin}", some(tasks)));
    let mounts = dag.with_callbacks().flat_map(|task| {
        task.terms.grants.mounts.iter().map(move |mount| {
            let host = mount.host.display().to_string();
            let (host, guest) = (printable(&host), printable(&mount.guest));
            format!("{} mounts {host} at {guest}, {}", task.id, mount.mode.as_str())
        })
    });
    let env = dag.with_callbacks().filter(|task| !task.terms.grants.env.is_empty()).map(|task| {
        let names: Vec<_> = task.terms.grants.env.keys().map(|name| printable(name)).collect();
        format!("{} is given {}", task.id, names.join(", "))
    });
    let http = dag.with_callbacks().flat_map(|task| {
        task.terms.grants.http.iter().map(move |grant| {
            let methods =
                grant.methods.as_ref().map_or_else(String::new, |methods| format!(" ({})", methods.join(", ")));
            format!("{} may send requests to {}{methods}", task.id, grant.to)
        })
    });
    let secrets = dag.with_callbacks().flat_map(|task| {
        task.terms.grants.secrets.iter().map(move |secret| {
            let to: Vec<String> = secret.to.iter().map(ToString::to_string).collect();
            format!(
                "{} may use the secret {} in {} to {}",
                task.id,
                secret.name,
                secret.headers.join(", "),
                to.join(", ")
            )
        })
    });
    let grants: BTreeSet<String> = mounts.chain(env).chain(http).chain(secrets).collect();
    deadline.into_iter().chain(grants).chain(own).chain(tasks).collect()
}

/// The first few of these ids, and how many more there are.
fn some(ids: &[&str]) -> String {
    let more = ids.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<&str> = ids.iter().take(NAMED_MAX).copied().collect();
    format!("{}{more}", named.join(", "))
}

/// A graph for Graphviz' `dot`. Edges that carry data are labelled with it, those that only order are dashed.
pub fn dot(dag: &Dag) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n", quoted(dag.id.as_str()));
    for task in &dag.tasks {
        let label = format!("{}\n{}", task.id, plugin(task));
        let _ = writeln!(out, "  {} [label={}];", quoted(task.id.as_str()), quoted(&label));
    }
    for (task, upstream) in dag.tasks.iter().zip(dag.edges.upstream.iter()) {
        let data = data(task);
        for up in upstream {
            let Some(upstream) = dag.task(*up) else { continue };
            let attributes = match data.get(up) {
                Some(names) => format!("label={}", quoted(&names.iter().cloned().collect::<Vec<_>>().join(", "))),
                None => "style=dashed".to_owned(),
            };
            let (up, down) = (quoted(upstream.id.as_str()), quoted(task.id.as_str()));
            let _ = writeln!(out, "  {up} -> {down} [{attributes}];");
        }
    }
    out.push_str("}\n");
    out
}

/// Its name is a stranger's word.
fn plugin(task: &Task) -> String {
    format!("{}@{}", printable(&task.terms.plugin.descriptor.name), task.terms.plugin.descriptor.version)
}

fn after(dag: &Dag, ix: TaskIx, task: &Task) -> String {
    let upstream = dag.edges.upstream.of(ix);
    let mut words = Vec::new();
    if !upstream.is_empty() {
        let ids: Vec<&str> = upstream.iter().filter_map(|up| dag.task(*up)).map(|task| task.id.as_str()).collect();
        words.push(format!("after {}", some(&ids)));
    }
    if task.terms.trigger_rule != TriggerRule::default() {
        words.push(rule(task.terms.trigger_rule));
    }
    words.join("; ")
}

/// A trigger rule as it is written.
fn rule(rule: TriggerRule) -> String {
    serde_json::to_value(rule).ok().and_then(|rule| rule.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What a task is given by each upstream: the output's name.
fn data(task: &Task) -> BTreeMap<TaskIx, BTreeSet<String>> {
    let mut data: BTreeMap<TaskIx, BTreeSet<String>> = BTreeMap::new();
    for wire in task.wires() {
        match wire {
            Wire::File { .. } => {}
            Wire::Port { task, port, .. } => {
                data.entry(*task).or_default().insert(port.to_string());
            }
            Wire::Value { task } => {
                data.entry(*task).or_default().insert("value".to_owned());
            }
        }
    }
    for up in &task.template_values {
        data.entry(*up).or_default().insert("value".to_owned());
    }
    data
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
