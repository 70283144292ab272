//! What is taken as a plugin and what is not, and the life of one in the registry.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::common::{Bench, Ran, guest};
use crate::components::{Handmade, of_another_world};

/// Registers a file of these bytes.
fn register(bench: &Bench, bytes: &[u8], more: &[&str]) -> Ran {
    bench.write("plugin.wasm", bytes);
    bench.run(["plugin", "register", "plugin.wasm"].iter().chain(more))
}

/// The file is refused with these words and exit code 2, prints nothing, and leaves nothing behind.
#[track_caller]
fn assert_refused(bytes: &[u8], words: &[&str]) {
    let bench = Bench::new();
    let ran = register(&bench, bytes, &["--json"]).exits(2).says(words).says(&["plugin.wasm"]);
    assert_eq!(ran.stdout, "");
    assert_eq!(bench.run(["plugin", "list", "--json"]).exits(0).json(), json!({ "plugins": [] , "total_entries": 0 }));
}

#[test]
fn what_is_no_component_is_refused() {
    assert_refused(b"", &["the file is empty"]);
    assert_refused(b"#!/bin/sh\necho hello\n", &["not WebAssembly"]);
    assert_refused(b"\x7fELF\x02\x01\x01\0 an ordinary program", &["not WebAssembly"]);
}

#[test]
fn a_core_module_is_refused_with_the_way_to_a_component() {
    assert_refused(&wat::parse_str("(module)").unwrap(), &["core WebAssembly module", "wasm32-wasip2"]);
}

#[test]
fn a_truncated_component_is_refused() {
    let whole = std::fs::read(guest("misbehave")).unwrap();
    assert_refused(&whole[..whole.len() / 2], &["cut off", "copy or build it again"]);
    assert_refused(&whole[..5], &["cut off after 5 bytes"]);
}

#[test]
fn damaged_bytes_are_refused() {
    let mut damaged = Handmade::default().component();
    damaged[100..140].fill(0xff);
    assert_refused(&damaged, &["is refused"]);
}

#[test]
fn native_code_is_never_taken_not_even_from_the_home_itself() {
    let bench = Bench::seeded();
    let engines = std::fs::read_dir(bench.home().join("compiled")).unwrap();
    let mut files = engines.flat_map(|engine| std::fs::read_dir(engine.unwrap().path()).unwrap());
    let compiled =
        files.find_map(|file| Some(file.unwrap().path()).filter(|path| path.extension() == Some("cwasm".as_ref())));
    assert_refused(&std::fs::read(compiled.unwrap()).unwrap(), &["compiled already", "native code"]);
}

#[test]
fn a_component_of_another_world_is_refused_with_what_it_exports() {
    assert_refused(&of_another_world(), &["does not export `dagwood:task/task`", "it exports `go`"]);
    assert_refused(&wat::parse_str("(component)").unwrap(), &["does not export `dagwood:task/task`", "nothing"]);
}

#[test]
fn a_later_version_of_the_interface_is_refused_with_those_that_are_known() {
    let later = Handmade { interface: "dagwood:task/task@0.2.0", ..Handmade::default() };
    assert_refused(&later.component(), &["dagwood:task/task@0.2.0", "this host runs `0.1.0`"]);
}

#[test]
fn an_import_that_nobody_provides_is_refused_by_name() {
    let imports = r#"(import "other:thing/reach@1.0.0" (instance (export "out" (func))))"#;
    let reaching = Handmade { imports, ..Handmade::default() };
    assert_refused(&reaching.component(), &["imports `other:thing/reach@1.0.0`", "not even with a grant"]);
}

#[test]
fn a_describe_that_fails_is_refused_with_the_reason() {
    let traps = Handmade { describe: "(unreachable)", ..Handmade::default() };
    assert_refused(&traps.component(), &["does not say what it is", "trapped"]);
    let wild = Handmade { describe: "(i32.const 131000)", ..Handmade::default() };
    assert_refused(&wild.component(), &["does not say what it is", "out of bounds"]);
}

#[test]
fn a_describe_that_never_ends_is_ended_and_refused() {
    let endless = Handmade { describe: "(loop $on (br $on)) (unreachable)", ..Handmade::default() };
    assert_refused(&endless.component(), &["does not say what it is", "10 s"]);
}

#[test]
fn a_description_that_makes_no_sense_is_refused_with_all_that_is_wrong() {
    let wrong = Handmade { name: "Not A Name", version: "one", schema: "{", ..Handmade::default() };
    assert_refused(&wrong.component(), &["`Not A Name`", "`one`", "params-schema is no JSON"]);
}

#[test]
fn a_file_that_cannot_be_read_is_a_wrong_call() {
    let bench = Bench::new();
    bench.run(["plugin", "register", "gone.wasm"]).exits(2).says(&["gone.wasm", "No such file"]);
    std::fs::create_dir(bench.path("folder.wasm")).unwrap();
    bench.run(["plugin", "register", "folder.wasm"]).exits(2).says(&["folder.wasm"]);
    bench.run(["plugin", "inspect", "gone.wasm"]).exits(2).says(&["gone.wasm", "No such file"]);
}

#[test]
fn a_component_written_by_hand_is_registered_listed_inspected_run_and_removed() {
    let bench = Bench::new();
    let said = register(&bench, &Handmade::default().component(), &[]).exits(0);
    assert!(said.stdout.contains("registered handmade@1.2.3"), "{}", said.stdout);
    assert!(said.stdout.contains("exports     dagwood:task/task@0.1.0"), "{}", said.stdout);

    let listed = bench.run(["plugin", "list", "--json"]).exits(0).json();
    assert_eq!(
        (&listed["plugins"][0]["name"], &listed["plugins"][0]["version"]),
        (&json!("handmade"), &json!("1.2.3"))
    );
    let inspected = bench.run(["plugin", "inspect", "handmade", "--json"]).exits(0).json();
    assert_eq!(inspected["digest"], listed["plugins"][0]["digest"]);
    assert_eq!(inspected["registered"], json!(["handmade@1.2.3"]));
    assert_eq!(inspected["imports"], json!({ "base": [], "task": ["dagwood:task/types@0.1.0"], "granted": [] }));

    bench.run(["plugin", "remove", "handmade@1.2.3"]).exits(0).says(&["removed handmade@1.2.3"]);
    bench.run(["plugin", "inspect", "handmade"]).exits(2).says(&["no plugin", "`handmade`"]);
    register(&bench, &Handmade::default().component(), &[]).exits(0);
    let ran = bench.run(["plugin", "run", "handmade", "--json"]).exits(0).json();
    assert_eq!((&ran["state"], &ran["task_instances"][0]["value"]), (&json!("success"), &json!({})));
}

#[test]
fn inspecting_a_file_runs_nothing_of_it() {
    let bench = Bench::new();
    let traps = Handmade { describe: "(unreachable)", ..Handmade::default() };
    bench.write("plugin.wasm", traps.component());
    let shown = bench.run(["plugin", "inspect", "plugin.wasm"]).exits(0);
    assert!(shown.stdout.contains("not taken yet"), "{}", shown.stdout);
    assert!(shown.stdout.contains("dagwood:task/task@0.1.0"), "{}", shown.stdout);
}

#[test]
fn a_rust_plugin_shows_the_base_set_in_one_line_and_its_ports_and_params() {
    let bench = Bench::seeded();
    let shown = bench.run(["plugin".as_ref(), "inspect".as_ref(), guest("misbehave").as_os_str()]).exits(0).stdout;
    assert_eq!(shown.matches("base set").count(), 1, "{shown}");
    assert!(!shown.contains("wasi:"), "{shown}");
    for words in
        ["input       data, optional", "output      out, optional", "param       mode (string)", "context@0.1.0"]
    {
        assert!(shown.contains(words), "`{words}` is not in\n{shown}");
    }
}

#[test]
fn other_bytes_under_the_same_name_and_version_need_replace() {
    let bench = Bench::new();
    let first = register(&bench, &Handmade::default().component(), &["--json"]).exits(0).json();
    let other = Handmade { schema: "{ }", ..Handmade::default() }.component();
    register(&bench, &other, &[]).exits(2).says(&["handmade@1.2.3 is registered as", "--replace", "another version"]);
    let kept = bench.run(["plugin", "inspect", "handmade", "--json"]).exits(0).json();
    assert_eq!(kept["digest"], first["digest"], "a refusal changes nothing");
    let second = register(&bench, &other, &["--replace", "--json"]).exits(0).json();
    assert_ne!(second["digest"], first["digest"]);
    let again = register(&bench, &other, &[]).exits(0);
    assert!(again.stdout.contains("registered already"), "{}", again.stdout);
}

#[test]
fn a_plugin_that_a_kept_run_uses_is_not_removed() {
    let bench = Bench::new();
    register(&bench, &Handmade::default().component(), &[]).exits(0);
    bench.write("dag.toml", "id = 'uses'\n[tasks.a]\nplugin = 'handmade'\n");
    let document = bench.run(["run", "dag.toml", "--json"]).exits(0).json();
    let run_id = document["run_id"].as_str().unwrap();
    bench.run(["plugin", "remove", "handmade"]).exits(2).says(&["handmade@1.2.3 is in use", run_id, "`uses`"]);
    bench.run(["run", "dag.toml"]).exits(0);
}

#[test]
fn versions_are_resolved_as_cargo_does() {
    let bench = Bench::new();
    for version in ["1.2.3", "1.10.0", "2.0.0"] {
        let component = Handmade { version, ..Handmade::default() };
        register(&bench, &component.component(), &[]).exits(0);
    }
    let taken = |requirement: &str| -> Value {
        let text = format!("id = 'x'\nplugins.handmade = '{requirement}'\n[tasks.a]\nplugin = 'handmade'\n");
        bench.write("dag.toml", text);
        bench.run(["run", "dag.toml", "--json"]).exits(0).json()["task_instances"][0]["plugin"].clone()
    };
    assert_eq!(taken("1.2"), "handmade@1.10.0");
    assert_eq!(taken("=1.2.3"), "handmade@1.2.3");
    assert_eq!(taken("*"), "handmade@2.0.0");
    bench.write("dag.toml", "id = 'x'\nplugins.handmade = '3'\n[tasks.a]\nplugin = 'handmade'\n");
    bench.run(["run", "dag.toml"]).exits(2).says(&["dag.toml:2:", "handmade", "2.0.0"]);
}

#[test]
fn unknown_plugins_and_wrong_params_are_wrong_calls() {
    let bench = Bench::new();
    register(&bench, &Handmade::default().component(), &[]).exits(0);
    bench.run(["plugin", "inspect", "handmad"]).exits(2).says(&["`handmad`", "handmade"]);
    bench.run(["plugin", "remove", "handmade@9.9.9"]).exits(2).says(&["handmade"]);
    bench.run(["plugin", "run", "handmade@9"]).exits(2).says(&["no version of `handmade` fits", "1.2.3"]);
    bench.run(["plugin", "run", "handmade", "--param", "x"]).exits(2).says(&["name=value"]);
    let misbehave: PathBuf = guest("misbehave");
    let wrong = ["plugin".as_ref(), "run".as_ref(), misbehave.as_os_str(), "--param".as_ref(), "mod=x".as_ref()];
    bench.run(wrong).exits(2).says(&["has no param `mod`", "did you mean `mode`?"]);
}
