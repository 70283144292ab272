//! The numbers of this crate, each with its reason.

/// A longer cell is refused: in a CSV file it is nearly always a quote that was opened and never closed.
pub const CELL_MAX_BYTES: usize = 1024 * 1024;

/// A longer row of a CSV file is refused, before it fills the memory; as many columns as may be have 160 bytes each.
pub const ROW_MAX_BYTES: usize = 16 * 1024 * 1024;

/// A CSV file is read in pieces of this size.
pub const CSV_BUFFER_BYTES: usize = 64 * 1024;

/// More columns in a CSV header are refused: the separator is then almost surely wrong.
pub const COLUMNS_MAX: usize = 100_000;

/// More classes than this are refused: such a target is an identifier, or a number.
pub const CLASSES_MAX: usize = 1_000;

/// Rows in one Parquet row group: large enough to compress well, small enough to read one group at a time.
pub const ROW_GROUP_ROWS: usize = 131_072;

/// Rows that room is set aside for because a file says so; for more it is found as they come.
pub const ROOM_ROWS_MAX: usize = 4_000_000;

/// Values asked of a Parquet column reader at once.
pub const READ_BATCH_ROWS: usize = 8_192;

/// Rows scored together: a block of scores for a few classes then stays in the processor's cache.
pub const SCORE_BLOCK_ROWS: usize = 1_024;

/// A cell or name is cut to this many characters where a message quotes it.
pub const QUOTE_MAX_CHARS: usize = 60;

/// A message lists at most this many names.
pub const LIST_MAX_NAMES: usize = 20;

/// The CSV file is checked for its encoding in pieces of this size.
pub const ENCODING_CHUNK_BYTES: usize = 64 * 1024;

/// Whether a column of texts has more numbers than texts is judged by about this many cells.
pub const MIXED_SEEN_CELLS: usize = 1_000;

/// Rows between two looks of a guest at its clock, in loops over all rows: each look takes registers from what is counted.
pub const ROWS_AT_ONCE: usize = 8;
