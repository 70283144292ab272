//! The example program that uses the library.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{Bench, Ran, root};

/// The program, beside `dagwood`. `cargo test` builds it; where only some tests are built, it is built here.
fn program() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_dagwood")).parent().unwrap();
    let program = folder.join("examples/embedding");
    if !program.is_file() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", "dagwood", "--example", "embedding"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(
            build.arg("--target-dir").arg(folder.parent().unwrap()).current_dir(root()).status().unwrap().success()
        );
    }
    program
}

#[test]
fn embedding_runs_the_pipeline_and_prints_the_accuracy() {
    let bench = Bench::seeded();
    let mut example = Command::new(program());
    example.arg(bench.home()).current_dir(root()).stdin(Stdio::null());
    let ran = Ran::from(example.output().unwrap()).exits(0);
    let lines: Vec<Vec<_>> = ran.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let tasks: Vec<_> = lines.iter().map(|words| (words[0], words[1])).collect();
    assert_eq!(tasks, [("preprocess", "success"), ("train", "success"), ("evaluate", "success")]);
    let accuracy: f64 = lines[2][3].parse().unwrap();
    assert!((0.95..=1.0).contains(&accuracy), "{}", ran.stdout);

    // The same home serves the program.
    let list = bench.run(["runs", "list", "embedded_pipeline", "--json"]).exits(0).json();
    assert_eq!(list["dag_runs"][0]["state"], "success");
}
