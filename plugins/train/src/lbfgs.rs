//! L-BFGS: minimises a smooth function of many numbers from its values and gradients.
//!
//! The direction comes from the last few steps (Nocedal and Wright, *Numerical Optimization*, algorithm 7.4), the step along it
//! from bracketing and halving until the weak Wolfe conditions hold (Lewis and Overton 2013, "Nonsmooth optimization via
//! quasi-Newton methods"). There is no randomness: the same function gives the same steps.

use std::collections::VecDeque;

use crate::limits::{FLAT_ROUNDING_ERRORS, LINE_SEARCH_TRIALS, MEMORY_STEPS};

/// The step must lower the function by at least this share of what the slope promises.
const ARMIJO: f64 = 1e-4;

/// The slope at the step must have risen to at most this share of the slope at the start.
const CURVATURE: f64 = 0.9;

/// A function to minimise.
pub trait Objective {
    /// How many numbers it depends on.
    fn dimension(&self) -> usize;

    /// Its value at `at`; writes the gradient there into `gradient`, which has the same length.
    fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64;

    /// About how strongly it curves along each of the numbers: positive, one for each. The search goes by steps that this makes
    /// alike, so that numbers of very different weight are found as fast as one.
    fn curvature(&self) -> Vec<f64> {
        vec![1.0; self.dimension()]
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// At the latest after this many iterations.
    pub max_iterations: usize,
    /// When no part of the gradient is larger than this.
    pub tolerance: f64,
    /// Whether parts of the gradient count in units in which the function curves by one, so that it does not matter in which the
    /// numbers are.
    pub is_scaled: bool,
}

/// Why the search stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The gradient is small enough.
    SmallGradient,
    /// The function does not fall any more at the precision of the machine.
    Flat,
    /// No step makes the function fall as its slope promises.
    Stuck,
    /// The iterations are used up.
    MaxIterations,
    /// The function, its gradient or its curvature at the start is not a number.
    NotFinite,
}

/// The best point found.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// Where.
    pub at: Vec<f64>,
    /// The function's value there.
    pub value: f64,
    /// Iterations taken.
    pub iterations: usize,
    /// Why the search stopped.
    pub reason: Reason,
}

impl Reason {
    /// Whether the point is a minimum as exactly as was asked for, or as the machine can tell.
    pub fn is_converged(self) -> bool {
        match self {
            Self::SmallGradient | Self::Flat => true,
            Self::Stuck | Self::MaxIterations | Self::NotFinite => false,
        }
    }
}

/// A point, with the function's value and gradient there.
struct Point {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// One remembered step.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// One over the product of step and change.
    rho: f64,
}

/// Searches from `start`. `watch` is called with the number of iterations done and the value, first with 0 and the value at `start`.
pub fn minimise(
    objective: &mut impl Objective,
    start: Vec<f64>,
    stop: Stop,
    mut watch: impl FnMut(usize, f64),
) -> Minimum {
    let reach = objective.curvature().iter().map(|curvature| 1.0 / curvature).collect::<Vec<_>>();
    let is_bounded = reach.iter().all(|reach| reach.is_finite() && *reach > 0.0);
    let mut now = point(objective, start);
    let mut memory = VecDeque::with_capacity(MEMORY_STEPS);
    let mut iterations = 0;
    watch(0, now.value);
    let reason = loop {
        if !(is_bounded && now.value.is_finite() && now.gradient.iter().all(|part| part.is_finite())) {
            break Reason::NotFinite;
        }
        let is_small = |(part, reach): (&f64, &f64)| {
            part.abs() * if stop.is_scaled { reach.sqrt() } else { 1.0 } <= stop.tolerance
        };
        if now.gradient.iter().zip(&reach).all(is_small) {
            break Reason::SmallGradient;
        }
        if iterations >= stop.max_iterations {
            break Reason::MaxIterations;
        }
        let Some(next) = advance(objective, &now, &reach, &mut memory) else {
            break why_stuck(&now, &reach, &memory);
        };
        let fall = now.value - next.value;
        remember(&mut memory, &now, &next, &reach);
        now = next;
        iterations += 1;
        watch(iterations, now.value);
        if fall <= rounding(now.value) {
            break Reason::Flat;
        }
    };
    Minimum { at: now.at, value: now.value, iterations, reason }
}

/// A fall that is no more than rounding, for a function of this value.
fn rounding(value: f64) -> f64 {
    FLAT_ROUNDING_ERRORS * f64::EPSILON * value.abs().max(1.0)
}

/// A line search that finds nothing is at the minimum if no more than rounding was promised.
fn why_stuck(now: &Point, reach: &[f64], memory: &VecDeque<Pair>) -> Reason {
    let promised = -dot(&now.gradient, &direction(&now.gradient, reach, memory));
    if promised <= rounding(now.value) { Reason::Flat } else { Reason::Stuck }
}

/// The next point; none if the function falls no further, neither along the direction remembered nor along the gradient.
fn advance(objective: &mut impl Objective, now: &Point, reach: &[f64], memory: &mut VecDeque<Pair>) -> Option<Point> {
    let bent = direction(&now.gradient, reach, memory);
    let first_step = if memory.is_empty() { cautious_step(&now.gradient, &bent) } else { 1.0 };
    line_search(objective, now, &bent, first_step).or_else(|| {
        let downhill = direction(&now.gradient, reach, &VecDeque::new());
        let found = line_search(objective, now, &downhill, cautious_step(&now.gradient, &downhill))?;
        memory.clear();
        Some(found)
    })
}

/// A step of length 1 at most where the function curves by one along each number. `direction` is downhill, bent by no remembered step.
fn cautious_step(gradient: &[f64], direction: &[f64]) -> f64 {
    1.0 / (-dot(gradient, direction)).sqrt().max(1.0)
}

fn point(objective: &mut impl Objective, at: Vec<f64>) -> Point {
    let mut gradient = vec![0.0; objective.dimension()];
    let value = objective.evaluate(&at, &mut gradient);
    Point { at, value, gradient }
}

/// Downhill, bent by `reach`, one over the curvature along each number, and by what the remembered steps tell about it.
fn direction(gradient: &[f64], reach: &[f64], memory: &VecDeque<Pair>) -> Vec<f64> {
    let mut direction = gradient.iter().map(|part| -part).collect::<Vec<_>>();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = pair.rho * dot(&pair.step, &direction);
        add(&mut direction, -share, &pair.change);
        shares.push(share);
    }
    direction.iter_mut().zip(reach).for_each(|(part, reach)| *part *= reach);
    if let Some(last) = memory.back() {
        let scale = 1.0 / (last.rho * bent_square(&last.change, reach));
        direction.iter_mut().for_each(|part| *part *= scale);
    }
    for (pair, share) in memory.iter().zip(shares.into_iter().rev()) {
        let correction = share - pair.rho * dot(&pair.change, &direction);
        add(&mut direction, correction, &pair.step);
    }
    direction
}

/// The point along `direction` at which both Wolfe conditions hold; none if there is none within reach.
fn line_search(objective: &mut impl Objective, from: &Point, direction: &[f64], first_step: f64) -> Option<Point> {
    let slope = dot(&from.gradient, direction);
    if !slope.is_finite() || slope >= 0.0 {
        return None;
    }
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut step = first_step;
    let mut best: Option<Point> = None;
    for _ in 0..LINE_SEARCH_TRIALS {
        let mut at = from.at.clone();
        add(&mut at, step, direction);
        let trial = point(objective, at);
        let falls = trial.value <= from.value + ARMIJO * step * slope;
        if !falls || !trial.value.is_finite() {
            high = step;
        } else if dot(&trial.gradient, direction) < CURVATURE * slope {
            low = step;
            best = Some(trial);
        } else {
            return Some(trial);
        }
        step = if high.is_finite() { (low + high) / 2.0 } else { low * 2.0 };
    }
    best.filter(|point| point.value < from.value)
}

/// Keeps the step from `old` to `new` if it tells of a positive curvature, and forgets the oldest.
fn remember(memory: &mut VecDeque<Pair>, old: &Point, new: &Point, reach: &[f64]) {
    let step = difference(&new.at, &old.at);
    let change = difference(&new.gradient, &old.gradient);
    let product = dot(&step, &change);
    if product > f64::EPSILON * bent_square(&change, reach) {
        if memory.len() == MEMORY_STEPS {
            memory.pop_front();
        }
        memory.push_back(Pair { step, change, rho: 1.0 / product });
    }
}

/// The square of a gradient's length where the function curves by one along each number.
fn bent_square(gradient: &[f64], reach: &[f64]) -> f64 {
    gradient.iter().zip(reach).map(|(part, reach)| part * part * reach).sum()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
#[path = "lbfgs_tests.rs"]
mod tests;
