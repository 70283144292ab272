//! Components from text: what the SDK would never make.

use std::fmt::Write;

/// The types of the contract, as a component imports them, up to and with those that `describe` and `run` need.
const TYPES: &str = r#"
  (import "dagwood:task/types@0.1.0" (instance $types
    (type $pair (tuple string string))
    (type $artifact (record (field "port" string) (field "index" (list u32)) (field "path" string)
      (field "media-type" (option string)) (field "digest" string) (field "size-bytes" u64)))
    (export "artifact" (type $artifact-x (eq $artifact)))
    (type $named (record (field "name" string) (field "index" (list u32)) (field "value" string)))
    (export "named-value" (type $named-x (eq $named)))
    (type $invocation (record (field "params" string) (field "inputs" (list $artifact-x))
      (field "values" (list $named-x)) (field "seed" u64) (field "resume" (option string)) (field "extra" (list $pair))))
    (export "invocation" (type (eq $invocation)))
    (type $cardinality (enum "one" "optional" "many"))
    (export "cardinality" (type $cardinality-x (eq $cardinality)))
    (type $port (record (field "name" string) (field "description" string) (field "media-type" (option string))
      (field "cardinality" $cardinality-x)))
    (export "port" (type $port-x (eq $port)))
    (type $request (record (field "kind" string) (field "value" string) (field "reason" string)))
    (export "request" (type $request-x (eq $request)))
    (type $descriptor (record (field "name" string) (field "version" string) (field "summary" string)
      (field "params-schema" string) (field "result-schema" (option string)) (field "inputs" (list $port-x))
      (field "outputs" (list $port-x)) (field "may-branch" bool) (field "requests" (list $request-x))
      (field "extra" (list $pair))))
    (export "descriptor" (type (eq $descriptor)))
    (type $branching (record (field "value" string) (field "chosen" (list string))))
    (export "branching" (type $branching-x (eq $branching)))
    (type $wait (record (field "after-ms" u64) (field "state" (option string))))
    (export "wait" (type $wait-x (eq $wait)))
    (type $outcome (variant (case "done" string) (case "branch" $branching-x) (case "skipped" string)
      (case "again" $wait-x)))
    (export "outcome" (type (eq $outcome)))
    (type $problem (record (field "code" string) (field "message" string) (field "details" (option string))))
    (export "problem" (type $problem-x (eq $problem)))
    (type $retry (record (field "problem" $problem-x) (field "after-ms" (option u64))))
    (export "retry" (type $retry-x (eq $retry)))
    (type $failure (variant (case "retryable" $retry-x) (case "permanent" $problem-x)))
    (export "failure" (type (eq $failure)))
  ))
  (alias export $types "invocation" (type $invocation))
  (alias export $types "descriptor" (type $descriptor))
  (alias export $types "outcome" (type $outcome))
  (alias export $types "failure" (type $failure))"#;

/// A component that implements the task interface by hand.
pub(crate) struct Handmade {
    /// Imports of the component, before everything else.
    pub(crate) imports: &'static str,
    /// The interface that it exports.
    pub(crate) interface: &'static str,
    /// What `describe` does; it leaves the address of a descriptor. There is a good one at 512.
    pub(crate) describe: &'static str,
    /// The name in the good descriptor.
    pub(crate) name: &'static str,
    /// The version in it.
    pub(crate) version: &'static str,
    /// The schema of the params in it.
    pub(crate) schema: &'static str,
}

impl Default for Handmade {
    fn default() -> Self {
        Self {
            imports: "",
            interface: "dagwood:task/task@0.1.0",
            describe: "(i32.const 512)",
            name: "handmade",
            version: "1.2.3",
            schema: "{}",
        }
    }
}

impl Handmade {
    /// Its bytes. Its `run` is done with `{}`.
    pub(crate) fn component(&self) -> Vec<u8> {
        let Self { imports, interface, describe, name, version, schema } = self;
        let text = |words: &str| u32::try_from(words.len()).unwrap();
        let descriptor = words(&[2100, text(name), 2300, text(version), 2100, 0, 4096, text(schema)]);
        // ok, done, the text: each level is aligned to 8 bytes, as there are 64-bit numbers in other cases.
        let answer = words(&[0, 0, 0, 0, 2048, 2]);
        let schema = schema.bytes().fold(String::new(), |mut all, byte| {
            write!(all, "\\{byte:02x}").unwrap();
            all
        });
        let component = format!(
            r#"(component {imports} {TYPES}
              (core module $code
                (memory (export "memory") 2)
                (global $next (mut i32) (i32.const 65536))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                  (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
                  (global.get $next)
                  (global.set $next (i32.add (global.get $next) (local.get 3))))
                (func (export "describe") (result i32) {describe})
                (func (export "run") (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
                  (i32.const 1024))
                (data (i32.const 512) "{descriptor}")
                (data (i32.const 1024) "{answer}")
                (data (i32.const 2048) "{{}}")
                (data (i32.const 2100) "{name}")
                (data (i32.const 2300) "{version}")
                (data (i32.const 4096) "{schema}"))
              (core instance $core (instantiate $code))
              (alias core export $core "memory" (core memory $memory))
              (alias core export $core "realloc" (core func $realloc))
              (func $describe (result $descriptor)
                (canon lift (core func $core "describe") (memory (core memory $memory))))
              (func $run (param "invocation" $invocation) (result (result $outcome (error $failure)))
                (canon lift (core func $core "run") (memory (core memory $memory)) (realloc (core func $realloc))))
              (instance $task (export "describe" (func $describe)) (export "run" (func $run)))
              (export "{interface}" (instance $task)))"#
        );
        wat::parse_str(component).unwrap()
    }
}

/// Numbers as they lie in memory.
fn words(numbers: &[u32]) -> String {
    numbers.iter().flat_map(|number| number.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect()
}

/// A component of another world: it exports one function.
pub(crate) fn of_another_world() -> Vec<u8> {
    wat::parse_str(
        r#"(component
          (core module $code (func (export "go")))
          (core instance $core (instantiate $code))
          (func $go (canon lift (core func $core "go")))
          (export "go" (func $go)))"#,
    )
    .unwrap()
}
