//! A server as people start it: a process of its own.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dagwood::control::Talk;
use dagwood::home::Home;
use dagwood::ids::{DagId, RunId};
use dagwood::lifecycle::state::RunState;
use dagwood::scheduler::{Reply, Request};

use crate::kit::PROGRAM;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    home: Home,
    /// From its start until it said that it is ready.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts a server on a home and a folder of DAG files, and waits until it is ready.
    pub(crate) fn start(home: &Home, dags: &Path) -> Result<Self> {
        let mut command = Command::new(PROGRAM);
        command.arg("--home").arg(home.root()).arg("serve").arg("--dags").arg(dags);
        let start = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut words = BufReader::new(child.stderr.take().context("a pipe")?);
        let mut line = String::new();
        while words.read_line(&mut line)? > 0 {
            if line.contains("ready: ") {
                let ready_after = start.elapsed();
                // What it says from now on is read, so that it never waits for a reader.
                std::thread::spawn(move || std::io::copy(&mut words, &mut std::io::sink()));
                return Ok(Self { child, home: home.clone(), ready_after });
            }
            eprint!("{line}");
            line.clear();
        }
        bail!("the server ended before it was ready")
    }

    fn talk(&self) -> Result<Talk> {
        Ok(Talk::begin(&self.home.socket())?)
    }

    /// Triggers a DAG and waits for the recorded end of its run, which must be a success.
    pub(crate) fn run(&self, dag: &str) -> Result<Duration> {
        let start = Instant::now();
        let dag = DagId::new(dag)?;
        let mut talk = self.talk()?;
        let run = trigger(&mut talk, dag.clone())?;
        wait(&mut talk, dag, run)?;
        Ok(start.elapsed())
    }

    /// Triggers all of these over a few connections, then waits for the recorded ends of their runs.
    pub(crate) fn run_all(&self, dags: &[String]) -> Result<()> {
        const CLIENTS: usize = 8;
        std::thread::scope(|scope| {
            let share = |at: usize| dags.iter().skip(at).step_by(CLIENTS);
            let clients: Vec<_> = (0..CLIENTS).map(|at| scope.spawn(move || self.run_these(share(at)))).collect();
            clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| bail!("a client panicked")))
        })
    }

    fn run_these<'a>(&self, dags: impl Iterator<Item = &'a String>) -> Result<()> {
        let (mut talk, mut runs) = (self.talk()?, Vec::new());
        for dag in dags {
            let dag = DagId::new(dag)?;
            runs.push((dag.clone(), trigger(&mut talk, dag)?));
        }
        runs.into_iter().try_for_each(|(dag, run)| wait(&mut talk, dag, run))
    }

    /// Memory that is its own, and its share of what is shared, in MB.
    pub(crate) fn pss_mb(&self) -> Result<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:")).context("no Pss")?;
        let kib: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// The processor's time that it takes while nothing happens, in percent of one core.
    pub(crate) fn idle_percent(&self, over: Duration) -> Result<f64> {
        let before = self.cpu_ns()?;
        std::thread::sleep(over);
        // A thread that ended meanwhile is left out: it had done nothing for long.
        let taken: f64 = self.cpu_ns()?.iter().map(|(thread, ns)| ns - before.get(thread).unwrap_or(&0.0)).sum();
        Ok(taken / over.as_nanos() as f64 * 100.0)
    }

    /// Of each of its threads, in nanoseconds.
    fn cpu_ns(&self) -> Result<HashMap<OsString, f64>> {
        let mut times = HashMap::new();
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let thread = thread?;
            // It may end while it is looked at.
            let Ok(stat) = std::fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let ns = stat.split_whitespace().next().context("no time")?.parse()?;
            times.insert(thread.file_name(), ns);
        }
        Ok(times)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn trigger(talk: &mut Talk, dag: DagId) -> Result<RunId> {
    match talk.ask(Request::Trigger { dag, params: Default::default(), logical_date: None })?? {
        Reply::Triggered { run_id } => Ok(run_id),
        other => bail!("the trigger was answered by {other:?}"),
    }
}

fn wait(talk: &mut Talk, dag: DagId, run: RunId) -> Result<()> {
    let ended = talk.ask(Request::Wait { dag, run })??;
    ensure!(ended == Reply::Ended { state: RunState::Success }, "the run is not a success: {ended:?}");
    Ok(())
}
