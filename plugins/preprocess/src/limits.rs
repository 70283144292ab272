//! The numbers of this plugin, each with its reason.

/// The share of rows kept for testing unless the params say otherwise.
pub const TEST_FRACTION: f64 = 0.25;

/// A target of whole numbers with at most this many different ones is taken for classes.
pub const NUMERIC_CLASSES_MAX: usize = 20;

/// A text column with more categories than this is refused: each would become a column.
pub const CATEGORIES_MAX: usize = 1_000;

/// More classes than this are refused: such a target is an identifier, or a number.
pub const CLASSES_MAX: usize = 1_000;

/// In shorter tables a column that counts up may do so by accident, and is kept.
pub const ROW_NUMBER_MIN_ROWS: usize = 20;

/// The result lists at most this many dropped columns; the transformation file lists all.
pub const REPORTED_COLUMNS_MAX: usize = 100;
