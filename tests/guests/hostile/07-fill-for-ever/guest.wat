(module
  {{memory}} {{realloc}} {{describe}} {{data}}
  (func (export "dagwood:task/task@0.1.0#run") (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
    (if (i32.eq (memory.grow (i32.const 6400)) (i32.const -1)) (then unreachable))
    (loop $again
      (memory.fill (i32.const 200000) (i32.const 1) (i32.const 400000000))
      (br $again))
    unreachable))
