//! `dagwood serve`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::output::Output;
use crate::cli::signals::Signals;
use crate::cli::watch_build::SayBuild;
use crate::compose::{ServeLog, ServeRequest};
use crate::dag::model::Dag;
use crate::ids::RunId;
use crate::lifecycle::state::RunState;
use crate::loader::Build;
use crate::schedule::parse_duration;
use crate::scheduler::RunObserver;
use crate::text;

/// Schedule the DAGs of a folder: the server
///
/// Files that are new, changed or removed are taken up within a second. SIGTERM or Ctrl-C stops it in good order: nothing
/// new begins, what runs may go on for the grace time, and what is not done by then is run again by the next server.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The folder of DAG files: all `.toml` files in it and in its folders
    #[arg(long, value_name = "DIR")]
    dags: PathBuf,
    /// Build crates that DAGs give by path when they changed: this runs code from their folders
    #[arg(long)]
    allow_build: bool,
    /// How long tasks may go on after the stop
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    grace: Duration,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.message)
}

/// Serves until it is told to stop.
pub(super) fn run(args: ServeArgs, context: &Context) -> Result<Exit, CliError> {
    let output = context.output;
    context.with_host(async |host| {
        let signals = Signals::take()?;
        let again = "told to stop; once more to end at once, and what runs is run again by the next server";
        let stop = signals.into_cancel(again, "ended at once", move |words| say(output, words));
        let said = Arc::new(Said(output));
        let request = ServeRequest {
            dags: args.dags,
            build: if args.allow_build { Build::Allowed } else { Build::Kept },
            builds: Arc::new(SayBuild(output)),
            grace: args.grace,
            log: Arc::clone(&said) as _,
            observer: said,
        };
        host.serve(request, stop).await?;
        say(output, "stopped");
        Ok(Exit::Done)
    })
}

fn say(output: Output, words: &str) {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    output.say(&format!("{now} {}", text::one_line(words)));
}

/// Says what happens, a line each.
struct Said(Output);

impl ServeLog for Said {
    fn say(&self, line: &str) {
        say(self.0, line);
    }
}

impl RunObserver for Said {
    fn run_began(&self, dag: &Dag, run_id: &RunId) {
        say(self.0, &format!("{}/{run_id} begins", dag.id));
    }

    fn run_resumed(&self, dag: &Dag, run_id: &RunId) {
        say(self.0, &format!("{}/{run_id} goes on", dag.id));
    }

    fn deadline_missed(&self, dag: &Dag, run_id: &RunId, due: Timestamp) {
        say(self.0, &format!("{}/{run_id} is late: its deadline was {due}", dag.id));
    }

    fn run_ended(&self, dag: &Dag, run_id: &RunId, state: RunState) {
        say(self.0, &format!("{}/{run_id} ends: {state}", dag.id));
    }
}
