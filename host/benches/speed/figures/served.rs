//! A server: until it is ready, while nothing happens, and what a person waits who triggers something.

use std::time::Duration;

use anyhow::Result;

use crate::figure::Figure;
use crate::kit::{Dag, Home, Kit};
use crate::measure::{Measured, ms};
use crate::server::Server;

/// How long an idle server is watched.
const IDLE: Duration = Duration::from_secs(10);
/// The same with many DAGs: so that it looks once at all files, as it does every half minute.
const LONG_IDLE: Duration = Duration::from_secs(35);
/// What it does right after it said that it is ready is over by then.
const SETTLED: Duration = Duration::from_secs(3);
/// Chains that are triggered in a round.
const CHAINS: usize = 50;
/// A schedule that is not due while this runs.
const YEARLY: &str = "schedule = \"0 0 29 2 *\"\ncatchup = false";

/// One DAG: ready, idle, triggered.
pub(crate) fn one(kit: &Kit) -> Result<Vec<Figure>> {
    let home = kit.home(&["noop"])?;
    let dags = home.folder.path().join("dags");
    Dag::chain("three", "noop", 3).with_head(YEARLY).write(&dags)?;
    let (mut ready, mut memory, mut idle, mut chain) = (vec![], vec![], vec![], vec![]);
    for _ in 0..kit.rounds {
        let server = Server::start(&home.host.home, &dags)?;
        ready.push(ms(server.ready_after));
        memory.push(server.pss_mb()?);
        idle.push(server.idle_percent(IDLE)?);
        server.run("three")?;
        let chains = (0..CHAINS).map(|_| Ok(ms(server.run("three")?))).collect::<Result<Vec<_>>>()?;
        chain.push(Measured::of(chains).median);
    }
    Ok(vec![
        Figure::new("server with one DAG: start to ready", "ms", Measured::of(ready)).at_most(50.0),
        Figure::new("server with one DAG: memory (PSS) when ready", "MB", Measured::of(memory)).at_most(30.0),
        Figure::new("server with one DAG: idle", "% of a core", Measured::of(idle)).at_most(0.1),
        Figure::new("chain of 3 at an idle server, from the trigger to the recorded end", "ms", Measured::of(chain))
            .at_most(5.0),
    ])
}

/// Ten thousand scheduled DAGs: ready, idle.
pub(crate) fn many(kit: &Kit) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for count in [100, 1_000, 10_000] {
        let home = kit.home(&["noop"])?;
        let dags = home.folder.path().join("dags");
        for at in 0..count {
            Dag::chain(&format!("dag_{at}"), "noop", 3).with_head(YEARLY).write(&dags)?;
        }
        let (mut ready, mut memory, mut idle) = (vec![], vec![], vec![]);
        let first = ms(Server::start(&home.host.home, &dags)?.ready_after);
        for _ in 0..kit.rounds {
            let server = Server::start(&home.host.home, &dags)?;
            ready.push(ms(server.ready_after));
            memory.push(server.pss_mb()?);
            if idle.len() < 2 {
                std::thread::sleep(SETTLED);
                idle.push(server.idle_percent(LONG_IDLE)?);
            }
        }
        figures.extend([
            Figure::new(format!("server with {count} DAGs: first start to ready"), "ms", Measured::once(first))
                .at_most(2_000.0),
            Figure::new(format!("server with {count} DAGs: later starts to ready"), "ms", Measured::of(ready))
                .at_most(2_000.0),
            Figure::new(format!("server with {count} DAGs: memory (PSS)"), "MB", Measured::of(memory)).at_most(150.0),
            Figure::new(format!("server with {count} DAGs: idle"), "% of a core", Measured::of(idle)).at_most(0.5),
        ]);
    }
    Ok(figures)
}

/// Many small runs at once.
pub(crate) fn runs(kit: &Kit) -> Result<Vec<Figure>> {
    let (mut wide, mut small) = (Vec::new(), Vec::new());
    for _ in 0..kit.rounds {
        let home = kit.home(&["noop"])?;
        let dags = home.folder.path().join("dags");
        Dag::fan("hundred", 98).with_head("max_active_runs = 100\nmax_active_tasks = 100").write(&dags)?;
        wide.push(10_000.0 / together(&home, &dags, &vec!["hundred".to_owned(); 100])?.as_secs_f64());
        let home = kit.home(&["noop"])?;
        let dags = home.folder.path().join("dags");
        let ids: Vec<_> = (0..1_000).map(|at| format!("dag_{at}")).collect();
        for id in &ids {
            Dag::chain(id, "noop", 3).write(&dags)?;
        }
        small.push(3_000.0 / together(&home, &dags, &ids)?.as_secs_f64());
    }
    Ok(vec![
        Figure::new("no-op tasks, 100 runs of 100 tasks at once", "tasks/s", Measured::of(wide)).at_least(10_000.0),
        Figure::new("no-op tasks, 1,000 DAGs of 3 tasks", "tasks/s", Measured::of(small)).at_least(10_000.0),
    ])
}

/// From the first trigger to the recorded end of the last run.
fn together(home: &Home, dags: &std::path::Path, ids: &[String]) -> Result<Duration> {
    let server = Server::start(&home.host.home, dags)?;
    // The code of the plugin is loaded by then.
    server.run(&ids[0])?;
    let start = std::time::Instant::now();
    server.run_all(ids)?;
    Ok(start.elapsed())
}
