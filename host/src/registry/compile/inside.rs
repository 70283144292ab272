//! What happens inside the compiling child: the program's hidden command calls this.
//!
//! The order is: [`limit_this_process`] before anything else, then [`run`], then exit with its code.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::CompileProblem;
use super::protocol::{COMPILED_MAX_BYTES, FILES, OTHER_PROGRAM, REFUSED};
use crate::executor::port::EngineKind;
use crate::limits::{COMPILE_MEMORY_BYTES, COMPILE_TIMEOUT, COMPONENT_MAX_BYTES};
use crate::registry::disk;
use crate::registry::ports::Codegen;

/// The arguments of the hidden command `compile-component --engine pure|open --compat HASH IN OUT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildCall {
    /// Which engine to compile for.
    pub engine: EngineKind,
    /// The parent's compatibility hash; this program must have the same.
    pub compatibility: String,
    /// The component.
    pub input: PathBuf,
    /// The file to make; it must not be there.
    pub output: PathBuf,
}

/// How much a compiling process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Address space, in bytes.
    pub memory_bytes: u64,
    /// Processor time of all threads together, in seconds.
    pub cpu_s: u64,
    /// The largest file, in bytes.
    pub file_bytes: u64,
}

impl Default for ProcessLimits {
    /// Those of a compiler. Its threads work at once, so processor time may be as many times the time on the clock.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
        Self {
            memory_bytes: COMPILE_MEMORY_BYTES,
            cpu_s: COMPILE_TIMEOUT.as_secs().saturating_mul(threads),
            file_bytes: COMPILED_MAX_BYTES,
        }
    }
}

/// Limits this process for the rest of its life, and forbids core dumps.
///
/// # Errors
/// Where the system has a lower limit already that may not be left; then nothing must be compiled.
pub fn limit_this_process(limits: ProcessLimits) -> io::Result<()> {
    // At the second limit of time the system kills without a word; at the first it says why.
    let wanted = [
        (Resource::As, limits.memory_bytes, limits.memory_bytes),
        (Resource::Cpu, limits.cpu_s, limits.cpu_s.saturating_add(5)),
        (Resource::Fsize, limits.file_bytes, limits.file_bytes),
        (Resource::Core, 0, 0),
    ];
    for (resource, current, maximum) in wanted {
        let allowed = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let limit = Rlimit { current: Some(current.min(allowed)), maximum: Some(maximum.min(allowed)) };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Ends this process when its standard input ends, which is when its parent is gone.
pub fn end_with_parent() {
    let watch = || {
        let mut byte = [0];
        while matches!(io::stdin().read(&mut byte), Ok(1..)) {}
        std::process::exit(i32::from(FILES));
    };
    // Without the thread an orphan still ends at its limits.
    let _ = std::thread::Builder::new().name("parent".to_owned()).spawn(watch);
}

/// Compiles as called. Returns the exit code, and a line for standard error unless that is 0.
pub fn run(codegen: &dyn Codegen, call: &ChildCall) -> (u8, String) {
    if codegen.compatibility(call.engine) != call.compatibility {
        return (OTHER_PROGRAM, CompileProblem::OtherProgram.to_string());
    }
    match compile_file(codegen, call.engine, &call.input, &call.output) {
        Ok(()) => (0, String::new()),
        Err(CompileProblem::Refused(text)) => (REFUSED, text),
        Err(CompileProblem::Files(text)) => (FILES, text),
        Err(other) => (REFUSED, other.to_string()),
    }
}

/// Compiles the file `input` into the new file `output`, which is private to this user.
pub(super) fn compile_file(
    codegen: &dyn Codegen,
    engine: EngineKind,
    input: &Path,
    output: &Path,
) -> Result<(), CompileProblem> {
    let wasm = read(input).map_err(|error| CompileProblem::Files(format!("{}: {error}", input.display())))?;
    let code = codegen.compile(engine, &wasm)?;
    write(output, &code).map_err(|error| CompileProblem::Files(format!("{}: {error}", output.display())))
}

fn read(input: &Path) -> io::Result<Vec<u8>> {
    let bytes = disk::read_at_most(&mut File::open(input)?, COMPONENT_MAX_BYTES)?;
    bytes.ok_or_else(|| io::ErrorKind::FileTooLarge.into())
}

fn write(output: &Path, code: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(output)?;
    file.write_all(code)?;
    file.sync_all()
}
