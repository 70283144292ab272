(module
  {{memory}} {{realloc}} {{describe}} {{run}} {{data}}
  {{repeat 80 (table 1 funcref)}})
