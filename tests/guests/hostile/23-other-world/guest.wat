(component
  (core module $code (func (export "go")))
  (core instance $core (instantiate $code))
  (func $go (canon lift (core func $core "go")))
  (export "go" (func $go)))
