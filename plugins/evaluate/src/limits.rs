//! The numbers of this plugin, each with its reason.

/// With more classes the task's result leaves out the figures of each class, which would outgrow it; the file has them all.
pub const REPORTED_CLASSES_MAX: usize = 100;

/// In the task's result a class's name is cut to this many characters.
pub const REPORTED_NAME_MAX_CHARS: usize = 100;

/// With more classes the confusion matrix is drawn without a number in each cell, which could not be read.
pub const NUMBERED_CLASSES_MAX: usize = 25;

/// With more classes the picture has no names at its sides.
pub const NAMED_CLASSES_MAX: usize = 60;

/// With more classes only the most frequent are drawn: a picture of a million cells helps nobody.
pub const DRAWN_CLASSES_MAX: usize = 100;

/// Names at the sides of the picture are cut to this many characters.
pub const LABEL_MAX_CHARS: usize = 18;

/// A curve keeps points that are at least one part of so many away from the last: more could not be told apart in a picture.
pub const CURVE_STEPS: f64 = 400.0;

/// With more classes only the most frequent have a curve: as many as there are colours.
pub const CURVES_MAX: usize = 8;

/// At most so many rows are dots in the picture of residuals, evenly chosen.
pub const DOTS_MAX: usize = 3_000;

/// Probabilities that are put in order at once, of all rows together: a quarter of a gigabyte.
pub const RANKED_TOGETHER_MAX: usize = 32_000_000;

/// Probabilities that are written at once.
pub const WRITTEN_TOGETHER_MAX: usize = 16_000_000;
