//! Compiling a component: in a child process with limits, or here for embedders and tests.
//!
//! A stranger's component may make a compiler use all the memory there is, or never end, so the program compiles in a
//! child ([`ChildCompiler`]) that is this program again under a hidden command ([`inside`]).

mod child;
mod in_process;
pub mod inside;
mod protocol;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use super::error::Fault;

pub use child::ChildCompiler;
pub use in_process::InProcessCompiler;

/// Why a component was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileProblem {
    /// The compiler does not take it.
    #[error("the compiler refuses it: {0}")]
    Refused(String),
    /// More memory than a compiler may have.
    #[error("compiling it needs more than the {} MiB of memory that a compiler may have", limit_bytes >> 20)]
    OutOfMemory {
        /// The limit.
        limit_bytes: u64,
    },
    /// More time than a compiler may have.
    #[error("compiling it takes longer than the {} seconds that a compiler may take", limit.as_secs())]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// Larger machine code than a compiler may write.
    #[error("its compiled form is larger than the {} MiB that a compiler may write", limit_bytes >> 20)]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The compiler died.
    #[error("the compiler crashed ({how}){}", said(.stderr))]
    Crashed {
        /// The signal or the exit code.
        how: String,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// The child is not the program that started it, as after an update.
    #[error("the program was replaced while it ran: start it again")]
    OtherProgram,
    /// The child could not read or write.
    #[error("the compiler cannot read or write its files: {0}")]
    Files(String),
    /// The child could not be started.
    #[error("the compiler {program} cannot be started")]
    Start {
        /// What was to be started.
        program: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
}

impl CompileProblem {
    /// Whose fault it is: what the component makes of the compiler is the component's.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Refused(_)
            | Self::OutOfMemory { .. }
            | Self::TimedOut { .. }
            | Self::TooLarge { .. }
            | Self::Crashed { .. } => Fault::Caller,
            Self::OtherProgram | Self::Files(_) | Self::Start { .. } => Fault::Host,
        }
    }
}

fn said(stderr: &str) -> String {
    let stderr = stderr.trim();
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}
