{{world: import host:secrets/all@1.0.0; | package host:secrets@1.0.0 { interface all { everything: func(); } } }}
(module
  (import "host:secrets/all@1.0.0" "everything" (func))
  {{memory}} {{realloc}} {{describe}} {{run}} {{data}})
