//! Shows a run while it goes: bars on a terminal, plain lines elsewhere. Always on standard error.

mod bars;
mod lines;
mod said;
mod state;

use std::sync::Arc;

use crate::cli::output::Output;
use crate::scheduler::RunObserver;

pub use said::{Said, said};
pub use state::RunProgress;

/// Something that shows a run.
pub trait Progress: RunObserver {
    /// Says something beside the progress.
    fn say(&self, text: &str);
    /// The run is over: takes away what is not to stay.
    fn finish(&self);
}

/// The right kind for where words go.
pub fn for_output(output: Output) -> Arc<dyn Progress> {
    if output.words_on_terminal() { Arc::new(bars::Bars::start(output)) } else { Arc::new(lines::Lines::new(output)) }
}
