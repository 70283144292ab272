//! `/in`: what the ports lead to, for reading only.

use std::fs;

use serde_json::{Value, json};

use crate::kit::{Try, mode, pure};

fn given(params: Value) -> Try {
    pure(params).input_file("table.csv", "a,b\n1,2\n").input_folder("parts", &["b", "a", "deep/c"])
}

#[test]
fn a_port_is_the_file_or_folder_itself() {
    assert_eq!(given(mode("read", json!({ "path": "/in/table.csv" }))).run().ok(), "a,b\n1,2\n");
    assert_eq!(given(mode("read", json!({ "path": "/in/parts/deep/c" }))).run().ok(), "deep/c");
    assert_eq!(given(mode("read", json!({ "path": "/in/parts/deep/../a" }))).run().ok(), "a");
    let stat = |path: &str| given(mode("stat", json!({ "path": path }))).run().ok();
    assert_eq!(stat("/in/table.csv")["is_file"], true);
    assert_eq!(stat("/in/table.csv")["size_bytes"], 8);
    assert_eq!(stat("/in/parts")["is_folder"], true);
    assert_eq!(stat("/in/parts/deep")["is_folder"], true);
    assert_eq!(stat("/in/parts/a")["size_bytes"], 1);
}

#[test]
fn the_invocation_names_the_paths() {
    let inputs = given(mode("echo", json!({}))).run().value()["inputs"].clone();
    assert_eq!(inputs[0]["path"], "/in/table.csv");
    assert_eq!(inputs[0]["text"], "a,b\n1,2\n");
    assert_eq!(inputs[1]["path"], "/in/parts");
}

#[test]
fn listings_show_ports_and_what_is_in_them() {
    let list = |path: &str| given(mode("list", json!({ "path": path }))).run().ok();
    assert_eq!(list("/in"), json!(["parts", "table.csv"]));
    assert_eq!(list("/in/parts"), json!(["a", "b", "deep"]));
    assert_eq!(list("/in/parts/deep/"), json!(["c"]));
    assert_eq!(pure(mode("list", json!({ "path": "/in" }))).run().ok(), json!([]));
}

#[test]
fn what_is_not_there_is_not_there() {
    for path in ["/in/none", "/in/parts/none", "/in/table.csv/x", "/in/..", "/in/../out", "/in/parts/../../x"] {
        given(mode("read", json!({ "path": path }))).run().error();
    }
}

#[test]
fn nothing_in_it_can_be_changed() {
    let attempts = [
        mode("write", json!({ "path": "/in/table.csv" })),
        mode("write", json!({ "path": "/in/new" })),
        mode("write", json!({ "path": "/in/parts/a" })),
        mode("write", json!({ "path": "/in/parts/new" })),
        mode("truncate", json!({ "path": "/in/table.csv" })),
        mode("truncate", json!({ "path": "/in/parts/a" })),
        mode("remove", json!({ "path": "/in/table.csv" })),
        mode("remove", json!({ "path": "/in/parts/a" })),
        mode("make-folder", json!({ "path": "/in/folder" })),
        mode("make-folder", json!({ "path": "/in/parts/folder" })),
        mode("symlink", json!({ "path": "/in/link", "target": "table.csv" })),
        mode("symlink", json!({ "path": "/in/parts/link", "target": "a" })),
        mode("rename", json!({ "path": "/in/other", "target": "/in/table.csv" })),
        mode("rename", json!({ "path": "/out/taken", "target": "/in/parts/a" })),
        mode("rename", json!({ "path": "/in/parts/put", "target": "/out/out", "leave": "mine" })),
        mode("hard-link", json!({ "path": "/out/taken", "target": "/in/parts/a" })),
    ];
    for attempt in attempts {
        let tried = given(attempt.clone());
        let store = tried.store();
        let tried = tried.run();
        let error = tried.error().to_lowercase();
        assert!(error.contains("read-only") || error.contains("read only"), "{attempt}: {error}");
        assert_eq!(fs::read_to_string(store.join("table.csv")).unwrap(), "a,b\n1,2\n", "{attempt}");
        assert_eq!(fs::read_to_string(store.join("parts/a")).unwrap(), "a", "{attempt}");
        assert_eq!(fs::read_dir(store.join("parts")).unwrap().count(), 3, "{attempt}");
        assert_eq!(fs::read_dir(store).unwrap().count(), 2, "{attempt}");
    }
}
