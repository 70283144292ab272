//! Runs whose past became another: one was made in between, or ended while it waited.

use std::sync::Arc;

use crate::dag::model::PastRule;
use crate::planner::{Event, PastRun};
use crate::store::StoreError;

use super::load;
use super::step::Step;
use super::turn::{Driven, Loop};

impl Loop {
    /// Tells the driven runs of those DAGs what comes before them now. What is driven tells its news by itself.
    pub(super) fn tell_later_runs(&self, step: &mut Step) -> Result<(), StoreError> {
        for dag_id in std::mem::take(&mut step.pasts) {
            let may_wait = |driven: &Driven| {
                driven.dag.id == dag_id && driven.dag.tasks.iter().any(|task| task.terms.past != PastRule::Ignored)
            };
            let later = self.driven.iter().filter(|(_, driven)| may_wait(driven));
            let later: Vec<_> = later.map(|(run, driven)| (*run, Arc::clone(&driven.dag))).collect();
            let materials = Arc::clone(&self.materials);
            let pasts: Vec<(_, Option<PastRun>)> = self.with_store(move |store| {
                let mut pasts = Vec::new();
                for (run, dag) in later {
                    if let Some(record) = store.run(run)? {
                        pasts.push((run, load::past(store, materials.as_ref(), &record, &dag)?));
                    }
                }
                Ok(pasts)
            })?;
            step.events.extend(pasts.into_iter().map(|(run, past)| Event::PastChanged { run, past }));
        }
        Ok(())
    }
}
