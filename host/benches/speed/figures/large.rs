//! A DAG of 100,000 tasks: checked, run, shown, and what it takes of the host's memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::figure::Figure;
use crate::kit::{Dag, Home, Kit, PROGRAM};
use crate::measure::{Measured, ms, timed};
use crate::process::Watched;

/// As many as a DAG may have.
const TASKS: usize = 100_000;
/// One root and one sink among them.
const WIDTH: usize = TASKS - 2;

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let (mut check, mut rate, mut show, mut memory, mut peak) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..kit.rounds {
        let home = kit.home(&["noop"])?;
        let file = Dag::fan("large", WIDTH).write(home.folder.path())?;
        let (took, loaded) = timed(|| kit.runtime.block_on(home.load(&file)));
        check.push(ms(took));
        let loaded = loaded?;
        let (took, finished) = kit.runtime.block_on(home.run(&loaded))?;
        rate.push(TASKS as f64 / took.as_secs_f64());
        show.push(ms(program(&home, &["runs", "show", "large", finished.run_id.as_str(), "--json"])?));
        let (small, large) =
            (run_watched(&home, &Dag::fan("small", 8).write(home.folder.path())?)?, run_watched(&home, &file)?);
        memory.push((large.settled_bytes - small.settled_bytes) / TASKS as f64);
        peak.push((large.peak_bytes - small.peak_bytes) / TASKS as f64);
    }
    Ok(vec![
        Figure::new("DAG of 100,000 tasks: read and checked", "ms", Measured::of(check)).at_most(1_000.0),
        Figure::new("DAG of 100,000 tasks: run to its recorded end", "tasks/s", Measured::of(rate)).at_least(12_000.0),
        Figure::new("DAG of 100,000 tasks: `runs show --json`, the whole program", "ms", Measured::of(show)),
        Figure::new(
            "DAG of 100,000 tasks: memory of `dagwood run` for each, while it runs",
            "bytes",
            Measured::of(memory),
        )
        .at_most(1_024.0)
        .note("in the middle of its run, less that of a DAG of 10 tasks"),
        Figure::new("DAG of 100,000 tasks: memory of `dagwood run` for each, at its peak", "bytes", Measured::of(peak))
            .note("while the file is read, and its text, its parsed form and the checked DAG are there at once"),
    ])
}

/// How long the program takes.
pub(crate) fn program(home: &Home, arguments: &[&str]) -> Result<Duration> {
    let start = Instant::now();
    let mut command = Command::new(PROGRAM);
    command.arg("--home").arg(home.host.home.root()).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit());
    let ended = command.stdout(Stdio::null()).status()?;
    ensure!(ended.success(), "{arguments:?} ended with {ended}");
    Ok(start.elapsed())
}

fn run_watched(home: &Home, file: &Path) -> Result<Watched> {
    let mut command = Command::new(PROGRAM);
    command.arg("--home").arg(home.host.home.root()).arg("run").arg(file);
    Watched::run(command)
}
