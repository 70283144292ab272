//! The numbers of this plugin, each with its reason.

/// Strength of the penalty on squared coefficients unless the params say otherwise: scikit-learn's default (`C = 1`, `alpha = 1`).
pub const L2: f64 = 1.0;

/// Iterations after which training stops unless the params say otherwise. Standardised tables need far fewer.
pub const MAX_ITERATIONS: usize = 1_000;

/// Linear models are done when no part of the gradient is larger than this unless the params say otherwise: scikit-learn's.
pub const TOLERANCE: f64 = 1e-4;

/// How many past steps L-BFGS remembers. More costs memory and seldom saves iterations.
pub const MEMORY_STEPS: usize = 10;

/// Weights of a linear model at most: the search keeps about 25 numbers of 8 bytes for each, a gigabyte together.
pub const WEIGHTS_MAX: usize = 5_000_000;

/// Trial points of one line search. Each halves the bracket, so that a bracket is exhausted long before.
pub const LINE_SEARCH_TRIALS: usize = 60;

/// An objective that falls by less than this many rounding errors does not fall: the number that scikit-learn gives to SciPy.
pub const FLAT_ROUNDING_ERRORS: f64 = 64.0;

/// Probabilities that are multiplied before a logarithm is taken: each is above 0.0003, and that to this power still a number.
pub const FACTORS_MAX: usize = 64;

/// In logistic regression a feature counts as if its curvature were at least this share of the greatest.
pub const CURVATURE_LEAST: f64 = 1e-6;

/// Bins of a column at most: what a byte can tell apart, less one.
pub const BINS_MAX: usize = 255;

/// The bins of a column of numbers are found from about this many rows: more change nothing.
pub const BIN_SAMPLE_ROWS: usize = 200_000;

/// Added to a category's curvature when categories are put in order, so that rare ones do not go first: LightGBM's `cat_smooth`.
pub const CATEGORY_SMOOTHING: f64 = 10.0;

/// A leaf with less curvature than this would say anything.
pub const LEAF_CURVATURE_LEAST: f64 = 1e-3;

/// Rounds of trees unless the params say otherwise: scikit-learn's.
pub const ROUNDS: usize = 100;

/// What each tree counts unless the params say otherwise: scikit-learn's.
pub const LEARNING_RATE: f64 = 0.1;

/// Leaves of a tree unless the params say otherwise: scikit-learn's.
pub const LEAVES: usize = 31;

/// Rows of a leaf unless the params say otherwise: scikit-learn's.
pub const LEAF_ROWS: u32 = 20;

/// The share of the rows held back for early stopping unless the params say otherwise: scikit-learn's.
pub const HELD_BACK: f64 = 0.1;

/// Rounds that may pass without getting better unless the params say otherwise: scikit-learn's.
pub const PATIENCE: usize = 10;

/// The result lists at most this many columns by their importance; the model lists all.
pub const REPORTED_COLUMNS_MAX: usize = 20;

/// Bits behind the point of a row's gradient, which lies from -1 to 1.
pub const GRADIENT_BITS: u32 = 24;

/// Bits behind the point of a row's curvature, which lies from 0 to 1/4: so that four million rows sum up to less than 2 to the 40.
pub const CURVATURE_BITS: u32 = 20;

/// Rows between two looks of a guest at its clock, in the loops over all rows: each look takes registers from what is counted.
pub const AT_ONCE: usize = 8;

/// More rows would not fit in the sums of trees.
pub const TREE_ROWS_MAX: usize = 4_000_000;

/// A row of a tree counts this much at most, so that its gradient fits into its bits.
pub const WEIGHT_MAX: f64 = 100.0;

/// Trees keep 16 bytes for each score of each row: so many are a gigabyte, half of what a guest has.
pub const TREE_SCORES_MAX: usize = 64_000_000;

/// The largest error of a number that trees estimate has this gradient in every round, and the others their share of it: so large that
/// the error of a row is still thousands of units where another is a million times as far out, and small enough for its bits.
pub const TREE_ERROR_GRADIENT: f64 = 64.0;
