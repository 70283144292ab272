//! Instructions of the core and of the store, by Callgrind: on any machine and in any mood about the same.
//!
//! Each has a limit, five in a hundred above what it takes. `cargo bench -p costs` counts; it needs valgrind, and
//! `cargo install gungraun-runner` of the version that Cargo.lock has of gungraun. What became cheaper by more than the tolerance
//! gets a new limit here, so that it stays so.

#![allow(missing_docs, clippy::missing_docs_in_private_items, reason = "the macros make functions without any")]

use std::hint::black_box;
use std::sync::Arc;

use costs::drive::drive;
use costs::ground::{chain, dag, fan};
use costs::store::Written;
use dagwood::dag::model::Dag;
use dagwood::planner::Planner;
use dagwood::store::InstanceRecord;
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

/// Tasks of each DAG; a fan has a root and a sink besides.
const TASKS: usize = 1_000;

/// What it takes, in thousands of instructions for each task, and five in a hundred more.
fn takes(thousands_a_task: f64) -> LibraryBenchmarkConfig {
    let limit = (thousands_a_task * 1e3 * TASKS as f64 * 1.05) as u64;
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, limit)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

fn checked(text: String) -> Arc<Dag> {
    dag(&text)
}

fn empty(text: String) -> Written {
    Written::of(&text)
}

fn full(text: String) -> Written {
    Written::at_its_end(&text)
}

#[library_benchmark]
#[bench::fan(args = (fan(TASKS),), config = takes(40.8))]
#[bench::chain(args = (chain(TASKS),), config = takes(40.75))]
fn read_and_check(text: String) -> Arc<Dag> {
    black_box(dag(&text))
}

#[library_benchmark]
#[bench::fan(args = (fan(TASKS),), setup = checked, config = takes(24.95))]
#[bench::chain(args = (chain(TASKS),), setup = checked, config = takes(23.0))]
fn plan_a_run(dag: Arc<Dag>) -> Planner {
    black_box(drive(&dag, drop))
}

#[library_benchmark]
#[bench::fan(args = (fan(TASKS),), setup = empty, config = takes(112.2))]
#[bench::chain(args = (chain(TASKS),), setup = empty, config = takes(111.9))]
fn write_a_run(written: Written) -> (usize, Written) {
    (black_box(written.write()), written)
}

#[library_benchmark]
#[bench::fan(args = (fan(TASKS),), setup = full, config = takes(60.8))]
fn read_a_run(written: Written) -> (Vec<InstanceRecord>, Written) {
    (black_box(written.read()), written)
}

library_benchmark_group!(name = core, benchmarks = [read_and_check, plan_a_run]);
library_benchmark_group!(name = store, benchmarks = [write_a_run, read_a_run]);
main!(library_benchmark_groups = [core, store]);
