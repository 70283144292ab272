//! The plugins `preprocess` and `train` as a native program, to measure what the sandbox costs them.
//!
//! `cargo run --release -p train --example native -- train TABLE PARAMS` runs one try, and prints its seconds. `PARAMS` is
//! what a DAG file has as `params`, as JSON.

#![allow(clippy::print_stdout, reason = "it is a program: this is how it answers")]

use std::path::Path;
use std::time::Instant;

use dagwood_sdk::testing::{Harness, Tried};
use dagwood_sdk::{PortName, Task, Value};

fn run<T: Task>(port: impl PortName, file: &Path, params: &Value) -> (f64, Tried) {
    let harness = Harness::<T>::new().input_path(port, file).params(params).seed(1);
    let start = Instant::now();
    let tried = harness.run();
    (start.elapsed().as_secs_f64(), tried)
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, file, params] = arguments.as_slice() else {
        return Err("say which task, which file, which params".to_owned());
    };
    let params: Value = dagwood_sdk::serde_json::from_str(params).map_err(|error| format!("the params: {error}"))?;
    let file = Path::new(file);
    let (seconds, tried) = match task.as_str() {
        "preprocess" => run::<preprocess::task::Preprocess>(preprocess::task::DATA, file, &params),
        "train" => run::<train::Train>(train::task::TRAIN, file, &params),
        other => return Err(format!("`{other}` is neither `preprocess` nor `train`")),
    };
    // Panics where it is no success, with its reason.
    tried.done();
    println!("{seconds}");
    Ok(())
}
