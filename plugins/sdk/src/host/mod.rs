//! Where calls to the host go: to the imports of the component, or natively to the try that a test runs on this thread.
//! Both files have the same functions, chosen when compiling and called directly: through a table of function pointers
//! every component would import `context`, used or not.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod wasm;

#[cfg(not(target_family = "wasm"))]
pub use native::log;
#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{Recorded, current, dates, metric, progress, recording};
#[cfg(target_family = "wasm")]
pub use wasm::log;
#[cfg(target_family = "wasm")]
pub(crate) use wasm::{current, dates, metric, progress};
