//! Pictures as SVG, written by hand: no fonts to load, no scripts, every text escaped.
//!
//! A picture describes itself in words (`title` and `desc`), for people who do not see it. To add one, add a file with a function
//! from figures to text, built from the pieces in [`document`].

mod colour;
mod confusion;
mod document;

pub use confusion::draw_confusion;

#[cfg(test)]
mod tests;
