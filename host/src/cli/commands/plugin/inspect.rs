//! `dagwood plugin inspect`.

use clap::Args;

use crate::cli::args::Json;
use crate::cli::commands::plugin::words;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::target::PluginArg;
use crate::compose::Host;
use crate::registry::{Inspected, PluginRef};
use crate::views::plugins::PluginDocument;

/// Show what a plugin takes, gives, and may do; nothing of it is run
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// NAME, NAME@VERSION or a digest; a component's .wasm file; or a crate's folder, whose last build is shown
    #[arg(value_name = "PLUGIN")]
    plugin: String,
    #[command(flatten)]
    json: Json,
}

/// Shows it.
pub(super) fn run(args: InspectArgs, context: &Context) -> Result<Exit, CliError> {
    let inspected = context.with_host(async |host| inspect(&host, &args.plugin).await)?;
    let document = PluginDocument::from(inspected);
    if args.json.json {
        context.output.print_json(&document)?;
    } else {
        context.output.print(&words::in_full(&document, context.output.colours()))?;
    }
    Ok(Exit::Done)
}

async fn inspect(host: &Host, text: &str) -> Result<Inspected, CliError> {
    let inspected = match PluginArg::read(text)? {
        PluginArg::Reference(reference) => host.registry.inspect(&reference).map_err(|error| {
            let error = CliError::from(error);
            match PluginArg::folder_of_that_name(text) {
                Some(help) => error.help(help),
                None => error,
            }
        })?,
        PluginArg::File(path) => host.registry.inspect_file(&path).await?,
        PluginArg::Crate(path) => {
            let last = host.registry.last_build(&path).await?;
            host.registry.inspect(&PluginRef::Component(last.component.digest))?
        }
    };
    Ok(inspected)
}
