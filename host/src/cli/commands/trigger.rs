//! `dagwood trigger DAG`.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::ask::{ask, ask_running_server, unexpected};
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::logical_date;
use crate::cli::param::{self, Declared, Param};
use crate::cli::target::DagArg;
use crate::compose::Host;
use crate::dag::model::DagParam;
use crate::ids::{DagId, RunId};
use crate::lifecycle::state::RunState;
use crate::loader::restore;
use crate::scheduler::{Reply, Request};

/// Make a run of a served DAG now, or as soon as it has room for one
///
/// Without a server the run waits for the next one.
#[derive(Debug, Args)]
pub struct TriggerArgs {
    /// The DAG: its id or its file
    dag: String,
    /// Set a parameter of the DAG: VALUE is JSON where it is JSON and the DAG's declaration allows it, else text
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<Param>,
    /// What the run is for: a date or an instant, in UTC unless it says otherwise [default: now]
    #[arg(long, value_name = "DATE", value_parser = logical_date::parse)]
    logical_date: Option<Timestamp>,
    /// Wait for the run's end, and exit as it does
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct Triggered {
    dag_id: DagId,
    run_id: RunId,
    state: RunState,
}

/// Triggers it.
pub(super) fn run(args: TriggerArgs, context: &Context) -> Result<Exit, CliError> {
    context.with_host(async |host| {
        let dag = DagArg::read(&args.dag)?.id(host.store.as_ref())?;
        let declared = declared(&host, &dag)?;
        let params = param::read_all(&args.params, |name| of(&declared, name))?;
        let logical_date = args.logical_date;
        let request = Request::Trigger { dag: dag.clone(), params, logical_date };
        let asked = if args.wait { ask_running_server(&host, request).await } else { ask(&host, request).await };
        let run = match asked? {
            Reply::Triggered { run_id } => run_id,
            other => return Err(unexpected(&other)),
        };
        let mut state = RunState::Queued;
        if args.wait {
            let wait = Request::Wait { dag: dag.clone(), run: run.clone() };
            state = match ask_running_server(&host, wait).await? {
                Reply::Ended { state } => state,
                other => return Err(unexpected(&other)),
            };
        }
        if args.json.json {
            context.output.print_json(&Triggered { dag_id: dag, run_id: run, state })?;
        } else {
            context.output.print(&format!("{dag}/{run}: {state}"))?;
        }
        Ok(if state == RunState::Failed { Exit::RunFailed } else { Exit::Done })
    })
}

/// The parameters that the DAG's present version declares.
fn declared(host: &Host, dag: &DagId) -> Result<Vec<DagParam>, CliError> {
    let version = host.store.dag(dag)?.and_then(|record| record.version);
    let version = version.map(|digest| host.store.dag_version(digest)).transpose()?.flatten();
    let restored =
        version.and_then(|kept| restore(&host.registry, &host.grounds, &kept.source, &kept.plugins, kept.digest).ok());
    Ok(restored.map(|dag| dag.params).unwrap_or_default())
}

fn of<'a>(declared: &'a [DagParam], name: &str) -> Declared<'a> {
    let by_name: BTreeMap<&str, &DagParam> = declared.iter().map(|param| (param.name.as_str(), param)).collect();
    by_name.get(name).map_or_else(Declared::default, |param| Declared {
        schema: param.schema.as_ref(),
        default: param.default.as_ref(),
    })
}
