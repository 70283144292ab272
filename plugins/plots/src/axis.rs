//! Axes: what they cover, and how their places are written.

use std::ops::Range;

use crate::document::without_controls;

/// An axis.
#[derive(Debug, Clone)]
pub struct Axis<'a> {
    /// What it says; empty for nothing.
    pub label: &'a str,
    /// What it covers.
    pub range: Range<f64>,
    /// How its places are written.
    pub ticks: Ticks<'a>,
}

/// How the places of an axis are written.
#[derive(Debug, Clone, Copy)]
pub enum Ticks<'a> {
    /// As numbers, with as many digits as tell them apart.
    Numbers,
    /// As whole numbers.
    Whole,
    /// As this says.
    By(fn(f64) -> String),
    /// By names, from above to below, each one wide from 0 on; of a vertical axis.
    Names(&'a [String]),
}

impl<'a> Axis<'a> {
    /// An axis from 0 to 1.
    pub fn share(label: &'a str) -> Self {
        Self { label, range: 0.0..1.0, ticks: Ticks::Numbers }
    }

    /// An axis over these numbers and a little more; 0 to 1 if there are none.
    pub fn over(label: &'a str, numbers: impl Iterator<Item = f64>) -> Self {
        let finite = numbers.filter(|number| number.is_finite());
        let (least, most) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), n| (a.min(n), b.max(n)));
        if least > most {
            return Self::share(label);
        }
        let room = if most > least { (most - least) * 0.04 } else { most.abs().max(1.0) * 0.5 };
        Self { label, range: least - room..most + room, ticks: Ticks::Numbers }
    }
}

/// A range that can be drawn: from less to more, and no further than numbers reach.
pub(crate) fn sound(range: &Range<f64>) -> Range<f64> {
    const MOST: f64 = f64::MAX / 8.0;
    let limited = |end: f64, other: f64| if end.is_nan() { other } else { end.clamp(-MOST, MOST) };
    let (start, end) = (limited(range.start, 0.0), limited(range.end, 1.0));
    let least = start.abs().max(end.abs()).max(1e-290) * 1e-9;
    if end - start > least { start..end } else { start - least..start + 2.0 * least }
}

/// A place on an axis, with as many digits as tell it from its neighbours.
pub(crate) fn number(place: f64, axis: &Axis<'_>) -> String {
    let size = axis.range.start.abs().max(axis.range.end.abs());
    let span = axis.range.end - axis.range.start;
    match axis.ticks {
        Ticks::Whole => return format!("{place:.0}"),
        Ticks::By(say) => return without_controls(&say(place)),
        Ticks::Names(_) => return String::new(),
        Ticks::Numbers => {}
    }
    if size >= 1e12 || (size > 0.0 && size < 1e-3) {
        return if place == 0.0 { "0".into() } else { format!("{place:.1e}") };
    }
    let (unit, letter) = match size {
        size if size >= 1e9 => (1e9, "G"),
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let digits = (1.0 - (span / unit / 5.0).log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{:.digits$}", place / unit);
    let trimmed = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if matches!(trimmed, "-0" | "0") { "0".into() } else { format!("{trimmed}{letter}") }
}
