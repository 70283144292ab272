//! Pictures for dagwood's own plugins, as SVG: no fonts to load, no scripts, every text escaped.
//!
//! [`chart`] draws figures over axes ([`axis`]), one panel or several, by the crate plotters; [`document`] has the pieces for pictures that are
//! no charts, such as a matrix; both share the colours of [`colour`]. A picture describes itself in words (`title` and `desc`), for
//! people who do not see it. The same figures give the same bytes.
//!
//! It must never know what the figures mean.

pub mod axis;
pub mod chart;
pub mod colour;
pub mod document;

pub use axis::{Axis, Ticks};
pub use chart::{Chart, Mark, Panel, Series, draw};

#[cfg(test)]
mod tests;
