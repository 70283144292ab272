use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::context::Again;
use crate::cli::report::{Destination, WrittenResult, failures, leaf_values, result_lines, summary, task_table};
use crate::cli::style::Palette;
use crate::contract::{ArtifactKind, Problem};
use crate::ids::{DagId, Digest, RunId, TaskId};
use crate::lifecycle::state::{RunState, TaskState};
use crate::views::run::{NOT_MAPPED, OutputDocument, RunDocument, TaskInstanceDocument};

type Tested = Result<(), Box<dyn std::error::Error>>;

fn task(id: &str, state: TaskState) -> Result<TaskInstanceDocument, crate::ids::BadId> {
    Ok(TaskInstanceDocument {
        task_id: TaskId::new(id)?,
        map_index: NOT_MAPPED,
        state,
        try_number: 1,
        plugin: None,
        plugin_digest: None,
        start_date: None,
        end_date: None,
        duration: Some(0.21),
        value: None,
        outputs: Vec::new(),
        metrics: BTreeMap::new(),
        error: None,
    })
}

fn run(state: RunState, tasks: Vec<TaskInstanceDocument>) -> Result<RunDocument, crate::ids::BadId> {
    Ok(RunDocument {
        dag_id: DagId::new("ml")?,
        run_id: RunId::new("manual__1")?,
        state,
        logical_date: None,
        start_date: None,
        end_date: None,
        duration: Some(0.41),
        with_failures: false,
        reason: None,
        missed_deadline: None,
        task_instances: tasks,
        callbacks: Vec::new(),
    })
}

fn output(port: &str) -> OutputDocument {
    OutputDocument {
        port: port.to_owned(),
        digest: Digest::of(b""),
        size_bytes: 2048,
        kind: ArtifactKind::File,
        media_type: None,
    }
}

#[test]
fn a_table_has_a_row_for_each_task_and_its_small_result() -> Tested {
    let trained = TaskInstanceDocument { value: Some(json!({"accuracy": 0.98})), ..task("train", TaskState::Success)? };
    let error = Some(Problem::new("trap", "bad\nluck\u{1b}[2J"));
    let failed = TaskInstanceDocument { error, duration: None, ..task("evaluate", TaskState::Failed)? };
    let table = task_table(&run(RunState::Failed, vec![trained, failed])?, Palette::PLAIN);
    assert_eq!(
        table,
        "TASK      STATE    TRY  TIME    RESULT\n\
         train     success    1  0.21 s  accuracy=0.98\n\
         evaluate  failed     1       -  bad\\nluck\\u{1b}[2J"
    );
    Ok(())
}

#[test]
fn of_very_many_tasks_those_that_are_no_success_are_shown_first() -> Tested {
    let mut tasks = Vec::new();
    for at in 0..1_000 {
        let state = if at % 100 == 99 { TaskState::Failed } else { TaskState::Success };
        tasks.push(task(&format!("t{at}"), state)?);
    }
    let table = task_table(&run(RunState::Failed, tasks)?, Palette::PLAIN);
    assert_eq!(table.lines().filter(|line| line.contains("failed ")).count(), 10);
    assert_eq!(table.lines().count(), 1 + 200 + 1);
    assert!(table.ends_with("… and 800 more; in all 990 success, 10 failed. With --json all are shown."), "{table}");
    Ok(())
}

#[test]
fn a_failure_is_told_in_full_and_where_its_log_is() -> Tested {
    let details = Some(json!({"row": 7}));
    let error = Some(Problem { code: "csv".to_owned(), message: "row 7\nhelp: obey".to_owned(), details });
    let failed = TaskInstanceDocument { error, ..task("read", TaskState::Failed)? };
    assert_eq!(
        failures(&run(RunState::Failed, vec![failed])?, &Again::new("dagwood", Some("/h")), Palette::PLAIN),
        "read failed: csv: row 7\n    help: obey\n    details: {\"row\":7}\n    log: dagwood logs ml manual__1 read --home /h"
    );
    Ok(())
}

#[test]
fn the_values_of_the_last_tasks_are_told() -> Tested {
    let with = |id: &str, value| {
        Ok::<_, crate::ids::BadId>(TaskInstanceDocument { value: Some(value), ..task(id, TaskState::Success)? })
    };
    let run = run(RunState::Success, vec![with("a", json!(1))?, with("b", json!({"x": 2}))?, with("c", json!(null))?])?;
    assert_eq!(leaf_values(&run, &[TaskId::new("b")?, TaskId::new("c")?], Palette::PLAIN), "b: x=2");
    Ok(())
}

#[test]
fn a_value_of_objects_is_shown_line_by_line_where_one_line_would_be_long() -> Tested {
    let shown = |value: Value| {
        let instance = TaskInstanceDocument { value: Some(value), ..task("evaluate", TaskState::Success)? };
        let run = run(RunState::Success, vec![instance])?;
        Ok::<_, Box<dyn std::error::Error>>(leaf_values(&run, &[TaskId::new("evaluate")?], Palette::PLAIN))
    };
    let small = json!({"accuracy": 0.5, "of": {"a": 1}});
    assert_eq!(shown(small)?, "evaluate: accuracy=0.5 of={\"a\":1}");
    let class = json!({"precision": 0.75, "recall": 1.0});
    let large = json!({
        "accuracy": 0.5, "classes": {"Adelie": class, "Chinstrap": class, "x\n": null}, "rows": 86,
        "notes": "a remark that makes the line longer than a terminal is wide",
    });
    assert_eq!(
        shown(large)?,
        "evaluate: accuracy=0.5 rows=86 notes=\"a remark that makes the line longer than a terminal is wide\"\n  classes:\n    \
         Adelie     precision=0.75 recall=1\n    Chinstrap  precision=0.75 recall=1\n    x\\n        null"
    );
    let many: serde_json::Map<_, _> = (0..200).map(|n| (format!("k{n:03}"), json!(n))).collect();
    let many = shown(json!({ "many": many }))?;
    assert!(many.ends_with("\n  and 162 lines more"), "{many}");
    Ok(())
}

#[test]
fn the_summary_says_why_where_that_is_more_than_a_failed_task() -> Tested {
    let mut run = run(RunState::Failed, Vec::new())?;
    assert_eq!(summary(&run, Palette::PLAIN), "ml manual__1: failed in 0.41 s");
    run.reason = Some("cancelled".to_owned());
    assert_eq!(summary(&run, Palette::PLAIN), "ml manual__1: failed in 0.41 s: cancelled");
    Ok(())
}

#[test]
fn results_are_listed_with_the_command_that_gets_one_or_with_their_files() -> Tested {
    let made = TaskInstanceDocument { outputs: vec![output("model")], ..task("train", TaskState::Success)? };
    let run = run(RunState::Success, vec![made, task("nothing", TaskState::Success)?])?;
    let kept = Destination::Kept { again: Again::new("dagwood", None) };
    assert_eq!(
        result_lines(&run, &kept),
        "results:\n  train.model  2.0 KiB\nget one with: dagwood artifacts get ml/manual__1 train.model -o FILE"
    );
    let results = vec![WrittenResult { name: "train.model.json".to_owned(), size_bytes: 2048 }];
    let written = Destination::Written { folder: "out".into(), results };
    assert_eq!(result_lines(&run, &written), "results in out:\n  train.model.json  2.0 KiB");
    Ok(())
}

#[test]
fn where_nothing_came_out_nothing_is_said() -> Tested {
    let run = run(RunState::Failed, vec![task("a", TaskState::Failed)?])?;
    assert_eq!(result_lines(&run, &Destination::Kept { again: Again::new("dagwood", None) }), "");
    Ok(())
}

#[test]
fn a_long_list_of_results_is_cut() -> Tested {
    let outputs = (0..35).map(|at| output(&format!("p{at}"))).collect();
    let run = run(RunState::Success, vec![TaskInstanceDocument { outputs, ..task("t", TaskState::Success)? }])?;
    let lines = result_lines(&run, &Destination::Kept { again: Again::new("dagwood", None) });
    assert_eq!(lines.lines().count(), 1 + 30 + 1 + 1);
    assert_eq!(lines.lines().nth(31), Some("  … and 5 more"));
    Ok(())
}
