//! DAGs to count on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use dagwood::contract::Descriptor;
use dagwood::dag::model::{Dag, ResolvedPlugin};
use dagwood::dag::{Catalog, Draft, check};
use dagwood::ids::Digest;
use serde_json::json;

/// The text of a DAG of one root, `width` tasks, one sink.
pub fn fan(width: usize) -> String {
    let middle: Vec<_> = (0..width).map(|at| format!("t{at}")).collect();
    let mut text = format!("id = \"fan\"\nflow = [\"root >> [{}] >> sink\"]\n", middle.join(", "));
    for task in ["root", "sink"].into_iter().chain(middle.iter().map(String::as_str)) {
        let _ = write!(text, "[tasks.{task}]\nplugin = \"noop\"\n");
    }
    text
}

/// The text of a DAG of `length` tasks, one after the other.
pub fn chain(length: usize) -> String {
    let tasks: Vec<_> = (0..length).map(|at| format!("t{at}")).collect();
    let mut text = format!("id = \"chain\"\nflow = [\"{}\"]\n", tasks.join(" >> "));
    for task in &tasks {
        let _ = write!(text, "[tasks.{task}]\nplugin = \"noop\"\n");
    }
    text
}

/// The DAG of a text whose tasks are all `noop`.
///
/// # Panics
/// When there is none in it.
pub fn dag(text: &str) -> Arc<Dag> {
    let descriptor = Descriptor {
        name: "noop".to_owned(),
        version: semver::Version::new(0, 1, 0),
        summary: String::new(),
        params_schema: json!({ "type": "object" }),
        result_schema: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        may_branch: false,
        requests: Vec::new(),
    };
    let plugin =
        ResolvedPlugin { digest: Digest::of(b"noop"), descriptor: Arc::new(descriptor), granted_imports: [].into() };
    let plugins = BTreeMap::from([("noop".to_owned(), Ok(plugin))]);
    let catalog = Catalog { registered: vec!["noop".to_owned()], plugins };
    let checked = check(&Draft::from_toml(text), &catalog);
    Arc::new(checked.dag.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)))
}
