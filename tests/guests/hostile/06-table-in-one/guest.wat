(module
  {{memory}} {{realloc}} {{describe}} {{data}}
  (table $t 1 funcref)
  (func (export "dagwood:task/task@0.1.0#run") (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
    (loop $again
      (if (i32.eq (table.grow $t (ref.null func) (i32.const 10000)) (i32.const -1)) (then unreachable))
      (br $again))
    unreachable))
