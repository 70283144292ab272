//! What a task costs of the core: memory and allocations. Counted, so that neither the machine nor its mood matters, and
//! held against `baseline.toml`.
//!
//! `UPDATE_COSTS=1 cargo test -p dagwood --test costs` writes the baseline anew; what became dearer shows in its diff.

mod core;
mod ground;

use std::collections::BTreeMap;

/// How far a number may be above the baseline, or below it: then the baseline is to be written anew.
const TOLERANCE: f64 = 0.05;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Numbers by name.
type Costs = BTreeMap<String, f64>;

// One test: the profiler counts all of the process.
#[test]
fn a_task_costs_what_the_baseline_says() {
    let costs = core::costs();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/costs/baseline.toml");
    if std::env::var_os("UPDATE_COSTS").is_some() {
        std::fs::write(&path, toml::to_string(&costs).unwrap()).unwrap();
    }
    let baseline: Costs = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let names = |costs: &Costs| costs.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&costs), names(&baseline), "write the baseline anew: see the head of this file");
    let apart: Vec<_> = costs
        .iter()
        .zip(&baseline)
        .filter(|((_, now), (_, kept))| (**now - **kept).abs() > **kept * TOLERANCE)
        .map(|((name, now), (_, kept))| format!("{name}: {now:.1}, and the baseline has {kept:.1}"))
        .collect();
    assert!(apart.is_empty(), "{apart:#?}");
}
