use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use crate::cli::progress::{RunProgress, said};
use crate::cli::style::Tone;
use crate::contract::{Invocation, Problem};
use crate::ids::{InstanceKey, RunKey, TaskId, TaskIx};
use crate::lifecycle::change::{Success, TaskChange, TaskResult, TaskStep};
use crate::lifecycle::launch::Usage;
use crate::lifecycle::state::TaskState;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// A change `ms` milliseconds after the beginning.
fn change(ms: i64, step: TaskStep) -> Result<TaskChange, jiff::Error> {
    Ok(TaskChange {
        instance: InstanceKey { run: RunKey(1), task: TaskIx(0) },
        expect: TaskState::None,
        expect_start: 0,
        at: Timestamp::from_millisecond(ms)?,
        step,
    })
}

fn start() -> TaskStep {
    let invocation = Invocation { params: json!({}), inputs: Vec::new(), values: Vec::new(), seed: 0, resume: None };
    TaskStep::Start { invocation: Arc::new(invocation), start_number: 1 }
}

fn succeed() -> TaskStep {
    let result = TaskResult { value: json!(null), chosen: None, outputs: Vec::new() }.shared();
    TaskStep::Succeed(Arc::new(Success { result, metrics: Vec::new(), usage: Usage::default() }))
}

fn retry(due: i64, message: &str) -> Result<TaskStep, jiff::Error> {
    let due = Timestamp::from_millisecond(due)?;
    Ok(TaskStep::RetryLater { problem: Problem::new("x", message), due, usage: Usage::default() })
}

#[test]
fn a_life_is_told_with_times_and_tries() -> Tested {
    let task = TaskId::new("train")?;
    let mut run = RunProgress::default();
    run.begin(2);
    let mut tell = |ms, step| -> Result<Option<String>, jiff::Error> {
        Ok(run.change(&task, &change(ms, step)?).map(|said| said.words))
    };
    assert_eq!(tell(0, TaskStep::Schedule { try_number: 1 })?, None);
    assert_eq!(tell(0, TaskStep::Queue)?, None);
    assert_eq!(tell(10, start())?.as_deref(), Some("running"));
    assert_eq!(tell(20, retry(5_020, "no luck")?)?.as_deref(), Some("up_for_retry, next try in 5.00 s: no luck"));
    assert_eq!(tell(5_020, TaskStep::Schedule { try_number: 2 })?, None);
    assert_eq!(tell(5_030, start())?.as_deref(), Some("running, try 2"));
    assert_eq!(tell(5_450, succeed())?.as_deref(), Some("success in 0.42 s"));
    assert_eq!((run.finished(), run.running().len()), ((1, 2), 0));
    Ok(())
}

#[test]
fn a_sensor_is_told_when_it_begins_to_wait_and_when_it_ends() -> Tested {
    let task = TaskId::new("sensor")?;
    let mut run = RunProgress::default();
    run.begin(1);
    let mut told = Vec::new();
    for at in 0..5 {
        let (first_at, due) = (Timestamp::UNIX_EPOCH, Timestamp::from_millisecond(at * 100 + 250)?);
        let again = TaskStep::Reschedule { due, state: None, first_at };
        for step in [TaskStep::Schedule { try_number: 1 }, TaskStep::Queue, start(), again] {
            told.extend(run.change(&task, &change(at * 100 + 50, step)?).map(|said| said.words));
        }
    }
    told.extend(run.change(&task, &change(500, succeed())?).map(|said| said.words));
    assert_eq!(told, ["running", "up_for_reschedule, next time in 0.20 s", "success"]);
    Ok(())
}

#[test]
fn what_goes_on_again_counts_what_was_cleared() -> Tested {
    let (a, b) = (TaskId::new("a")?, TaskId::new("b")?);
    let mut run = RunProgress::default();
    run.begin(10);
    for task in [&a, &b] {
        run.change(task, &change(0, TaskStep::Clear { max_tries: 2, clears: 1 })?);
    }
    run.change(&a, &change(1, start())?);
    run.change(&a, &change(2, succeed())?);
    assert_eq!(run.finished(), (1, 2));
    Ok(())
}

#[test]
fn what_a_task_says_is_made_harmless_and_dropped_with_its_try() -> Tested {
    let task = TaskId::new("train")?;
    let mut run = RunProgress::default();
    run.begin(1);
    assert!(!run.progress(&task, 1, None, "too early"));
    run.change(&task, &change(0, start())?);
    assert!(run.progress(&task, 3, Some(10), "\u{1b}[2Jepoch\n3"));
    let running = run.running().first().map(|running| (running.done, running.message.clone()));
    assert_eq!(running, Some((Some((3, Some(10))), "\\u{1b}[2Jepoch\\n3".to_owned())));
    run.change(&task, &change(1, retry(2, "x")?)?);
    run.change(&task, &change(2, start())?);
    assert_eq!(run.running().first().and_then(|running| running.done), None);
    Ok(())
}

#[test]
fn a_problem_is_one_line_whatever_it_holds() -> Tested {
    let fail = TaskStep::Fail { problem: Problem::new("x", "a\nerror: b\u{7}"), usage: None };
    let told = said(&change(0, fail)?, None, 1);
    assert_eq!(told.as_ref().map(|said| said.words.as_str()), Some("failed: a\\nerror: b\\u{7}"));
    assert_eq!(told.map(|said| (said.tone, said.is_trouble)), Some((Tone::Bad, true)));
    Ok(())
}
