//! A run's document as text.

use comfy_table::Cell;

use crate::cli::context::Again;
use crate::cli::report::results::Destination;
use crate::cli::style::{Palette, Tone};
use crate::cli::table::{self, cell, right, toned};
use crate::contract::Problem;
use crate::ids::TaskId;
use crate::lifecycle::state::TaskState;
use crate::text;
use crate::views::human;
use crate::views::run::{CallbackDocument, RunDocument, TaskInstanceDocument};

/// Instances in a table at most. Beyond it, those that are a success are left out first.
const ROWS_MAX: usize = 200;
/// The value in a table's row.
const CELL_VALUE_MAX_CHARS: usize = 60;
/// The value of a task that nothing comes after.
const LEAF_VALUE_MAX_CHARS: usize = 2_000;
/// Results that are listed one by one.
const RESULTS_MAX: usize = 30;

/// The instances as a table.
pub fn task_table(run: &RunDocument, colours: Palette) -> String {
    let shown = shown(&run.task_instances);
    let left_out = run.task_instances.len() - shown.len();
    let mut text = table::render(&["task", "state", "try", "time", "result"], shown.into_iter().map(row), colours);
    if left_out > 0 {
        let counts: Vec<_> = run.state_counts().iter().map(|(state, count)| format!("{count} {state}")).collect();
        text.push_str(&format!("\n… and {left_out} more; in all {}. With --json all are shown.", counts.join(", ")));
    }
    text
}

/// What was started since something happened, as a table; nothing, if nothing was.
pub fn callback_table(run: &RunDocument, colours: Palette) -> String {
    if run.callbacks.is_empty() {
        return String::new();
    }
    let row = |callback: &CallbackDocument| {
        let task = callback.task_id.as_ref().map_or("-", |task| task.as_str());
        let state = match callback.state {
            Some(state) => toned(state.as_str(), Tone::of_run(state, false)),
            None => cell("-"),
        };
        let run_or_why = match (&callback.run_id, &callback.error) {
            (Some(run), _) => run.to_string(),
            (None, Some(why)) => text::short_line(why, CELL_VALUE_MAX_CHARS),
            (None, None) => "waits for a server".to_owned(),
        };
        vec![cell(callback.kind), cell(task), state, cell(run_or_why)]
    };
    table::render(&["callback", "of task", "state", "its run"], run.callbacks.iter().map(row), colours)
}

/// All, or those that are worth a look before the others; in the order of the DAG file.
fn shown(instances: &[TaskInstanceDocument]) -> Vec<&TaskInstanceDocument> {
    if instances.len() <= ROWS_MAX {
        return instances.iter().collect();
    }
    let notable = instances.iter().filter(|instance| instance.state != TaskState::Success).count();
    let mut room_for_successes = ROWS_MAX.saturating_sub(notable);
    let fits = |instance: &&TaskInstanceDocument| {
        let is_success = instance.state == TaskState::Success;
        let fits = !is_success || room_for_successes > 0;
        room_for_successes -= usize::from(is_success && fits);
        fits
    };
    instances.iter().filter(fits).take(ROWS_MAX).collect()
}

fn row(instance: &TaskInstanceDocument) -> Vec<Cell> {
    let tone = Tone::of_task(instance.state);
    let result = match (&instance.error, &instance.value) {
        (Some(problem), _) => text::short_line(&problem.message, CELL_VALUE_MAX_CHARS),
        (None, Some(value)) => human::value(value, CELL_VALUE_MAX_CHARS),
        (None, None) => String::new(),
    };
    vec![
        cell(instance.task_id.as_str()),
        toned(instance.state.as_str(), tone),
        right(instance.try_number.to_string()),
        right(human::duration_or_dash(instance.duration)),
        cell(result),
    ]
}

/// Each failed instance with the whole of its problem, and where its log is.
pub fn failures(run: &RunDocument, again: &Again, colours: Palette) -> String {
    let failed = run.task_instances.iter().filter(|instance| instance.state == TaskState::Failed).take(ROWS_MAX);
    let words = failed.filter_map(|instance| {
        let problem = failure(instance.task_id.as_str(), instance.error.as_ref()?, colours);
        let log = again.command(&format!("logs {} {} {}", run.dag_id, run.run_id, instance.task_id));
        Some(format!("{problem}\n    log: {log}"))
    });
    words.collect::<Vec<_>>().join("\n")
}

fn failure(task: &str, problem: &Problem, colours: Palette) -> String {
    let failed = colours.paint(Tone::Bad, &format!("{task} failed:"));
    let details = problem.details.as_ref().map(|details| text::short_line(&details.to_string(), LEAF_VALUE_MAX_CHARS));
    let details = details.map(|details| format!("\n    details: {details}")).unwrap_or_default();
    format!("{failed} {}: {}{details}", text::one_line(&problem.code), indented(&problem.message))
}

/// A guest's lines, none of which can be taken for one of the host's.
fn indented(words: &str) -> String {
    text::lines(words.trim_end()).replace('\n', "\n    ")
}

/// The values of tasks that nothing comes after.
pub fn leaf_values(run: &RunDocument, leaves: &[TaskId], colours: Palette) -> String {
    let is_leaf = |instance: &&TaskInstanceDocument| leaves.contains(&instance.task_id);
    let lines = run.task_instances.iter().filter(is_leaf).take(ROWS_MAX).filter_map(|instance| {
        let value = human::block(instance.value.as_ref()?, LEAF_VALUE_MAX_CHARS);
        let task = colours.paint(Tone::Strong, instance.task_id.as_str());
        let space = if value.starts_with('\n') { "" } else { " " };
        (!value.is_empty()).then(|| format!("{task}:{space}{value}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// One line: which run, how it ended, how long it took; and why, where that is more than a failed task.
pub fn summary(run: &RunDocument, colours: Palette) -> String {
    let state = human::run_state(run.state, run.with_failures);
    let state = colours.paint(Tone::of_run(run.state, run.with_failures), &state);
    let took = run.duration.map(|seconds| format!(" in {}", human::duration(seconds))).unwrap_or_default();
    let why = run.reason.as_deref().map(|reason| format!(": {}", indented(reason))).unwrap_or_default();
    format!("{} {}: {state}{took}{why}", run.dag_id, run.run_id)
}

/// What came out of a run, and where it is.
pub fn result_lines(run: &RunDocument, destination: &Destination) -> String {
    let outputs: Vec<_> =
        run.task_instances.iter().flat_map(|task| task.outputs.iter().map(|output| (&task.task_id, output))).collect();
    let Some((first_task, first)) = outputs.last() else { return String::new() };
    let mut lines = Vec::new();
    match destination {
        Destination::Written { folder, results } => {
            lines.push(format!("results in {}:", text::one_line(&folder.display().to_string())));
            let listed = results.iter().take(RESULTS_MAX);
            lines.extend(listed.map(|result| format!("  {}  {}", result.name, human::size(result.size_bytes))));
        }
        Destination::Kept { again } => {
            lines.push("results:".to_owned());
            let listed = outputs.iter().take(RESULTS_MAX);
            lines.extend(listed.map(|(task, output)| {
                format!("  {task}.{}  {}", text::one_line(&output.port), human::size(output.size_bytes))
            }));
            let (dag, run_id, port) = (&run.dag_id, &run.run_id, text::one_line(&first.port));
            let get = again.command(&format!("artifacts get {dag}/{run_id} {first_task}.{port} -o FILE"));
            lines.push(format!("get one with: {get}"));
        }
    }
    if outputs.len() > RESULTS_MAX {
        lines.insert(1 + RESULTS_MAX, format!("  … and {} more", outputs.len() - RESULTS_MAX));
    }
    lines.join("\n")
}
