//! The numbers of this plugin, each with its reason.

/// Strength of the penalty on squared coefficients unless the params say otherwise: scikit-learn's default (`C = 1`).
pub const L2: f64 = 1.0;

/// Iterations after which training stops unless the params say otherwise. Standardised tables need far fewer.
pub const MAX_ITERATIONS: usize = 1_000;

/// Training stops when no part of the gradient is larger than this unless the params say otherwise.
pub const TOLERANCE: f64 = 1e-6;

/// How many past steps L-BFGS remembers. More costs memory and seldom saves iterations.
pub const MEMORY_STEPS: usize = 10;

/// Trial points of one line search. Each halves the bracket, so that a bracket is exhausted long before.
pub const LINE_SEARCH_TRIALS: usize = 60;

/// An objective that falls by less than this many rounding errors does not fall: the number that scikit-learn gives to SciPy.
pub const FLAT_ROUNDING_ERRORS: f64 = 64.0;

/// Factors of at most 2 that are multiplied before a logarithm is taken: 2 to this power is still a number.
pub const FACTORS_MAX: usize = 512;

/// A feature counts as if its curvature were at least this share of the greatest.
pub const CURVATURE_LEAST: f64 = 1e-6;
