{{version: 9.9.9}}
(module
  {{memory}} {{realloc}} {{describe}} {{run}} {{data}})
