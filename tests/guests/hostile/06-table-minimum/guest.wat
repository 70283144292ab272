(module
  {{memory}} {{realloc}} {{describe}} {{run}} {{data}}
  (table 1000000000 funcref))
