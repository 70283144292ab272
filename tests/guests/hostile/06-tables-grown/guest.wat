(module
  {{memory}} {{realloc}} {{describe}} {{data}}
  (table $a 1 funcref) (table $b 1 funcref) (table $c 1 funcref) (table $d 1 funcref)
  (func (export "dagwood:task/task@0.1.0#run") (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
    (loop $again
      (if (i32.eq (table.grow $a (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))
      (if (i32.eq (table.grow $b (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))
      (if (i32.eq (table.grow $c (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))
      (if (i32.eq (table.grow $d (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))
      (br $again))
    unreachable))
