//! All figures, as a table for people and as JSON.

use std::fmt;

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde::Serialize;

use crate::figure::{Figure, show};
use crate::machine::Machine;
use crate::measure::Measured;

/// What came of one run of the benchmarks.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) figures: Vec<Figure>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { processor, cores, memory_gib, system, file_system, rustc, dagwood } = &self.machine;
        writeln!(
            f,
            "dagwood {dagwood}, {rustc}: {processor}, {cores} cores, {memory_gib} GiB, {system}, {file_system}\n"
        )?;
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN);
        table.set_header(["figure", "ours", "beside", "ratio", "goal", "reached"]);
        for figure in &self.figures {
            table.add_row(cells(figure));
        }
        writeln!(f, "{table}")?;
        for figure in self.figures.iter().filter(|figure| figure.note.is_some()) {
            writeln!(f, "\n- {}: {}", figure.figure, figure.note.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}

fn cells(figure: &Figure) -> [String; 6] {
    let beside = figure.beside.as_ref();
    [
        figure.figure.clone(),
        spread(&figure.ours, figure.unit),
        beside.map(|beside| format!("{}: {}", beside.what, spread(&beside.measured, figure.unit))).unwrap_or_default(),
        figure.ratio.map(show).unwrap_or_default(),
        figure.goal.clone().unwrap_or_default(),
        figure.reached.map(|reached| if reached { "yes" } else { "no" }.to_owned()).unwrap_or_default(),
    ]
}

/// A figure on a line, for those who wait.
pub(crate) fn line(figure: &Figure) -> String {
    cells(figure).into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" | ")
}

fn spread(measured: &Measured, unit: &str) -> String {
    let Measured { median, low, high, rounds } = measured;
    match rounds {
        1 => format!("{} {unit}", show(*median)),
        _ => format!("{} {unit} ({}–{})", show(*median), show(*low), show(*high)),
    }
}
