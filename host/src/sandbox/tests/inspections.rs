//! What a file is.

use proptest::prelude::{any, prop, proptest};

use super::kit::{Core, component_of, wit};
use crate::executor::port::EngineKind;
use crate::sandbox::compile;
use crate::sandbox::inspect::{Refusal, inspect, inspect_within};

fn refusal(wasm: &[u8]) -> Refusal {
    inspect(wasm).unwrap_err()
}

#[test]
fn a_task_is_read_without_running_it() {
    let core = Core {
        head: r#"(import "dagwood:task/context@0.1.0" "current" (func (param i32)))"#,
        describe: "(unreachable)",
        ..Core::default()
    };
    let wasm = core.component();
    let found = inspect(&wasm).unwrap();
    assert_eq!(found.version, "0.1.0");
    assert_eq!(found.exports, ["dagwood:task/task@0.1.0"]);
    assert_eq!(found.imports.task, ["dagwood:task/types@0.1.0", "dagwood:task/context@0.1.0"]);
    assert_eq!(found.imports.base, [""; 0]);
    assert_eq!(found.imports.folded(), found.imports.task);
    assert_eq!(found.memory_minimum_bytes, 2 * 65_536);
    assert_eq!(found.size_bytes, wasm.len() as u64);
}

#[test]
fn what_is_no_webassembly_is_said_to_be_none() {
    assert_eq!(refusal(b""), Refusal::Empty);
    assert_eq!(refusal(b"#!/bin/sh"), Refusal::NotWasm);
    assert_eq!(refusal(b"\x7fELF\x02\x01\x01 an ordinary program"), Refusal::NotWasm);
    assert_eq!(refusal(b"\0as"), Refusal::Truncated { size_bytes: 3 });
    assert_eq!(refusal(b"\0asm\x0d"), Refusal::Truncated { size_bytes: 5 });
    assert_eq!(refusal(b"\0asm\x63\0\x01\0").code(), "invalid");
}

#[test]
fn a_core_module_is_told_from_a_component() {
    assert_eq!(refusal(&wat::parse_str("(module)").unwrap()), Refusal::CoreModule);
}

#[test]
fn compiled_code_is_never_taken() {
    let code = compile(EngineKind::Pure, &Core::default().component()).unwrap();
    assert_eq!(refusal(&code), Refusal::Precompiled);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let wasm = Core::default().component();
    let (mut cut_off, mut whole) = (0, 0);
    for length in 1..wasm.len() {
        match inspect(wasm.get(..length).unwrap()) {
            Err(Refusal::Truncated { size_bytes }) if size_bytes == length as u64 => cut_off += 1,
            // Between two sections nothing is cut, but something is missing.
            Err(_) => {}
            // Unless they are the sections at the end, which only tell names and who made it.
            Ok(_) => whole += 1,
        }
    }
    assert!(cut_off > wasm.len() * 9 / 10, "{cut_off} of {}", wasm.len());
    assert!(whole <= 2, "{whole}");
}

#[test]
fn another_world_is_named() {
    let wit = "package other:thing@1.0.0; world w { export go: func(); }";
    let wasm = component_of(r#"(module (func (export "go")))"#, wit);
    let refusal = refusal(&wasm);
    assert_eq!(refusal, Refusal::WrongWorld { exports: vec!["go".to_owned()] });
    assert!(refusal.to_string().contains("it exports `go`"), "{refusal}");
}

#[test]
fn another_version_is_named() {
    let wit = wit().replace("@0.1.0", "@0.2.0");
    let core = Core::default().text().replace("@0.1.0", "@0.2.0");
    let refusal = refusal(&component_of(&core, &wit));
    assert_eq!(refusal.code(), "wrong-version");
    assert!(refusal.to_string().contains("task@0.2.0`, and this host runs `0.1.0`"), "{refusal}");
}

#[test]
fn a_missing_export_is_named() {
    let (begin, end) = ("  /// Runs one try.", "}\n\nworld task-plugin");
    let wit = wit();
    let (before, rest) = wit.split_once(begin).unwrap();
    let after = rest.split_once(end).unwrap().1;
    let wasm = component_of(&Core::default().text(), &format!("{before}{end}{after}"));
    assert_eq!(refusal(&wasm), Refusal::MissingExport { missing: vec!["run".to_owned()] });
}

#[test]
fn an_import_beyond_the_base_set_is_named() {
    let wit = wit().replace("import context;", "import context; import reach: interface { out: func(); }");
    let core = Core { head: r#"(import "reach" "out" (func))"#, ..Core::default() };
    let refusal = refusal(&component_of(&core.text(), &wit));
    assert_eq!(refusal, Refusal::Imports { names: vec!["reach".to_owned()] });
    assert!(refusal.to_string().contains("not even with a grant"), "{refusal}");
}

#[test]
fn an_import_that_a_grant_gives_is_told_apart() {
    let wit = wit().replace("import context;", "import context; import wasi:http/types@0.2.4;")
        + "package wasi:http@0.2.4 { interface types { out: func(); } }";
    let core = Core { head: r#"(import "wasi:http/types@0.2.4" "out" (func))"#, ..Core::default() };
    let inspection = inspect(&component_of(&core.text(), &wit)).unwrap();
    assert_eq!(inspection.imports.granted, ["wasi:http/types@0.2.4"]);
    assert!(inspection.imports.folded().contains(&"wasi:http/types@0.2.4".to_owned()));
}

#[test]
fn a_memory_minimum_over_the_limit_is_named() {
    let wasm = Core { memory: r#"(memory (export "memory") 100)"#, ..Core::default() }.component();
    assert!(inspect(&wasm).is_ok());
    let refusal = inspect_within(&wasm, 1 << 20).unwrap_err();
    assert_eq!(refusal, Refusal::MemoryMinimum { minimum_bytes: 6_553_600, limit_bytes: 1 << 20 });
    assert!(refusal.to_string().contains("begins with 6400 KiB, and the limit is 1 MiB"), "{refusal}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = inspect(&bytes);
    }

    #[test]
    fn no_change_of_a_component_makes_it_fall_over(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)
    ) {
        static WASM: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| Core::default().component());
        let mut wasm = WASM.clone();
        for (at, byte) in changes {
            let at = at.index(wasm.len());
            wasm[at] = byte;
        }
        let _ = inspect(&wasm);
    }
}
