(component
  (core module $code (func (export "describe")))
  (core instance $core (instantiate $code))
  (func $describe (canon lift (core func $core "describe")))
  (instance $task (export "describe" (func $describe)))
  (export "dagwood:task/task@0.1.0" (instance $task)))
