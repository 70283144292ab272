//! The ML pipeline without a DAG file: a Rust program that uses dagwood as a library.
//!
//! `cargo run --release --example embedding` runs it in a home folder of its own, beneath the present one.

#![allow(clippy::print_stdout, reason = "it is a program: this is how it answers")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use dagwood::compose::{CompileIn, Host, Options, RunRequest};
use dagwood::dag::builder::DagBuilder;
use dagwood::lifecycle::state::RunState;
use dagwood::loader::{self, Build};
use dagwood::registry::SilentBuild;
use dagwood::scheduler::Unobserved;

/// `preprocess >> train >> evaluate`, wired as in `examples/ml_pipeline/dag.toml`.
fn pipeline() -> DagBuilder {
    let dag = DagBuilder::new("embedded_pipeline");
    for plugin in ["preprocess", "train", "evaluate"] {
        dag.plugin_crate(plugin, Path::new("plugins").join(plugin));
    }
    let preprocess = dag
        .task("preprocess", "preprocess")
        .input_file("data", "examples/ml_pipeline/data/penguins.csv")
        .param("target", "species");
    let train =
        dag.task("train", "train").input("train", preprocess.output("train")).retries(3, Duration::from_secs(5));
    let evaluate =
        dag.task("evaluate", "evaluate").input("model", train.output("model")).input("test", preprocess.output("test"));
    // The inputs order them already; this is how order without data is written.
    let _ = preprocess >> train >> evaluate;
    dag
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let home = std::env::args().nth(1).unwrap_or_else(|| "target/embedding-home".to_owned());
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the repository")?;
    // This program is not `dagwood`, so it cannot be its own compiling child; it trusts these plugins.
    let options = Options { compile_in: CompileIn::ThisProcess, ..Options::default() };
    let host = Host::open(Path::new(&home), options)?;

    let draft = pipeline().draft();
    let (registry, grounds, build) = (&host.registry, &host.grounds, Build::Allowed);
    let loaded = loader::load_draft(registry, grounds, &draft, repository, build, Arc::new(SilentBuild)).await?;
    let request = RunRequest { loaded, params: BTreeMap::new(), logical_date: None, resume: None };
    let (_, never) = tokio::sync::watch::channel(false);
    let finished = host.run(request, Arc::new(Unobserved), never).await?;

    ensure!(finished.state == RunState::Success, "the run `{}` failed", finished.run_id);
    for instance in host.store.instances(finished.key)? {
        let value = instance.value.unwrap_or_default();
        println!("{:<12} {:<8} accuracy {}", instance.task_id, instance.state, value["accuracy"]);
    }
    Ok(())
}
