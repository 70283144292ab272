//! What a task costs of the core: memory and allocations. Counted, so that neither the machine nor its mood matters, and
//! held against `baseline.toml`.
//!
//! `UPDATE_COSTS=1 cargo test -p costs` writes the baseline anew; what became dearer shows in its diff.

use std::collections::BTreeMap;

use costs::drive::drive;
use costs::ground::{chain, dag, fan};

/// How far a number may be above the baseline, or below it: then the baseline is to be written anew.
const TOLERANCE: f64 = 0.05;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Numbers by name.
type Costs = BTreeMap<String, f64>;

// One test: the profiler counts all of the process.
#[test]
fn a_task_costs_what_the_baseline_says() {
    let costs = counted_costs();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.toml");
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

/// Tasks of a DAG, besides its root and its sink.
const TASKS: usize = 10_000;

fn counted_costs() -> Costs {
    let mut costs = Costs::new();
    // What is made once for the whole process is no task's.
    drop(dag(&fan(1)));
    for (shape, text) in [("fan", fan(TASKS)), ("chain", chain(TASKS))] {
        let mut note = |what: &str, sum: f64| costs.insert(format!("{shape}: {what} a task"), sum / TASKS as f64);
        let (checked, dag) = counted(|| dag(&text));
        note("bytes of a checked DAG,", checked.kept_bytes);
        note("bytes at the most while it is read and checked,", checked.most_bytes);
        note("allocations of the check,", checked.allocations);
        let (driven, planner) = counted(|| drive(&dag, drop));
        note("bytes of a run in the planner at its end,", driven.kept_bytes);
        note("allocations of the planner,", driven.allocations);
        drop(planner);
    }
    costs
}

/// What something took of the memory.
struct Taken {
    allocations: f64,
    kept_bytes: f64,
    most_bytes: f64,
}

fn counted<T>(work: impl FnOnce() -> T) -> (Taken, T) {
    let counting = dhat::Profiler::builder().testing().build();
    let made = work();
    let taken = dhat::HeapStats::get();
    drop(counting);
    let taken = Taken {
        allocations: taken.total_blocks as f64,
        kept_bytes: taken.curr_bytes as f64,
        most_bytes: taken.max_bytes as f64,
    };
    (taken, made)
}
