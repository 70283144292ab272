//! Columns that are made of others: parts of dates, and expressions.

pub mod dates;
pub mod formula;
mod names;

pub use formula::Formula;
