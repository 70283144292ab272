//! `dagwood plugin remove`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::registry::PluginRef;
use crate::text;

/// Remove a registered plugin that nothing uses
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// NAME@VERSION, a digest, or NAME where it has one version
    #[arg(value_name = "PLUGIN")]
    plugin: PluginRef,
}

/// Removes it, unless a DAG or a kept run uses it.
pub(super) fn run(args: RemoveArgs, context: &Context) -> Result<Exit, CliError> {
    let removed = context.host()?.registry.remove(&args.plugin)?;
    let name = text::one_line(&removed.plugin.name).into_owned();
    let kept = if removed.component_removed { "" } else { "; its component stays, since something else has it" };
    context.output.say(&format!("removed {name}@{}{kept}", removed.plugin.version));
    Ok(Exit::Done)
}
