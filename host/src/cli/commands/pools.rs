//! `dagwood pools …`.

use clap::{Args, Subcommand};
use comfy_table::Cell;

use crate::cli::args::Json;
use crate::cli::ask::tell_pools_changed;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::table::{self, cell, right};
use crate::ids::PoolName;
use crate::store::PoolRecord;
use crate::text;
use crate::views::pools::{PoolList, PoolSummary};

/// Limit what tasks share: a task that names a pool takes its slots while it runs
#[derive(Debug, Subcommand)]
pub enum PoolsCommand {
    /// List the pools
    List(ListArgs),
    /// Make a pool, or change one; a smaller one starts nothing until it has room
    Set(SetArgs),
    /// Remove a pool; tasks that name it wait until it is there again
    Remove(RemoveArgs),
}

/// List the pools
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    json: Json,
}

/// Make a pool, or change one; a smaller one starts nothing until it has room
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Its name
    name: PoolName,
    /// Its slots; 0 starts nothing
    slots: u32,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
}

/// Remove a pool; tasks that name it wait until it is there again
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Its name
    name: PoolName,
}

/// Does it.
pub(super) fn run(command: PoolsCommand, context: &Context) -> Result<Exit, CliError> {
    let host = context.host()?;
    match command {
        PoolsCommand::List(args) => return list(args.json, context, PoolList::new(host.store.pools()?)),
        PoolsCommand::Set(SetArgs { name, slots, description }) => {
            let words = format!("pool `{name}` has {slots} slots");
            host.store.set_pool(&PoolRecord { name, slots, description })?;
            context.output.say(&words);
        }
        PoolsCommand::Remove(RemoveArgs { name }) => {
            if name == PoolName::default() {
                let message = format!("`{name}` cannot be removed: tasks that name no pool take its slots");
                return Err(CliError::usage(message).help(format!("`dagwood pools set {name} SLOTS` changes it")));
            }
            if !host.store.remove_pool(&name)? {
                return Err(CliError::usage(format!("there is no pool `{name}`")));
            }
            context.output.say(&format!("pool `{name}` is removed"));
        }
    }
    tell_pools_changed(&host);
    Ok(Exit::Done)
}

fn list(json: Json, context: &Context, pools: PoolList) -> Result<Exit, CliError> {
    if json.json {
        context.output.print_json(&pools)?;
    } else {
        let header = ["pool", "slots", "for"];
        context.output.print(&table::render(&header, pools.pools.iter().map(row), context.output.colours()))?;
    }
    Ok(Exit::Done)
}

fn row(pool: &PoolSummary) -> Vec<Cell> {
    vec![cell(pool.name.as_str()), right(pool.slots.to_string()), cell(text::one_line(&pool.description))]
}
