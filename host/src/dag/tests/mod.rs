//! Whole files through both stages, and DAGs built in Rust.

mod built;
mod callbacks;
mod fuzz;
mod good;
mod grants;
mod grants_http;
mod json;
mod limits;
mod properties;
mod rendered;
mod wrong;

use crate::dag::diagnostic::Severity;
use crate::dag::testing::checked;

/// Three tasks that are right.
pub(super) const GOOD: &str = r#"
id = "ml_pipeline"
description = "Which penguin is it?"
schedule = "@daily"
start_date = 2026-01-01
catchup = false
tags = ["ml"]

[defaults]
owner = "you"
retries = 3
retry_delay = "5m"

[params]
rate = 1

[tasks.preprocess_data]
plugin = "preprocess"
inputs.data = { file = "data/penguins.csv" }
params = { target = "species", test_fraction = 0.25 }

[tasks.train_model]
plugin = "train"
inputs.train = "preprocess_data.train"
params = { algorithm = "logistic_regression", epochs = "{{ params.rate }}" }
memory = "1GiB"

[tasks.evaluate_model]
plugin = "evaluate"
inputs.model = "train_model.model"
inputs.test = "preprocess_data.test"
inputs.loss = "train_model.value"
params.note = "{{ ds }} {{ values.train_model.loss }}"
"#;

/// What is wrong with a text: line, the piece that is marked, message; sorted as reported.
pub(super) fn found(text: &str) -> Vec<(usize, String, String)> {
    of_severity(text, Severity::Error)
}

/// What a text is warned of.
pub(super) fn warned(text: &str) -> Vec<(usize, String, String)> {
    of_severity(text, Severity::Warning)
}

fn of_severity(text: &str, severity: Severity) -> Vec<(usize, String, String)> {
    let checked = checked(text);
    let errors = checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    assert_eq!(checked.dag.is_none(), errors > 0, "a DAG comes out exactly if there is no error");
    let wanted = checked.diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == severity);
    wanted
        .map(|diagnostic| {
            let span = diagnostic.span.unwrap();
            let line = text[..span.start].matches('\n').count() + 1;
            (line, text[span].to_owned(), diagnostic.message)
        })
        .collect()
}

/// The hint of the only thing that is wrong.
pub(super) fn hint(text: &str) -> String {
    let checked = checked(text);
    assert_eq!(checked.diagnostics.len(), 1, "{:#?}", checked.diagnostics);
    checked.diagnostics.into_iter().next().unwrap().hint.unwrap()
}
