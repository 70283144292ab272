//! No-op tasks a second, from a DAG's trigger to the recorded end of its run: one root, many tasks, one sink.

use anyhow::Result;

use super::noop::{FloorBench, cores};
use crate::figure::Figure;
use crate::kit::{Dag, Kit};
use crate::measure::Measured;

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let floor = FloorBench::new(kit)?;
    let mut figures = Vec::new();
    for width in [1_000, 10_000] {
        let (mut ours, mut limit) = (Vec::new(), Vec::new());
        for _ in 0..kit.rounds {
            let home = kit.home(&["noop"])?;
            let file = Dag::fan("fan", width).write(home.folder.path())?;
            limit.push(cores() * 1e6 / floor.full()?);
            let took = kit.runtime.block_on(async {
                let loaded = home.load(&file).await?;
                Ok::<_, anyhow::Error>(home.run(&loaded).await?.0)
            })?;
            ours.push((width + 2) as f64 / took.as_secs_f64());
        }
        let figure = Figure::new(format!("no-op tasks, 1 → {width} → 1"), "tasks/s", Measured::of(ours));
        figures.push(figure.beside("floor on all cores", &Measured::of(limit)).at_least(15_000.0));
    }
    Ok(figures)
}
