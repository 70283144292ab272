//! `dagwood logs DAG RUN TASK`.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::cli::args::Json;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::style::{Palette, Tone};
use crate::cli::target::{self, DagArg};
use crate::compose::Host;
use crate::executor::log::{LogError, LogLine, Source, TryFiles, read_log};
use crate::executor::port::Level;
use crate::ids::{DagId, RunId, TaskId};
use crate::store::RunRecord;
use crate::text;

/// Show what a task wrote while it ran: standard output, standard error and log calls, in order
///
/// Lines of the host begin with `--`, those of the task with `|` and where they come from, so that a task cannot write a
/// line that looks like one of the host's.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// The DAG: its id or its file
    dag: String,
    /// The run's id, or `latest`
    run: String,
    /// The task
    task: String,
    /// Which try [default: the last one]
    #[arg(long = "try", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    try_number: Option<u32>,
    /// Go on with what it writes until it is at its end
    #[arg(long, short, conflicts_with = "json")]
    follow: bool,
    #[command(flatten)]
    json: Json,
}

/// Between two looks at a log that is followed.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Printed at once.
const BLOCK_BYTES: usize = 64 << 10;

/// A try's log, for programs.
#[derive(Serialize)]
struct LogDocument {
    dag_id: DagId,
    run_id: RunId,
    task_id: TaskId,
    try_number: u32,
    lines: Vec<LogLine>,
}

/// Shows it.
pub(super) fn run(args: LogsArgs, context: &Context) -> Result<Exit, CliError> {
    let host = context.host()?;
    let store = host.store.as_ref();
    let dag_id = DagArg::read(&args.dag)?.id(store)?;
    let run = target::run_of_dag(store, &dag_id, &args.run)?;
    let instance = target::instance(store, &run, &args.task)?;
    let (task, last) = (&instance.task_id, instance.try_number);
    if args.follow {
        return follow(context, &host, &run, &args.task, args.try_number);
    }
    let try_number = args.try_number.unwrap_or(last);
    if try_number > last {
        return Err(CliError::usage(format!("`{task}` has no try {try_number}; its last is {last}")));
    }
    // A task that was never scheduled has no try and no file.
    let files = TryFiles::of(&host.home.logs(), &run.dag_id, &run.run_id, task, try_number);
    let lines = read_log(&files.log)?;
    if args.json.json {
        let lines = lines.map(Iterator::collect::<Result<Vec<_>, _>>).transpose()?.unwrap_or_default();
        let task_id = task.clone();
        let document = LogDocument { dag_id: run.dag_id, run_id: run.run_id, task_id, try_number, lines };
        context.output.print_json(&document)?;
        return Ok(Exit::Done);
    }
    match lines {
        Some(lines) => print(context, lines)?,
        None if try_number == 0 => context.output.say(&format!("`{task}` has not started")),
        None if try_number == last && !instance.state.is_finished() => context
            .output
            .say(&format!("try {try_number} of `{task}` is {} and has written nothing yet", instance.state)),
        None => context.output.say(&format!("try {try_number} of `{task}` wrote nothing")),
    }
    Ok(Exit::Done)
}

/// Prints what is there and what comes, until the try that is meant is over.
fn follow(context: &Context, host: &Host, run: &RunRecord, task: &str, wanted: Option<u32>) -> Result<Exit, CliError> {
    let mut tail = None;
    loop {
        // Looked up before the log is read: what was written until then is read after it.
        let now = target::instance(host.store.as_ref(), run, task)?;
        let try_number = wanted.unwrap_or(now.try_number);
        if try_number > 0 && tail.is_none() {
            let files = TryFiles::of(&host.home.logs(), &run.dag_id, &run.run_id, &now.task_id, try_number);
            tail = Some((try_number, Tail::of(files.log)));
        }
        if let Some((followed, tail)) = &mut tail {
            print(context, tail.read()?.into_iter().map(Ok))?;
            if now.try_number > *followed {
                return Ok(Exit::Done);
            }
        }
        if now.state.is_finished() {
            return Ok(Exit::Done);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The end of a log that grows.
struct Tail {
    path: PathBuf,
    file: Option<File>,
    /// What has no line end yet.
    rest: Vec<u8>,
}

impl Tail {
    fn of(path: PathBuf) -> Self {
        Self { path, file: None, rest: Vec::new() }
    }

    /// The lines that came since it was read last.
    fn read(&mut self) -> Result<Vec<LogLine>, CliError> {
        let failed = |error| CliError::new(Exit::Host, error).doing(format!("cannot read {}", self.path.display()));
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(failed(error)),
            }
        }
        if let Some(file) = &mut self.file {
            file.read_to_end(&mut self.rest).map_err(failed)?;
        }
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = self.rest.drain(..whole).collect::<Vec<_>>();
        // A line that a crash cut in the middle is passed over.
        Ok(lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

/// A log may be long: many lines are printed at once.
fn print(context: &Context, lines: impl Iterator<Item = Result<LogLine, LogError>>) -> Result<(), CliError> {
    let mut block = String::new();
    for line in lines {
        block.push_str(&shown(&line?, context.output.colours()));
        block.push('\n');
        if block.len() >= BLOCK_BYTES {
            context.output.print(&block)?;
            block.clear();
        }
    }
    context.output.print(&block)
}

/// A line for people: time, whose it is, what it says.
fn shown(line: &LogLine, colours: Palette) -> String {
    let time = colours.paint(Tone::Faint, &line.ts.strftime("%H:%M:%S%.3f").to_string());
    let words = format!("{}{}", text::one_line(&line.message), fields(line));
    match line.source {
        Source::Host => {
            let words = colours.paint(Tone::Strong, &format!("-- {words}"));
            format!("{time} {words}")
        }
        Source::Stdout | Source::Stderr | Source::Log => {
            let from = line.level.map_or(line.source.as_str(), Level::as_str);
            format!("{time} {} | {words}", colours.paint(tone(line), &format!("{from:<6}")))
        }
    }
}

fn tone(line: &LogLine) -> Tone {
    match line.level {
        Some(Level::Error) => Tone::Bad,
        Some(Level::Warn) => Tone::Wary,
        Some(Level::Info) => Tone::Busy,
        Some(Level::Debug | Level::Trace) | None => Tone::Faint,
    }
}

/// ` name=value` for each.
fn fields(line: &LogLine) -> String {
    let field = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!(" {}={}", text::one_line(name), text::one_line(&value))
    };
    line.fields.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{LogLine, Palette, Source, shown};
    use crate::executor::port::Level;

    fn line(source: Source, level: Option<Level>, message: &str) -> Result<String, jiff::Error> {
        let fields = Map::from_iter([("n".to_owned(), json!(1))]);
        let line = LogLine {
            ts: "2026-01-01T00:00:05.25Z".parse()?,
            source,
            level,
            message: message.to_owned(),
            fields,
            cut: false,
        };
        Ok(shown(&line, Palette::PLAIN))
    }

    #[test]
    fn a_task_cannot_write_a_line_that_looks_like_the_host_s() -> Result<(), jiff::Error> {
        assert_eq!(line(Source::Host, Some(Level::Info), "try 1 begins")?, "00:00:05.250 -- try 1 begins n=1");
        assert_eq!(
            line(Source::Stdout, None, "00:00:05.250 -- try 1 begins\r\u{1b}[2K\n00:00:05.250 -- x")?,
            "00:00:05.250 stdout | 00:00:05.250 -- try 1 begins\\r\\u{1b}[2K\\n00:00:05.250 -- x n=1"
        );
        assert_eq!(line(Source::Log, Some(Level::Warn), "careful")?, "00:00:05.250 warn   | careful n=1");
        Ok(())
    }
}
