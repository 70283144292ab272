//! `dagwood plugin list`.

use clap::Args;
use comfy_table::Cell;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::table::{self, cell, right};
use crate::text;
use crate::views::human;
use crate::views::plugins::{PluginList, PluginSummary};

/// The longest summary in a row.
const SUMMARY_MAX_CHARS: usize = 80;

/// List registered plugins
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    json: Json,
}

/// Lists them.
pub(super) fn run(args: ListArgs, context: &Context) -> Result<Exit, CliError> {
    let list = PluginList::new(context.host()?.registry.list()?);
    if args.json.json {
        context.output.print_json(&list)?;
    } else if list.plugins.is_empty() {
        context.output.say("no plugin is registered yet; `dagwood plugin register FILE.wasm` does it");
    } else {
        let header = ["plugin", "version", "size", "registered", "digest", "summary"];
        context.output.print(&table::render(&header, list.plugins.iter().map(row), context.output.colours()))?;
    }
    Ok(Exit::Done)
}

fn row(plugin: &PluginSummary) -> Vec<Cell> {
    vec![
        cell(text::one_line(&plugin.name)),
        cell(plugin.version.to_string()),
        right(human::size(plugin.size_bytes)),
        cell(human::instant(plugin.registered_at)),
        cell(human::digest(plugin.digest)),
        cell(text::short_line(&plugin.summary, SUMMARY_MAX_CHARS)),
    ]
}
