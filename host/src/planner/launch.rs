//! Everything that a try is given: decided here, before anything runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::contract::{Input, Invocation, NamedValue, Problem};
use crate::dag::model::{ResolvedPlugin, Task, Wire, file_input};
use crate::dag::template::TemplateContext;
use crate::ids::{DagId, PortName, RunId, TaskId, TaskIx};
use crate::lifecycle::change::TaskResult;
use crate::lifecycle::launch::Launch;
use crate::lifecycle::retry::Jitter;
use crate::lifecycle::state::TaskState;
use crate::planner::run::Run;

/// Holds rendered params against a plugin's schema; the problem names what does not fit.
pub type ParamsCheck = Arc<dyn Fn(&ResolvedPlugin, &Value) -> Result<(), Problem> + Send + Sync>;

/// The value that tells a callback what happened.
const EVENT: &str = "event";

/// Stands for "not mapped" where a map index is hashed.
const NOT_MAPPED: i64 = -1;

/// Why a try cannot be decided.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lack {
    /// What it needs may still come.
    NotYet,
    /// What it needs cannot come any more.
    NeverComes(Problem),
    /// It could never be launched.
    Broken(Problem),
}

/// Decides what the next try of `ix` is given.
pub(super) fn invocation(run: &Run, ix: TaskIx, check: &ParamsCheck) -> Result<Invocation, Lack> {
    required_data(run, ix)?;
    let (Some(task), Some(node)) = (run.dag.task(ix), run.node(ix)) else {
        return Err(Lack::Broken(Problem::new("unknown-task", "the DAG has no such task")));
    };
    let params = params(run, ix, task, check).map_err(Lack::Broken)?;
    let (inputs, values) = inputs(run, task).map_err(Lack::Broken)?;
    let seed = task.terms.seed.unwrap_or_else(|| seed(&run.dag.id, &task.id));
    let resume = node.inst.again.as_ref().and_then(|again| again.state.clone());
    Ok(Invocation { params, inputs, values, seed, resume })
}

/// Whether all that the task cannot do without is there.
pub(super) fn required_data(run: &Run, ix: TaskIx) -> Result<(), Lack> {
    let Some(task) = run.dag.task(ix) else { return Ok(()) };
    if run.node(ix).is_some_and(|node| node.open_required > 0) {
        return Err(Lack::NotYet);
    }
    for (name, wire) in &task.inputs {
        if let Wire::Port { task: producer, port, required: true } = wire {
            required_port(run, name, *producer, port).map_err(Lack::NeverComes)?;
        }
    }
    for producer in &task.template_values {
        required_value(run, *producer).map_err(Lack::NeverComes)?;
    }
    Ok(())
}

fn required_port(run: &Run, name: &PortName, producer: TaskIx, port: &PortName) -> Result<(), Problem> {
    let id = run.dag.task(producer).map_or("?", |task| task.id.as_str());
    let published = result_of(run, producer).map(|result| output(result, port).is_some());
    let why = match (published, run.state_of(producer)) {
        (Some(true), _) => return Ok(()),
        (Some(false), _) | (None, Some(TaskState::Success)) => format!("`{id}` published nothing there"),
        (None, Some(state)) => format!("`{id}` is {state}"),
        (None, None) => format!("there is no `{id}`"),
    };
    Err(Problem::new("missing-input", format!("input `{name}` needs `{id}.{port}`, but {why}")))
}

fn required_value(run: &Run, producer: TaskIx) -> Result<(), Problem> {
    if result_of(run, producer).is_some() {
        return Ok(());
    }
    let id = run.dag.task(producer).map_or("?", |task| task.id.as_str());
    let why = match run.state_of(producer) {
        Some(TaskState::Success) => format!("`{id}` left none"),
        Some(state) => format!("`{id}` is {state}"),
        None => format!("there is no `{id}`"),
    };
    Err(Problem::new("missing-value", format!("its params need `values.{id}`, but {why}")))
}

/// What `task` left, if it succeeded.
fn result_of(run: &Run, task: TaskIx) -> Option<&TaskResult> {
    let inst = &run.node(task)?.inst;
    if inst.state == TaskState::Success { inst.result.as_deref() } else { None }
}

fn output(result: &TaskResult, port: &PortName) -> Option<Input> {
    let output = result.outputs.iter().find(|output| output.port == port.as_str())?;
    Some(Input { port: String::new(), artifact: output.artifact, media_type: output.media_type.clone() })
}

/// Renders the params, and holds them against the plugin's schema if there was anything to render.
pub(super) fn params(run: &Run, ix: TaskIx, task: &Task, check: &ParamsCheck) -> Result<Value, Problem> {
    debug_assert_eq!(run.dag.task(ix).map(|task| &task.id), Some(&task.id), "the task is the one at this place");
    let logical_date = run.dates.logical_date.unwrap_or(run.dates.run_after);
    let values: BTreeMap<String, Value> = task
        .template_values
        .iter()
        .filter_map(|producer| {
            let id = run.dag.task(*producer)?.id.to_string();
            Some((id, result_of(run, *producer)?.value.clone()))
        })
        .collect();
    let params = task.params.render(&TemplateContext {
        dag_id: run.dag.id.as_str(),
        task_id: task.id.as_str(),
        run_id: run.run_id.as_str(),
        logical_date,
        data_interval: run.dates.data_interval.unwrap_or((logical_date, logical_date)),
        params: &run.inputs.params,
        values: &values,
        event: run.inputs.event.as_ref(),
    })?;
    if !task.params.is_plain() {
        check(&task.terms.plugin, &params)?;
    }
    Ok(params)
}

/// Files and values, in the order of their names; those whose producer did not succeed are absent.
fn inputs(run: &Run, task: &Task) -> Result<(Vec<Input>, Vec<NamedValue>), Problem> {
    let (mut files, mut values) = (Vec::new(), Vec::new());
    for (name, wire) in &task.inputs {
        match wire {
            Wire::File { path } => {
                let artifact = run.inputs.files.get(path).copied().ok_or_else(|| {
                    let why =
                        run.inputs.missing.get(path).map_or("it was not kept when the run was made", String::as_str);
                    let message = format!("input `{name}`: `{}` is not there: {why}", path.display());
                    Problem::new("missing-file", message)
                })?;
                files.push(file_input(name, artifact));
            }
            Wire::Port { task, port, required: _ } => {
                let input = result_of(run, *task).and_then(|result| output(result, port));
                files.extend(input.map(|input| Input { port: name.to_string(), ..input }));
            }
            Wire::Value { task } => {
                let value = result_of(run, *task).map(|result| result.value.clone());
                values.extend(value.map(|value| NamedValue { name: name.to_string(), value }));
            }
        }
    }
    // A callback has no other values.
    values.extend(run.inputs.event.clone().map(|value| NamedValue { name: EVENT.to_owned(), value }));
    Ok((files, values))
}

/// The launch of a try that was just started. `None`: there is no such task.
pub(super) fn launch(run: &Run, ix: TaskIx, invocation: &Invocation) -> Option<Launch> {
    let (task, node) = (run.dag.task(ix)?, run.node(ix)?);
    Some(Launch {
        attempt: run.attempt(ix)?,
        dag_id: run.dag.id.clone(),
        run_id: run.run_id.clone(),
        task_id: task.id.clone(),
        max_tries: node.inst.max_tries,
        idempotency_key: idempotency_key(&run.dag.id, &run.run_id, &task.id, node.inst.clears),
        dates: run.dates.clone(),
        component: task.terms.plugin.digest,
        descriptor: Arc::clone(&task.terms.plugin.descriptor),
        invocation: invocation.clone(),
        limits: task.terms.limits.clone(),
        grants: task.terms.grants.clone(),
        pure: task.terms.deterministic,
    })
}

/// The seed of a task: the first 8 bytes, little-endian, of BLAKE3 over the DAG's id and the task's id, each as its
/// length in bytes (8 bytes, little-endian) and its UTF-8, then the map index (8 bytes, little-endian; -1: not mapped).
pub fn seed(dag: &DagId, task: &TaskId) -> u64 {
    let mut hasher = blake3::Hasher::new();
    prefixed(&mut hasher, dag.as_str());
    prefixed(&mut hasher, task.as_str());
    hasher.update(&NOT_MAPPED.to_le_bytes());
    first_u64(&hasher)
}

/// The key that is the same for all tries of an instance, and another after each clear: 64 hex digits of BLAKE3, in the
/// mode for derived keys, over DAG, run and task as in [`seed`], the map index, and the number of clears (4 bytes).
pub fn idempotency_key(dag: &DagId, run: &RunId, task: &TaskId, clears: u32) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("dagwood idempotency key v1");
    prefixed(&mut hasher, dag.as_str());
    prefixed(&mut hasher, run.as_str());
    prefixed(&mut hasher, task.as_str());
    hasher.update(&NOT_MAPPED.to_le_bytes());
    hasher.update(&clears.to_le_bytes());
    hasher.finalize().to_hex().to_string()
}

/// Spreads the retries of many instances; the same for the same try.
pub(super) fn jitter(run: &Run, ix: TaskIx) -> Jitter {
    let (Some(task), Some(node)) = (run.dag.task(ix), run.node(ix)) else { return Jitter::default() };
    let mut hasher = blake3::Hasher::new_derive_key("dagwood retry jitter v1");
    prefixed(&mut hasher, run.dag.id.as_str());
    prefixed(&mut hasher, run.run_id.as_str());
    prefixed(&mut hasher, task.id.as_str());
    hasher.update(&node.inst.try_number.to_le_bytes());
    let high = first_u64(&hasher) >> u32::BITS;
    Jitter(u32::try_from(high).unwrap_or(0))
}

fn prefixed(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn first_u64(hasher: &blake3::Hasher) -> u64 {
    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
