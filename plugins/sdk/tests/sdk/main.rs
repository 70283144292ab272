//! The SDK as a plugin's author meets it, natively.
#![allow(missing_docs, reason = "tests")]

mod answers;
mod describe;
mod failures;
mod given;
mod said;
mod wit;
