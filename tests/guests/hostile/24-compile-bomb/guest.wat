(module
  {{memory}} {{realloc}} {{describe}} {{run}} {{data}}
  (func (param i32) (result i64) {{repeat 45000 (local i64)}}
    {{repeat 1500 (block}}
    {{repeat 45000 (local.set % (i64.extend_i32_u (local.get 0)))}}
    (br_table {{repeat 1500 #}} (local.get 0)))
    {{repeat 45000 (local.set % (i64.add (local.get %) (i64.const #)))}}
    {{repeat 1499 (local.set 7 (i64.add (local.get %) (i64.const 1))))}}
    (local.get 1)
    {{repeat 45000 (i64.xor (local.get %))}}))
