//! Components from text: a core module with pieces to be filled in, or a component as it is.
//!
//! `{{memory}}`, `{{realloc}}`, `{{describe}}`, `{{run}}` and `{{data}}` stand for what a good plugin has: a descriptor at
//! 512, the answer `done("{}")` at 1024, texts from 2048 on. `{{repeat N text}}` stands for N copies, in
//! which `#` is the number of the copy from 0, `%` from 1. `{{version: V}}`
//! exports another version of the interface, `{{world: imports | packages}}` imports more, `{{core}}` stays a core module.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../wit/dagwood_task@0.1.0/task.wit");

/// Interfaces of WASI that guests in text import.
const WASI: &str = "package wasi:random@0.2.0 { interface random { get-random-bytes: func(len: u64) -> list<u8>; } }";

/// The bytes of the component in this text.
pub(crate) fn component(name: &str, text: &str) -> Vec<u8> {
    let (text, world) = take(text, "{{world:");
    let (text, version) = take(&text, "{{version:");
    let (text, core) = match text.strip_prefix("{{core}}") {
        Some(rest) => (rest.to_owned(), true),
        None => (text, false),
    };
    let version = version.map_or_else(|| "0.1.0".to_owned(), |version| version.trim().to_owned());
    let text = filled(name, &repeated(&text), &version);
    if core || text.trim_start().starts_with("(component") {
        return wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let (mut imports, packages) = match world {
        Some(world) => {
            let (imports, packages) = world.split_once('|').unwrap();
            (imports.to_owned(), packages.to_owned())
        }
        None => (String::new(), String::new()),
    };
    if text.contains("wasi:random/random") {
        imports.push_str("import wasi:random/random@0.2.0;");
    }
    let wit = WIT.replace("package dagwood:task@0.1.0", &format!("package dagwood:task@{version}"));
    let wit = wit.replace("  import context;", &format!("  import context; {imports}")) + WASI + &packages;
    let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut resolve = Resolve::default();
    let package = resolve.push_str("task.wit", &wit).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    let world = resolve.select_world(&[package], Some("task-plugin")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let encoder =
        ComponentEncoder::default().validate(false).module(&module).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    let mut encoder = encoder;
    encoder.encode().unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

/// The text without a directive at its start, and what the directive says.
fn take(text: &str, directive: &str) -> (String, Option<String>) {
    let Some(rest) = text.trim_start().strip_prefix(directive) else { return (text.to_owned(), None) };
    let (said, rest) = rest.split_once("}}\n").unwrap();
    (rest.to_owned(), Some(said.to_owned()))
}

fn repeated(text: &str) -> String {
    let Some((before, rest)) = text.split_once("{{repeat ") else { return text.to_owned() };
    let (said, after) = rest.split_once("}}").unwrap();
    let (times, piece) = said.split_once(' ').unwrap();
    let times: u32 = times.parse().unwrap();
    let copies: String =
        (0..times).map(|at| piece.replace('#', &at.to_string()).replace('%', &(at + 1).to_string()) + "\n").collect();
    format!("{before}{copies}{}", repeated(after))
}

fn filled(name: &str, text: &str, version: &str) -> String {
    let length = |text: &str| u32::try_from(text.len()).unwrap();
    let name = format!("case-{name}");
    let descriptor = words(&[2100, length(&name), 2300, 5, 2048, 0, 2048, 2]);
    let run = format!(
        r#"(func (export "dagwood:task/task@{version}#run")
             (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32) (i32.const 1024))"#
    );
    let data = format!(
        r#"(data (i32.const 512) "{descriptor}") (data (i32.const 1040) "{}")
           (data (i32.const 2048) "{{}}") (data (i32.const 2100) "{name}") (data (i32.const 2300) "1.0.0")"#,
        words(&[2048, 2])
    );
    let describe = format!(r#"(func (export "dagwood:task/task@{version}#describe") (result i32) (i32.const 512))"#);
    let realloc = r#"(global $next (mut i32) (i32.const 65536))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
          (global.get $next)
          (global.set $next (i32.add (global.get $next) (local.get 3))))"#;
    text.replace("{{memory}}", r#"(memory (export "memory") 2)"#)
        .replace("{{realloc}}", realloc)
        .replace("{{describe}}", &describe)
        .replace("{{run}}", &run)
        .replace("{{data}}", &data)
}

/// Numbers as they lie in memory.
fn words(numbers: &[u32]) -> String {
    numbers.iter().flat_map(|number| number.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}
