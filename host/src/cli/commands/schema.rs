//! `dagwood schema`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};

/// Print the JSON Schema of DAG files, for editors
#[derive(Debug, Args)]
pub struct SchemaArgs {}

/// Prints it.
pub(super) fn run(_args: SchemaArgs, context: &Context) -> Result<Exit, CliError> {
    let schema = serde_json::to_string_pretty(&crate::dag::schema());
    let schema = schema.map_err(|error| CliError::new(Exit::Host, error).doing("cannot make the schema"))?;
    context.output.print(&schema)?;
    Ok(Exit::Done)
}
