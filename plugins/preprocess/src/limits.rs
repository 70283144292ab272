//! The numbers of this plugin, each with its reason.

/// The share of rows kept for testing unless the params say otherwise.
pub const TEST_FRACTION: f64 = 0.25;

/// A target of whole numbers with at most this many different ones is taken for classes.
pub const NUMERIC_CLASSES_MAX: usize = 20;

/// A text column with more categories than this is refused: each would become a column.
pub const CATEGORIES_MAX: usize = 1_000;

/// In shorter tables a column that counts up may do so by accident, and is kept.
pub const ROW_NUMBER_MIN_ROWS: usize = 20;

/// The result lists at most this many dropped columns; the transformation file lists all.
pub const REPORTED_COLUMNS_MAX: usize = 100;

/// A message names at most this many columns whose gaps drop rows.
pub const REPORTED_GAPS_MAX: usize = 5;

/// Shares of the rows at which a profile says how far the values go.
pub const QUANTILES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// Bins of a histogram of numbers that are not few and whole.
pub const HISTOGRAM_BINS: usize = 30;

/// Whole numbers over a range shorter than this have a bin each.
pub const WHOLE_BINS_MAX: f64 = 60.0;

/// A profile lists at most this many texts of a column.
pub const FREQUENT_MAX: usize = 20;

/// A profile cuts texts to this many characters.
pub const TEXT_MAX_CHARS: usize = 200;

/// The picture of a profile has at most this many columns.
pub const DRAWN_COLUMNS_MAX: usize = 30;

/// The picture of a profile has at most this many texts of a column.
pub const DRAWN_FREQUENT_MAX: usize = 8;

/// Numbers that are no further apart than this share of their size have no bins between them: their edges would be rounded away.
pub const NEAR: f64 = 1e-12;
