{{core}}
(module (func (export "run")))
