//! Effective weights: a task's own, with those of all that come after it or before it, each once.
//!
//! Exact whatever the DAG looks like: what a task reaches is a row of bits, for a chunk of tasks at a time, so that the
//! memory stays at 64 bytes a task. The time is O(tasks · edges / 512) steps of 512 bits at worst, and O(edges) where no
//! task has more than one to count on. (Adding up the sums of neighbours would count twice what two of them reach.)

use std::sync::Arc;

use crate::dag::check::options::TaskOptions;
use crate::dag::model::{Edges, Neighbours, WeightRule};
use crate::ids::TaskIx;

/// Tasks that are looked for at a time: eight words, a cache line.
const CHUNK: usize = 512;
const WORD_BITS: usize = u64::BITS as usize;

/// Which tasks of a chunk something reaches.
type Row = [u64; CHUNK / WORD_BITS];

/// The effective weight of every task. A sum beyond 32 bits stays at their end, as in Airflow.
pub(super) fn effective(edges: &Edges, options: &[Arc<TaskOptions>]) -> Vec<i32> {
    let own: Vec<i64> = options.iter().map(|options| options.priority_weight.into()).collect();
    let asks = |rule: WeightRule| options.iter().any(|options| options.weight_rule == rule);
    let below = asks(WeightRule::Downstream)
        .then(|| sums(&Ways::new(&edges.downstream, edges.order.iter().copied()), &edges.order, &own));
    let reversed: Vec<TaskIx> = edges.order.iter().rev().copied().collect();
    let above = asks(WeightRule::Upstream)
        .then(|| sums(&Ways::new(&edges.upstream, reversed.iter().copied()), &reversed, &own));
    let beyond = |rule: WeightRule, at: usize| match rule {
        WeightRule::Downstream => below.as_ref().and_then(|sums| sums.get(at)).copied().unwrap_or(0),
        WeightRule::Upstream => above.as_ref().and_then(|sums| sums.get(at)).copied().unwrap_or(0),
        WeightRule::Absolute => 0,
    };
    let all = options.iter().zip(own.iter()).enumerate();
    all.map(|(at, (options, own))| clamp(own.saturating_add(beyond(options.weight_rule, at)))).collect()
}

fn clamp(sum: i64) -> i32 {
    i32::try_from(sum).unwrap_or(if sum < 0 { i32::MIN } else { i32::MAX })
}

/// Who comes directly after whom, by places in an order in which everything comes later than what it comes after.
struct Ways {
    /// For each place, where its part of `next` begins; one more at the end.
    starts: Vec<usize>,
    next: Vec<usize>,
}

impl Ways {
    fn new(next: &Neighbours, order: impl Iterator<Item = TaskIx> + Clone) -> Self {
        let mut place = vec![0; order.clone().count()];
        for (at, task) in order.clone().enumerate() {
            if let Some(slot) = place.get_mut(task.index()) {
                *slot = at;
            }
        }
        let mut ways = Self { starts: vec![0], next: Vec::new() };
        for task in order {
            ways.next.extend(next.of(task).iter().filter_map(|task| place.get(task.index())));
            ways.starts.push(ways.next.len());
        }
        ways
    }

    fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn from(&self, at: usize) -> &[usize] {
        let (Some(from), Some(to)) = (self.starts.get(at), self.starts.get(at + 1)) else { return &[] };
        self.next.get(*from..*to).unwrap_or(&[])
    }
}

/// For each task, the weights of all that it reaches, each once.
fn sums(ways: &Ways, order: &[TaskIx], own: &[i64]) -> Vec<i64> {
    let weights: Vec<i64> = order.iter().map(|task| own.get(task.index()).copied().unwrap_or(0)).collect();
    let mut sums = vec![0; ways.len()];
    if (0..ways.len()).any(|at| ways.from(at).len() > 1) {
        let mut rows = vec![Row::default(); ways.len()];
        for (nth, chunk) in weights.chunks(CHUNK).enumerate() {
            add_chunk(ways, nth * CHUNK, &Chunk::new(chunk), &mut rows, &mut sums);
        }
    }
    // What has one neighbour reaches that and what that reaches: nothing twice.
    for at in (0..ways.len()).rev() {
        if let [only] = ways.from(at) {
            let beyond = sums.get(*only).zip(weights.get(*only)).map_or(0, |(sum, weight)| sum + weight);
            set(&mut sums, at, beyond);
        }
    }
    let mut by_task = vec![0; ways.len()];
    for (task, sum) in order.iter().zip(sums) {
        set(&mut by_task, task.index(), sum);
    }
    by_task
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

/// Adds to the sums what is reached of one chunk. What comes after the chunk leads to none of it.
fn add_chunk(ways: &Ways, start: usize, chunk: &Chunk, rows: &mut [Row], sums: &mut [i64]) {
    let end = start + chunk.len;
    for at in (0..end.min(ways.len())).rev() {
        let mut row = Row::default();
        for next in ways.from(at).iter().filter(|next| **next < end) {
            if let Some(beyond) = rows.get(*next) {
                row.iter_mut().zip(beyond).for_each(|(word, beyond)| *word |= beyond);
            }
            if let Some(bit) = next.checked_sub(start)
                && let Some(word) = row.get_mut(bit / WORD_BITS)
            {
                *word |= 1 << (bit % WORD_BITS);
            }
        }
        if ways.from(at).len() > 1
            && let Some(sum) = sums.get_mut(at)
        {
            *sum += chunk.sum(&row);
        }
        set(rows, at, row);
    }
}

/// The weights of a chunk, added up beforehand for every byte of a row.
struct Chunk {
    len: usize,
    /// For each word, its sum if all its bits are set.
    full: Vec<i64>,
    /// For each byte of each word, the sum of every value that it can have.
    bytes: Vec<Vec<i64>>,
}

impl Chunk {
    fn new(weights: &[i64]) -> Self {
        let full = weights.chunks(WORD_BITS).map(|word| word.iter().sum()).collect();
        Self { len: weights.len(), full, bytes: weights.chunks(8).map(byte_sums).collect() }
    }

    fn sum(&self, row: &Row) -> i64 {
        row.iter().enumerate().map(|(at, word)| self.word(at, *word)).sum()
    }

    fn word(&self, at: usize, word: u64) -> i64 {
        match word {
            0 => 0,
            u64::MAX => self.full.get(at).copied().unwrap_or(0),
            _ => {
                let sums = self.bytes.get(at * 8..).unwrap_or(&[]);
                let bytes = word.to_le_bytes();
                bytes.iter().zip(sums).map(|(byte, sums)| sums.get(usize::from(*byte)).copied().unwrap_or(0)).sum()
            }
        }
    }
}

/// For every set of these eight weights, as the bits of a byte, their sum.
fn byte_sums(weights: &[i64]) -> Vec<i64> {
    let mut sums = vec![0_i64; 1];
    for weight in weights {
        let with: Vec<i64> = sums.iter().map(|sum| sum + weight).collect();
        sums.extend(with);
    }
    sums
}
