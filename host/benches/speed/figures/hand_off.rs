//! From an upstream's return to its downstream's entry, both told by the guest, with the commit between them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Result, ensure};
use dagwood::ids::TaskId;
use dagwood::scheduler::RunObserver;

use super::commit::commit_ms;
use crate::figure::Figure;
use crate::kit::{Dag, Kit};
use crate::measure::{Measured, ms, percentile};

const LENGTH: usize = 1_000;

/// When guests told that they were entered, and that they return.
#[derive(Default)]
struct Told(Mutex<Vec<(bool, Instant)>>);

impl RunObserver for Told {
    fn progress(&self, _task: &TaskId, done: u64, _total: Option<u64>, _message: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((done == 1, Instant::now()));
    }
}

/// The median and the 99th percentile of the hand-offs in a chain, in milliseconds.
pub(super) fn gaps(kit: &Kit, length: usize) -> Result<(f64, f64)> {
    let home = kit.home(&["relay"])?;
    let file = Dag::chain("chain", "relay", length).write(home.folder.path())?;
    let told = Arc::new(Told::default());
    kit.runtime.block_on(async {
        let loaded = home.load(&file).await?;
        home.run_watched(&loaded, Arc::clone(&told) as Arc<dyn RunObserver>).await
    })?;
    let told = told.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut gaps: Vec<f64> = told
        .windows(2)
        .filter(|pair| pair[0].0 && !pair[1].0)
        .map(|pair| ms(pair[1].1.duration_since(pair[0].1)))
        .collect();
    ensure!(gaps.len() == length - 1, "{} hand-offs were seen", gaps.len());
    gaps.sort_by(f64::total_cmp);
    Ok((percentile(&gaps, 50.0), percentile(&gaps, 99.0)))
}

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let (mut middle, mut late, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..kit.rounds {
        commits.push(commit_ms(kit)?);
        let (half, nearly_all) = gaps(kit, LENGTH)?;
        middle.push(half);
        late.push(nearly_all);
    }
    let commit = Measured::of(commits);
    let most = (2.0 * commit.median).max(0.5);
    let middle = Measured::of(middle);
    let reached = middle.median <= most;
    Ok(vec![
        Figure::new("hand-off in a chain of 1,000, median", "ms", middle)
            .beside("one SQLite commit with its sync", &commit)
            .goal("≤ 0.5, or two commits", reached),
        Figure::new("hand-off in a chain of 1,000, 99th percentile", "ms", Measured::of(late)).at_most(3.0),
    ])
}
