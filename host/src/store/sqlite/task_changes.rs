//! The named transitions of a task instance, each one conditional update.

use rusqlite::{ToSql, Transaction};

use crate::contract::Problem;
use crate::lifecycle::change::{Success, TaskChange, TaskStep};
use crate::lifecycle::state::TaskState;
use crate::store::Verdict;

use super::codec::{json, micros, opt_json};

/// A statement that makes these assignments if the row is as expected. They may use `:at`.
macro_rules! update {
    ($($set:expr),+) => {
        concat!(
            "UPDATE task_instance SET ",
            $($set,)+
            " WHERE run_key = :run AND task = :task AND state = :expect AND start_number = :start"
        )
    };
}

/// What a start writes. A try that answered `again` goes on: it keeps its first start.
macro_rules! running {
    () => {
        "state = 'running', start_number = :number, invocation = :invocation, end_date = NULL,
         start_date = iif(rescheduled_at IS NULL, :at, coalesce(start_date, :at))"
    };
}

/// What a new try does not inherit.
macro_rules! blank {
    () => {
        "queued_at = NULL, start_date = NULL, end_date = NULL, due = NULL, invocation = NULL, value = NULL,
         chosen = NULL, outputs = NULL, metrics = NULL, usage = NULL, problem = NULL, clearing = 0"
    };
}

/// What a task that answered `again` left for its next start.
macro_rules! no_resume {
    () => {
        "resume = NULL, rescheduled_at = NULL"
    };
}

/// Makes one change if the row is as it expects.
pub(super) fn apply(tx: &Transaction<'_>, change: &TaskChange) -> rusqlite::Result<Verdict> {
    let row = ConditionalRow { tx, change };
    match &change.step {
        TaskStep::Schedule { try_number } => row.schedule(*try_number),
        TaskStep::Queue => row.update(update!("state = 'queued', queued_at = :at"), &[]),
        TaskStep::Start { invocation, start_number } => row.update(
            update!(running!()),
            &[(":number", start_number), (":invocation", &json(invocation.as_ref())?)],
        ),
        TaskStep::Succeed(success) => row.succeed(success),
        TaskStep::Skip { cause, reason } => {
            row.end(TaskState::Skipped, &Problem::new(cause.code(), reason.as_str()), None)
        }
        TaskStep::FailUpstream { problem } => row.end(TaskState::UpstreamFailed, problem, None),
        TaskStep::Fail { problem, usage } => row.end(TaskState::Failed, problem, opt_json(usage.as_ref())?),
        TaskStep::RetryLater { problem, due, usage } => row.update(
            update!(
                "state = 'up_for_retry', clearing = 0, end_date = :at, due = :due, problem = :problem, usage = :usage, ",
                no_resume!()
            ),
            &[(":due", &micros(*due)), (":problem", &json(problem)?), (":usage", &json(usage)?)],
        ),
        TaskStep::Reschedule { due, state, first_at } => row.update(
            update!(
                "state = 'up_for_reschedule', clearing = 0, end_date = :at, due = :due, resume = :resume,
                 rescheduled_at = :first"
            ),
            &[(":due", &micros(*due)), (":resume", &opt_json(state.as_ref())?), (":first", &micros(*first_at))],
        ),
        TaskStep::LoseHost { lost_hosts, try_number, max_tries } => {
            row.reschedule_elsewhere(*try_number, *max_tries, Some(*lost_hosts))
        }
        TaskStep::HandBack { try_number, max_tries } => row.reschedule_elsewhere(*try_number, *max_tries, None),
        TaskStep::ClearLater => row.update(update!("clearing = 1"), &[]),
        TaskStep::Clear { max_tries, clears } => row.clear(*max_tries, *clears),
        TaskStep::Mark { state, reason } => row.mark(*state, &Problem::new("marked", reason.as_str())),
        TaskStep::Remove => {
            row.forget_result()?;
            row.end(TaskState::Removed, &Problem::new("removed", "the DAG has no such task any more"), None)
        }
    }
}

/// Makes two changes by one statement, if they are a queueing and the start right after it, as nearly all are: most of
/// what a task costs in the database is the number of its statements. `None`: they are something else.
pub(super) fn apply_both(
    tx: &Transaction<'_>,
    first: &TaskChange,
    second: &TaskChange,
) -> rusqlite::Result<Option<Verdict>> {
    let (TaskStep::Queue, TaskStep::Start { invocation, start_number }) = (&first.step, &second.step) else {
        return Ok(None);
    };
    let follows = second.expect == TaskState::Queued && second.expect_start == first.expect_start;
    if !follows || first.instance != second.instance || first.at != second.at {
        return Ok(None);
    }
    let row = ConditionalRow { tx, change: first };
    let verdict = row.update(
        update!("queued_at = :at, ", running!()),
        &[(":number", start_number), (":invocation", &json(invocation.as_ref())?)],
    )?;
    Ok(Some(verdict))
}

/// Keeps the instance as it stands as an earlier try, if one began: what a clear left blank was kept before.
const ARCHIVE: &str = "INSERT OR REPLACE INTO task_try
    SELECT run_key, task_id, map_index, try_number, start_number, state, component, plugin, scheduled_at, queued_at,
           start_date, end_date, invocation, value, outputs, metrics, usage, problem
    FROM task_instance
    WHERE run_key = :run AND task = :task AND state = :expect AND start_number = :start
      AND start_date IS NOT NULL";

struct ConditionalRow<'a> {
    tx: &'a Transaction<'a>,
    change: &'a TaskChange,
}

impl ConditionalRow<'_> {
    /// Performs an [`update!`], which may use the names in `more`.
    fn update(&self, sql: &'static str, more: &[(&str, &dyn ToSql)]) -> rusqlite::Result<Verdict> {
        let changed = self.execute(sql, more)?;
        Ok(if changed == 0 { Verdict::Refused } else { Verdict::Accepted })
    }

    fn execute(&self, sql: &'static str, more: &[(&str, &dyn ToSql)]) -> rusqlite::Result<usize> {
        let at = micros(self.change.at);
        let expect = self.change.expect.as_str();
        let mut named: Vec<(&str, &dyn ToSql)> = vec![
            (":run", &self.change.instance.run.0),
            (":task", &self.change.instance.task.0),
            (":expect", &expect),
            (":start", &self.change.expect_start),
        ];
        if sql.contains(":at") {
            named.push((":at", &at));
        }
        named.extend_from_slice(more);
        self.tx.prepare_cached(sql)?.execute(named.as_slice())
    }

    fn schedule(&self, try_number: u32) -> rusqlite::Result<Verdict> {
        match self.change.expect {
            // The same try goes on.
            TaskState::UpForReschedule => {
                self.update(update!("state = 'scheduled', scheduled_at = :at, due = NULL"), &[])
            }
            _ => {
                // What never started has nothing to be kept.
                if self.change.expect_start > 0 {
                    self.execute(ARCHIVE, &[])?;
                }
                self.update(
                    update!(
                        "state = 'scheduled', scheduled_at = :at, try_number = :try, ",
                        blank!(),
                        ", ",
                        no_resume!()
                    ),
                    &[(":try", &try_number)],
                )
            }
        }
    }

    /// Its host is gone, or stops. What an `again` left stays: the next start goes on from there.
    fn reschedule_elsewhere(&self, try_number: u32, max_tries: u32, lost: Option<u32>) -> rusqlite::Result<Verdict> {
        self.execute(ARCHIVE, &[])?;
        let sql = update!(
            "state = 'scheduled', scheduled_at = :at, try_number = :try, max_tries = :max,
             lost_hosts = coalesce(:lost, lost_hosts), ",
            blank!()
        );
        self.update(sql, &[(":try", &try_number), (":max", &max_tries), (":lost", &lost)])
    }

    fn succeed(&self, success: &Success) -> rusqlite::Result<Verdict> {
        let metrics: std::collections::BTreeMap<_, _> = success.metrics.iter().cloned().collect();
        self.update(
            update!(
                "state = 'success', clearing = 0, end_date = :at, value = :value, chosen = :chosen, outputs = :outputs,
                 metrics = :metrics, usage = :usage, problem = NULL, due = NULL, ",
                no_resume!()
            ),
            &[
                (":value", &json(&success.result.value)?),
                (":chosen", &opt_json(success.result.chosen.as_ref())?),
                (":outputs", &json(&success.result.outputs)?),
                (":metrics", &json(&metrics)?),
                (":usage", &json(&success.usage)?),
            ],
        )
    }

    fn end(&self, state: TaskState, problem: &Problem, usage: Option<String>) -> rusqlite::Result<Verdict> {
        self.update(
            update!(
                "state = :state, clearing = 0, end_date = :at, problem = :problem, usage = coalesce(:usage, usage),
                 due = NULL, ",
                no_resume!()
            ),
            &[(":state", &state.as_str()), (":problem", &json(problem)?), (":usage", &usage)],
        )
    }

    fn clear(&self, max_tries: u32, clears: u32) -> rusqlite::Result<Verdict> {
        self.execute(ARCHIVE, &[])?;
        let sql = update!(
            "state = 'none', max_tries = :max, clears = :clears, lost_hosts = 0, scheduled_at = NULL, ",
            blank!(),
            ", ",
            no_resume!()
        );
        self.update(sql, &[(":max", &max_tries), (":clears", &clears)])
    }

    /// What it published stays only from success to success.
    fn mark(&self, state: TaskState, problem: &Problem) -> rusqlite::Result<Verdict> {
        let kept = state == TaskState::Success && self.change.expect == TaskState::Success;
        if !kept {
            self.forget_result()?;
        }
        self.end(state, problem, None)
    }

    fn forget_result(&self) -> rusqlite::Result<Verdict> {
        self.update(update!("value = NULL, chosen = NULL, outputs = NULL"), &[])
    }
}
