//! What wit-bindgen makes of `wit/task.wit`. Only `context`, `host`, `export` and `invocation` look in here.
#![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: "wit",
    world: "task-plugin",
    additional_derives: [Clone, PartialEq],
    export_macro_name: "__export_task_plugin",
    pub_export_macro: true,
    default_bindings_module: "dagwood_sdk::__private::bindings",
});
