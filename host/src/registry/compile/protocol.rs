//! What parent and child agree on: the command line, and exit codes with a line on standard error.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::CompileProblem;
use crate::limits::{COMPILE_MEMORY_BYTES, COMPILE_TIMEOUT};

/// The hidden command of the program.
pub(super) const COMMAND: &str = "compile-component";
/// The most machine code of one component: some ten times the largest component that is common.
pub(super) const COMPILED_MAX_BYTES: u64 = 2 << 30;

/// [`CompileProblem::Refused`], with its text on standard error.
pub(super) const REFUSED: u8 = 10;
/// [`CompileProblem::OtherProgram`].
pub(super) const OTHER_PROGRAM: u8 = 11;
/// [`CompileProblem::Files`], with its text on standard error.
pub(super) const FILES: u8 = 12;

/// What Rust prints before it aborts when an allocation fails.
const ALLOCATION_FAILED: &str = "memory allocation of";

/// What the end of a child means.
pub(super) fn problem_of(status: ExitStatus, stderr: String) -> Result<(), CompileProblem> {
    if let Some(signal) = status.signal() {
        return Err(problem_of_signal(signal, stderr));
    }
    match status.code() {
        Some(0) => Ok(()),
        Some(code) if code == i32::from(REFUSED) => Err(CompileProblem::Refused(one_line(&stderr))),
        Some(code) if code == i32::from(OTHER_PROGRAM) => Err(CompileProblem::OtherProgram),
        Some(code) if code == i32::from(FILES) => Err(CompileProblem::Files(one_line(&stderr))),
        code => {
            Err(CompileProblem::Crashed { how: format!("exit code {}", code.unwrap_or(-1)), stderr: one_line(&stderr) })
        }
    }
}

fn problem_of_signal(signal: i32, stderr: String) -> CompileProblem {
    let is = |known: Signal| signal == known.as_raw();
    if is(Signal::XCPU) {
        return CompileProblem::TimedOut { limit: COMPILE_TIMEOUT };
    }
    if is(Signal::XFSZ) {
        return CompileProblem::TooLarge { limit_bytes: COMPILED_MAX_BYTES };
    }
    if is(Signal::ABORT) && stderr.contains(ALLOCATION_FAILED) {
        return CompileProblem::OutOfMemory { limit_bytes: COMPILE_MEMORY_BYTES };
    }
    let how = if is(Signal::KILL) {
        "killed, as the system does when its memory runs out".to_owned()
    } else {
        format!("signal {signal}")
    };
    CompileProblem::Crashed { how, stderr: one_line(&stderr) }
}

/// Control characters of a stranger's making must not reach a terminal as they are.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    lines.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
