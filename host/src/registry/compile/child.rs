//! The parent's side of the compiling child.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};

use super::CompileProblem;
use super::protocol::{COMMAND, problem_of};
use crate::executor::Boxed;
use crate::executor::port::EngineKind;
use crate::limits::COMPILE_TIMEOUT;
use crate::registry::ports::{Codegen, Compiler};

/// What is kept of a child's standard error: the first words say what is wrong, the rest is read and dropped.
const STDERR_MAX_BYTES: usize = 16 << 10;

/// Compiles in a child process: killed at the timeout and when nobody waits for it any more.
#[derive(Clone)]
pub struct ChildCompiler {
    program: PathBuf,
    leading: Vec<OsString>,
    codegen: Arc<dyn Codegen>,
    timeout: Duration,
}

impl ChildCompiler {
    /// One that starts `program`, which must have the hidden command. `codegen` only says what is compatible.
    pub fn new(program: impl Into<PathBuf>, codegen: Arc<dyn Codegen>) -> Self {
        Self { program: program.into(), leading: Vec::new(), codegen, timeout: COMPILE_TIMEOUT }
    }

    /// One that starts this program again.
    ///
    /// # Errors
    /// Where the system does not say which file this program is.
    pub fn this_program(codegen: Arc<dyn Codegen>) -> Result<Self, CompileProblem> {
        let program = own_executable()
            .map_err(|source| CompileProblem::Start { program: PathBuf::from("of this program"), source })?;
        Ok(Self::new(program, codegen))
    }

    /// Puts arguments before those of the hidden command.
    #[must_use]
    pub fn with_leading_arguments(mut self, leading: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.leading = leading.into_iter().map(Into::into).collect();
        self
    }

    /// Allows another time than [`COMPILE_TIMEOUT`].
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn command(&self, engine: EngineKind, input: &Path, output: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.leading)
            .args([COMMAND, "--engine", engine.as_str(), "--compat", &self.codegen.compatibility(engine)])
            .args([input, output])
            .env_clear()
            // Its end tells the child that its parent is gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// On Linux by way of `/proc`, which finds the program even when its file was replaced by an update.
fn own_executable() -> std::io::Result<PathBuf> {
    let by_handle = Path::new("/proc/self/exe");
    if by_handle.exists() { Ok(by_handle.to_path_buf()) } else { std::env::current_exe() }
}

impl Compiler for ChildCompiler {
    fn compatibility(&self, engine: EngineKind) -> String {
        self.codegen.compatibility(engine)
    }

    fn compile(&self, engine: EngineKind, input: PathBuf, output: PathBuf) -> Boxed<Result<(), CompileProblem>> {
        let mut command = self.command(engine, &input, &output);
        let (program, timeout) = (self.program.clone(), self.timeout);
        Box::pin(async move {
            let child = command.spawn().map_err(|source| CompileProblem::Start { program, source })?;
            match tokio::time::timeout(timeout, watch(child)).await {
                Ok(ended) => {
                    let (status, stderr) = ended.map_err(|error| CompileProblem::Files(error.to_string()))?;
                    problem_of(status, stderr)
                }
                Err(_) => Err(CompileProblem::TimedOut { limit: timeout }),
            }
        })
    }
}

async fn watch(mut child: Child) -> std::io::Result<(ExitStatus, String)> {
    // `wait` would close it at once.
    let stdin = child.stdin.take();
    let said = match child.stderr.take() {
        Some(stderr) => read_beginning(stderr).await?,
        None => Vec::new(),
    };
    let status = child.wait().await?;
    drop(stdin);
    Ok((status, String::from_utf8_lossy(&said).into_owned()))
}

async fn read_beginning(mut stderr: ChildStderr) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stderr.read(&mut buffer).await?;
        if count == 0 {
            return Ok(kept);
        }
        let room = STDERR_MAX_BYTES - kept.len();
        kept.extend_from_slice(&buffer[..count.min(room)]);
    }
}
