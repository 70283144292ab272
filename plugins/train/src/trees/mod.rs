//! Gradient-boosted trees over histograms: each round fits a tree to what the scores still get wrong.
//!
//! - [`bins`]: every column as at most 255 bins
//! - `histogram`: what each bin of some rows sums up to
//! - `split`: where a node is best parted
//! - `grow`: one tree, leaf by leaf
//! - [`goal`]: what they are to tell; `sigmoid`: probabilities, by a table
//! - `held`: which rows are held back
//! - [`boost`]: round after round, until nothing gets better
//!
//! The tree is grown as LightGBM does it (Ke et al. 2017): the leaf with the most to gain is parted next, and of two children only
//! the smaller one's histogram is counted. There is no randomness but which rows are held back for early stopping.

pub mod bins;
pub mod boost;
pub mod goal;
mod grow;
mod held;
mod histogram;
mod sigmoid;
mod split;

#[cfg(test)]
mod tests;
