//! No-op tasks a second, from a DAG's trigger to the recorded end of its run: one root, many tasks, one sink.

use anyhow::Result;

use super::noop::{FloorBench, cores};
use crate::figure::{Figure, show};
use crate::kit::{Dag, Home, Kit};
use crate::measure::Measured;
use crate::process::cpu_us;

/// The widest DAG, which then has as many tasks as a DAG may have.
const WIDEST: usize = 99_998;
/// As many tasks of a run at once as the host runs by default in all.
const AT_ONCE: &str = "max_active_tasks = 32";
/// Runs in a row, the last of which is measured.
const IN_A_ROW: usize = 100;

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let mut figures = vec![fan(kit, 1_000)?, fan(kit, 10_000)?, fan(kit, WIDEST)?];
    figures.push(hundredth(kit)?);
    Ok(figures)
}

fn fan(kit: &Kit, width: usize) -> Result<Figure> {
    let floor = FloorBench::new(kit)?;
    let (mut ours, mut limit, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..kit.rounds {
        limit.push(cores() * 1e6 / floor.full()?);
        let home = kit.home(&["noop"])?;
        let before = cpu_us();
        ours.push(rate(kit, &home, width, 1)?);
        cpu.push((cpu_us() - before) / (width + 2) as f64);
    }
    let figure = Figure::new(format!("no-op tasks, 1 → {} → 1", show(width as f64)), "tasks/s", Measured::of(ours));
    let cpu = Measured::of(cpu).median;
    Ok(figure
        .beside("floor on all cores", &Measured::of(limit))
        .at_least(15_000.0)
        .note(format!("{} µs of processor time a task, with the check of the DAG", show(cpu))))
}

/// Whether it slows as history grows.
fn hundredth(kit: &Kit) -> Result<Figure> {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for _ in 0..kit.rounds {
        let home = kit.home(&["noop"])?;
        first.push(rate(kit, &home, 1_000, 1)?);
        last.push(rate(kit, &home, 1_000, IN_A_ROW - 1)?);
    }
    let figure = Figure::new("no-op tasks, 1 → 1,000 → 1, the hundredth run in a row", "tasks/s", Measured::of(last));
    Ok(figure.beside("the first run", &Measured::of(first)).at_least(15_000.0))
}

/// Tasks a second of the last of these runs.
fn rate(kit: &Kit, home: &Home, width: usize, runs: usize) -> Result<f64> {
    let file = Dag::fan("fan", width).with_head(AT_ONCE).write(home.folder.path())?;
    let warm = Dag::chain("warm", "noop", 2).write(home.folder.path())?;
    kit.runtime.block_on(async {
        home.run(&home.load(&warm).await?).await?;
        let loaded = home.load(&file).await?;
        for _ in 1..runs {
            home.run(&loaded).await?;
        }
        let (took, _) = home.run(&loaded).await?;
        Ok((width + 2) as f64 / took.as_secs_f64())
    })
}
