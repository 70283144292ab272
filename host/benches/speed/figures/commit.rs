//! What SQLite takes by itself: the floor under everything that is durable.

use anyhow::Result;

use crate::figure::Figure;
use crate::kit::Kit;
use crate::measure::{Measured, ms, percentile};
use crate::sqlite::Bare;

/// Tasks of a round, and commits of a round.
const TASKS: i64 = 10_000;
const COMMITS: i64 = 500;

/// Milliseconds of one commit with its sync: the middle one of many.
pub(crate) fn commit_ms(kit: &Kit) -> Result<f64> {
    let folder = kit.folder()?;
    let mut times: Vec<f64> = Bare::new(folder.path(), TASKS)?.commits(COMMITS)?.into_iter().map(ms).collect();
    times.sort_by(f64::total_cmp);
    Ok(percentile(&times, 50.0))
}

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let mut groups = Vec::new();
    for group in [16, 256] {
        let rounds = (0..kit.rounds).map(|_| {
            let folder = kit.folder()?;
            Bare::new(folder.path(), TASKS)?.tasks_per_second(group)
        });
        let measured = Measured::of(rounds.collect::<Result<Vec<_>>>()?);
        groups.push(Figure::new(
            format!("bare SQLite, four statements a task, groups of {group}"),
            "tasks/s",
            measured,
        ));
    }
    let commits = (0..kit.rounds).map(|_| commit_ms(kit)).collect::<Result<Vec<_>>>()?;
    groups.push(Figure::new("bare SQLite, one commit with its sync", "ms", Measured::of(commits)));
    Ok(groups)
}
