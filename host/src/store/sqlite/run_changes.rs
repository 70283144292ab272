//! The named transitions of a run, each one conditional update.

use rusqlite::{Transaction, named_params};

use crate::lifecycle::change::{RunChange, RunStep};
use crate::store::Verdict;

use super::codec::micros;

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
            .prepare_cached(
                "UPDATE dag_run SET state = 'success', end_date = :at, with_failures = :with, reason = NULL
                 WHERE run_key = :run AND state = :expect",
            )?
            .execute(named_params! {":at": at, ":with": with_failures, ":run": run, ":expect": expect})?,
        RunStep::Fail { reason } => tx
            .prepare_cached(
                "UPDATE dag_run SET state = 'failed', end_date = :at, reason = :reason
                 WHERE run_key = :run AND state = :expect",
            )?
            .execute(named_params! {":at": at, ":reason": reason, ":run": run, ":expect": expect})?,
        RunStep::Requeue => tx
            .prepare_cached(
                "UPDATE dag_run SET state = 'queued', queued_at = :at, start_date = NULL, end_date = NULL,
                 with_failures = 0, reason = NULL, reprocess = 0, missed_deadline = NULL
                 WHERE run_key = :run AND state = :expect",
            )?
            .execute(named_params! {":at": at, ":run": run, ":expect": expect})?,
        RunStep::MissDeadline { due } => tx
            .prepare_cached("UPDATE dag_run SET missed_deadline = :due WHERE run_key = :run AND state = :expect")?
            .execute(named_params! {":due": micros(*due), ":run": run, ":expect": expect})?,
    };
    Ok(if changed == 0 { Verdict::Refused } else { Verdict::Accepted })
}
