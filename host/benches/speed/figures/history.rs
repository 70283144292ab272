//! A home with a million finished task instances, beside one with a thousand.

use std::time::Duration;

use anyhow::Result;
use rusqlite::Connection;

use super::large::program;
use crate::figure::Figure;
use crate::kit::{Dag, Home, Kit};
use crate::measure::{Measured, ms};

/// Tasks of each run.
const TASKS: usize = 1_000;
/// Stands for the home's own run.
const RUN: &str = "RUN";
/// Runs of the home that has a past.
const RUNS: i64 = 1_000;

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let (young, old) = (home(kit, 1)?, home(kit, RUNS)?);
    let mut figures = Vec::new();
    for (what, arguments) in [
        ("`runs list`", vec!["runs", "list"]),
        ("`runs list DAG`", vec!["runs", "list", "fan"]),
        ("`runs show DAG RUN`", vec!["runs", "show", "fan", RUN]),
    ] {
        let call = |(home, run): &(Home, String)| {
            let arguments: Vec<_> = arguments.iter().map(|word| if *word == RUN { run } else { *word }).collect();
            program(home, &arguments)
        };
        figures.push(beside(kit, what, || call(&young), || call(&old))?);
    }
    let start = |(home, _): &(Home, String)| {
        let file = Dag::chain("three", "noop", 3).write(home.folder.path())?;
        program(home, &["run", &file.to_string_lossy()])
    };
    figures.push(beside(kit, "`run` of a chain of 3", || start(&young), || start(&old))?);
    Ok(figures)
}

fn beside(
    kit: &Kit,
    what: &str,
    young: impl Fn() -> Result<Duration>,
    old: impl Fn() -> Result<Duration>,
) -> Result<Figure> {
    let (mut of_young, mut of_old) = (Vec::new(), Vec::new());
    // Once, so that both files are in the machine's memory.
    young()?;
    old()?;
    for _ in 0..kit.rounds.max(10) {
        of_young.push(ms(young()?));
        of_old.push(ms(old()?));
    }
    let figure = Figure::new(format!("a million finished instances: {what}"), "ms", Measured::of(of_old));
    Ok(figure.beside("a thousand", &Measured::of(of_young)).at_most_times(2.0))
}

/// A home with so many finished runs; the first of them was really run, the others are copies of its rows.
fn home(kit: &Kit, runs: i64) -> Result<(Home, String)> {
    let home = kit.home(&["noop"])?;
    let file = Dag::fan("fan", TASKS - 2).write(home.folder.path())?;
    let (_, finished) = kit.runtime.block_on(async { home.run(&home.load(&file).await?).await })?;
    let database = Connection::open(home.host.home.database())?;
    let columns = |table: &str| -> Result<Vec<String>> {
        let mut names = database.prepare("SELECT name FROM pragma_table_info(?1)")?;
        Ok(names.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    let copied = |table: &str, changed: &dyn Fn(&str) -> Option<&'static str>| -> Result<String> {
        let columns = columns(table)?;
        let values: Vec<_> = columns.iter().map(|name| changed(name).unwrap_or(name)).collect();
        let (into, from) = (columns.join(", "), values.join(", "));
        Ok(format!("INSERT INTO {table} ({into}) SELECT {from} FROM {table}, more WHERE run_key = {}", finished.key.0))
    };
    let more = format!(
        "WITH RECURSIVE more (number) AS (SELECT 1 WHERE {runs} > 1 UNION ALL SELECT number + 1 FROM more WHERE number + 1 < {runs}) "
    );
    // An hour lies between two runs.
    let run = copied("dag_run", &|name| match name {
        "run_key" => Some("run_key + number"),
        "run_id" => Some("run_id || '.' || number"),
        "end_number" => Some("end_number + number"),
        "run_after" => Some("run_after - 3600000000 * number"),
        "logical_date" => Some("logical_date - 3600000000 * number"),
        _ => None,
    })?;
    let instances = copied("task_instance", &|name| (name == "run_key").then_some("run_key + number"))?;
    database.execute(&format!("{more}{run}"), [])?;
    database.execute(&format!("{more}{instances}"), [])?;
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok((home, finished.run_id.to_string()))
}
