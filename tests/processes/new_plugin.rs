//! Plugins that people write in folders of their own, outside this repository.

use crate::common::{Bench, instance, root};
use crate::outside::{cargo, component, pin};

#[test]
fn a_new_plugin_is_tested_built_run_and_registered() {
    let bench = Bench::new();
    bench.run(["plugin", "new", "count-words"]).exits(0).says(&["count-words", "cargo test", "dagwood run dag.toml"]);
    let folder = bench.path("count-words");
    pin(&folder);

    let tested = cargo(&folder, &["test"]).exits(0);
    assert!(tested.stdout.contains("test result: ok. 4 passed"), "{}", tested.stdout);

    let built = bench.run(["plugin", "build", "count-words", "--json"]).exits(0).json();
    assert_eq!((&built["builds"][0]["name"], &built["builds"][0]["built"]), (&"count-words".into(), &true.into()));

    // Its own DAG, from where it lies and from beside it; nothing is built again.
    let mut run = bench.command(["run", "dag.toml", "--json"]);
    let document = crate::common::Ran::from(run.current_dir(&folder).output().unwrap()).exits(0).json();
    let measured = instance(&document, "measure");
    assert_eq!(measured["value"]["characters"], "Hello from count-words".len());
    assert_eq!(measured["plugin_digest"], built["builds"][0]["digest"]);
    assert_eq!(measured["outputs"][0]["port"], "report");
    let document = bench.run(["run", "count-words/dag.toml", "--json"]).exits(0).json();
    assert_eq!(instance(&document, "measure")["plugin_digest"], built["builds"][0]["digest"]);

    // Registered by its file, it is there for a DAG that knows nothing of the crate.
    let digest = built["builds"][0]["digest"].as_str().unwrap();
    let file = bench.home().join("plugins").join(format!("{}.wasm", digest.trim_start_matches("blake3:")));
    let file = bench.write("elsewhere/plugin.wasm", std::fs::read(file).unwrap());
    bench.run(["plugin".as_ref(), "register".as_ref(), file.as_os_str()]).exits(0);
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::remove_file(&file).unwrap();
    bench.write("elsewhere/words.txt", "naïve words");
    bench.write(
        "elsewhere/dag.toml",
        "id = \"elsewhere\"\n[plugins]\ncount-words = \"0.1\"\n[tasks.count]\nplugin = \"count-words\"\n\
         inputs.text = { file = \"words.txt\" }\n",
    );
    let document = bench.run(["run", "elsewhere/dag.toml", "--json"]).exits(0).json();
    assert_eq!(instance(&document, "count")["value"]["characters"], 11);
    assert_eq!(instance(&document, "count")["plugin"], "count-words@0.1.0");
}

const MANIFEST: &str = r#"
[package]
name = "by-hand"
version = "2.3.4"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[dependencies]
wit-bindgen = "0.61"

[workspace]
"#;

/// A plugin on the contract alone: no SDK, no serde.
const SOURCE: &str = r##"
wit_bindgen::generate!({ path: "wit", world: "task-plugin" });

use dagwood::task::types::{Cardinality, Descriptor, Failure, Invocation, Outcome, Port};

struct ByHand;

impl exports::dagwood::task::task::Guest for ByHand {
    fn describe() -> Descriptor {
        Descriptor {
            name: "by-hand".into(),
            version: "2.3.4".into(),
            summary: "Turns a text round".into(),
            params_schema: r#"{"type":"object","additionalProperties":false}"#.into(),
            result_schema: None,
            inputs: vec![port("text")],
            outputs: vec![port("turned")],
            may_branch: false,
            requests: vec![],
            extra: vec![],
        }
    }

    fn run(call: Invocation) -> Result<Outcome, Failure> {
        let text = std::fs::read_to_string(&call.inputs[0].path).unwrap();
        std::fs::write("/out/turned", text.chars().rev().collect::<String>()).unwrap();
        Ok(Outcome::Done(format!("{{\"characters\":{}}}", text.chars().count())))
    }
}

fn port(name: &str) -> Port {
    Port { name: name.into(), description: String::new(), media_type: None, cardinality: Cardinality::One }
}

export!(ByHand);
"##;

#[test]
fn a_plugin_of_nothing_but_the_contract_and_wit_bindgen_runs() {
    let bench = Bench::new();
    bench.write("by-hand/Cargo.toml", MANIFEST);
    bench.write("by-hand/src/lib.rs", SOURCE);
    let contract = std::fs::read(root().join("wit/dagwood_task@0.1.0/task.wit")).unwrap();
    bench.write("by-hand/wit/task.wit", contract);
    pin(&bench.path("by-hand"));
    cargo(&bench.path("by-hand"), &["build", "--release", "--target", "wasm32-wasip2"]).exits(0);

    let file = component("by_hand");
    bench.run(["plugin".as_ref(), "register".as_ref(), file.as_os_str()]).exits(0);
    bench.write("text.txt", "desserts");
    bench.write(
        "dag.toml",
        "id = \"by_hand\"\n[plugins]\nby-hand = \"^2.3\"\n[tasks.turn]\nplugin = \"by-hand\"\n\
         inputs.text = { file = \"text.txt\" }\n",
    );
    let document = bench.run(["run", "dag.toml", "--json", "--out", "results"]).exits(0).json();
    assert_eq!(instance(&document, "turn")["value"]["characters"], 8);
    let run = format!("by_hand/{}", document["run_id"].as_str().unwrap());
    bench.run(["artifacts", "get", &run, "turn.turned", "-o", "turned.txt"]).exits(0);
    assert_eq!(std::fs::read_to_string(bench.path("turned.txt")).unwrap(), "stressed");
}
