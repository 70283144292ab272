//! What one of many costs as they become more: at the first size, ten times and a hundred times as many. Where that stays the same, the
//! whole is linear.

use anyhow::Result;

use super::large::program;
use super::{bytes, hand_off};
use crate::figure::Figure;
use crate::kit::{Dag, Kit};
use crate::measure::{Measured, timed, us};

/// Tasks of a DAG, one root and one sink among them.
const TASKS: [usize; 3] = [1_000, 10_000, 100_000];
/// Tasks of a chain.
const CHAIN: [usize; 3] = [10, 100, 1_000];
/// MiB of a file.
const MIB: [usize; 3] = [10, 100, 1_000];

pub(crate) fn measure(kit: &Kit) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for what in [Part::Check, Part::Run, Part::Show] {
        figures.extend(slope(
            kit,
            TASKS,
            |tasks| format!("{} a DAG of {tasks} tasks, for each", what.words()),
            "µs",
            &|tasks| of_tasks(kit, what, tasks),
        )?);
    }
    figures.extend(slope(kit, CHAIN, |tasks| format!("hand-off in a chain of {tasks}, median"), "ms", &|tasks| {
        Ok(hand_off::gaps(kit, tasks)?.0)
    })?);
    figures.extend(slope(kit, MIB, |mib| format!("{mib} MiB from /in to /out, for each MiB"), "ms", &|mib| {
        Ok(bytes::through_a_task(kit, mib << 20)?.0 * 1e3 / mib as f64)
    })?);
    Ok(figures)
}

/// The same at each size, each beside the first.
fn slope(
    kit: &Kit,
    sizes: [usize; 3],
    name: impl Fn(usize) -> String,
    unit: &'static str,
    measure: &dyn Fn(usize) -> Result<f64>,
) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut first: Option<Measured> = None;
    for size in sizes {
        let rounds = (0..kit.rounds).map(|_| measure(size)).collect::<Result<Vec<_>>>()?;
        let measured = Measured::of(rounds);
        let figure = Figure::new(name(size), unit, measured.clone());
        figures.push(match &first {
            Some(first) => figure.beside(format!("with {}", sizes[0]), first),
            None => figure,
        });
        first.get_or_insert(measured);
    }
    Ok(figures)
}

#[derive(Clone, Copy)]
enum Part {
    Check,
    Run,
    Show,
}

impl Part {
    fn words(self) -> &'static str {
        match self {
            Self::Check => "reading and checking",
            Self::Run => "running",
            Self::Show => "`runs show --json` of",
        }
    }
}

/// Microseconds for each task.
fn of_tasks(kit: &Kit, part: Part, tasks: usize) -> Result<f64> {
    let home = kit.home(&["noop"])?;
    let file = Dag::fan("fan", tasks - 2).write(home.folder.path())?;
    let (read, loaded) = timed(|| kit.runtime.block_on(home.load(&file)));
    let took = match part {
        Part::Check => loaded.map(|_| read)?,
        Part::Run => kit.runtime.block_on(home.run(&loaded?))?.0,
        Part::Show => {
            let (_, finished) = kit.runtime.block_on(home.run(&loaded?))?;
            program(&home, &["runs", "show", "fan", finished.run_id.as_str(), "--json"])?
        }
    };
    Ok(us(took) / tasks as f64)
}
