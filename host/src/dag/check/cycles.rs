//! Edges → the graph, or the cycles in it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::dag::check::edges::{Edge, EdgeList, place};
use crate::dag::check::ground::Ground;
use crate::dag::diagnostic::Mistake;
use crate::ids::TaskIx;

/// Cycles that are reported; the rest shows when these are gone.
const CYCLES_MAX: usize = 20;

/// Tasks of a cycle that are named.
const NAMED_MAX: usize = 20;

/// Edges of a cycle that are shown in the text.
const SHOWN_MAX: usize = 6;

/// The graph. Without doubles, lists are sorted.
pub(super) struct Graph {
    pub(super) upstream: Vec<Vec<TaskIx>>,
    pub(super) downstream: Vec<Vec<TaskIx>>,
    /// `None`: there are cycles.
    pub(super) order: Option<Vec<TaskIx>>,
}

/// Builds the graph; cycles are mistakes.
pub(super) fn check(ground: &Ground<'_>, list: EdgeList, mistakes: &mut Vec<Mistake>) -> Graph {
    let count = ground.tasks.len();
    let mut upstream = vec![Vec::new(); count];
    let mut downstream = vec![Vec::new(); count];
    for edge in &list.edges {
        if let Some(list) = upstream.get_mut(edge.down as usize) {
            list.push(TaskIx(edge.up));
        }
        if let Some(list) = downstream.get_mut(edge.up as usize) {
            list.push(TaskIx(edge.down));
        }
    }
    for list in upstream.iter_mut().chain(&mut downstream) {
        list.sort_unstable();
        list.dedup();
    }
    let order = order(&upstream, &downstream);
    if order.is_none() {
        report(ground, &list.edges, count, mistakes);
    }
    Graph { upstream, downstream, order }
}

/// All tasks, each after its upstreams, else in the order of the file; `None` if there is a cycle.
fn order(upstream: &[Vec<TaskIx>], downstream: &[Vec<TaskIx>]) -> Option<Vec<TaskIx>> {
    let mut unmet: Vec<usize> = upstream.iter().map(Vec::len).collect();
    let roots = unmet.iter().enumerate().filter(|(_, unmet)| **unmet == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = roots.map(|(at, _)| Reverse(at)).collect();
    let mut order = Vec::with_capacity(upstream.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(super::ix(at));
        for down in downstream.get(at).into_iter().flatten() {
            if let Some(left) = unmet.get_mut(down.index()) {
                *left -= 1;
                if *left == 0 {
                    ready.push(Reverse(down.index()));
                }
            }
        }
    }
    (order.len() == upstream.len()).then_some(order)
}

/// Reports cycles that share no edge, until none is left.
fn report(ground: &Ground<'_>, edges: &[Edge], count: usize, mistakes: &mut Vec<Mistake>) {
    let mut edges = edges.to_vec();
    let mut reported = 0;
    while reported < CYCLES_MAX {
        let found = find(&edges, count);
        if found.is_empty() {
            return;
        }
        let mut gone = FxHashSet::default();
        for cycle in found.iter().take(CYCLES_MAX - reported) {
            mistakes.push(say(ground, cycle, &edges));
            gone.extend(pairs(cycle));
            reported += 1;
        }
        edges.retain(|edge| !gone.contains(&(edge.up, edge.down)));
    }
}

/// One cycle of each knot of tasks, a shortest one through its first task.
fn find(edges: &[Edge], count: usize) -> Vec<Vec<u32>> {
    let mut graph = DiGraph::<(), ()>::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    let node = |at: u32| NodeIndex::new(at as usize);
    graph.extend_with_edges(edges.iter().map(|edge| (node(edge.up), node(edge.down))));
    let mut cycles: Vec<Vec<u32>> = kosaraju_scc(&graph)
        .into_iter()
        .filter_map(|knot| {
            let knot: FxHashSet<NodeIndex> = knot.into_iter().collect();
            let first = knot.iter().copied().min()?;
            back_to(&graph, first, &knot)
        })
        .collect();
    cycles.sort_unstable();
    cycles
}

/// The shortest way from `first` back to itself within `knot`; `None` if there is none.
fn back_to(graph: &DiGraph<(), ()>, first: NodeIndex, knot: &FxHashSet<NodeIndex>) -> Option<Vec<u32>> {
    let mut from = FxHashMap::default();
    let mut queue = VecDeque::from([first]);
    while let Some(node) = queue.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors(node).filter(|next| knot.contains(next)).collect();
        next.sort_unstable();
        for next in next {
            if next == first {
                let mut cycle = vec![node];
                while let Some(before) = cycle.last().and_then(|last| from.get(last)) {
                    cycle.push(*before);
                }
                return Some(cycle.into_iter().rev().filter_map(|node| u32::try_from(node.index()).ok()).collect());
            }
            if next != first && !from.contains_key(&next) {
                from.insert(next, node);
                queue.push_back(next);
            }
        }
    }
    None
}

/// The edges of a cycle.
fn pairs(cycle: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1))
}

fn say(ground: &Ground<'_>, cycle: &[u32], edges: &[Edge]) -> Mistake {
    let id = |at: &u32| ground.id(*at as usize);
    let mut names: Vec<&str> = cycle.iter().take(NAMED_MAX).map(id).collect();
    let left_out = cycle.len().saturating_sub(NAMED_MAX);
    let more = format!("… {left_out} more …");
    if left_out > 0 {
        names.push(&more);
    }
    names.extend(cycle.first().map(id));
    let message = match cycle {
        [one] => format!("`{}` waits for itself", id(one)),
        _ => format!("these tasks wait for each other: {}", names.join(" → ")),
    };
    let mut shown = pairs(cycle).take(SHOWN_MAX).filter_map(|(up, down)| {
        let edge = edges.iter().find(|edge| edge.up == up && edge.down == down)?;
        Some((place(ground, *edge), format!("`{}` comes before `{}` here", id(&up), id(&down))))
    });
    let first = shown.next();
    let (place, label) = first.unwrap_or_else(|| (crate::dag::diagnostic::Place::Span(0..0), String::new()));
    let mut mistake = Mistake::error(place.clone(), message).hint("take out one of these".to_owned());
    if cycle.len() > 1 {
        mistake = mistake.note(place, label);
        for (place, label) in shown {
            mistake = mistake.note(place, label);
        }
    }
    mistake
}
