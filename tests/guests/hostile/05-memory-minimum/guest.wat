(module
  (memory (export "memory") 49152)
  {{realloc}} {{describe}} {{run}} {{data}})
