//! An instance and what is counted about its upstreams.

use crate::lifecycle::instance::Instance;
use crate::lifecycle::rules::Counts;
use crate::planner::rank::Rank;

/// One task of a run, as the planner holds it.
#[derive(Debug)]
pub(super) struct Node {
    /// What is kept of it.
    pub(super) inst: Instance,
    /// Its upstreams by state.
    pub(super) up: Counts,
    /// Upstreams whose results it cannot do without, and that are not at their end.
    pub(super) open_required: u32,
    /// Upstreams that may still choose among their downstreams.
    pub(super) open_branches: u32,
    /// Branches directly upstream that left it out.
    pub(super) left_out_by: u32,
    /// Direct downstreams that do not let the next run's task go on.
    pub(super) open_below: u32,
    /// The previous run does not let it go on.
    pub(super) past_open: bool,
    /// Its place in the order of launches while it waits for slots.
    pub(super) rank: Option<Rank>,
    /// Scheduled, but what it needs, or the past, was cleared meanwhile: it waits for that first.
    pub(super) held: bool,
}

impl Node {
    pub(super) fn new(inst: Instance) -> Self {
        Self {
            inst,
            up: Counts::default(),
            open_required: 0,
            open_branches: 0,
            left_out_by: 0,
            open_below: 0,
            past_open: false,
            rank: None,
            held: false,
        }
    }
}
