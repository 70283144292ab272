//! Old runs go, with their logs and with the artifacts that nobody refers to any more.

use std::time::Duration;

use jiff::SignedDuration;

use crate::artifacts::{self, Swept, remove_tree};
use crate::ids::{DagId, RunId};
use crate::store::StoreError;

use super::Host;

/// How long an artifact may be there without a row that names it: from its publication to the commit, which takes
/// milliseconds, unless a disk hangs.
const UNNAMED_GRACE: Duration = Duration::from_secs(60 * 60);

/// Which runs may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanRequest {
    /// Those that ended longer ago.
    pub older_than: Duration,
    /// But for the newest of each DAG.
    pub keep: u32,
    /// Only say which those are.
    pub dry_run: bool,
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// The runs.
    pub runs: Vec<(DagId, RunId)>,
    /// Artifacts, theirs and others that nobody refers to; none in a dry run.
    pub artifacts: Swept,
}

/// Why not all of it went. What went is gone; the next time goes on.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Logs or artifacts.
    #[error(transparent)]
    Files(#[from] artifacts::StoreError),
}

impl Host {
    /// Removes old runs. Blocks. Safe beside a server and runs: what they use stays.
    pub fn clean(&self, request: CleanRequest) -> Result<Cleaned, CleanError> {
        let age = SignedDuration::try_from(request.older_than).unwrap_or(SignedDuration::MAX);
        // Longer ago than time itself: nothing is.
        let Ok(before) = self.clock.now().checked_sub(age) else { return Ok(Cleaned::default()) };
        let old = self.store.old_runs(before, request.keep)?;
        let runs = || old.iter().map(|(_, dag, run)| (dag.clone(), run.clone())).collect();
        if request.dry_run {
            return Ok(Cleaned { runs: runs(), artifacts: Swept::default() });
        }
        self.store.remove_runs(old.iter().map(|(key, _, _)| *key).collect())?;
        for (_, dag, run) in &old {
            let logs = self.home.logs().join(dag.as_str()).join(run.as_str());
            remove_tree(&logs).map_err(|error| artifacts::StoreError::new("remove", logs, error))?;
        }
        let used = self.store.used_artifacts()?;
        let artifacts = self.artifacts.collect_garbage(&|digest| used.contains(digest), UNNAMED_GRACE)?;
        Ok(Cleaned { runs: runs(), artifacts })
    }
}
