//! The named transitions of a run, each one conditional update.

use rusqlite::{Transaction, named_params};

use crate::lifecycle::change::{RunChange, RunStep};
use crate::store::Verdict;

use super::codec::micros;

/// The number of an end, as a term of a statement that updates `dag_run`: one more than that of any end of its DAG before.
/// Those may be gone from the home by now, but for the one that its pause remembers.
pub(super) const NEXT_END: &str = "1 + max(
    coalesce((SELECT max(end_number) FROM dag_run AS ended WHERE ended.dag_id = dag_run.dag_id), 0),
    coalesce((SELECT failures_from FROM dag WHERE dag.dag_id = dag_run.dag_id), 0))";

/// Makes one change if the run is as it expects.
pub(super) fn apply(tx: &Transaction<'_>, change: &RunChange) -> rusqlite::Result<Verdict> {
    let at = micros(change.at);
    let run = change.run.0;
    let expect = change.expect.as_str();
    let changed = match &change.step {
        RunStep::Start => tx
            .prepare_cached(
                "UPDATE dag_run SET state = 'running', start_date = :at WHERE run_key = :run AND state = :expect",
            )?
            .execute(named_params! {":at": at, ":run": run, ":expect": expect})?,
        RunStep::Succeed { with_failures } => tx
            .prepare_cached(&format!(
                "UPDATE dag_run SET state = 'success', end_date = :at, end_number = {NEXT_END},
                 with_failures = :with, reason = NULL
                 WHERE run_key = :run AND state = :expect"
            ))?
            .execute(named_params! {":at": at, ":with": with_failures, ":run": run, ":expect": expect})?,
        RunStep::Fail { reason } => tx
            .prepare_cached(&format!(
                "UPDATE dag_run SET state = 'failed', end_date = :at, end_number = {NEXT_END}, reason = :reason
                 WHERE run_key = :run AND state = :expect"
            ))?
            .execute(named_params! {":at": at, ":reason": reason, ":run": run, ":expect": expect})?,
        RunStep::Requeue => tx
            .prepare_cached(
                "UPDATE dag_run SET state = 'queued', queued_at = :at, start_date = NULL, end_date = NULL,
                 end_number = NULL, with_failures = 0, reason = NULL, reprocess = 0, missed_deadline = NULL
                 WHERE run_key = :run AND state = :expect",
            )?
            .execute(named_params! {":at": at, ":run": run, ":expect": expect})?,
        RunStep::MissDeadline { due } => tx
            .prepare_cached("UPDATE dag_run SET missed_deadline = :due WHERE run_key = :run AND state = :expect")?
            .execute(named_params! {":due": micros(*due), ":run": run, ":expect": expect})?,
    };
    Ok(if changed == 0 { Verdict::Refused } else { Verdict::Accepted })
}
