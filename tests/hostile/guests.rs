//! From folders to components: those in Rust are built together, once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::case::{Case, folder};
use crate::common::root;
use crate::wat;

/// The component of a case.
pub(crate) fn component(case: &Case) -> Vec<u8> {
    let text = folder().join(&case.name).join("guest.wat");
    match std::fs::read_to_string(text) {
        Ok(text) => wat::component(&case.name, &text),
        Err(_) => std::fs::read(built().join(file_name(&case.name))).unwrap(),
    }
}

/// The component of the good task.
pub(crate) fn beside() -> Vec<u8> {
    std::fs::read(built().join(file_name("beside"))).unwrap()
}

/// The name of a case's plugin.
pub(crate) fn plugin(name: &str) -> String {
    if name == "beside" { name.to_owned() } else { format!("case-{name}") }
}

fn file_name(name: &str) -> String {
    format!("{}.wasm", plugin(name).replace('-', "_"))
}

/// The folder of the guests in Rust.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut build = Command::new("cargo");
        build.args(["build", "--release", "--locked", "-p", "hostile", "--examples", "--features", "guests"]);
        build.args(["--target", "wasm32-wasip2", "--target-dir"]).arg(target);
        // What cargo says of this test is not for the guests.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_") && name != "CARGO_HOME") {
            build.env_remove(name);
        }
        let output = build.current_dir(root()).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "the guests cannot be built:\n{}", String::from_utf8_lossy(&output.stderr));
        target.join("wasm32-wasip2/release/examples")
    })
}
