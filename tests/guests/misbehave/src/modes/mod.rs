//! One file for each kind of behaviour; one function for each mode.

pub(crate) mod answers;
pub(crate) mod chatter;
pub(crate) mod files;
pub(crate) mod hunger;
pub(crate) mod outside;
pub(crate) mod traps;
