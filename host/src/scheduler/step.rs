//! What messages mean, until it is committed.

use std::collections::BTreeSet;

use crate::ids::{DagId, RunKey};
use crate::planner::Event;
use crate::planner::agenda::Matter;

use super::answer::WantedRun;
use super::hear::Asked;

/// What is to be taken in, and who is told when it is durable.
#[derive(Default)]
pub(super) struct Step {
    /// Runs to be made, and who asked for them.
    pub(super) wanted: Vec<(WantedRun, Asked)>,
    /// For the planner.
    pub(super) events: Vec<Event>,
    /// For the agenda.
    pub(super) matters: Vec<Matter>,
    /// Runs that are not driven any more after the commit, without being at a new end.
    pub(super) release: Vec<RunKey>,
    /// DAGs of which a run was made, or came to its end without being driven: others may have it for their past.
    pub(super) pasts: BTreeSet<DagId>,
    /// Called after the commit.
    pub(super) then: Vec<Box<dyn FnOnce() + Send>>,
}

impl Step {
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
            && self.events.is_empty()
            && self.matters.is_empty()
            && self.pasts.is_empty()
            && self.then.is_empty()
            && self.release.is_empty()
    }
}
