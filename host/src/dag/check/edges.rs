//! Edges as they are found, each with where it comes from.

use crate::dag::check::ground::Ground;
use crate::dag::diagnostic::{Mistake, Place};
use crate::dag::path::DocPath;

/// Edges of one DAG: a list of tasks before a list of tasks multiplies.
const EDGES_MAX: usize = 2_000_000;

/// Where an edge comes from; small, since there are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// An input of the downstream task, by its place in `inputs`.
    Input(u32),
    /// `after` of the downstream task, by its place in the list, if it is one.
    After(Option<u32>),
    /// `flow`, by its place in the list, if it is one, and where in the text.
    Flow(Option<u32>, u32, u32),
    /// A template in the downstream task's params.
    Value,
}

/// An edge: both tasks by their places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) up: u32,
    pub(super) down: u32,
    pub(super) origin: Origin,
}

/// All edges found so far.
#[derive(Debug, Default)]
pub(super) struct EdgeList {
    pub(super) edges: Vec<Edge>,
    full: bool,
}

impl EdgeList {
    /// Adds an edge; the first one too many is reported, the others are dropped.
    pub(super) fn add(&mut self, ground: &Ground<'_>, up: usize, down: usize, origin: Origin, out: &mut Vec<Mistake>) {
        let (Ok(up), Ok(down)) = (u32::try_from(up), u32::try_from(down)) else { return };
        let edge = Edge { up, down, origin };
        if self.edges.len() < EDGES_MAX {
            self.edges.push(edge);
        } else if !self.full {
            self.full = true;
            out.push(Mistake::error(place(ground, edge), format!("a DAG has at most {EDGES_MAX} edges")));
        }
    }

    /// Whether no more will be taken.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }
}

/// Where an edge is written.
pub(super) fn place(ground: &Ground<'_>, edge: Edge) -> Place {
    let down = edge.down as usize;
    let item = |path: DocPath, at: Option<u32>| match at {
        Some(at) => path.index(at as usize),
        None => path,
    };
    match edge.origin {
        Origin::Input(at) => {
            let name = ground.tasks.get(down).and_then(|(_, task)| task.inputs.0.get(at as usize));
            Place::value(ground.path(down).key("inputs").key(name.map_or("", |(name, _)| name)))
        }
        Origin::After(at) => Place::value(item(ground.path(down).key("after"), at)),
        Origin::Flow(at, start, end) => Place::within(item(DocPath::of(&["flow"]), at), start as usize..end as usize),
        Origin::Value => Place::value(ground.path(down).key("params")),
    }
}
