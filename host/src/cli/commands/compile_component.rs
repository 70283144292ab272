//! `dagwood compile-component`, which is hidden: the compiling child of the registry.

use std::path::PathBuf;
use std::process;

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::executor::port::EngineKind;
use crate::registry::compile::inside::{self, ChildCall, ProcessLimits};

/// Compile one component, within limits on memory and time
#[derive(Debug, Args)]
pub struct CompileComponentArgs {
    /// The engine to compile for
    #[arg(long, value_enum)]
    engine: Engine,
    /// The compatibility hash that the parent expects
    #[arg(long, value_name = "HASH")]
    compat: String,
    /// The component
    input: PathBuf,
    /// The file to make
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    Pure,
    Open,
    Fuel,
}

/// Compiles. Its exit codes are the registry's own: nobody but the parent reads them.
pub(super) fn run(args: CompileComponentArgs, context: &Context) -> Result<Exit, CliError> {
    // Before anything of the component is looked at.
    inside::limit_this_process(ProcessLimits::default())
        .map_err(|error| CliError::new(Exit::Host, error).doing("cannot limit the compiler"))?;
    inside::end_with_parent();
    let engine = match args.engine {
        Engine::Pure => EngineKind::Pure,
        Engine::Open => EngineKind::Open,
        Engine::Fuel => EngineKind::Fuel,
    };
    let call = ChildCall { engine, compatibility: args.compat, input: args.input, output: args.output };
    let (code, words) = inside::run(crate::compose::codegen()?.as_ref(), &call);
    if !words.is_empty() {
        context.output.say(&words);
    }
    process::exit(i32::from(code));
}
