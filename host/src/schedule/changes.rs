//! What clock changes do to ticks.

use serde::{Deserialize, Serialize};

/// What a clock change does to a tick of a cron schedule whose hour field is not `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockChanges {
    /// For a local time that does not exist.
    pub gap: DstGap,
    /// For a local time that exists twice.
    pub fold: DstFold,
}

impl ClockChanges {
    /// With an hour field of exactly `*` every instant counts whose local minute matches: none in a gap, both passes.
    pub(crate) const EVERY_INSTANT: Self = Self { gap: DstGap::Skip, fold: DstFold::Both };
}

/// What becomes of a tick at a local time that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DstGap {
    /// It is at the first instant after the gap.
    #[default]
    After,
    /// There is none.
    Skip,
}

/// When a tick is whose local time exists twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DstFold {
    /// At the first.
    #[default]
    First,
    /// At the second.
    Second,
    /// At both.
    Both,
}
