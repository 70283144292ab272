//! `dagwood dag versions`.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::table::{self, cell};
use crate::cli::target::DagArg;
use crate::ids::{DagId, Digest};
use crate::views::human;

/// List the versions of a DAG that are kept, newest first, or show one's text
#[derive(Debug, Args)]
pub struct VersionsArgs {
    /// The DAG: its id or its file
    dag: String,
    /// Print the text of this version
    #[arg(long, value_name = "DIGEST")]
    show: Option<Digest>,
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct VersionList {
    dag_id: DagId,
    dag_versions: Vec<Version>,
    total_entries: u64,
}

#[derive(Serialize)]
struct Version {
    version: Digest,
    created_at: Timestamp,
    is_current: bool,
}

/// Lists them, or shows one.
pub(super) fn run(args: VersionsArgs, context: &Context) -> Result<Exit, CliError> {
    let host = context.host()?;
    let dag_id = DagArg::read(&args.dag)?.id(host.store.as_ref())?;
    if let Some(digest) = args.show {
        let kept = host.store.dag_version(digest)?.filter(|version| version.dag_id == dag_id);
        let none = || CliError::usage(format!("the DAG `{dag_id}` has no version {digest}"));
        context.output.print(&kept.ok_or_else(none)?.source)?;
        return Ok(Exit::Done);
    }
    let current = host.store.dag(&dag_id)?.and_then(|record| record.version);
    let versions = host.store.dag_versions(&dag_id)?;
    let listed = versions.into_iter().map(|(version, created_at)| Version {
        version,
        created_at,
        is_current: current == Some(version),
    });
    let dag_versions: Vec<_> = listed.collect();
    if args.json.json {
        let total_entries = dag_versions.len() as u64;
        context.output.print_json(&VersionList { dag_id, dag_versions, total_entries })?;
        return Ok(Exit::Done);
    }
    let row = |version: &Version| {
        let current = if version.is_current { "yes" } else { "" };
        vec![cell(version.version.to_string()), cell(human::instant(version.created_at)), cell(current)]
    };
    let header = ["version", "first seen", "served"];
    context.output.print(&table::render(&header, dag_versions.iter().map(row), context.output.colours()))?;
    Ok(Exit::Done)
}
