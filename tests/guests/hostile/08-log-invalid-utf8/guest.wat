(module
  (import "dagwood:task/log@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32)))
  {{memory}} {{realloc}} {{describe}} {{data}}
  (data (i32.const 9000) "\ff\fe\80")
  (func (export "dagwood:task/task@0.1.0#run") (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
    (call $log (i32.const 2) (i32.const 9000) (i32.const 3) (i32.const 0) (i32.const 0))
    (i32.const 1024)))
