(module
  {{memory}} {{realloc}} {{describe}} {{run}} {{data}})
