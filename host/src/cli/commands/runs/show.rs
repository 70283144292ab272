//! `dagwood runs show`.

use std::time::Duration;

use clap::Args;

use crate::cli::args::Json;
use crate::cli::commands::run::paragraphs;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::report;
use crate::cli::style::{Palette, Tone};
use crate::cli::table::{self, cell, right, toned};
use crate::cli::target::{self, DagArg};
use crate::contract::{Invocation, Problem};
use crate::lifecycle::launch::Usage;
use crate::store::{RunRecord, Store};
use crate::text;
use crate::views::human;
use crate::views::run::{OutputDocument, RunDocument};
use crate::views::tries::{TaskDocument, TryDocument};

/// The longest JSON value shown in a line.
const VALUE_MAX_CHARS: usize = 2_000;

/// Show a run with its tasks, or one of its tasks with all its tries
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The DAG: its id or its file
    dag: String,
    /// The run's id, or `latest`
    run: String,
    /// One of its tasks, in full
    task: Option<String>,
    #[command(flatten)]
    json: Json,
}

/// Shows it.
pub(super) fn run(args: ShowArgs, context: &Context) -> Result<Exit, CliError> {
    let host = context.host()?;
    let store = host.store.as_ref();
    let dag = DagArg::read(&args.dag)?.id(store)?;
    let run = target::run_of_dag(store, &dag, &args.run)?;
    match &args.task {
        Some(task) => show_task(store, context, &run, task, args.json),
        None => show_run(store, context, run, args.json),
    }
}

fn show_run(store: &dyn Store, context: &Context, run: RunRecord, json: Json) -> Result<Exit, CliError> {
    let instances = store.instances(run.key)?;
    let (run_type, dates, callbacks) = (run.run_type, run.dates.clone(), store.callbacks(run.key)?);
    let document = RunDocument::new(run, instances, callbacks);
    if json.json {
        context.output.print_json(&document)?;
        return Ok(Exit::Done);
    }
    let colours = context.output.colours();
    let mut head = report::summary(&document, colours);
    head.push_str(&format!("\n{}, logical date {}", run_type.as_str(), human::instant_or_dash(dates.logical_date)));
    head.push_str(&format!(", started {}", human::instant_or_dash(document.start_date)));
    head.extend(
        document.missed_deadline.map(|due| format!("\nmissed its deadline, which was {}", human::instant(due))),
    );
    let table = report::task_table(&document, colours);
    let failures = report::failures(&document, &context.again(), colours);
    let callbacks = report::callback_table(&document, colours);
    context.output.print(&paragraphs(&[head, table, callbacks, failures]))?;
    Ok(Exit::Done)
}

fn show_task(store: &dyn Store, context: &Context, run: &RunRecord, task: &str, json: Json) -> Result<Exit, CliError> {
    let instance = target::instance(store, run, task)?;
    let document = TaskDocument::new(instance, store.tries(run.key)?);
    if json.json {
        context.output.print_json(&document)?;
        return Ok(Exit::Done);
    }
    let colours = context.output.colours();
    let parts = [facts(&document, colours), given(document.invocation.as_ref()), tries(&document.tries, colours)];
    context.output.print(&paragraphs(&parts))?;
    Ok(Exit::Done)
}

/// A name and what is known under it, in a line.
fn fact(name: &str, value: impl AsRef<str>) -> String {
    format!("{name:<12}{}", value.as_ref())
}

fn facts(document: &TaskDocument, colours: Palette) -> String {
    let instance = &document.instance;
    let state = colours.paint(Tone::of_task(instance.state), instance.state.as_str());
    let mut lines = vec![
        fact("task", instance.task_id.as_str()),
        fact("state", state),
        fact("try", format!("{} of {}", instance.try_number, document.max_tries)),
        fact("plugin", text::one_line(instance.plugin.as_deref().unwrap_or("-"))),
    ];
    lines.extend(instance.plugin_digest.map(|digest| fact("component", digest.to_string())));
    let took = human::duration_or_dash(instance.duration);
    lines.push(fact("started", format!("{}, took {took}", human::instant_or_dash(instance.start_date))));
    lines.extend(document.due.map(|due| fact("goes on", human::instant(due))));
    lines.extend(instance.value.as_ref().map(|value| fact("value", human::value(value, VALUE_MAX_CHARS))));
    let chosen = document.chosen.iter().map(|chosen| fact("chosen", text::one_line(&chosen.join(", "))));
    lines.extend(chosen);
    lines.extend(
        instance
            .metrics
            .iter()
            .map(|(name, value)| fact("metric", format!("{} = {}", text::one_line(name), human::float(*value)))),
    );
    lines.extend(instance.outputs.iter().map(|output| fact("output", output_words(output))));
    lines.extend(document.usage.iter().flat_map(usage_facts));
    lines.extend(instance.error.as_ref().map(|problem| fact("error", problem_words(problem))));
    lines.join("\n")
}

fn usage_facts(usage: &Usage) -> Vec<String> {
    let bytes = format!("{} in, {} out", human::size(usage.input_bytes), human::size(usage.output_bytes));
    let fuel = usage.fuel.map(|fuel| fact("fuel", fuel.to_string()));
    let traffic = (usage.traffic_bytes > 0).then(|| fact("traffic", human::size(usage.traffic_bytes)));
    let facts = [
        fact("memory", format!("{} at most", human::size(usage.peak_memory_bytes))),
        fact("cpu", human::duration(Duration::from_micros(usage.cpu_time_us).as_secs_f64())),
        fact("data", bytes),
    ];
    facts.into_iter().chain(traffic).chain(fuel).collect()
}

fn output_words(output: &OutputDocument) -> String {
    let media_type = output.media_type.as_deref().map(|media| format!(", {}", text::one_line(media)));
    let (port, size) = (text::one_line(&output.port), human::size(output.size_bytes));
    format!("{port}: {size}{}, {}", media_type.unwrap_or_default(), output.digest)
}

fn problem_words(problem: &Problem) -> String {
    let message = text::lines(problem.message.trim_end()).replace('\n', "\n            ");
    format!("{}: {message}", text::one_line(&problem.code))
}

/// What the last try was given.
fn given(invocation: Option<&Invocation>) -> String {
    let Some(invocation) = invocation else { return String::new() };
    let mut lines = vec![fact("params", text::short_line(&invocation.params.to_string(), VALUE_MAX_CHARS))];
    lines.extend(invocation.inputs.iter().map(|input| {
        let (size, digest) = (human::size(input.artifact.size_bytes), input.artifact.digest);
        fact("input", format!("{}: {size}, {digest}", text::one_line(&input.port)))
    }));
    lines.extend(invocation.values.iter().map(|named| {
        let value = text::short_line(&named.value.to_string(), VALUE_MAX_CHARS);
        fact("value in", format!("{}: {value}", text::one_line(&named.name)))
    }));
    lines.push(fact("seed", invocation.seed.to_string()));
    lines.join("\n")
}

fn tries(tries: &[TryDocument], colours: Palette) -> String {
    if tries.is_empty() {
        return String::new();
    }
    let row = |earlier: &TryDocument| {
        let why = earlier.error.as_ref().map(|problem| text::short_line(&problem.message, 100));
        vec![
            right(earlier.try_number.to_string()),
            toned(earlier.state.as_str(), Tone::of_task(earlier.state)),
            cell(human::instant_or_dash(earlier.start_date)),
            right(human::duration_or_dash(earlier.duration)),
            cell(why.unwrap_or_default()),
        ]
    };
    table::render(&["try", "state", "started", "time", "why"], tries.iter().map(row), colours)
}
