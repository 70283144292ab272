;; When the host asks for memory for its answer, it is called again.
(module
  (import "wasi:random/random@0.2.0" "get-random-bytes" (func $random (param i64 i32)))
  {{memory}} {{describe}} {{data}}
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $random (i64.const 8) (i32.const 3000))
    (i32.const 70000))
  (func (export "dagwood:task/task@0.1.0#run") (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
    (call $random (i64.const 8) (i32.const 3000))
    (i32.const 1024)))
