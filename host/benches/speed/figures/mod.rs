//! The figures, by what they measure.

mod fan;
mod hand_off;
mod noop;
mod served;

use anyhow::Result;

use crate::figure::Figure;
use crate::kit::Kit;

/// A group of figures that are measured together.
type Group = (&'static str, fn(&Kit) -> Result<Vec<Figure>>);

/// All groups, in the order of the table.
pub(crate) const GROUPS: &[Group] = &[
    ("noop", noop::measure),
    ("fan", fan::measure),
    ("runs", served::runs),
    ("hand_off", hand_off::measure),
    ("one_dag", served::one),
    ("many_dags", served::many),
];
