//! The figures, by what they measure.

mod bytes;
mod commit;
mod fan;
mod flights;
mod hand_off;
mod history;
mod large;
mod noop;
mod served;
mod slopes;
mod starts;

use anyhow::Result;

use crate::figure::Figure;
use crate::kit::Kit;

/// A group of figures that are measured together.
type Group = (&'static str, fn(&Kit) -> Result<Vec<Figure>>);

/// All groups, in the order of the table.
pub(crate) const GROUPS: &[Group] = &[
    ("noop", noop::measure),
    ("commit", commit::measure),
    ("fan", fan::measure),
    ("runs", served::runs),
    ("hand_off", hand_off::measure),
    ("one_dag", served::one),
    ("large", large::measure),
    ("many_dags", served::many),
    ("history", history::measure),
    ("starts", starts::measure),
    ("bytes", bytes::measure),
    ("flights", flights::measure),
    ("slopes", slopes::measure),
];
