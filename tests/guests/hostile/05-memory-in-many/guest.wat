;; Four memories that grow in turn, and trap when they may not.
(module
  {{memory}} {{realloc}} {{describe}} {{data}}
  (memory $b 1) (memory $c 1) (memory $d 1)
  (func (export "dagwood:task/task@0.1.0#run") (param i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32 i32) (result i32)
    (loop $again
      (if (i32.eq (memory.grow $b (i32.const 16)) (i32.const -1)) (then unreachable))
      (if (i32.eq (memory.grow $c (i32.const 16)) (i32.const -1)) (then unreachable))
      (if (i32.eq (memory.grow $d (i32.const 16)) (i32.const -1)) (then unreachable))
      (br $again))
    unreachable))
